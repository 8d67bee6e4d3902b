//! Which alternative each rule is taken with, and the prerequisites that follow.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::load::{RulesError, SourceCheck, row_error};
use super::prerequisite::{Evidence, PrerequisiteRow, SwitchRow};
use super::{Assumptions, Check, ErrorCode, Mark, Prerequisite, Profile, RuleId, Statement};

/// `prerequisites.toml` and what stands beside it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrerequisitesFile {
    prerequisite: Vec<PrerequisiteRow>,
    #[serde(default)]
    switch: Vec<SwitchRow>,
}

impl PrerequisitesFile {
    pub(super) fn append(&mut self, other: Self) {
        self.prerequisite.extend(other.prerequisite);
        self.switch.extend(other.switch);
    }
}

/// Which alternative each rule is taken with.
pub(super) fn take(
    file: &PrerequisitesFile,
    profile: Profile,
    assumptions: &Assumptions,
) -> Result<BTreeMap<RuleId, String>, RulesError> {
    let prerequisites = file.prerequisite.iter().map(|row| {
        let names: Vec<&String> = row.alternatives.keys().collect();
        (&row.id, &row.documented, &row.observed, names)
    });
    let switches = file.switch.iter().map(|row| {
        let names: Vec<&String> = row.alternatives.keys().collect();
        (&row.id, &row.documented, &row.observed, names)
    });
    let mut taken = BTreeMap::new();
    let mut known = BTreeMap::new();
    for (id, documented, observed, names) in prerequisites.chain(switches) {
        for choice in [documented, observed] {
            if !names.contains(&choice) {
                return Err(row_error(
                    "prerequisites.toml",
                    id.as_str(),
                    &format!("no alternative `{choice}`"),
                ));
            }
        }
        let own = match profile {
            Profile::Documented => documented,
            Profile::Observed => observed,
        };
        known.insert(id.clone(), names);
        if taken.insert(id.clone(), own.clone()).is_some() {
            return Err(row_error(
                "prerequisites.toml",
                id.as_str(),
                "it stands there twice",
            ));
        }
    }
    for (rule, alternative) in assumptions {
        let names = known.get(rule).cloned().unwrap_or_default();
        if names.is_empty() {
            return Err(RulesError::NoSuchChoice { rule: rule.clone() });
        }
        if !names.contains(&alternative) {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            return Err(RulesError::Assumption {
                rule: rule.clone(),
                alternative: alternative.clone(),
                known: names.join(", "),
            });
        }
        taken.insert(rule.clone(), alternative.clone());
    }
    Ok(taken)
}

/// What a row says, for people.
pub(super) fn statement(text: &str, mark: Mark, sources: &[String]) -> Statement {
    Statement {
        text: text.to_owned(),
        mark,
        sources: sources.to_vec(),
    }
}

pub(super) type Compiled = (Vec<Prerequisite>, BTreeMap<RuleId, Statement>);

pub(super) fn compile(
    file: &PrerequisitesFile,
    taken: &BTreeMap<RuleId, String>,
    errors: &BTreeMap<String, ErrorCode>,
    known: &SourceCheck<'_>,
) -> Result<Compiled, RulesError> {
    let mut compiled = Vec::new();
    let mut statements = BTreeMap::new();
    for row in &file.prerequisite {
        let wrong = |what: String| row_error("prerequisites.toml", row.id.as_str(), &what);
        for (name, table) in &row.alternatives {
            let (check, evidence, code) =
                alternative(table).map_err(|what| wrong(format!("alternative {name}: {what}")))?;
            let code = code.unwrap_or_else(|| row.code.clone());
            if !errors.contains_key(&code) {
                return Err(wrong(format!("errors.toml has no `{code}`")));
            }
            known.check("prerequisites.toml", row.id.as_str(), &evidence.sources)?;
            if taken.get(&row.id) == Some(name) {
                statements.insert(
                    row.id.clone(),
                    statement(&row.statement, evidence.mark, &evidence.sources),
                );
                compiled.extend(row.stage.as_slice().iter().map(|stage| Prerequisite {
                    id: row.id.clone(),
                    flavour: row.flavour,
                    stage: *stage,
                    topic: row.topic.clone(),
                    statement: row.statement.clone(),
                    code: code.clone(),
                    code_mark: row.code_mark,
                    check: check.clone(),
                    mark: evidence.mark,
                    sources: evidence.sources.clone(),
                }));
            }
        }
    }
    for row in &file.switch {
        for (name, evidence) in &row.alternatives {
            known.check("prerequisites.toml", row.id.as_str(), &evidence.sources)?;
            if taken.get(&row.id) == Some(name) {
                statements.insert(
                    row.id.clone(),
                    statement(&row.statement, evidence.mark, &evidence.sources),
                );
            }
        }
    }
    Ok((compiled, statements))
}

/// Splits an alternative into its check, its evidence and an error code of its own, so that each
/// can refuse unknown keys.
fn alternative(table: &toml::Table) -> Result<(Check, Evidence, Option<String>), String> {
    let mut check = table.clone();
    let code = match check.remove("code") {
        Some(toml::Value::String(code)) => Some(code),
        Some(_) => return Err("`code` must be a text".to_owned()),
        None => None,
    };
    let mut evidence = toml::Table::new();
    for key in ["mark", "sources"] {
        if let Some(value) = check.remove(key) {
            evidence.insert(key.to_owned(), value);
        }
    }
    let check = check.try_into().map_err(|error| error.to_string())?;
    let evidence = evidence.try_into().map_err(|error| error.to_string())?;
    Ok((check, evidence, code))
}
