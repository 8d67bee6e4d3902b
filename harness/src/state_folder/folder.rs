//! The folder, and what is in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use azdrill_emulator::journal::{Header, JournalError};
use azdrill_emulator::server::{BlobStore, KeptBlobs, check_own};

use super::about::About;
use super::asked::{Asked, other};
use super::error::NoWayBack;
use super::journal::{ReadLine, StateJournal, StateLines};
use crate::private_file;
use crate::scenario::Scenario;

/// The journal's name in the folder.
pub(super) const JOURNAL: &str = "world.journal";
/// The name of what is known of the world besides.
pub(super) const ABOUT: &str = "world.json";
/// The folder of blob bytes in it.
const BLOBS: &str = "blobs";
/// The folder of the data of database servers in it.
const SERVERS: &str = "servers";

/// A folder that keeps a world. Whoever has it has locked it.
#[derive(Clone, Debug)]
pub struct StateFolder {
    path: PathBuf,
    /// How the world that is in it was begun, if one is.
    header: Option<Header>,
    about: Option<About>,
}

impl StateFolder {
    /// Looks what is in it; nothing is changed.
    ///
    /// # Errors
    ///
    /// If it is another's, cannot be read, or was written by another build.
    pub fn open(path: &Path) -> Result<Self, NoWayBack> {
        let mut folder = Self {
            path: path.to_owned(),
            header: None,
            about: None,
        };
        for name in [JOURNAL, ABOUT, BLOBS, SERVERS] {
            let of = folder.path.join(name);
            check_own(&of).map_err(|error| folder.unusable(name, io::Error::other(error.to_string())))?;
        }
        let Some(mut lines) = StateLines::open(&folder.journal_path())? else {
            return Ok(folder);
        };
        let ReadLine::Line(first) = lines.read()? else {
            // It was killed before it had written a line.
            return Ok(folder);
        };
        let header = Header::read(&first).map_err(|what| {
            let error = JournalError { line: 1, what };
            NoWayBack::damaged(&folder.journal_path(), 0, error)
        })?;
        if !header.is_of_this_build() {
            return Err(NoWayBack::AnotherBuild {
                path: folder.journal_path(),
                about: folder.path.join(ABOUT),
                version: header.version,
                build: header.build,
                own_version: env!("CARGO_PKG_VERSION"),
                own_build: Header::own_build(),
            });
        }
        let about = About::read(&folder.path.join(ABOUT))?;
        let missing = || folder.unusable(ABOUT, io::ErrorKind::NotFound.into());
        folder.about = Some(about.ok_or_else(missing)?);
        folder.header = Some(header);
        Ok(folder)
    }

    /// How the world in it was begun, if one is in it.
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// What is known of the world in it besides, if one is in it.
    pub fn about(&self) -> Option<&About> {
        self.about.as_ref()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where its database servers keep their data.
    pub fn servers(&self) -> PathBuf {
        self.path.join(SERVERS)
    }

    /// The journal's file.
    pub fn journal_path(&self) -> PathBuf {
        self.path.join(JOURNAL)
    }

    /// Makes room for a world that begins: whatever was kept is gone.
    ///
    /// # Errors
    ///
    /// If that cannot be removed, or the new one not be written.
    pub fn begin(&self, about: &About) -> Result<(StateJournal, BlobStore), NoWayBack> {
        // Data of servers is removed by who has servers.
        remove(&self.path.join(BLOBS)).map_err(|error| self.unusable(BLOBS, error))?;
        let text = serde_json::to_string_pretty(about).map_err(|error| self.unusable(ABOUT, error.into()))?;
        let journal = StateJournal::begin(&self.journal_path());
        let journal = journal.map_err(|error| self.unusable(JOURNAL, error))?;
        private_file::write(&self.path.join(ABOUT), &text).map_err(|error| self.unusable(ABOUT, error))?;
        let blobs = self.blobs(KeptBlobs::default())?;
        Ok((journal, blobs))
    }

    pub(super) fn blobs(&self, kept: KeptBlobs) -> Result<BlobStore, NoWayBack> {
        let folder = self.path.join(BLOBS);
        kept.open(&folder, u64::MAX).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => NoWayBack::Blobs { source: error },
            _ => self.unusable(BLOBS, error),
        })
    }

    fn unusable(&self, name: &str, source: io::Error) -> NoWayBack {
        NoWayBack::Unusable {
            path: self.path.join(name),
            source,
        }
    }

    /// Whether the world in it can be come back to by who starts with this.
    ///
    /// # Errors
    ///
    /// If it was begun otherwise.
    pub fn check(&self, world: Option<&Scenario>, beginning: &Asked<'_>) -> Result<(), NoWayBack> {
        let (Some(header), Some(about)) = (&self.header, &self.about) else {
            return Ok(());
        };
        match other(header, about, world, beginning) {
            Some(what) => Err(NoWayBack::BegunOtherwise {
                folder: self.path.clone(),
                what,
            }),
            None => Ok(()),
        }
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
