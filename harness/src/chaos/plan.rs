//! Plans of faults: what goes wrong while a command runs, and what well-behaved automation comes to.

use azdrill_emulator::rules::Rules;
use serde::Deserialize;

use crate::serve::FaultFile;

/// What well-behaved automation comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ends {
    /// It does what it was to do, though it may take longer.
    Recovers,
    /// It gives up, and says why.
    GivesUp,
    /// Either.
    #[default]
    Either,
}

/// A plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What it is called by: an incident's name, a seed with a number (`7.3`), a file's name.
    pub name: String,
    /// What goes wrong, in a few words.
    pub title: String,
    /// What well-behaved automation comes to.
    pub ends: Ends,
    /// The faults, in the words of a file for `--faults`.
    pub faults: toml::Table,
}

/// Why a plan is none.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the plan {plan}: {why}")]
pub struct PlanError {
    /// Which.
    pub plan: String,
    /// Why.
    pub why: String,
}

impl Plan {
    /// No fault at all.
    pub fn none() -> Self {
        Self {
            name: "none".to_owned(),
            title: "no fault".to_owned(),
            ends: Ends::Recovers,
            faults: toml::Table::new(),
        }
    }

    /// The faults as they are put in place.
    ///
    /// # Errors
    ///
    /// If it says something that no fault can be.
    pub fn file(&self, rules: &Rules) -> Result<FaultFile, PlanError> {
        let wrong = |why: String| PlanError {
            plan: self.name.clone(),
            why,
        };
        let file: FaultFile = self
            .faults
            .clone()
            .try_into()
            .map_err(|error: toml::de::Error| wrong(error.message().to_owned()))?;
        file.check(rules).map_err(|error| wrong(error.to_string()))?;
        Ok(file)
    }

    /// Each of its faults in a sentence.
    pub fn told(&self, rules: &Rules) -> Vec<String> {
        let told = self.file(rules).ok().and_then(|file| file.told(rules).ok());
        told.unwrap_or_default()
    }

    /// The plan as a file for `--faults` or `--chaos`.
    pub fn text(&self) -> String {
        let lists = toml::to_string(&self.faults).unwrap_or_default();
        format!("# {}: {}\n{lists}", self.name, self.title)
    }

    /// How many faults it has.
    pub fn len(&self) -> usize {
        let lists = self.faults.values().filter_map(toml::Value::as_array);
        lists.map(Vec::len).sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
