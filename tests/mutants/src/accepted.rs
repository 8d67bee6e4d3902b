//! What is known of changes beforehand: those no test need notice, each with the reason (`accepted.toml`), and those
//! only a slow test notices (`noticed_late.toml`), which a run without the slow tests therefore does not miss.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use miette::{Context as _, IntoDiagnostic as _, Result, miette};
use serde::{Deserialize, Serialize};

use crate::mutant::{Mutant, Name};
use crate::outcome::Outcome;

/// Where it stands, from the checkout's folder.
pub(crate) const FILE: &str = "tests/mutants/accepted.toml";
/// The changes that only slow tests notice.
pub(crate) const LATE: &str = "tests/mutants/noticed_late.toml";
/// What stands at the beginning of that file.
const HEAD: &str = "\
# Changes that no fast test notices, and a slow one does (`slow` in `mutants.toml`). A run that does not ask the slow ones
# takes these for noticed. The tool keeps this file: a run with all tests writes it anew to `target/mutants/`.

";

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

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct LateFile {
    #[serde(default)]
    late: Vec<Name>,
}

fn first() -> usize {
    1
}

/// What is known beforehand.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    rows: BTreeMap<Name, String>,
    late: BTreeSet<Name>,
}

/// Which changes and tests a run was about.
#[derive(Clone, Copy)]
pub(crate) struct Scope {
    /// The slow tests were asked as well.
    pub(crate) slow: bool,
    /// Only some changes were drawn, and not for what is known of them.
    pub(crate) sample: bool,
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
        Self::parse(&read(FILE)?, &read(LATE)?)
    }

    pub(crate) fn parse(text: &str, late: &str) -> Result<Self> {
        let LateFile { late } = toml::from_str(late).into_diagnostic().wrap_err(LATE)?;
        let late: BTreeSet<Name> = late.into_iter().collect();
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
            let name = Name {
                file,
                within,
                was,
                now,
                nth,
            };
            let told = told(&name);
            if reason.trim().is_empty() {
                return Err(miette!("{FILE}: no reason: {told}"));
            }
            if rows.insert(name, reason).is_some() {
                return Err(miette!("{FILE}: twice: {told}"));
            }
        }
        if let Some(own) = late.iter().find(|own| rows.contains_key(own)) {
            return Err(miette!("{LATE}: is accepted: {}", told(own)));
        }
        Ok(Self { rows, late })
    }

    /// Whether a change is one that no test need notice.
    pub(crate) fn has(&self, name: &Name) -> bool {
        self.rows.contains_key(name)
    }

    /// Whether a change is one that only slow tests notice.
    pub(crate) fn is_late(&self, name: &Name) -> bool {
        self.late.contains(name)
    }

    /// Whether a survivor is as it is known to be.
    pub(crate) fn expects(&self, name: &Name, scope: Scope) -> bool {
        self.has(name) || !scope.slow && self.is_late(name)
    }

    /// What is wrong: a change that nobody noticed and that is not known for it, and one that is accepted and is noticed,
    /// does not compile, or can no longer be made. `outcomes` are those of the changes that were asked about. Of a sample
    /// what is noticed is no fault: whoever wrote the test that does so is not the one who drew it.
    pub(crate) fn faults(
        &self,
        all: &[Mutant],
        outcomes: &BTreeMap<u32, Outcome>,
        scope: Scope,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        for (number, mutant) in (1..).zip(all) {
            let Some(outcome) = outcomes.get(&number) else {
                continue;
            };
            if outcome.survived() && !self.expects(&mutant.name, scope) {
                faults.push(format!("{mutant}: {outcome}, and {FILE} does not have it"));
            }
            if !outcome.survived() && self.has(&mutant.name) && !scope.sample {
                faults.push(format!("{mutant}: {outcome}, and {FILE} has it"));
            }
        }
        let there: BTreeSet<&Name> = all.iter().map(|mutant| &mutant.name).collect();
        for name in self.rows.keys().filter(|name| !there.contains(name)) {
            faults.push(format!(
                "{}: is in {FILE}, and there is no such change",
                told(name)
            ));
        }
        faults
    }

    /// `noticed_late.toml` after a run with the slow tests, which are told by their titles: what is not asked about stays.
    ///
    /// # Errors
    ///
    /// If it cannot be written as TOML.
    pub(crate) fn late_anew(
        &self,
        all: &[Mutant],
        outcomes: &BTreeMap<u32, Outcome>,
        slow: &[String],
    ) -> Result<String> {
        let is_slow = |test: &str| slow.iter().any(|title| test.starts_with(&format!("{title} ")));
        let late = (1..)
            .zip(all)
            .filter(|(number, mutant)| match outcomes.get(number) {
                Some(Outcome::Caught(test) | Outcome::TimedOut(test)) => is_slow(test),
                Some(_) => false,
                None => self.is_late(&mutant.name),
            });
        let late = late.map(|(_, mutant)| mutant.name.clone()).collect();
        let rows = toml::to_string(&LateFile { late }).into_diagnostic()?;
        Ok(format!("{HEAD}{rows}"))
    }
}

/// The changes that have a row in a file, whatever it says of them besides.
///
/// # Errors
///
/// If it cannot be read, or a row does not say which change it is.
pub(crate) fn names(file: &Path) -> Result<BTreeSet<Name>> {
    let told = file.display().to_string();
    let text = fs::read_to_string(file)
        .into_diagnostic()
        .wrap_err(told.clone())?;
    let tables: BTreeMap<String, Vec<toml::Table>> =
        toml::from_str(&text).into_diagnostic().wrap_err(told)?;
    let rows = tables.into_values().flatten().map(|mut row| {
        row.remove("reason");
        row.try_into().into_diagnostic()
    });
    rows.collect()
}

fn told(name: &Name) -> String {
    let Name {
        file,
        within,
        was,
        now,
        ..
    } = name;
    format!("{file}: {within}: `{was}` → `{now}`")
}
