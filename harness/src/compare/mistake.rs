//! What keeps a recording from being played.

use std::path::{Path, PathBuf};

/// What is wrong with a file, or with what it presupposes.
#[derive(Debug, thiserror::Error)]
pub enum Mistake {
    /// It cannot be read.
    #[error("cannot read {}: {error}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        error: String,
    },
    /// It is not of a form we know.
    #[error("{}{}: {expected}", file.display(), at(*position))]
    Form {
        /// The file.
        file: PathBuf,
        /// Line and column, from 1, where known.
        position: Option<(usize, usize)>,
        /// What is wrong, and what was expected.
        expected: String,
    },
    /// A file of differences, or about a recording, is not what it should be.
    #[error(transparent)]
    Beside(#[from] crate::scenario::ScenarioError),
    /// What its requests presuppose could not be built.
    #[error("{}: what the recording presupposes could not be built: {what}", file.display())]
    World {
        /// The file.
        file: PathBuf,
        /// Which part, and what was answered.
        what: String,
    },
}

fn at(position: Option<(usize, usize)>) -> String {
    position.map_or_else(String::new, |(line, column)| format!(":{line}:{column}"))
}

impl Mistake {
    pub(super) fn form(file: &Path, position: Option<(usize, usize)>, expected: impl Into<String>) -> Self {
        Self::Form {
            file: file.to_owned(),
            position,
            expected: expected.into(),
        }
    }
}
