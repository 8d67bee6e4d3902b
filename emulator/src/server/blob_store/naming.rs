//! How the files of segments are named.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

/// What the name of a segment's file ends with; its number comes first.
pub(super) const ENDING: &str = ".segment";

/// How segment files are named.
#[derive(Debug)]
pub(super) enum Naming {
    /// Not at all: they are gone with the process.
    Nameless(PathBuf),
    /// After their numbers.
    Numbered(PathBuf),
}

impl Naming {
    pub(super) fn is_named(&self) -> bool {
        matches!(self, Self::Numbered(_))
    }

    /// An empty file for a segment.
    pub(super) fn create(&self, number: u32) -> io::Result<File> {
        match self {
            Self::Nameless(directory) => tempfile::tempfile_in(directory),
            Self::Numbered(directory) => OpenOptions::new()
                .read(true)
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(directory.join(name_of(number))),
        }
    }

    /// Takes a segment's name away: whoever reads from it goes on.
    pub(super) fn remove(&self, number: u32) {
        if let Self::Numbered(directory) = self
            && let Err(error) = std::fs::remove_file(directory.join(name_of(number)))
        {
            tracing::warn!(%error, number, "cannot remove a segment of the blob store");
        }
    }
}

pub(super) fn name_of(number: u32) -> String {
    format!("{number:010}{ENDING}")
}
