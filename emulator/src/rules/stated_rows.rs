//! The rows of `emulator/rules/stated/`: one states one rule whole.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::file::{RulesError, parse, row_error};
use super::prerequisite::{RestoredAs, RestoredIn, Stage};
use super::source::{SourceCheck, is_month};
use super::stated::{AS_STATED, Alternative, Rule, RuleKind};
use super::{Assumptions, Code, DatasourceName, Gate, Mark, Profile, RuleId};

/// Names and texts of the files.
const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/stated.rs"));

/// A file of `stated/`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatedFile {
    #[serde(default)]
    prerequisite: Vec<RuleRow>,
    #[serde(default)]
    refusal: Vec<RuleRow>,
    #[serde(default)]
    failure: Vec<RuleRow>,
    #[serde(default)]
    behaviour: Vec<RuleRow>,
}

/// A row as it stands in its file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleRow {
    id: RuleId,
    topic: String,
    statement: String,
    #[serde(default)]
    applies_to: Vec<DatasourceName>,
    #[serde(default)]
    stage: Vec<Stage>,
    restored_as: Option<RestoredAs>,
    restored_in: Option<RestoredIn>,
    gate: Option<Gate>,
    code: Option<Code>,
    code_mark: Option<Mark>,
    #[serde(default)]
    also: Vec<RuleId>,
    documented: Option<String>,
    observed: Option<String>,
    #[serde(default)]
    alternatives: BTreeMap<String, toml::Table>,
    as_stated: Option<toml::Table>,
}

/// What stands beside the check of an alternative.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlternativeRow {
    code: Option<Code>,
    mark: Mark,
    sources: Vec<String>,
    said_from: Option<String>,
    said_until: Option<String>,
}

impl RuleRow {
    fn wrong(&self, file: &'static str, what: &str) -> RulesError {
        row_error(file, self.id.as_str(), what)
    }

    /// The row's alternatives: those it has, or the one it is stated as.
    fn alternatives(&self) -> Result<BTreeMap<String, Alternative>, String> {
        let tables = match (&self.as_stated, self.alternatives.len()) {
            (Some(table), 0) => BTreeMap::from([(AS_STATED.to_owned(), table.clone())]),
            (None, 2..) => self.alternatives.clone(),
            _ => return Err("it has either `as_stated` or at least two `alternatives`".to_owned()),
        };
        tables
            .into_iter()
            .map(|(name, table)| match Alternative::read(table) {
                Ok(alternative) => Ok((name, alternative)),
                Err(what) => Err(format!("alternative {name}: {what}")),
            })
            .collect()
    }

    fn compile(self, file: &'static str, kind: RuleKind, profile: Profile) -> Result<Rule, RulesError> {
        let alternatives = self.alternatives().map_err(|what| self.wrong(file, &what))?;
        let chosen = |choice: &Option<String>| match (choice, &self.as_stated) {
            (Some(name), None) if alternatives.contains_key(name) => Ok(name.clone()),
            (None, Some(_)) => Ok(AS_STATED.to_owned()),
            (Some(name), None) => Err(self.wrong(file, &format!("no alternative `{name}`"))),
            _ => Err(self.wrong(
                file,
                "`documented` and `observed` stand beside `alternatives`, and only there",
            )),
        };
        let (documented, observed) = (chosen(&self.documented)?, chosen(&self.observed)?);
        let checked = alternatives.values().all(|one| one.check.is_some());
        if checked != (kind == RuleKind::Prerequisite) {
            return Err(self.wrong(
                file,
                "a prerequisite's alternatives have a `check`, and no others",
            ));
        }
        if kind == RuleKind::Prerequisite && (self.code.is_none() || self.stage.is_empty()) {
            return Err(self.wrong(file, "a prerequisite has a `code` and a `stage`"));
        }
        Ok(Rule {
            id: self.id,
            kind,
            topic: self.topic,
            statement: self.statement,
            applies_to: self.applies_to,
            stages: self.stage,
            restored_as: self.restored_as,
            restored_in: self.restored_in,
            gate: self.gate,
            code: self.code,
            code_mark: self.code_mark,
            also: self.also,
            fix: None,
            taken: match profile {
                Profile::Documented => documented.clone(),
                Profile::Observed => observed.clone(),
            },
            documented,
            observed,
            alternatives,
        })
    }
}

