//! The changes no test need notice, each with the reason: `accepted.toml`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use miette::{Context as _, IntoDiagnostic as _, Result, miette};
use serde::Deserialize;

use crate::mutant::{Mutant, Name};
use crate::outcome::Outcome;

/// Where it stands, from the checkout's folder.
pub(crate) const FILE: &str = "tests/mutants/accepted.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    accepted: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    reason: String,
    file: String,
    within: String,
    was: String,
    now: String,
    #[serde(default = "first")]
    nth: usize,
}

fn first() -> usize {
    1
}

/// The changes that are accepted.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    rows: BTreeMap<Name, String>,
}

impl Accepted {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// If it says what nobody understands, a change twice, or one without a reason.
    pub(crate) fn read(checkout: &Path) -> Result<Self> {
        let text = fs::read_to_string(checkout.join(FILE))
            .into_diagnostic()
            .wrap_err(FILE)?;
        Self::parse(&text)
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let file: File = toml::from_str(text).into_diagnostic().wrap_err(FILE)?;
        let mut rows = BTreeMap::new();
        for Row {
            reason,
            file,
            within,
            was,
            now,
            nth,
        } in file.accepted
        {
            let told = format!("{file}: {within}: `{was}` → `{now}`");
            if reason.trim().is_empty() {
                return Err(miette!("{FILE}: no reason: {told}"));
            }
            if rows
                .insert(
                    Name {
                        file,
                        within,
                        was,
                        now,
                        nth,
                    },
                    reason,
                )
                .is_some()
            {
                return Err(miette!("{FILE}: twice: {told}"));
            }
        }
        Ok(Self { rows })
    }

    /// Whether a change is among them.
    pub(crate) fn has(&self, name: &Name) -> bool {
        self.rows.contains_key(name)
    }

    /// What is wrong: a change that nobody noticed and nobody accepted, and one that is accepted and is noticed, does not
    /// compile, or can no longer be made. `outcomes` are those of the changes that were asked about.
    pub(crate) fn faults(&self, all: &[Mutant], outcomes: &BTreeMap<u32, Outcome>) -> Vec<String> {
        let mut faults = Vec::new();
        for (number, mutant) in (1..).zip(all) {
            let Some(outcome) = outcomes.get(&number) else {
                continue;
            };
            match (outcome.survived(), self.has(&mutant.name)) {
                (true, false) => faults.push(format!("{mutant}: {outcome}, and {FILE} does not have it")),
                (false, true) => faults.push(format!("{mutant}: {outcome}, and {FILE} has it")),
                _ => {}
            }
        }
        for name in self
            .rows
            .keys()
            .filter(|name| !all.iter().any(|mutant| mutant.name == **name))
        {
            faults.push(format!(
                "{}: {}: `{}` → `{}`: is in {FILE}, and there is no such change",
                name.file, name.within, name.was, name.now
            ));
        }
        faults
    }
}
