//! The folder of scenarios: finding, reading, extending.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{SHOWN_IN, read_text};
use super::folder::{close_to, entries, is_inside, named, stems};
use super::{Misstated, Scenario, ScenarioError, Step, SyntaxError, shown};
use crate::scratch::{Purpose, Scratch};
use include_dir::{Dir, include_dir};

/// Folder for worlds to extend; its files are no scenarios.
const WORLDS: &str = "_worlds";
/// The scenarios azdrill was built with, for where there are none of one's own.
static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../scenarios");
/// How many files may extend one another.
const EXTENDS_MAX: usize = 8;

/// A folder of scenarios.
#[derive(Clone, Debug)]
pub struct Library {
    folder: PathBuf,
    /// Where the built-in scenarios were unpacked, if these are they.
    _unpacked: Option<Arc<Scratch>>,
}

impl Library {
    /// The folder given, or `scenarios` here or in a folder above, or else the scenarios azdrill was
    /// built with.
    ///
    /// # Errors
    ///
    /// If the folder given is none, or there is no room to unpack.
    pub fn find(given: Option<&Path>, from: &Path) -> Result<Self, ScenarioError> {
        let folder = match given {
            Some(folder) => Some(folder.to_owned()),
            None => from
                .ancestors()
                .map(|folder| folder.join("scenarios"))
                .find(|folder| folder.join(WORLDS).is_dir()),
        };
        match (folder.filter(|folder| folder.is_dir()), given) {
            (Some(folder), _) => Ok(Self {
                folder,
                _unpacked: None,
            }),
            (None, Some(given)) => Err(ScenarioError::NoFolder(given.to_owned())),
            (None, None) => Self::built_in(),
        }
    }

    fn built_in() -> Result<Self, ScenarioError> {
        let wrong = |source| ScenarioError::Read {
            path: std::env::temp_dir(),
            source,
        };
        let unpacked = Scratch::new(Purpose::Scenarios).map_err(wrong)?;
        BUILT_IN.extract(unpacked.path()).map_err(wrong)?;
        Ok(Self {
            folder: unpacked.path().to_owned(),
            _unpacked: Some(Arc::new(unpacked)),
        })
    }

    /// The files of all scenarios, in order of topic and name.
    ///
    /// # Errors
    ///
    /// If a folder cannot be read.
    pub fn files(&self) -> Result<Vec<PathBuf>, ScenarioError> {
        let mut files = Vec::new();
        for topic in entries(&self.folder)? {
            if topic.is_dir() && topic.file_name().is_some_and(|name| name != WORLDS) {
                files.extend(
                    entries(&topic)?
                        .into_iter()
                        .filter(|path| path.extension().is_some_and(|end| end == "toml")),
                );
            }
        }
        Ok(files)
    }

    /// All scenarios, in order of topic and name.
    ///
    /// # Errors
    ///
    /// The first file that cannot be read.
    pub fn all(&self) -> Result<Vec<Scenario>, ScenarioError> {
        self.files()?.iter().map(|path| self.read(path)).collect()
    }

    /// The scenario of that name (or path).
    ///
    /// # Errors
    ///
    /// If there is none, with names that look like it; or if it cannot be read.
    pub fn get(&self, name: &str) -> Result<Scenario, ScenarioError> {
        if name.ends_with(".toml") && Path::new(name).is_file() {
            return self.read(Path::new(name));
        }
        let files = self.files()?;
        match named(name, &files) {
            Some(path) => self.read(path),
            None => Err(ScenarioError::Unknown {
                name: name.to_owned(),
                close: close_to(name, &files),
            }),
        }
    }

    /// The world of that name (or path), with the steps that belong to it: of a file in `_worlds` all
    /// of them, of a scenario those of what it extends, so that it stands where the scenario begins.
    ///
    /// # Errors
    ///
    /// If there is none, with names that look like it; or if it cannot be read.
    pub fn world(&self, name: &str) -> Result<Scenario, ScenarioError> {
        if name.ends_with(".toml") && Path::new(name).is_file() {
            return self.read_world(Path::new(name));
        }
        let worlds = self.worlds()?;
        let scenarios = self.files()?;
        match named(name, &worlds).or_else(|| named(name, &scenarios)) {
            Some(path) => self.read_world(path),
            None => Err(ScenarioError::UnknownWorld {
                name: name.to_owned(),
                worlds: stems(&worlds),
                close: close_to(name, &scenarios),
            }),
        }
    }

