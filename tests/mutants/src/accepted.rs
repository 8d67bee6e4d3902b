//! The changes no test need notice, each with the reason: `accepted.toml`. And those that none notices so far, and nobody
//! has judged: `open.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use miette::{Context as _, IntoDiagnostic as _, Result, miette};
use serde::Deserialize;

use crate::mutant::{Mutant, Name};
use crate::outcome::Outcome;

/// Where it stands, from the checkout's folder.
pub(crate) const FILE: &str = "tests/mutants/accepted.toml";
/// The same of those that nobody has judged. They are known, so that a sample fails for new ones only.
const OPEN: &str = "tests/mutants/open.toml";

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenFile {
    #[serde(default)]
    open: Vec<Name>,
}

fn first() -> usize {
    1
}

/// The changes that are accepted.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    rows: BTreeMap<Name, String>,
    open: BTreeSet<Name>,
}

impl Accepted {
    /// Reads both files.
    ///
    /// # Errors
    ///
    /// If one says what nobody understands, a change twice, or one without a reason.
    pub(crate) fn read(checkout: &Path) -> Result<Self> {
        let read = |file: &'static str| {
            fs::read_to_string(checkout.join(file))
                .into_diagnostic()
                .wrap_err(file)
        };
        Self::parse(&read(FILE)?, &read(OPEN)?)
    }

    pub(crate) fn parse(text: &str, open: &str) -> Result<Self> {
        let OpenFile { open } = toml::from_str(open).into_diagnostic().wrap_err(OPEN)?;
        let open: BTreeSet<Name> = open.into_iter().collect();
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
        if let Some(own) = open.iter().find(|own| rows.contains_key(own)) {
            let Name {
                file,
                within,
                was,
                now,
                ..
            } = own;
            return Err(miette!(
                "{OPEN}: is accepted: {file}: {within}: `{was}` → `{now}`"
            ));
        }
        Ok(Self { rows, open })
    }

    /// Whether a change is known to survive, and nobody has judged it yet.
    pub(crate) fn is_open(&self, name: &Name) -> bool {
        self.open.contains(name)
    }

    /// Whether a change is among them.
    pub(crate) fn has(&self, name: &Name) -> bool {
        self.rows.contains_key(name)
    }

    /// What is wrong: a change that nobody noticed and that is in neither file, and one that is accepted and is noticed, does
    /// not compile, or can no longer be made. `outcomes` are those of the changes that were asked about.
    pub(crate) fn faults(&self, all: &[Mutant], outcomes: &BTreeMap<u32, Outcome>) -> Vec<String> {
        let mut faults = Vec::new();
        for (number, mutant) in (1..).zip(all) {
            let Some(outcome) = outcomes.get(&number) else {
                continue;
            };
            match (outcome.survived(), self.has(&mutant.name)) {
                (true, false) if self.is_open(&mutant.name) => {}
                (true, false) => faults.push(format!("{mutant}: {outcome}, and {FILE} does not have it")),
                (false, true) => faults.push(format!("{mutant}: {outcome}, and {FILE} has it")),
                _ => {}
            }
        }
        let there: BTreeSet<&Name> = all.iter().map(|mutant| &mutant.name).collect();
        let rows = self.rows.keys().map(|name| (name, FILE));
        let rows = rows.chain(self.open.iter().map(|name| (name, OPEN)));
        for (name, file) in rows.filter(|(name, _)| !there.contains(name)) {
            faults.push(format!(
                "{}: {}: `{}` → `{}`: is in {file}, and there is no such change",
                name.file, name.within, name.was, name.now
            ));
        }
        faults
    }
}
