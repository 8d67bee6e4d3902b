//! The part of OData's `$filter` that lists of Azure Resource Manager know: comparisons of a member
//! with a text, and functions, all of which must hold.

use crate::gateway::Refusal;
use crate::rules::unplayed;

/// A filter that has been read: each clause as `name eq` or `name()`, with the text it has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ArmFilter(Vec<(&'static str, Option<String>)>);

impl ArmFilter {
    /// Reads a filter that may have these clauses (`name eq`, `name()`), each of them once; an empty one
    /// lets everything through.
    ///
    /// # Errors
    ///
    /// What is not understood is refused by name: a filter that was not heeded would show too much.
    pub(super) fn read(text: &str, known: &[&'static str]) -> Result<Self, Refusal> {
        let mut filter = Self::default();
        for part in split(text).into_iter().map(str::trim) {
            if part.is_empty() && text.trim().is_empty() {
                continue;
            }
            let clause = understand(part)
                .and_then(|(name, value)| {
                    let name = known.iter().find(|word| word.eq_ignore_ascii_case(&name))?;
                    Some((*name, value))
                })
                .filter(|(name, _)| !filter.has(name))
                .ok_or_else(|| Refusal::not_played(unplayed::ArmFilter, &[("part", part)]))?;
            filter.0.push(clause);
        }
        Ok(filter)
    }

    /// Whether it has a clause.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(clause, _)| *clause == name)
    }

    /// The text a member is compared with, or a function is given.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(clause, _)| *clause == name)?;
        value.as_deref()
    }
}

/// `name eq 'text'`, `name()` or `name('text')`.
fn understand(part: &str) -> Option<(String, Option<String>)> {
    let (name, rest) = part.split_once([' ', '('])?;
    if part.as_bytes().get(name.len()) == Some(&b' ') {
        let (operator, text) = rest.trim_start().split_once(' ')?;
        return Some((format!("{name} {operator}"), Some(quoted(text)?)));
    }
    let value = match rest.trim_end().strip_suffix(')')?.trim() {
        "" => None,
        text => Some(quoted(text)?),
    };
    Some((format!("{name}()"), value))
}

/// A text in quotes; a quote inside is doubled.
fn quoted(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    (!inner.replace("''", "").contains('\'')).then(|| inner.replace("''", "'"))
}

/// Splits at `and`, but not inside quotes.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut in_quotes) = (0, false);
    for (at, letter) in text.char_indices() {
        if letter == '\'' {
            in_quotes = !in_quotes;
        } else if !in_quotes && at >= start && text[at..].starts_with(" and ") {
            parts.push(&text[start..at]);
            start = at + " and ".len();
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 3] = ["roleName eq", "atScope()", "assignedTo()"];

    #[test]
    fn the_filters_of_clients_are_understood() {
        let read = |text: &str| ArmFilter::read(text, &KNOWN).expect("a filter");
        assert_eq!(read(""), ArmFilter::default());
        let filter = read("atScope() and assignedTo('a-b')");
        assert!(filter.has("atScope()"));
        assert_eq!(filter.value("assignedTo()"), Some("a-b"));
        let filter = read("RoleName eq 'Keeper''s and others'");
        assert_eq!(filter.value("roleName eq"), Some("Keeper's and others"));
        assert!(!filter.has("atScope()"));
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        for text in [
            "roleName ne 'x'",
            "roleName eq x",
            "type eq 'x'",
            "atScope() or assignedTo('a')",
            "assignedTo(a)",
            "atScope",
            "atScope() and",
            "roleName eq 'a' and roleName eq 'b'",
        ] {
            let refusal = ArmFilter::read(text, &KNOWN).expect_err(text);
            assert_eq!(refusal.status, 501, "{text}");
        }
    }
}
