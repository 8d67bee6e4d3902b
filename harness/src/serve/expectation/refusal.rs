//! A refusal there must have been.

use azdrill_emulator::rules::Rules;
use serde::Deserialize;

use super::part::{is, wanted};
use crate::scenario::Misstated;
use crate::serve::call::Refused;
use crate::serve::known;
use crate::serve::record::Record;

/// A refusal there must have been: of a request, or at a stage of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ExpectedRefusal {
    /// The operation refused.
    pub operation: Option<String>,
    /// The stage that found out (`validate_restore`, `restore`), if it was no request.
    pub stage: Option<String>,
    /// The code.
    pub code: Option<String>,
    /// The gate.
    pub gate: Option<String>,
    /// A rule among those that decided.
    pub rule: Option<String>,
}

impl ExpectedRefusal {
    pub(super) fn check(&self, rules: &Rules, not_called: &[String]) -> Result<(), Misstated> {
        if *self == Self::default() {
            return Err(Misstated::new(
                "a refusal that says nothing: expected operation, stage, code, gate or rule",
            ));
        }
        if let Some(operation) = &self.operation {
            let wrong = |what: String| Err(Misstated::new(what).at("operation"));
            known::operation(rules, operation).map_err(|wrong| wrong.at("operation"))?;
            if self.stage.is_some() {
                return wrong("a refusal is of an `operation` or at a `stage`, never both".to_owned());
            }
            if not_called.contains(operation) {
                return wrong(format!(
                    "{operation} is to be refused, and in `not_called`: what is refused was called"
                ));
            }
        }
        if let Some(stage) = &self.stage {
            known::stage(stage).map_err(|wrong| wrong.at("stage"))?;
        }
        if let Some(rule) = &self.rule {
            known::rule(rule).map_err(|wrong| wrong.at("rule"))?;
        }
        match &self.gate {
            Some(gate) => known::gate(gate).map_err(|wrong| wrong.at("gate")),
            None => Ok(()),
        }
    }

    pub(super) fn miss(&self, record: &Record) -> Option<String> {
        let fits = |refused: &Refused| {
            is(&self.code, &refused.code)
                && is(&self.gate, &refused.gate)
                && self.rule.as_ref().is_none_or(|rule| refused.rules.contains(rule))
        };
        let in_calls = self.stage.is_none()
            && record
                .refused_calls()
                .any(|found| is(&self.operation, &found.call.operation) && fits(found.refused));
        let in_stages = self.operation.is_none()
            && record
                .told
                .iter()
                .any(|told| is(&self.stage, &told.about) && told.refused.as_ref().is_some_and(fits));
        if in_calls || in_stages {
            return None;
        }
        let parts = [
            ("operation", &self.operation),
            ("stage", &self.stage),
            ("code", &self.code),
            ("gate", &self.gate),
            ("rule", &self.rule),
        ];
        let wanted = wanted(&parts);
        Some(match self.nearest(record) {
            Some(nearest) => {
                format!("refused: there was no refusal with {wanted}; there was one with {nearest}")
            }
            None => format!("refused: there was no refusal with {wanted}"),
        })
    }

    /// What the refusal that fits most of it has in the place of what was wanted.
    fn nearest(&self, record: &Record) -> Option<String> {
        let stages = record.told.iter();
        let stages = stages.filter_map(|told| Some(("stage", &told.about, told.refused.as_ref()?)));
        let calls = record.refused_calls();
        let calls = calls.map(|found| ("operation", &found.call.operation, found.refused));
        let all = stages.chain(calls);
        let held = all.map(|(kind, place, refused)| self.held_against(kind, place, refused));
        let (_, instead) = held
            .filter(|(fitting, _)| *fitting > 0)
            .min_by_key(|(fitting, _)| std::cmp::Reverse(*fitting))?;
        Some(instead.join(", "))
    }

    /// How much of it a refusal fits, and what it has in the place of the rest.
    fn held_against(&self, kind: &str, place: &str, refused: &Refused) -> (usize, Vec<String>) {
        let own_place = match kind {
            "stage" => &self.stage,
            _ => &self.operation,
        };
        let anywhere = self.stage.is_none() && self.operation.is_none();
        let rules = refused.rules.join(", ");
        let rule_fits = |rule: &String| refused.rules.contains(rule);
        let parts = [
            (!anywhere, own_place.as_deref() == Some(place), kind, place),
            (
                self.code.is_some(),
                self.code.as_ref() == Some(&refused.code),
                "code",
                &refused.code,
            ),
            (
                self.gate.is_some(),
                self.gate.as_ref() == Some(&refused.gate),
                "gate",
                &refused.gate,
            ),
            (
                self.rule.is_some(),
                self.rule.as_ref().is_some_and(rule_fits),
                "rules",
                rules.as_str(),
            ),
        ];
        let wanted = parts.into_iter().filter(|(wanted, ..)| *wanted);
        let (fitting, others): (Vec<_>, Vec<_>) = wanted.partition(|(_, fits, ..)| *fits);
        let instead = others.into_iter().map(|(.., name, got)| match got {
            "" => format!("no {name}"),
            got => format!("{name} {got}"),
        });
        (fitting.len(), instead.collect())
    }
}
