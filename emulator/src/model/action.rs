//! Operations as role definitions name them, and the patterns that match them.

use serde::{Deserialize, Serialize};

/// An operation a caller wants to perform, e.g. `Microsoft.Storage/storageAccounts/read`.
/// Compared without regard to case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Action(String);

impl Action {
    /// The action of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Action {}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// An entry of a role definition's `actions`, `notActions`, `dataActions` or `notDataActions`.
/// `*` stands for any run of characters, `/` included, anywhere in the text
/// (`Microsoft.Authorization/*/read`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionPattern(String);

impl ActionPattern {
    /// The pattern of that text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern covers `action`.
    pub fn matches(&self, action: &Action) -> bool {
        // Most patterns have no star, and most of those that do not match differ in length.
        if self.0.contains('*') {
            wildcard_match(self.0.as_bytes(), action.0.as_bytes())
        } else {
            self.0.eq_ignore_ascii_case(&action.0)
        }
    }
}

/// Matches greedily and goes back to the last `*` on a mismatch: linear for one star, never
/// exponential.
fn wildcard_match(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            retry = Some((p + 1, t));
            p += 1;
        } else if p < pattern.len() && pattern[p].eq_ignore_ascii_case(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((after_star, from)) = retry {
            p = after_star;
            t = from + 1;
            retry = Some((after_star, from + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, action: &str) -> bool {
        ActionPattern::new(pattern).matches(&Action::new(action))
    }

    #[test]
    fn stars_match_anywhere_and_case_does_not_matter() {
        assert!(matches("*", "Microsoft.Storage/storageAccounts/read"));
        assert!(matches("*/read", "microsoft.storage/storageaccounts/READ"));
        assert!(matches(
            "Microsoft.Authorization/*/read",
            "Microsoft.Authorization/roleAssignments/read"
        ));
        assert!(matches(
            "Microsoft.Storage/storageAccounts/*",
            "Microsoft.Storage/storageAccounts/listKeys/action"
        ));
        assert!(matches("A/*/b/*/c", "A/x/b/y/b/z/c"));
    }

    #[test]
    fn a_pattern_must_match_the_whole_action() {
        assert!(!matches("*/read", "Microsoft.Storage/storageAccounts/readonly"));
        assert!(!matches(
            "Microsoft.Storage/storageAccounts/read",
            "Microsoft.Storage/storageAccounts/readX"
        ));
        assert!(!matches(
            "Microsoft.Authorization/*/read",
            "Microsoft.Authorization/read"
        ));
        assert!(!matches("", "a"));
    }
}
