//! The rules of `emulator/rules/stated/`: one row states one whole.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::file::{RulesError, parse, row_error};
use super::prerequisite::{Check, Prerequisite, RestoredAs, Stage};
use super::source::{SourceCheck, is_month};
use super::{Assumptions, Code, DatasourceName, ErrorCode, Gate, Mark, Profile, RuleId};

/// Names and texts of the files.
const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/stated.rs"));

/// The name of the one alternative of a row that has no others.
const AS_STATED: &str = "as_stated";

/// What kind of rule a row states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleKind {
    /// What must be true before something goes through.
    Prerequisite,
    /// What a service does not do: a limit, a state that forbids, a step that cannot be taken back.
    Refusal,
    /// What breaks while data moves: a cause, and what it shows as.
    Failure,
    /// How things go, and when: a lag, a lifetime, a schedule, a name.
    Behaviour,
    /// Who reaches an endpoint over the network.
    Network,
    /// What a service answers with, where its row of the errors says all there is to say.
    Error,
}

/// A rule, with everything that was ever said about it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name.
    pub id: RuleId,
    /// What kind of rule it is.
    pub kind: RuleKind,
    /// A word to group by.
    pub topic: String,
    /// What it says, in our words.
    pub statement: String,
    /// The kinds of datasource it is about; empty where it is about none in particular.
    pub applies_to: Vec<DatasourceName>,
    /// Where it is found out, in the order things happen.
    pub stages: Vec<Stage>,
    /// What a restore must be for the row to apply, where it is about one.
    pub restored_as: Option<RestoredAs>,
    /// The gate that says no.
    pub gate: Option<Gate>,
    /// The error it shows as.
    pub code: Option<Code>,
    /// How sure we are that Azure answers with this code, where that is less sure than the rule.
    pub code_mark: Option<Mark>,
    /// Rules that say so as well.
    pub also: Vec<RuleId>,
    /// What is to be done about it, for a person.
    pub fix: Option<String>,
    /// The alternative the documents have.
    pub documented: String,
    /// The alternative that was seen or is inferred.
    pub observed: String,
    /// The alternative that is played.
    pub taken: String,
    /// What may be the case, by name.
    pub alternatives: BTreeMap<String, Alternative>,
}

/// One of the things that may be the case.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// How it is checked, where the row is a prerequisite.
    pub check: Option<Check>,
    /// The error it shows as, where that is not the row's.
    pub code: Option<Code>,
    /// How sure we are.
    pub mark: Mark,
    /// Keys of [`super::Rules::sources`].
    pub sources: Vec<String>,
    /// The first month a document said so, as `YYYY-MM`, where that is known.
    pub said_from: Option<String>,
    /// The last month a document said so, where it says otherwise now.
    pub said_until: Option<String>,
}

impl Rule {
    /// The alternative that is played.
    pub fn alternative(&self) -> &Alternative {
        // The loader takes none that is not there.
        &self.alternatives[&self.taken]
    }

    /// How sure we are of the alternative that is played.
    pub fn mark(&self) -> Mark {
        self.alternative().mark
    }

    /// Where the alternative that is played was read: keys of [`super::Rules::sources`].
    pub fn sources(&self) -> &[String] {
        &self.alternative().sources
    }

    /// Whether documents and observation take different alternatives.
    pub fn differs(&self) -> bool {
        self.documented != self.observed
    }
}

/// An error's row, as a rule among the others.
pub(super) fn of_error(error: &ErrorCode) -> Rule {
    Rule {
        kind: RuleKind::Error,
        gate: None,
        code: Some(error.code),
        ..of_network(
            error.code.rule(),
            &error.message,
            "errors",
            error.mark,
            &error.sources,
        )
    }
}

/// A row of the network tables, as a rule among the others.
pub(super) fn of_network(id: RuleId, statement: &str, topic: &str, mark: Mark, sources: &[String]) -> Rule {
    let only = Alternative {
        check: None,
        code: None,
        mark,
        sources: sources.to_vec(),
        said_from: None,
        said_until: None,
    };
    Rule {
        id,
        kind: RuleKind::Network,
        topic: topic.to_owned(),
        statement: statement.to_owned(),
        applies_to: Vec::new(),
        stages: Vec::new(),
        restored_as: None,
        gate: Some(Gate::Network),
        code: None,
        code_mark: None,
        also: Vec::new(),
        fix: None,
        documented: AS_STATED.to_owned(),
        observed: AS_STATED.to_owned(),
        taken: AS_STATED.to_owned(),
        alternatives: BTreeMap::from([(AS_STATED.to_owned(), only)]),
    }
}

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

/// Which alternative each rule is taken with.
pub(super) struct Taken<'a>(BTreeMap<RuleId, &'a Rule>);

impl<'a> Taken<'a> {
    pub(super) fn of(rules: &'a [Rule]) -> Self {
        Self(rules.iter().map(|rule| (rule.id, rule)).collect())
    }

    /// Whether the rule is taken with this alternative.
    ///
    /// # Errors
    ///
    /// If it has none of that name.
    pub(super) fn is(&self, rule: RuleId, alternative: &str) -> Result<bool, String> {
        let found = self
            .0
            .get(&rule)
            .filter(|rule| rule.alternatives.contains_key(alternative));
        match found {
            Some(rule) => Ok(rule.taken == alternative),
            None => Err(format!("{rule} has no alternative `{alternative}`")),
        }
    }
}

/// The prerequisites among the rules, with the alternatives taken, one for each stage.
pub(super) fn prerequisites(rules: &[Rule]) -> Vec<Prerequisite> {
    let mut all = Vec::new();
    for rule in rules.iter().filter(|rule| rule.kind == RuleKind::Prerequisite) {
        let alternative = rule.alternative();
        let (Some(check), Some(code)) = (&alternative.check, alternative.code.or(rule.code)) else {
            continue;
        };
        for (kind, stage) in rule
            .applies_to
            .iter()
            .flat_map(|kind| rule.stages.iter().map(move |stage| (*kind, *stage)))
        {
            all.push(Prerequisite {
                id: rule.id,
                datasource: kind,
                stage,
                restored_as: rule.restored_as,
                topic: rule.topic.clone(),
                statement: rule.statement.clone(),
                code,
                code_mark: rule.code_mark,
                also: rule.also.clone(),
                check: check.clone(),
                mark: alternative.mark,
                sources: alternative.sources.clone(),
            });
        }
    }
    all
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
