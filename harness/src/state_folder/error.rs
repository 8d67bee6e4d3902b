//! Why a world that is kept cannot be come back to.

use std::io;
use std::path::{Path, PathBuf};

use azdrill_emulator::journal::JournalError;

/// Why a world cannot be come back to.
#[derive(Debug, thiserror::Error)]
pub enum NoWayBack {
    /// Something in the folder cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Another azdrill keeps its world there.
    #[error(
        "{} was written by azdrill {version} (build {build}), and this is azdrill {own_version} (build {own_build}), \
         which may answer otherwise. Serve it with that one, name another folder with `--state`, or remove {} and this \
         one to begin anew", path.display(), about.display()
    )]
    AnotherBuild {
        /// The journal.
        path: PathBuf,
        /// What is known of the world besides.
        about: PathBuf,
        /// The version that wrote it.
        version: String,
        /// Its build.
        build: String,
        /// This version.
        own_version: &'static str,
        /// This build.
        own_build: &'static str,
    },
    /// The world that is kept was begun otherwise.
    #[error(
        "{} keeps a world that was begun otherwise: {what}. Start as it was begun, name another folder with `--state`, \
         or remove that one to begin anew", folder.display()
    )]
    BegunOtherwise {
        /// The folder.
        folder: PathBuf,
        /// What is other.
        what: String,
    },
    /// A line of the journal is not as it was written.
    #[error(
        "{} is damaged at byte {at} (line {line}): {what}. What comes before it can be looked at with `azdrill replay`; \
         restore the file from a copy, name another folder with `--state`, or remove that one to begin anew",
        path.display()
    )]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// Where the line begins.
        at: u64,
        /// Which it is, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// Bytes of blobs are missing.
    #[error(
        "{source}. Restore the folder from a copy, name another one with `--state`, or remove that one to begin anew"
    )]
    Blobs {
        /// Which.
        source: io::Error,
    },
}

impl NoWayBack {
    pub(super) fn damaged(path: &Path, at: u64, error: JournalError) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            at,
            line: error.line,
            what: error.what,
        }
    }
}
