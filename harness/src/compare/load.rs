//! From the files a command names to recordings.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::accepted::AcceptedDifferences;
use super::mistake::Mistake;
use super::recording::Recording;
use super::setting::RecordingSetting;
use super::{forms, yaml};
use crate::given_file;

/// The largest recording that is read, in bytes.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What a command was given.
#[derive(Clone, Debug, Default)]
pub struct CompareFiles {
    /// The recordings, in order.
    pub recordings: Vec<Recording>,
    /// The differences that are accepted.
    pub accepted: AcceptedDifferences,
    /// Files that are no recordings and were left out.
    pub left_out: Vec<PathBuf>,
}

/// Reads what is named: recordings, folders of them, and files of differences (`.toml`).
///
/// # Errors
///
/// If something cannot be read, or is not what it should be.
pub fn read(files: &[PathBuf], differences: &[PathBuf]) -> Result<CompareFiles, Mistake> {
    let mut given = CompareFiles::default();
    for file in differences {
        given
            .accepted
            .differences
            .extend(AcceptedDifferences::read(file)?.differences);
    }
    for file in files {
        if file.is_dir() {
            let mut inside = inside(file)?;
            inside.sort();
            for file in inside {
                given.take(&file)?;
            }
        } else {
            given.take(file)?;
        }
    }
    Ok(given)
}

fn inside(folder: &Path) -> Result<Vec<PathBuf>, Mistake> {
    let unreadable = |error: std::io::Error| Mistake::Unreadable {
        file: folder.to_owned(),
        error: error.to_string(),
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

impl CompareFiles {
    fn take(&mut self, file: &Path) -> Result<(), Mistake> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        match file.extension().and_then(|ending| ending.to_str()) {
            // Read together with its recording.
            Some("toml") if name.ends_with(".world.toml") => {}
            Some("toml") => {
                let read = AcceptedDifferences::read(file)?;
                self.accepted.differences.extend(read.differences);
            }
            Some("md" | "txt") => self.left_out.push(file.to_owned()),
            _ => self.recordings.push(recording(file)?),
        }
        Ok(())
    }
}

/// Reads one recording.
fn recording(file: &Path) -> Result<Recording, Mistake> {
    let unreadable = |error: String| Mistake::Unreadable {
        file: file.to_owned(),
        error,
    };
    let bytes = given_file::read(file, BYTES_MAX).map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Mistake::form(
            file,
            None,
            "this is no text; a recording in JSON or YAML was expected",
        )
    })?;
    let setting = RecordingSetting::beside(file)?;
    let text = setting.read_as(text);
    let whole = parse(file, &text)?;
    let interactions = forms::interactions(&whole)
        .map_err(|wrong| Mistake::form(file, yaml::locate(&text, &wrong.path), wrong.expected))?;
    if interactions.is_empty() {
        // Nothing was compared: that is no success.
        return Err(Mistake::form(
            file,
            None,
            "it holds no request; at least one was expected",
        ));
    }
    Ok(Recording {
        file: file.to_owned(),
        interactions,
        world: whole["world"].as_str().map(str::to_owned),
        setting,
    })
}

fn parse(file: &Path, text: &str) -> Result<Value, Mistake> {
    if text.trim_start().starts_with(['{', '[']) {
        serde_json::from_str(text).map_err(|error| {
            let position = (error.line(), error.column());
            let text = error.to_string();
            let what = text.split(" at line ").next().unwrap_or(&text);
            Mistake::form(file, Some(position), format!("this is no JSON: {what}"))
        })
    } else {
        yaml::read(text).map_err(|bad| Mistake::form(file, Some(bad.position), bad.what))
    }
}
