//! Builds the copy with every change in it, and finds the changes that do not compile.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use miette::{IntoDiagnostic as _, Result, miette};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::copy::copy;
use crate::mutant::{Mutant, Name};
use crate::rewrite::{Rewritten, rewrite};
use crate::settings::{Settings, Tests};

/// What the copy asks at every place that was changed.
const RUNTIME: &str = include_str!("../runtime.rs");
/// Rounds of leaving out what does not compile; each leaves out something.
const ROUNDS_MAX: usize = 40;
/// Of more changes than these the build is optimised: it takes minutes longer, and every test a third of the time.
const UNOPTIMISED_MAX: usize = 150;
/// What a process started by `cargo run` is told of itself and the builds in it must not take for theirs.
const NOT_PASSED_ON: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];

/// A checkout, its copy, and what is changed in it.
pub(crate) struct Build<'a> {
    pub(crate) checkout: &'a Path,
    /// Where the tool keeps what it makes.
    pub(crate) scratch: PathBuf,
    pub(crate) settings: &'a Settings,
    /// The texts of the files that are changed.
    pub(crate) texts: BTreeMap<String, String>,
    /// All changes, in the order of the files. A change's number is its place, from 1.
    pub(crate) mutants: &'a [Mutant],
    /// The numbers of those that are put in.
    pub(crate) chosen: &'a BTreeSet<u32>,
}

/// What was not viable in a file whose text was the same.
#[derive(Default, Deserialize, Serialize)]
struct Remembered {
    files: BTreeMap<String, (String, Vec<Name>)>,
}

/// An error the compiler tells of: the file of the copy, and where.
type Error = (String, Range<usize>, String);

