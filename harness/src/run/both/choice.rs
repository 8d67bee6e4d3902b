//! The rules two profiles take differently.

use std::collections::BTreeSet;

use azdrill_emulator::rules::{Profile, Rule, RuleId, Rules, RulesError};
use serde::Serialize;

use super::ComparedStep;
use crate::run::report::titled;
use crate::scenario::Scenario;

/// A rule the profiles take differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleChoice {
    /// Its name.
    pub rule: RuleId,
    /// What it says.
    pub statement: String,
    /// What the documented machine takes.
    pub documented: Taken,
    /// What the observed machine takes.
    pub observed: Taken,
}

/// An alternative that is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// Its name.
    pub alternative: String,
    /// How sure we are.
    pub mark: String,
    /// Where it was read: keys with titles and versions.
    pub sources: Vec<String>,
}

impl Taken {
    /// What a rule is taken with.
    pub(crate) fn of(rules: &Rules, rule: &Rule, name: &str) -> Self {
        let Some(alternative) = rule.alternatives.get(name) else {
            return Self::default();
        };
        Self {
            alternative: name.to_owned(),
            mark: alternative.mark.as_str().to_owned(),
            sources: titled(rules, &alternative.sources),
        }
    }
}

/// The rules that the machines which play a scenario take differently.
pub(super) struct Choices {
    pub(super) differing: BTreeSet<RuleId>,
    rules: Rules,
}

impl Choices {
    /// Of the machines that play a scenario. What it assumes holds on both, and is not to be turned.
    pub(super) fn of(scenario: &Scenario) -> Result<Self, RulesError> {
        let rules = Rules::load(Profile::Observed, &scenario.assume)?;
        let differing = rules.stated.values().filter(|rule| rule.differs());
        let differing = differing.filter(|rule| !scenario.assume.contains_key(rule.id.as_str()));
        Ok(Self {
            differing: differing.map(|rule| rule.id).collect(),
            rules,
        })
    }

    /// What the observed machine takes a rule with.
    pub(super) fn observed(&self, id: RuleId) -> String {
        self.rules.rule(id).observed.clone()
    }

    /// The rules that are named as causes, in the order in which they are.
    pub(super) fn named(&self, steps: &[ComparedStep]) -> Vec<RuleChoice> {
        let causes = steps.iter().flat_map(|step| &step.because);
        let mut named: Vec<RuleId> = Vec::new();
        for id in causes.flat_map(|cause| &cause.rules) {
            if !named.contains(id) {
                named.push(*id);
            }
        }
        named.into_iter().map(|id| self.told(id)).collect()
    }

    /// A rule with what both take, for whoever reads it.
    fn told(&self, id: RuleId) -> RuleChoice {
        let rule = self.rules.rule(id);
        RuleChoice {
            rule: id,
            statement: rule.statement.clone(),
            documented: Taken::of(&self.rules, rule, &rule.documented),
            observed: Taken::of(&self.rules, rule, &rule.observed),
        }
    }
}
