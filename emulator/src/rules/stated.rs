//! A rule, whatever file its row stands in.

use std::collections::BTreeMap;

use super::prerequisite::{Check, Prerequisite, RestoredAs, RestoredIn, Stage};
use super::{Code, DatasourceName, ErrorCode, Gate, Mark, RuleId};

/// The name of the one alternative of a row that has no others.
pub(super) const AS_STATED: &str = "as_stated";

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

impl RuleKind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prerequisite => "prerequisite",
            Self::Refusal => "refusal",
            Self::Failure => "failure",
            Self::Behaviour => "behaviour",
            Self::Network => "network",
            Self::Error => "error",
        }
    }
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
    /// Where a restore must be done for the row to apply, where that makes a difference.
    pub restored_in: Option<RestoredIn>,
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

    /// Whether what it refuses shows as a code of ours, since Azure's own was never seen.
    pub fn shows_as_ours(&self) -> bool {
        let others = self.alternatives.values().filter_map(|one| one.code);
        let mut codes = self.code.into_iter().chain(others);
        codes.any(|code| code.row().wire_code().starts_with("Synthetic"))
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
            &error.statement(),
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
        restored_in: None,
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
                restored_in: rule.restored_in,
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
