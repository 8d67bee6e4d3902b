//! The part of OData's `$filter` that clients use to find somebody: comparisons of a member with a
//! text, what a member begins with, what a list of texts holds; with `and` and `or` between them.

use serde_json::Value;

use crate::state::field;

/// What one clause asks of an object.
#[derive(Debug, PartialEq, Eq)]
enum Clause {
    Is(String, String),
    IsNot(String, String),
    BeginsWith(String, String),
    Holds(String, String),
}

/// A filter: any of its parts, each of them all of its clauses.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GraphFilter(Vec<Vec<Clause>>);

impl GraphFilter {
    /// Reads a filter; an empty one lets everything through.
    ///
    /// # Errors
    ///
    /// The part that is not understood.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self(vec![Vec::new()]));
        }
        split(text, " or ")
            .iter()
            .map(|part| split(part, " and ").iter().map(|clause| read(clause)).collect())
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The members it asks about.
    pub(super) fn members(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().map(|clause| match clause {
            Clause::Is(name, _)
            | Clause::IsNot(name, _)
            | Clause::BeginsWith(name, _)
            | Clause::Holds(name, _) => name.as_str(),
        })
    }

    /// Whether an object is let through.
    pub(super) fn holds(&self, object: &Value) -> bool {
        self.0
            .iter()
            .any(|clauses| clauses.iter().all(|clause| clause.holds(object)))
    }
}

impl Clause {
    fn holds(&self, object: &Value) -> bool {
        let text = |name: &str| field(object, name).as_str().unwrap_or_default();
        match self {
            Self::Is(name, value) => text(name).eq_ignore_ascii_case(value),
            Self::IsNot(name, value) => !text(name).eq_ignore_ascii_case(value),
            Self::BeginsWith(name, value) => text(name).to_lowercase().starts_with(&value.to_lowercase()),
            Self::Holds(name, value) => field(object, name)
                .as_array()
                .into_iter()
                .flatten()
                .any(|item| item.as_str().is_some_and(|text| text.eq_ignore_ascii_case(value))),
        }
    }
}

/// Whether a clause that is not understood is one Graph has: a comparison, a function, or a word of OData's.
pub(super) fn is_of_graph(clause: &str) -> bool {
    let lower = clause.trim().to_ascii_lowercase();
    let begins = ["not ", "not(", "(", "endswith(", "contains(", "startswith("];
    if begins.iter().any(|word| lower.starts_with(word)) {
        return lower.contains(' ') || lower.ends_with(')');
    }
    let mut words = lower.split_whitespace();
    let (name, operator, value) = (words.next(), words.next(), words.next());
    let is_name = |name: &str| {
        name.chars()
            .all(|letter| letter.is_alphanumeric() || letter == '/')
    };
    let is_value = |value: &str| {
        let is_number = value.starts_with(|first: char| first.is_ascii_digit());
        is_number || value.starts_with(['\'', '(']) || ["true", "false", "null"].contains(&value)
    };
    name.is_some_and(is_name)
        && operator.is_some_and(|word| ["eq", "ne", "in", "gt", "ge", "lt", "le"].contains(&word))
        && value.is_some_and(is_value)
        || lower.contains("/any(") && lower.ends_with(')')
}

/// Splits at a word, but not inside quotes.
fn split<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, letter) in text.char_indices() {
        if letter == '\'' {
            quoted = !quoted;
        } else if !quoted && at >= start && text[at..].starts_with(word) {
            parts.push(&text[start..at]);
            start = at + word.len();
        }
    }
    parts.push(&text[start..]);
    parts
}

/// A text in quotes; a quote inside is doubled.
fn quoted(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    let single = inner.replace("''", "");
    (!single.contains('\'')).then(|| inner.replace("''", "'"))
}

fn member(text: &str) -> Option<String> {
    let text = text.trim();
    let is_name = !text.is_empty() && text.chars().all(char::is_alphanumeric);
    is_name.then(|| text.to_owned())
}

fn read(clause: &str) -> Result<Clause, String> {
    let clause = clause.trim();
    understand(clause).ok_or_else(|| clause.to_owned())
}

fn understand(clause: &str) -> Option<Clause> {
    // `servicePrincipalNames/any(c:c eq 'X')`
    if let Some((list, condition)) = clause.split_once("/any(") {
        let (variable, comparison) = condition.strip_suffix(')')?.split_once(':')?;
        let value = comparison
            .trim()
            .strip_prefix(variable.trim())?
            .strip_prefix(" eq ")?;
        return Some(Clause::Holds(member(list)?, quoted(value)?));
    }
    let lower = clause.to_ascii_lowercase();
    if lower.starts_with("startswith(") {
        let (name, value) = clause["startswith(".len()..].strip_suffix(')')?.split_once(',')?;
        return Some(Clause::BeginsWith(member(name)?, quoted(value)?));
    }
    if let Some((name, value)) = clause.split_once(" eq ") {
        return Some(Clause::Is(member(name)?, quoted(value)?));
    }
    let (name, value) = clause.split_once(" ne ")?;
    Some(Clause::IsNot(member(name)?, quoted(value)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(filter: &str, object: &Value) -> bool {
        GraphFilter::read(filter).expect("a filter").holds(object)
    }

    #[test]
    fn the_clauses_of_clients_are_understood() {
        let object =
            json!({"appId": "a-1", "displayName": "O'Brien and sons", "servicePrincipalNames": ["a-1", "b"]});
        assert!(holds("", &object));
        assert!(holds("appId eq 'A-1'", &object));
        assert!(holds("displayName eq 'O''Brien and sons'", &object));
        assert!(holds("startswith(displayName,'o''br')", &object));
        assert!(holds("servicePrincipalNames/any(c:c eq 'b')", &object));
        assert!(holds(
            "servicePrincipalNames/any(x:x eq 'a-1') and appId ne 'z'",
            &object
        ));
        assert!(holds(
            "appId eq 'z' or displayName eq 'O''Brien and sons'",
            &object
        ));
        assert!(!holds("servicePrincipalNames/any(c:c eq 'c')", &object));
        assert!(!holds("appId eq 'a-1' and appId eq 'b'", &object));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for filter in [
            "appId",
            "appId gt 'x'",
            "appId eq x",
            "tolower(appId) eq 'x'",
            "appId eq 'x' and endswith(mail,'x')",
            "names/any(c:d eq 'x')",
            "appId eq 'it's'",
        ] {
            assert!(GraphFilter::read(filter).is_err(), "{filter}");
        }
        assert_eq!(
            GraphFilter::read("appId eq 'x' and what is this"),
            Err("what is this".to_owned())
        );
    }
}
