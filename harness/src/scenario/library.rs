//! The folder of scenarios: finding, reading, extending.

use std::path::{Path, PathBuf};

use super::{Scenario, ScenarioError, SyntaxError};

/// Folder for worlds to extend; its files are no scenarios.
const WORLDS: &str = "_worlds";
/// How many files may extend one another.
const EXTENDS_MAX: usize = 8;

/// A folder of scenarios.
#[derive(Clone, Debug)]
pub struct Library {
    folder: PathBuf,
}

impl Library {
    /// The folder given, or `scenarios` here or in a folder above.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn find(given: Option<&Path>, from: &Path) -> Result<Self, ScenarioError> {
        let folder = match given {
            Some(folder) => Some(folder.to_owned()),
            None => from
                .ancestors()
                .map(|folder| folder.join("scenarios"))
                .find(|folder| folder.join(WORLDS).is_dir()),
        };
        match folder.filter(|folder| folder.is_dir()) {
            Some(folder) => Ok(Self { folder }),
            None => Err(ScenarioError::NoFolder(given.unwrap_or(from).to_owned())),
        }
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
        match files
            .iter()
            .find(|path| path.file_stem().is_some_and(|stem| stem == name))
        {
            Some(path) => self.read(path),
            None => Err(ScenarioError::Unknown {
                name: name.to_owned(),
                close: close_to(name, &files),
            }),
        }
    }

    /// Reads a file, with what it extends.
    ///
    /// # Errors
    ///
    /// If it, or a file it extends, is not what it should be.
    pub fn read(&self, path: &Path) -> Result<Scenario, ScenarioError> {
        let (table, own) = self.table(path, 0)?;
        let mut scenario: Scenario = toml::Value::Table(table)
            .try_into()
            .map_err(|error| SyntaxError::new(path, "", &error))?;
        scenario.claim = own.claim;
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
        check(path, &scenario)?;
        Ok(scenario)
    }

    /// A file as a table, with what it extends underneath. The file itself is read strictly first,
    /// so that an unknown key is reported where it stands.
    fn table(&self, path: &Path, depth: usize) -> Result<(toml::Table, Scenario), ScenarioError> {
        let text = std::fs::read_to_string(path).map_err(|source| ScenarioError::Read {
            path: path.to_owned(),
            source,
        })?;
        let wrong = |error: toml::de::Error| SyntaxError::new(path, &text, &error);
        let own: Scenario = toml::from_str(&text).map_err(wrong)?;
        let mut table: toml::Table = toml::from_str(&text).map_err(wrong)?;
        let Some(base) = &own.extends else {
            return Ok((table, own));
        };
        if depth == EXTENDS_MAX {
            let what = format!("more than {EXTENDS_MAX} files extend one another");
            return Err(ScenarioError::Content {
                path: path.to_owned(),
                what,
            });
        }
        let base_path = self.folder.join(base);
        if !base_path.is_file() {
            let what = format!(
                "extends = \"{base}\": there is no such file under {}",
                self.folder.display()
            );
            return Err(ScenarioError::Content {
                path: path.to_owned(),
                what,
            });
        }
        let (mut merged, _) = self.table(&base_path, depth + 1)?;
        let steps = table.remove("step");
        overlay(&mut merged, table);
        append_steps(&mut merged, steps);
        Ok((merged, own))
    }
}

/// The steps of what is extended come first.
fn append_steps(merged: &mut toml::Table, steps: Option<toml::Value>) {
    let Some(toml::Value::Array(steps)) = steps else {
        return;
    };
    let all = merged
        .entry("step")
        .or_insert_with(|| toml::Value::Array(Vec::new()));
    if let toml::Value::Array(all) = all {
        all.extend(steps);
    }
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

fn check(path: &Path, scenario: &Scenario) -> Result<(), ScenarioError> {
    let wrong = |what: String| {
        Err(ScenarioError::Content {
            path: path.to_owned(),
            what,
        })
    };
    if scenario.claim.is_empty() {
        return wrong("`claim` is missing: say in a sentence what the scenario shows".to_owned());
    }
    if scenario.steps.iter().all(|step| step.expect.is_empty()) {
        return wrong("no step says what it expects: a scenario that expects nothing cannot fail".to_owned());
    }
    if !matches!(scenario.world.pace.as_str(), "fast" | "recorded") {
        return wrong(format!(
            "world.pace = \"{}\": expected \"fast\" or \"recorded\"",
            scenario.world.pace
        ));
    }
    let given = scenario
        .steps
        .iter()
        .filter_map(|step| Some(("give", step.give.as_ref()?)));
    let named = scenario
        .world
        .grants
        .iter()
        .map(|(name, grant)| (name.as_str(), grant));
    for (name, grant) in named.chain(given) {
        if grant.role.is_empty() || grant.on.is_none() {
            return wrong(format!("the grant `{name}` needs `role` and `on`"));
        }
    }
    for step in &scenario.steps {
        if let Some(name) = &step.grant
            && !scenario.world.grants.contains_key(name)
        {
            let known: Vec<&str> = scenario.world.grants.keys().map(String::as_str).collect();
            return wrong(format!(
                "grant = \"{name}\": the world has the grants {}",
                known.join(", ")
            ));
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, ScenarioError> {
    let read = |source| ScenarioError::Read {
        path: folder.to_owned(),
        source,
    };
    let mut entries = std::fs::read_dir(folder)
        .map_err(read)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(read)?;
    entries.sort();
    Ok(entries)
}

fn close_to(name: &str, files: &[PathBuf]) -> Vec<String> {
    let mut names: Vec<(f64, String)> = files
        .iter()
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .map(|own| (strsim::jaro_winkler(name, &own), own))
        .filter(|(likeness, own)| *likeness > 0.85 || own.contains(name))
        .collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0));
    names.into_iter().take(3).map(|(_, own)| own).collect()
}

#[cfg(test)]
mod tests {
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
