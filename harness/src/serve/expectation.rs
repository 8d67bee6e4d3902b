//! What is expected of a command, and what it misses.

use std::path::Path;

use azdrill_emulator::rules::{Profile, Rules};
use serde::Deserialize;

use super::call::Refused;
use super::known;
use super::record::Record;
use crate::scenario::{Misstated, ScenarioError, read_checked};

/// What must come of a command. What is left out is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RunExpect {
    /// The command's exit code.
    pub exit: Option<i32>,
    /// Operations it must have called.
    pub called: Vec<String>,
    /// Operations it must not have called.
    pub not_called: Vec<String>,
    /// Refusals there must have been.
    pub refused: Vec<ExpectedRefusal>,
    /// Whether there must have been none at all.
    pub no_refusals: bool,
    /// Jobs there must have been.
    pub job: Vec<ExpectedJob>,
    /// How many recovery points there must be at the end.
    pub recovery_points: Option<u64>,
    /// Whether it may have asked for operations that azdrill does not have.
    pub all_implemented: bool,
    /// What is expected under the documented profile; stands for itself.
    pub documented: Option<Box<RunExpect>>,
    /// What is expected under the observed profile; stands for itself.
    pub observed: Option<Box<RunExpect>>,
}

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

/// A job there must have been.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ExpectedJob {
    /// `Backup` or `Restore`.
    pub operation: Option<String>,
    /// `Completed` or `Failed`.
    pub status: Option<String>,
    /// The code of the error it failed with.
    pub code: Option<String>,
}

impl RunExpect {
    /// Reads a file that holds them and nothing else.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not what it should be, with line and column; see [`Self::check`] as well.
    pub fn read(path: &Path, rules: &Rules) -> Result<Self, ScenarioError> {
        let shown_in = "README.md shows what an expectation may say";
        read_checked(path, shown_in, |own: &Self| own.check(rules))
    }

    /// Checks that what it names is there: an operation nobody has is never called, and a gate nobody
    /// has refuses nothing.
    ///
    /// # Errors
    ///
    /// What is wrong, with what was meant perhaps.
    pub fn check(&self, rules: &Rules) -> Result<(), Misstated> {
        for (list, operations) in [("called", &self.called), ("not_called", &self.not_called)] {
            for (number, operation) in operations.iter().enumerate() {
                known::operation(rules, operation).map_err(|wrong| wrong.in_entry(list, number))?;
            }
        }
        if let Some(both) = self.called.iter().find(|one| self.not_called.contains(one)) {
            let what = format!("{both} is both in `called` and in `not_called`");
            return Err(Misstated::new(what).at("not_called"));
        }
        if self.no_refusals && !self.refused.is_empty() {
            let what = "`no_refusals` and a `[[refused]]` cannot both hold";
            return Err(Misstated::new(what).at("no_refusals"));
        }
        for (number, refusal) in self.refused.iter().enumerate() {
            let checked = refusal.check(rules, &self.not_called);
            checked.map_err(|wrong| wrong.in_entry("refused", number))?;
        }
        for (number, job) in self.job.iter().enumerate() {
            job.check().map_err(|wrong| wrong.in_entry("job", number))?;
        }
        for (profile, own) in [("documented", &self.documented), ("observed", &self.observed)] {
            if let Some(own) = own {
                own.check(rules).map_err(|wrong| wrong.at(profile))?;
            }
        }
        Ok(())
    }

    /// What is expected under a profile.
    pub fn under(&self, profile: Profile) -> &Self {
        let own = match profile {
            Profile::Documented => &self.documented,
            Profile::Observed => &self.observed,
        };
        own.as_deref().unwrap_or(self)
    }

    /// Whether anything is expected at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What a run misses, each in a sentence.
    pub fn misses(&self, record: &Record) -> Vec<String> {
        let mut misses = Vec::new();
        if let Some(exit) = self.exit
            && record.exit_code != exit
        {
            misses.push(format!("exit: expected {exit}, got {}", record.exit_code));
        }
        let called = |wanted: &String| record.calls.iter().any(|call| call.operation == *wanted);
        for operation in self.called.iter().filter(|wanted| !called(wanted)) {
            misses.push(format!("called: {operation} was never called"));
        }
        for operation in self.not_called.iter().filter(|unwanted| called(unwanted)) {
            misses.push(format!("not_called: {operation} was called"));
        }
        misses.extend(self.refused.iter().filter_map(|wanted| wanted.miss(record)));
        if self.no_refusals {
            for refusal in record.refused_calls() {
                misses.push(format!(
                    "no_refusals: {} {} was refused with {}",
                    refusal.call.method, refusal.call.path, refusal.refused.code
                ));
            }
        }
        misses.extend(self.job.iter().filter_map(|wanted| wanted.miss(record)));
        if let Some(count) = self.recovery_points
            && record.recovery_points != count
        {
            let got = record.recovery_points;
            misses.push(format!("recovery_points: expected {count}, got {got}"));
        }
        if self.all_implemented {
            for (what, _) in &record.not_implemented {
                misses.push(format!("all_implemented: azdrill does not have `{what}`"));
            }
        }
        misses
    }
}

