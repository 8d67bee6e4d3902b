//! What is changed and by which tests it is looked at: `mutants.toml`.

use std::fs;
use std::path::{Path, PathBuf};

use miette::{Context as _, IntoDiagnostic as _, Result, miette};
use serde::Deserialize;

/// Where it stands, from the checkout's folder.
const FILE: &str = "tests/mutants/mutants.toml";

/// `mutants.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The crate whose files are changed: its folder.
    pub(crate) package: String,
    /// Files, and folders with all that is in them.
    pub(crate) changed: Vec<String>,
    /// Files and folders of these that are left alone.
    #[serde(default)]
    pub(crate) left_alone: Vec<LeftAlone>,
    /// The binaries of tests, in the order in which they are asked.
    pub(crate) tests: Vec<Tests>,
}

/// A file or folder that is left alone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeftAlone {
    pub(crate) path: String,
    /// Why. Nobody but a reader needs it.
    #[allow(dead_code, reason = "so that nothing is left alone without a reason")]
    pub(crate) reason: String,
}

/// A binary of tests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tests {
    /// The package.
    pub(crate) package: String,
    /// The test's target; without, the library's own tests.
    pub(crate) target: Option<String>,
    /// The folder the package is in, where its tests run.
    pub(crate) folder: String,
    /// Only tests whose names begin so are asked.
    #[serde(default)]
    pub(crate) beginning: String,
    /// They are asked last, about what all others have missed.
    #[serde(default)]
    pub(crate) slow: bool,
    /// None of those whose names have one of these in them.
    #[serde(default)]
    pub(crate) without: Vec<String>,
}

impl Tests {
    /// Whether a test of this name is asked.
    pub(crate) fn has(&self, test: &str) -> bool {
        test.starts_with(&self.beginning) && !self.without.iter().any(|part| test.contains(part))
    }

    /// What it is told by.
    pub(crate) fn title(&self) -> String {
        match &self.target {
            Some(target) => target.clone(),
            None => format!("{} --lib", self.package),
        }
    }
}

impl Settings {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// If it is not there, or says what nobody understands.
    pub(crate) fn read(checkout: &Path) -> Result<Self> {
        let path = checkout.join(FILE);
        let text = fs::read_to_string(&path).into_diagnostic().wrap_err(FILE)?;
        toml::from_str(&text).into_diagnostic().wrap_err(FILE)
    }

    /// The files that are changed, from the checkout's folder, in order.
    ///
    /// # Errors
    ///
    /// If one that is named is not there.
    pub(crate) fn files(&self, checkout: &Path) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for path in &self.changed {
            collect(checkout, &checkout.join(path), &mut found)?;
        }
        for own in &self.left_alone {
            let before = found.len();
            found.retain(|file| !(*file == own.path || file.starts_with(&format!("{}/", own.path))));
            if before == found.len() {
                return Err(miette!(
                    "{FILE}: `{}` is left alone and is not among what is changed",
                    own.path
                ));
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }
}

fn collect(checkout: &Path, path: &Path, found: &mut Vec<String>) -> Result<()> {
    let kind = fs::metadata(path)
        .into_diagnostic()
        .wrap_err_with(|| format!("{FILE}: {}", path.display()))?;
    if kind.is_dir() {
        let entries: Vec<_> = fs::read_dir(path)
            .into_diagnostic()?
            .collect::<Result<_, _>>()
            .into_diagnostic()?;
        let mut below: Vec<PathBuf> = entries.iter().map(std::fs::DirEntry::path).collect();
        below.sort();
        below.iter().try_for_each(|path| collect(checkout, path, found))?;
    } else if path.extension().is_some_and(|kind| kind == "rs") && !is_of_tests(path) {
        let inside = path.strip_prefix(checkout).into_diagnostic()?;
        found.push(inside.to_string_lossy().into_owned());
    }
    Ok(())
}

/// Whether a file is tests by its name, which is how this project has it.
fn is_of_tests(path: &Path) -> bool {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    name == "tests" || name.ends_with("_tests") || name == "fuzzing"
}
