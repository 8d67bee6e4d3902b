//! Where a journal is written.

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azdrill_emulator::journal::{Header, Sink};

use crate::private_file;

/// A file a journal is written to, a line at a time: what has been answered is in it, however the process ends.
/// Only its owner may read it, since it holds what clients sent. Clones share one file.
///
/// Nothing is touched before [`JournalFile::begin`]: what was there stays until there is something to put in its
/// place.
#[derive(Clone)]
pub struct JournalFile(Arc<Mutex<Open>>);

struct Open {
    path: PathBuf,
    /// There is none before it has begun.
    file: Option<File>,
    /// The lines that came before it had begun.
    waiting: Vec<u8>,
    /// How long all lines are that are whole.
    length: u64,
    failed: Option<String>,
}

impl JournalFile {
    /// One that will be written there.
    ///
    /// # Errors
    ///
    /// If it could not be: nothing can, it is a pipe that nobody reads, or something is there that is no journal.
    pub fn at(path: &Path) -> io::Result<Self> {
        private_file::check(path)?;
        let file = private_file::open_special(path)?;
        if file.is_none() {
            check_replaceable(path)?;
        }
        Ok(Self(Arc::new(Mutex::new(Open {
            path: path.to_owned(),
            file,
            waiting: Vec::new(),
            length: 0,
            failed: None,
        }))))
    }

    /// Begins it, in the place of the one that was there, with what has been taken so far.
    ///
    /// # Errors
    ///
    /// If it cannot be written; what was there before is there still.
    pub fn begin(&self) -> io::Result<()> {
        let mut open = self.open();
        if open.file.is_none() {
            let waiting = std::mem::take(&mut open.waiting);
            let file = private_file::begin(&open.path, &waiting)?;
            // Where that is not to be had, nobody is kept from writing the same.
            let _ = file.try_lock();
            open.length = waiting.len() as u64;
            open.file = Some(file);
        }
        Ok(())
    }

    /// Forgets what was taken before it has begun: it was of a world that is none.
    pub fn forget(&self) {
        self.open().waiting.clear();
    }

    /// What takes the lines.
    pub fn sink(&self) -> Box<dyn Sink> {
        Box::new(self.clone())
    }

    /// Why it is not whole, if it is not.
    pub fn failed(&self) -> Option<String> {
        self.open().failed.clone()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody means to lose what is no journal; what an interrupted disk has left empty is nothing to lose.
fn check_replaceable(path: &Path) -> io::Result<()> {
    let is_one = |begins: &[u8]| begins == Header::BEGINS.as_slice();
    let Some(there) = private_file::open_earlier(path, "journal", Header::BEGINS.len(), is_one)? else {
        return Ok(());
    };
    match there.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "another azdrill is writing its journal there",
        )),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

impl Sink for JournalFile {
    fn take(&mut self, line: &[u8]) {
        let mut open = self.open();
        let open = &mut *open;
        // What comes after a line that is missing cannot be played.
        if open.failed.is_some() {
            return;
        }
        let Some(file) = &mut open.file else {
            open.waiting.extend_from_slice(line);
            return;
        };
        match file.write_all(line) {
            Ok(()) => open.length += line.len() as u64,
            Err(error) => {
                tracing::warn!("the journal cannot be written any more: {error}");
                open.failed = Some(error.to_string());
                // Half a line is none. Where that cannot be taken back, whoever plays it leaves it out.
                let _ = file.set_len(open.length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const LINE: &[u8] = b"{\"azdrill_journal\":1}\n";

    #[test]
    fn a_journal_is_its_owners_alone_and_takes_nothing_s_place_before_it_begins() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("drill.journal");
        let earlier = [LINE, b"earlier\n"].concat();
        std::fs::write(&path, &earlier).unwrap();
        let journal = JournalFile::at(&path).unwrap();
        journal.sink().take(LINE);
        drop(journal.clone());
        assert_eq!(std::fs::read(&path).unwrap(), earlier, "it has not begun");
        journal.begin().unwrap();
        journal.sink().take(b"{}\n");
        assert_eq!(std::fs::read(&path).unwrap(), [LINE, b"{}\n"].concat());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(journal.failed(), None);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let told = JournalFile::at(&path).err().unwrap().to_string();
        assert!(told.contains("another azdrill is writing"), "{told}");
        drop(journal);
        JournalFile::at(&path).unwrap();
    }

    #[test]
    fn what_is_no_journal_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("main.tf"), "resource {}").unwrap();
        std::fs::write(path("short"), "{").unwrap();
        std::fs::write(path("empty"), "").unwrap();
        let pipe = std::process::Command::new("mkfifo").arg(path("pipe")).status();
        assert!(pipe.unwrap().success());
        for (name, says) in [
            ("main.tf", "no journal"),
            ("short", "no journal"),
            ("pipe", "nobody reads it"),
            (".", "directory"),
            ("no/such/folder", "No such file"),
        ] {
            let told = JournalFile::at(&path(name)).err().unwrap().to_string();
            assert!(told.contains(says), "{name}: {told}");
        }
        JournalFile::at(&path("empty")).unwrap();
        assert_eq!(std::fs::read_to_string(path("main.tf")).unwrap(), "resource {}");
    }

    #[test]
    fn where_there_is_no_room_it_is_told_and_half_a_line_is_taken_back() {
        let full = JournalFile::at(Path::new("/dev/full")).unwrap();
        full.sink().take(LINE);
        assert!(full.failed().unwrap().contains("No space left"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("drill.journal");
        let journal = JournalFile::at(&path).unwrap();
        journal.sink().take(LINE);
        journal.begin().unwrap();
        // A file that is open to be read alone takes nothing.
        journal.open().file = Some(File::open(&path).unwrap());
        journal.sink().take(b"{}\n");
        assert!(journal.failed().is_some());
        assert_eq!(std::fs::read(&path).unwrap(), LINE);
    }
}