impl Build<'_> {
    /// The copy.
    pub(crate) fn copy(&self) -> PathBuf {
        self.scratch.join("checkout")
    }

    /// Builds. Gives back the numbers of the changes that do not compile, which are not in what was built, and the
    /// binary of each of the settings' tests.
    ///
    /// # Errors
    ///
    /// If it does not compile for another reason than a change.
    pub(crate) fn build(&self) -> Result<(BTreeSet<u32>, Vec<PathBuf>)> {
        let mut dropped = self.remembered();
        for _ in 0..ROUNDS_MAX {
            let files = self.rewritten(&dropped);
            copy(self.checkout, &self.copy(), &self.with_runtime(&files)?)?;
            let (errors, built) = self.cargo(&self.words())?;
            if errors.is_empty() {
                self.remember(&dropped)?;
                return Ok((dropped, self.binaries(&built)?));
            }
            let before = dropped.len();
            for (file, place, _) in &errors {
                if let Some(own) = files.get(file) {
                    dropped.extend(own.at(place));
                }
            }
            if dropped.len() == before {
                let told: Vec<&str> = errors.iter().map(|(.., text)| text.as_str()).collect();
                return Err(miette!(
                    "the copy does not compile, and not for a change:\n{}",
                    told.join("\n")
                ));
            }
        }
        Err(miette!(
            "after {ROUNDS_MAX} rounds the copy still does not compile"
        ))
    }

    /// The changed files, with the changes that are not dropped.
    fn rewritten(&self, dropped: &BTreeSet<u32>) -> BTreeMap<String, Rewritten> {
        let mut of_file: BTreeMap<&str, Vec<(u32, &Mutant)>> = BTreeMap::new();
        for (number, mutant) in (1..).zip(self.mutants) {
            if self.chosen.contains(&number) && !dropped.contains(&number) {
                of_file
                    .entry(&mutant.name.file)
                    .or_default()
                    .push((number, mutant));
            }
        }
        self.texts
            .iter()
            .map(|(file, text)| {
                let own = of_file.remove(file.as_str()).unwrap_or_default();
                (file.clone(), rewrite(text, own))
            })
            .collect()
    }

    /// The texts of the copy that are not the checkout's: the changed files, and the crate's root with what they ask.
    fn with_runtime(&self, files: &BTreeMap<String, Rewritten>) -> Result<BTreeMap<String, String>> {
        let mut texts: BTreeMap<String, String> = files
            .iter()
            .map(|(file, own)| (file.clone(), own.text.clone()))
            .collect();
        let root = format!("{}/src/lib.rs", self.settings.package);
        let text = fs::read_to_string(self.checkout.join(&root)).into_diagnostic()?;
        let first = text
            .find("\npub mod ")
            .ok_or_else(|| miette!("{root} has no `pub mod`"))?
            + 1;
        let (head, rest) = text.split_at(first);
        texts.insert(
            root,
            format!("{head}#![allow(warnings, clippy::all)]\n#[doc(hidden)]\npub mod mutant;\n{rest}"),
        );
        texts.insert(
            format!("{}/src/mutant.rs", self.settings.package),
            RUNTIME.to_owned(),
        );
        Ok(texts)
    }

    /// What cargo is told: all tests at once, since what is built beside each other is built with the same features.
    fn words(&self) -> Vec<&str> {
        let mut words = vec!["test", "--no-run", "--lib"];
        for tests in &self.settings.tests {
            words.extend(["--package", &tests.package]);
            words.extend(tests.target.iter().flat_map(|target| ["--test", target]));
        }
        words
    }

    /// The binary of each of the tests.
    fn binaries(&self, built: &[Built]) -> Result<Vec<PathBuf>> {
        let of = |tests: &Tests| {
            let own = built
                .iter()
                .find(|own| own.is(tests))
                .map(|own| own.executable.clone());
            own.ok_or_else(|| miette!("cargo built no binary for {}", tests.title()))
        };
        self.settings.tests.iter().map(of).collect()
    }

    /// Runs cargo in the copy. It shares the checkout's target directory, where what the project depends on is built. What
    /// is built of the project itself must have other names there than the checkout's own: cargo tells packages apart by
    /// where they are in their workspace, and that is the same. Without debug information they have, and are built sooner.
    fn cargo(&self, words: &[&str]) -> Result<(Vec<Error>, Vec<Built>)> {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if NOT_PASSED_ON.iter().any(|beginning| text.starts_with(beginning)) {
                command.env_remove(&name);
            }
        }
        let target = self.checkout.join("target");
        command
            .args(words)
            .args(["--message-format", "json", "--config", "profile.dev.debug=false"])
            .current_dir(self.copy());
        if self.chosen.len() > UNOPTIMISED_MAX {
            let package = format!(
                "profile.dev.package.azdrill-{}.opt-level=1",
                self.settings.package
            );
            command.args(["--config", &package]);
        }
        if std::env::var_os("CARGO_TARGET_DIR").is_none() {
            command.env("CARGO_TARGET_DIR", target);
        }
        // What goes wrong in a library may be told in many lines; what cargo says besides is for whoever waits.
        let output = command.stderr(Stdio::piped()).output().into_diagnostic()?;
        let messages = String::from_utf8_lossy(&output.stdout);
        let messages: Vec<Value> = messages
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let errors: Vec<Error> = messages
            .iter()
            .filter_map(|message| error(&message["message"]))
            .collect();
        if !output.status.success() && errors.is_empty() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(miette!("cargo {}: {said}", words.join(" ")));
        }
        Ok((errors, messages.iter().filter_map(Built::of).collect()))
    }

    fn remembered(&self) -> BTreeSet<u32> {
        let text = fs::read_to_string(self.scratch.join("not_viable.json")).unwrap_or_default();
        let own: Remembered = serde_json::from_str(&text).unwrap_or_default();
        let is_known = |mutant: &Mutant| {
            let file = &mutant.name.file;
            own.files.get(file).is_some_and(|(text, names)| {
                Some(text) == self.texts.get(file) && names.contains(&mutant.name)
            })
        };
        let known = (1..)
            .zip(self.mutants)
            .filter(|(number, mutant)| self.chosen.contains(number) && is_known(mutant));
        known.map(|(number, _)| number).collect()
    }

    fn remember(&self, dropped: &BTreeSet<u32>) -> Result<()> {
        let mut own = Remembered::default();
        for number in dropped {
            let name = &self.mutants[*number as usize - 1].name;
            let text = self.texts.get(&name.file).cloned().unwrap_or_default();
            let (_, names) = own.files.entry(name.file.clone()).or_insert((text, Vec::new()));
            names.push(name.clone());
        }
        let text = serde_json::to_string(&own).into_diagnostic()?;
        fs::write(self.scratch.join("not_viable.json"), text).into_diagnostic()
    }
}

/// A binary cargo built.
struct Built {
    target: String,
    is_library: bool,
    executable: PathBuf,
}

impl Built {
    fn of(message: &Value) -> Option<Self> {
        if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
            return None;
        }
        Some(Self {
            target: message["target"]["name"].as_str()?.to_owned(),
            is_library: message["target"]["kind"][0] == "lib",
            executable: PathBuf::from(message["executable"].as_str()?),
        })
    }

    fn is(&self, tests: &Tests) -> bool {
        match &tests.target {
            Some(target) => self.target == *target && !self.is_library,
            None => self.is_library && self.target == tests.package.replace('-', "_"),
        }
    }
}

/// An error, where it is in a file of the project.
fn error(message: &Value) -> Option<Error> {
    if message["level"] != "error" {
        return None;
    }
    let text = message["rendered"].as_str().unwrap_or_default().to_owned();
    let spans = message["spans"].as_array()?;
    let primary = spans.iter().find(|span| span["is_primary"] == true)?;
    // What went wrong in a macro did so where the macro is called.
    let mut span = primary;
    while !span["expansion"].is_null() {
        span = &span["expansion"]["span"];
    }
    let at = |name: &str| usize::try_from(span[name].as_u64()?).ok();
    Some((
        span["file_name"].as_str()?.to_owned(),
        at("byte_start")?..at("byte_end")?,
        text,
    ))
}