    /// The files of worlds, in order of name.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    pub fn worlds(&self) -> Result<Vec<PathBuf>, ScenarioError> {
        entries(&self.folder.join(WORLDS))
    }

    /// What a file can extend, in words: the folder itself may be a temporary one, which tells nobody anything.
    fn bases(&self) -> String {
        let worlds = stems(&self.worlds().unwrap_or_default());
        let worlds: Vec<String> = worlds
            .iter()
            .map(|name| format!("{WORLDS}/{name}.toml"))
            .collect();
        format!("there are {}", worlds.join(", "))
    }

    fn read_world(&self, path: &Path) -> Result<Scenario, ScenarioError> {
        let (mut scenario, own) = self.parse(path)?;
        if scenario.topic != WORLDS {
            scenario.steps.truncate(scenario.steps.len() - own.steps.len());
        }
        Ok(scenario)
    }

    /// Reads a file, with what it extends.
    ///
    /// # Errors
    ///
    /// If it, or a file it extends, is not what it should be.
    pub fn read(&self, path: &Path) -> Result<Scenario, ScenarioError> {
        let (mut scenario, own) = self.parse(path)?;
        scenario.claim = own.claim;
        check(&scenario).map_err(|wrong| wrong.in_one_of(&scenario.files, SHOWN_IN))?;
        Ok(scenario)
    }

    /// A file with what it extends, and the file alone.
    fn parse(&self, path: &Path) -> Result<(Scenario, Scenario), ScenarioError> {
        let Layers { table, own, steps } = self.layers(path, 0)?;
        let mut scenario: Scenario = toml::Value::Table(table.clone())
            .try_into()
            .map_err(|error: toml::de::Error| SyntaxError::new(path, "", error, SHOWN_IN))?;
        scenario.steps = steps;
        scenario.name = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        scenario.topic = path
            .parent()
            .and_then(Path::file_name)
            .map(|topic| topic.to_string_lossy().into_owned())
            .unwrap_or_default();
        scenario.folder.clone_from(&self.folder);
        scenario.files.clone_from(&own.files);
        scenario.name_resources(&table)?;
        Ok((scenario, own))
    }

    /// A file with what it extends underneath. The file itself is read strictly first, so that an
    /// unknown key is reported where it stands.
    fn layers(&self, path: &Path, depth: usize) -> Result<Layers, ScenarioError> {
        let text = read_text(path)?;
        let mut own =
            Scenario::from_text(&text).map_err(|error| SyntaxError::new(path, &text, error, SHOWN_IN))?;
        own.files.push(path.to_owned());
        let table: Result<toml::Table, _> = toml::from_str(&text);
        let mut table = table.map_err(|error| SyntaxError::new(path, &text, error, SHOWN_IN))?;
        table.remove("step");
        let steps = own.steps.clone();
        let Some(base) = &own.extends else {
            return Ok(Layers { table, own, steps });
        };
        if depth == EXTENDS_MAX {
            let what = format!("more than {EXTENDS_MAX} files extend one another");
            let wrong = Misstated::new(what).at("extends");
            return Err(wrong.in_text(path, &text, SHOWN_IN));
        }
        if !is_inside(base) {
            let what = format!(
                "extends {}: a file inside the folder of scenarios was expected; {}",
                shown(base),
                self.bases()
            );
            let wrong = Misstated::new(what).at("extends");
            return Err(wrong.in_text(path, &text, SHOWN_IN));
        }
        let base_path = self.folder.join(base);
        if !base_path.is_file() {
            let what = format!("extends {}: there is no such file; {}", shown(base), self.bases());
            let wrong = Misstated::new(what).at("extends");
            return Err(wrong.in_text(path, &text, SHOWN_IN));
        }
        let mut merged = self.layers(&base_path, depth + 1)?;
        own.files.extend(merged.own.files);
        overlay(&mut merged.table, table);
        // The steps of what is extended come first.
        merged.steps.extend(steps);
        Ok(Layers {
            table: merged.table,
            own,
            steps: merged.steps,
        })
    }
}

/// A file with what it extends.
struct Layers {
    /// All of it but the steps.
    table: toml::Table,
    /// The file alone.
    own: Scenario,
    /// The steps of all.
    steps: Vec<Step>,
}

