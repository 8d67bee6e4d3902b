//! What a failure shows as that comes while data moves.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::file::{RulesError, parse, row_error};
use super::prerequisite::Stage;
use super::source::SourceCheck;
use super::stated::Rule;
use super::{Code, DatasourceName, Mark, RuleId};

const FILE: &str = "failures.toml";

/// Who says that data cannot be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A session in a database.
    Session,
    /// The server, asked for a backup.
    Server,
    /// What was to be asked is not there.
    Missing,
    /// The storage account a restore writes to.
    Target,
}

/// One failure: cause and stage, and what it shows as.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    applies_to: Vec<DatasourceName>,
    stage: Vec<Stage>,
    cause: Cause,
    #[serde(default)]
    says: Vec<String>,
    /// The rule it comes down to.
    pub rule: RuleId,
    code: Option<Code>,
    /// The inner code, where it is not what was said.
    pub inner: Option<String>,
    /// The inner text, with `{database}` and `{server}` to be filled in, where it is not what was said.
    pub inner_text: Option<String>,
    /// Why, where it is not what was said.
    pub reason: Option<String>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

impl Failure {
    fn is(&self, of: DatasourceName, stage: Stage, cause: Cause, says: &str) -> bool {
        self.cause == cause
            && self.applies_to.contains(&of)
            && self.stage.contains(&stage)
            && (self.says.is_empty() || self.says.iter().any(|own| own == says))
    }
}

/// All failures, in the order of their rows.
#[derive(Clone, Debug, Default)]
pub struct Failures(Vec<(Failure, Code)>);

impl Failures {
    /// The failure that shows, and its code.
    pub fn of(&self, of: DatasourceName, stage: Stage, cause: Cause, says: &str) -> Option<(&Failure, Code)> {
        let found = self.0.iter().find(|(row, _)| row.is(of, stage, cause, says));
        found.map(|(row, code)| (row, *code))
    }

    /// Whether something that breaks at a stage can come down to a rule.
    pub fn come_down_to(&self, rule: RuleId, stage: Stage) -> bool {
        let mut rows = self.0.iter();
        rows.any(|(row, _)| row.rule == rule && row.stage.contains(&stage))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    failure: Vec<Failure>,
}

pub(super) fn load(text: &str, rules: &[Rule], known: &SourceCheck<'_>) -> Result<Failures, RulesError> {
    let file: File = parse(FILE, text)?;
    let codes: BTreeMap<RuleId, Option<Code>> = rules.iter().map(|rule| (rule.id, rule.code)).collect();
    let mut failures = Vec::new();
    for row in file.failure {
        known.check(FILE, row.rule.as_str(), &row.sources)?;
        let code = row.code.or_else(|| codes.get(&row.rule).copied().flatten());
        let Some(code) = code else {
            return Err(row_error(
                FILE,
                row.rule.as_str(),
                "neither it nor its rule has a code",
            ));
        };
        failures.push((row, code));
    }
    Ok(Failures(failures))
}
