//! What the programs of a client say while they load the files of a restore, and the rules it comes down to.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::RuleId;
use super::file::{RulesError, parse, row_error};
use super::source::{Mark, SourceCheck};

const FILE: &str = "client_words.toml";

/// A row: what is said, and what it comes down to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    program: Option<String>,
    says: Vec<String>,
    rules: Vec<RuleId>,
    /// How sure we are. Kept for whoever reads the file: what is said is seen for itself.
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

/// All rows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientWords {
    said: Vec<Said>,
}

impl ClientWords {
    /// The rules that the lines of a program come down to.
    pub fn rules_of(&self, program: &str, lines: &[String]) -> BTreeSet<RuleId> {
        let of_program = |row: &&Said| row.program.as_deref().is_none_or(|own| own == program);
        let says = |row: &Said, line: &String| row.says.iter().all(|part| line.contains(part.as_str()));
        let rows = self.said.iter().filter(of_program);
        rows.filter(|row| lines.iter().any(|line| says(row, line)))
            .flat_map(|row| row.rules.iter().copied())
            .collect()
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<ClientWords, RulesError> {
    let words: ClientWords = parse(FILE, text)?;
    for row in &words.said {
        let name = row.says.first().map_or("", String::as_str);
        known.check(FILE, name, &row.sources)?;
        if row.says.is_empty() || row.rules.is_empty() {
            return Err(row_error(FILE, name, "a row says something and names a rule"));
        }
    }
    Ok(words)
}