/// Tables are merged member by member; everything else is replaced.
fn overlay(below: &mut toml::Table, above: toml::Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => overlay(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// A scenario claims something, and says what shows it.
fn check(scenario: &Scenario) -> Result<(), Misstated> {
    if scenario.claim.is_empty() {
        let what = "`claim` is missing: say in a sentence what the scenario shows";
        return Err(Misstated::new(what).at("claim"));
    }
    if scenario.steps.iter().all(|step| step.expect.is_empty()) {
        let what = "no step says what it expects: a scenario that expects nothing cannot fail";
        return Err(Misstated::new(what).at("step"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use azdrill_emulator::rules::{Assumptions, Profile, Rules};

    use super::*;

    fn library(files: &[(&str, &str)]) -> (tempfile::TempDir, Library) {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("scenarios/_worlds")).expect("made");
        for (name, text) in files {
            let path = folder.path().join("scenarios").join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        let library = Library::find(None, folder.path()).expect("found");
        (folder, library)
    }

    const WORLD: &str = "[world.storage]\nname = \"one\"\nbypass = \"None\"\n[[step]]\ndo = \"protect\"\n";

    #[test]
    fn a_file_changes_what_it_names_and_adds_its_steps() {
        let (_folder, library) = library(&[
            ("_worlds/w.toml", WORLD),
            (
                "topic/a.toml",
                "claim = \"c\"\nextends = \"_worlds/w.toml\"\n[world.storage]\nname = \"two\"\n[[step]]\ndo = \"backup\"\nexpect = { status = \"Completed\" }\n",
            ),
        ]);
        let scenario = library.get("a").expect("read");
        assert_eq!((scenario.name.as_str(), scenario.topic.as_str()), ("a", "topic"));
        assert_eq!(
            (
                scenario.world.storage.name.as_str(),
                scenario.world.storage.bypass.as_str()
            ),
            ("two", "None")
        );
        assert_eq!(scenario.steps.len(), 2);
    }

    #[test]
    fn a_wrong_key_is_reported_with_file_line_and_column() {
        let (_folder, library) = library(&[("topic/bad.toml", "claim = \"c\"\n[world]\nlocatoin = \"x\"\n")]);
        let error = library.get("bad").expect_err("refused").to_string();
        assert!(
            error.contains("bad.toml") && error.contains("line 3, column 1") && error.contains("locatoin"),
            "{error}"
        );
    }

    #[test]
    fn a_scenario_that_expects_nothing_is_refused() {
        let (_folder, library) =
            library(&[("topic/idle.toml", "claim = \"c\"\n[[step]]\ndo = \"backup\"\n")]);
        assert!(
            library
                .get("idle")
                .expect_err("refused")
                .to_string()
                .contains("cannot fail")
        );
    }

    #[test]
    fn what_is_expected_of_a_command_is_checked_where_it_stands() {
        let base = "[expect]\nnot_called = [\"BackupVaults_Get\", \"BackupVaults_Delet\"]\n";
        let own = "extends = \"_worlds/base.toml\"\n[expect]\ncalled = [\"BackupVaults_List\"]\n";
        let (_folder, library) = library(&[("_worlds/base.toml", base), ("_worlds/own.toml", own)]);
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
        let world = library.world("own").unwrap();
        let told = world.check_expect(&rules).unwrap_err().to_string();
        assert!(
            told.contains("base.toml, line 2, column 35: operation BackupVaults_Delet"),
            "{told}"
        );
    }

    #[test]
    fn what_extends_nothing_there_is_names_the_worlds() {
        let own = "claim = \"c\"\nextends = \"_worlds/x.toml\"\n";
        let (folder, library) = library(&[("_worlds/w.toml", WORLD), ("topic/own.toml", own)]);
        let told = library.get("own").expect_err("refused").to_string();
        assert!(
            told.contains("own.toml, line 2, column 11") && told.contains("there are _worlds/w.toml"),
            "{told}"
        );
        let after = told.split("column").nth(1).expect("a place");
        assert!(!after.contains(&folder.path().display().to_string()), "{told}");
    }

    #[test]
    fn a_number_in_quotes_is_told_to_lose_them() {
        let own = "claim = \"c\"\n[world.server]\nversion = \"15\"\n";
        let (_folder, library) = library(&[("topic/own.toml", own)]);
        let told = library.get("own").expect_err("refused").to_string();
        assert!(told.contains("a whole number without quotes"), "{told}");
    }

    #[test]
    fn an_unknown_name_gets_a_suggestion() {
        let (_folder, library) = library(&[("topic/private-endpoint-restore.toml", "claim = \"c\"\n")]);
        let error = library
            .get("private-endpoint-restor")
            .expect_err("unknown")
            .to_string();
        assert!(
            error.contains("Did you mean private-endpoint-restore?"),
            "{error}"
        );
    }
}
