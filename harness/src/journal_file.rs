//! Where a journal is written.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use azdrill_emulator::journal::Sink;

use crate::private_file;

/// A file a journal is written to, a line at a time: what has been answered is in it, however the process ends.
/// Only its owner may read it, since it holds what clients sent. Clones share one file.
#[derive(Clone)]
pub struct JournalFile(Arc<Mutex<Open>>);

struct Open {
    file: File,
    failed: Option<String>,
}

impl JournalFile {
    /// Begins a new one, in the place of what was there.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = private_file::create(path)?;
        Ok(Self(Arc::new(Mutex::new(Open { file, failed: None }))))
    }

    /// What takes the lines.
    pub fn sink(&self) -> Box<dyn Sink> {
        Box::new(self.clone())
    }

    /// Why it is not whole, if it is not.
    pub fn failed(&self) -> Option<String> {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.failed.clone()
    }
}

impl Sink for JournalFile {
    fn take(&mut self, line: &[u8]) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What comes after a line that is missing cannot be played.
        if open.failed.is_some() {
            return;
        }
        if let Err(error) = open.file.write_all(line) {
            tracing::warn!("the journal cannot be written any more: {error}");
            open.failed = Some(error.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_journal_is_its_owners_alone_and_says_when_it_is_not_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("drill.journal");
        std::fs::write(&path, "open to all").unwrap();
        let journal = JournalFile::create(&path).unwrap();
        journal.sink().take(b"{}\n");
        assert_eq!(std::fs::read(&path).unwrap(), b"{}\n");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(journal.failed(), None);
        let full = JournalFile::create(Path::new("/dev/full")).unwrap();
        full.sink().take(b"{}\n");
        assert!(full.failed().unwrap().contains("No space left"));
    }
}
