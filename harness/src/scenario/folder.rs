//! The files of a folder, and which of them is meant.

use std::path::{Component, Path, PathBuf};

use super::ScenarioError;

/// What is in a folder, in order.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, ScenarioError> {
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

/// The file of that name.
pub(super) fn named<'a>(name: &str, files: &'a [PathBuf]) -> Option<&'a Path> {
    let own = |path: &&PathBuf| path.file_stem().is_some_and(|stem| stem == name);
    files.iter().find(own).map(PathBuf::as_path)
}

/// The names of files, without folder and ending.
pub(super) fn stems(files: &[PathBuf]) -> Vec<String> {
    let stems = files.iter().filter_map(|path| path.file_stem());
    stems.map(|stem| stem.to_string_lossy().into_owned()).collect()
}

/// Names of files that look like one.
pub(super) fn close_to(name: &str, files: &[PathBuf]) -> Vec<String> {
    if name.len() > 100 {
        // Nothing is called anything like it, and comparing takes the product of two lengths.
        return Vec::new();
    }
    let mut names: Vec<(f64, String)> = stems(files)
        .into_iter()
        .map(|own| (strsim::jaro_winkler(name, &own), own))
        .filter(|(likeness, own)| *likeness > 0.85 || own.contains(name))
        .collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0));
    names.into_iter().take(3).map(|(_, own)| own).collect()
}

/// Whether a name is one of a file inside the folder of scenarios: what is elsewhere is nobody's scenario, and
/// is not to be shown in an error.
pub(crate) fn is_inside(name: &str) -> bool {
    let path = Path::new(name);
    !name.is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)))
}