impl Alternative {
    /// Splits an alternative into its check and what stands beside it, so that each can refuse unknown keys.
    fn read(mut table: toml::Table) -> Result<Self, String> {
        let mut beside = toml::Table::new();
        for key in ["code", "mark", "sources", "said_from", "said_until"] {
            if let Some(value) = table.remove(key) {
                beside.insert(key.to_owned(), value);
            }
        }
        let beside: AlternativeRow = beside.try_into().map_err(|error| error.to_string())?;
        let mut months = beside.said_from.iter().chain(&beside.said_until);
        if let Some(month) = months.find(|month| !is_month(month)) {
            return Err(format!("`{month}` is no month, as 2025-03 is one"));
        }
        let check = if table.is_empty() {
            None
        } else {
            Some(table.try_into().map_err(|error| error.to_string())?)
        };
        Ok(Self {
            check,
            code: beside.code,
            mark: beside.mark,
            sources: beside.sources,
            said_from: beside.said_from,
            said_until: beside.said_until,
        })
    }
}

/// Reads all rows, in the order of their files, and takes the alternatives of the profile, or those assumed.
pub(super) fn load(
    profile: Profile,
    assumptions: &Assumptions,
    known: &SourceCheck<'_>,
) -> Result<Vec<Rule>, RulesError> {
    let mut rules = Vec::new();
    for (name, text) in FILES {
        let file: StatedFile = parse(name, text)?;
        let rows = [
            (RuleKind::Prerequisite, file.prerequisite),
            (RuleKind::Refusal, file.refusal),
            (RuleKind::Failure, file.failure),
            (RuleKind::Behaviour, file.behaviour),
        ];
        for (kind, rows) in rows {
            for row in rows {
                let rule = row.compile(name, kind, profile)?;
                for alternative in rule.alternatives.values() {
                    known.check(name, rule.id.as_str(), &alternative.sources)?;
                }
                rules.push(rule);
            }
        }
    }
    assume(&mut rules, assumptions)?;
    Ok(rules)
}

/// Takes other alternatives than the profile's.
fn assume(rules: &mut [Rule], assumptions: &Assumptions) -> Result<(), RulesError> {
    for (id, alternative) in assumptions {
        let rule = rules.iter_mut().find(|rule| rule.id.as_str() == id);
        let Some(rule) = rule.filter(|rule| rule.alternatives.len() > 1) else {
            return Err(RulesError::NoSuchChoice { rule: id.clone() });
        };
        if !rule.alternatives.contains_key(alternative) {
            let names: Vec<&str> = rule.alternatives.keys().map(String::as_str).collect();
            return Err(RulesError::Assumption {
                rule: id.clone(),
                alternative: alternative.clone(),
                known: names.join(", "),
            });
        }
        rule.taken.clone_from(alternative);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(text: &str) -> Result<Rule, String> {
        let file: StatedFile = toml::from_str(text).map_err(|error| error.to_string())?;
        let row = file.refusal.into_iter().next().ok_or("no row")?;
        row.compile("x.toml", RuleKind::Refusal, Profile::Observed)
            .map_err(|error| error.to_string())
    }

    const HEAD: &str = "[[refusal]]\nid = \"FX-B-10\"\ntopic = \"t\"\nstatement = \"s\"\n";

    #[test]
    fn a_row_is_as_stated_or_has_alternatives_that_are_chosen() {
        let stated = "as_stated = { mark = \"doc\", sources = [\"OWN\"] }\n";
        let rule = compile(&format!("{HEAD}{stated}")).unwrap();
        assert_eq!((rule.taken.as_str(), rule.differs()), (AS_STATED, false));
        let two = "alternatives.a = { mark = \"doc\", sources = [\"OWN\"], said_until = \"2024-10\" }\n\
                   alternatives.b = { mark = \"doc\", sources = [\"OWN\"], said_from = \"2024-11\" }\n";
        let choice = "documented = \"a\"\nobserved = \"b\"\n";
        let rule = compile(&format!("{HEAD}{choice}{two}")).unwrap();
        assert_eq!((rule.taken.as_str(), rule.differs()), ("b", true));
        assert_eq!(rule.alternatives["a"].said_until.as_deref(), Some("2024-10"));
        for wrong in [
            HEAD.to_owned(),
            format!("{HEAD}{choice}{stated}"),
            format!("{HEAD}{two}"),
            format!("{HEAD}documented = \"a\"\nobserved = \"c\"\n{two}"),
            format!("{HEAD}{choice}{stated}{two}"),
            format!("{HEAD}as_stated = {{ check = \"identity\", mark = \"doc\", sources = [\"OWN\"] }}\n"),
            format!("{HEAD}as_stated = {{ mark = \"doc\", sources = [\"OWN\"], more = 1 }}\n"),
            format!("{HEAD}as_stated = {{ mark = \"doc\", sources = [\"OWN\"], said_from = \"March\" }}\n"),
        ] {
            assert!(compile(&wrong).is_err(), "{wrong}");
        }
    }
}
