//! What is expected of a command, and what it misses.

mod job;
mod part;
mod refusal;
#[cfg(test)]
mod tests;

use std::path::Path;

use azdrill_emulator::rules::{Profile, Rules};
use serde::Deserialize;

pub use self::job::ExpectedJob;
pub use self::refusal::ExpectedRefusal;
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

impl RunExpect {
    /// Reads a file that holds them and nothing else.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not what it should be, with line and column; see [`Self::check`] as well.
    pub fn read(path: &Path, rules: &Rules) -> Result<Self, ScenarioError> {
        let shown_in = "README.md shows what an expectation may say";
        read_checked(path, shown_in, |expect: &Self| expect.check(rules))
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
        for (profile, expect) in [("documented", &self.documented), ("observed", &self.observed)] {
            if let Some(expect) = expect {
                expect.check(rules).map_err(|wrong| wrong.at(profile))?;
            }
        }
        Ok(())
    }

    /// What is expected under a profile.
    pub fn under(&self, profile: Profile) -> &Self {
        let expect = match profile {
            Profile::Documented => &self.documented,
            Profile::Observed => &self.observed,
        };
        expect.as_deref().unwrap_or(self)
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