impl ExpectedRefusal {
    fn check(&self, rules: &Rules, not_called: &[String]) -> Result<(), Misstated> {
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

    fn miss(&self, record: &Record) -> Option<String> {
        let is = |wanted: &Option<String>, got: &str| wanted.as_deref().is_none_or(|wanted| wanted == got);
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
        let wanted: Vec<String> = parts
            .iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?)))
            .collect();
        let wanted = wanted.join(", ");
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

impl ExpectedJob {
    fn check(&self) -> Result<(), Misstated> {
        if self.code.is_some() && self.status.as_deref().is_some_and(|status| status != "Failed") {
            return Err(Misstated::new("a job that has not failed has no `code`").at("code"));
        }
        let words = [
            ("operation", &self.operation, ["Backup", "Restore"].as_slice()),
            (
                "status",
                &self.status,
                ["InProgress", "Completed", "Failed"].as_slice(),
            ),
        ];
        for (name, word, all) in words {
            if let Some(word) = word {
                known::one_of(&format!("job, {name}"), word, all.iter().copied())
                    .map_err(|wrong| wrong.at(name))?;
            }
        }
        Ok(())
    }

    fn miss(&self, record: &Record) -> Option<String> {
        let is = |wanted: &Option<String>, got: &str| wanted.as_deref().is_none_or(|wanted| wanted == got);
        let found = record.jobs.iter().any(|job| {
            is(&self.operation, &job.operation) && is(&self.status, &job.status) && is(&self.code, &job.code)
        });
        if found {
            return None;
        }
        let parts = [
            ("operation", &self.operation),
            ("status", &self.status),
            ("code", &self.code),
        ];
        let wanted: Vec<String> = parts
            .iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?)))
            .collect();
        let got: Vec<String> = record
            .jobs
            .iter()
            .map(|job| {
                format!("{} {} {}", job.operation, job.status, job.code)
                    .trim_end()
                    .to_owned()
            })
            .collect();
        Some(format!(
            "job: there was none with {}, but {}",
            wanted.join(", "),
            if got.is_empty() {
                "no job at all".to_owned()
            } else {
                got.join("; ")
            }
        ))
    }
}

#[cfg(test)]
mod tests {
    use azdrill_emulator::rules::Assumptions;
    use miette::Diagnostic as _;

    use super::*;

    #[test]
    fn what_names_nothing_is_shown_where_it_stands() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
        for (text, place, says, help) in [
            (
                "called = [\"BackupVaults_Get\", \"BackupVaults_Gett\"]\n",
                "line 1, column 31",
                "operation BackupVaults_Gett: there is no such thing",
                "did you mean `BackupVaults_Get`?",
            ),
            (
                "[[refused]]\ngate = \"netwrk\"\n",
                "line 2, column 8",
                "gate netwrk",
                "did you mean `network`?",
            ),
            (
                "[[refused]]\nstage = \"validate-restore\"\n",
                "line 2, column 9",
                "stage validate-restore",
                "did you mean `validate_restore`?",
            ),
            (
                "[[refused]]\nstage = \"xyz\"\n",
                "line 2, column 9",
                "There are validate_backup, protect, backup, validate_restore, restore, vault",
                "README.md shows",
            ),
            (
                "exit = 1\n[observed]\n[[observed.job]]\nstatus = \"Completd\"\n",
                "line 4, column 10",
                "job, status Completd",
                "did you mean `Completed`?",
            ),
            (
                "no_refusals = true\n[[refused]]\ncode = \"x\"\n",
                "line 1, column 15",
                "cannot both hold",
                "README.md shows",
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("expect.toml");
            std::fs::write(&file, text).unwrap();
            let told = RunExpect::read(&file, &rules).unwrap_err();
            let helped = told.help().map(|help| help.to_string()).unwrap_or_default();
            assert!(helped.contains(help), "{helped}");
            let told = told.to_string();
            assert!(told.contains(place) && told.contains(says), "{told}");
        }
    }
}
