//! Plans of faults: what goes wrong while a command runs, and what well-behaved automation comes to.

use azdrill_emulator::rules::Rules;

use crate::serve::{Ends, FaultFile};

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
        let mut file = toml::Table::new();
        file.insert("title".to_owned(), self.title.clone().into());
        file.insert("ends".to_owned(), self.ends.as_str().into());
        file.extend(self.faults.clone());
        let lists = toml::to_string(&file).unwrap_or_default();
        format!("# {}\n{lists}", self.name)
    }

    /// Whether one of its faults has an operation fail, which no call shows.
    pub(super) fn fails_operations(&self) -> bool {
        let requests = self.faults.get("request").and_then(toml::Value::as_array);
        let mut requests = requests.into_iter().flatten();
        requests.any(|fault| fault.get("fail_operation").is_some())
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
