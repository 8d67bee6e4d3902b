//! Which writes heed conditions on etags.

use serde::Deserialize;

use super::file::{RulesError, parse, row_error};
use super::source::SourceCheck;
use super::{Code, Mark};

const FILE: &str = "conditional_requests.toml";

/// What writes of some types make of `If-Match` and `If-None-Match`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionalWrites {
    /// What the names of the types begin with; the first row that fits counts.
    pub types: String,
    /// What the service calls such a resource.
    pub called: String,
    /// The row of `errors.toml` where the etag is another; none: the header is passed over.
    pub if_match: Option<Code>,
    /// The row of `errors.toml` where the resource is there; none: the header is passed over.
    pub if_none_match: Option<Code>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

impl ConditionalWrites {
    /// Whether the row is about a type.
    pub fn covers(&self, kind: &str) -> bool {
        kind.get(..self.types.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(&self.types))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionsFile {
    writes: Vec<ConditionalWrites>,
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<Vec<ConditionalWrites>, RulesError> {
    let rows = parse::<ConditionsFile>(FILE, text)?.writes;
    for row in &rows {
        known.check(FILE, &row.types, &row.sources)?;
    }
    match rows.last() {
        Some(last) if last.types.is_empty() => Ok(rows),
        _ => Err(row_error(FILE, "the last", "it is about every type that is left")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::source::test_sources;

    #[test]
    fn every_type_has_a_row_and_every_code_too() {
        let sources = test_sources();
        let error = |types: &str, code: &str| {
            let text = format!(
                "[[writes]]\ntypes = \"{types}\"\ncalled = \"x\"\n{code}mark = \"doc\"\nsources = [\"KNOWN\"]"
            );
            load(&text, &SourceCheck::new(&sources)).map_err(|error| error.to_string())
        };
        assert!(error("", "").is_ok());
        assert!(error("A.B", "").expect_err("refused").contains("every type"));
        let unknown = error("", "if_match = \"X\"\n").expect_err("refused");
        assert!(unknown.contains("no error code `X`"), "{unknown}");
    }
}
