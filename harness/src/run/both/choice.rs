//! The rules two profiles take differently.

use std::collections::BTreeMap;

use azdrill_emulator::rules::{Profile, RuleId, Rules};
use serde::Serialize;

use super::ComparedStep;
use crate::run::machine::assumptions;
use crate::run::{Machine, Outside, RunError};
use crate::scenario::Scenario;

/// A rule the profiles take differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleChoice {
    /// Its name.
    pub rule: String,
    /// What it says.
    pub statement: String,
    /// What the documented machine takes.
    pub documented: Alternative,
    /// What the observed machine takes.
    pub observed: Alternative,
}

/// An alternative that is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Alternative {
    /// Its name.
    pub alternative: String,
    /// How sure we are.
    pub mark: String,
    /// Where it was read: keys with titles and versions.
    pub sources: Vec<String>,
}

/// What a rule is taken with under these rules.
pub(crate) fn alternative(rules: &Rules, id: &RuleId) -> Alternative {
    let note = crate::run::rule_note(rules, id.as_str());
    let (mark, sources) = note.map_or_else(Default::default, |note| (note.mark, note.sources));
    Alternative {
        alternative: rules.taken.get(id).cloned().unwrap_or_default(),
        mark,
        sources,
    }
}

/// The rules of both machines that play a scenario, and what they take differently.
pub(super) struct Choices {
    /// By rule: what the documented machine takes, and the observed one.
    pub(super) differing: BTreeMap<RuleId, [String; 2]>,
    documented: Rules,
    observed: Rules,
}

impl Choices {
    /// Of the machines that play a scenario.
    pub(super) fn of(scenario: &Scenario) -> Result<Self, RunError> {
        let rules = |profile| Machine::of(profile, Outside::Real(None)).rules(scenario);
        let (documented, observed) = (rules(Profile::Documented)?, rules(Profile::Observed)?);
        let assumed = assumptions(scenario);
        let taken = documented.taken.iter().filter_map(|(id, own)| {
            let other = observed.taken.get(id)?;
            // What the scenario assumes holds on both, and is not to be turned.
            let differ = own != other && !assumed.contains_key(id);
            differ.then(|| (id.clone(), [own.clone(), other.clone()]))
        });
        Ok(Self {
            differing: taken.collect(),
            documented,
            observed,
        })
    }

    /// The rules that are named as causes, in the order in which they are.
    pub(super) fn named(&self, steps: &[ComparedStep]) -> Vec<RuleChoice> {
        let mut named: Vec<RuleChoice> = Vec::new();
        for name in steps
            .iter()
            .flat_map(|step| step.because.iter().flat_map(|cause| &cause.rules))
        {
            let id = self.differing.keys().find(|id| id.as_str() == name);
            let known = named.iter().any(|choice| choice.rule == *name);
            named.extend(id.filter(|_| !known).map(|id| self.told(id)));
        }
        named
    }

    /// A rule with what both take, for whoever reads it.
    fn told(&self, id: &RuleId) -> RuleChoice {
        let statement = self.observed.statements.get(id);
        RuleChoice {
            rule: id.to_string(),
            statement: statement.map_or_else(String::new, |statement| statement.text.clone()),
            documented: alternative(&self.documented, id),
            observed: alternative(&self.observed, id),
        }
    }
}
