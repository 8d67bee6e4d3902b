//! The journal of a state folder: a file that is only appended to, each line with a check of its own.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azdrill_emulator::journal::{Sink, Unsealed, seal, unseal};

use super::error::NoWayBack;

/// The longest line that is read, in bytes: several times the longest request there is.
const LINE_MAX: u64 = 64 * 1024 * 1024;

/// Where lines are written to.
pub(super) trait Medium: Write + Send {
    /// Cuts it to a length, and goes on from there.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Medium for File {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)?;
        self.seek(SeekFrom::Start(length)).map(|_| ())
    }
}

/// The journal that is written. Clones share it.
#[derive(Clone)]
pub struct StateJournal(Arc<Mutex<Open>>);

struct Open {
    medium: Box<dyn Medium>,
    /// How long all lines are that are whole.
    length: u64,
    /// What has been taken and is not written.
    pending: Vec<u8>,
    failed: Option<String>,
    /// The last line that was taken while what is there is played again: none of them is written a second time.
    played: Option<Vec<u8>>,
}

impl StateJournal {
    /// One in the place of what was there.
    pub(super) fn begin(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(path)?;
        Ok(Self::on(Box::new(file), 0))
    }

    /// Goes on behind that many bytes of what is there, and cuts off the rest.
    pub(super) fn go_on(path: &Path, length: u64) -> io::Result<Self> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.cut(length)?;
        Ok(Self::on(Box::new(file), length))
    }

    pub(super) fn on(medium: Box<dyn Medium>, length: u64) -> Self {
        Self(Arc::new(Mutex::new(Open {
            medium,
            length,
            pending: Vec::new(),
            failed: None,
            played: None,
        })))
    }

    /// What takes the lines.
    pub fn sink(&self) -> Box<dyn Sink> {
        Box::new(self.clone())
    }

    /// From now on, or no longer, what is taken is what was there before, played again.
    pub(super) fn plays_again(&self, so: bool) {
        self.open().played = so.then(Vec::new);
    }

    /// The last line that was taken while it was played again.
    pub(super) fn last_played(&self) -> Vec<u8> {
        let mut open = self.open();
        open.played.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for StateJournal {
    fn take(&mut self, line: &[u8]) {
        let mut open = self.open();
        if let Some(played) = &mut open.played {
            line.clone_into(played);
            return;
        }
        seal(line, &mut open.pending);
        open.write();
    }

    fn failing(&mut self) -> Option<String> {
        let mut open = self.open();
        if !open.pending.is_empty() {
            open.write();
        }
        open.failed.clone()
    }
}

impl Open {
    /// Writes what is pending, whole or not at all.
    fn write(&mut self) {
        // What could not be taken back the last time stands before it still.
        let room = match &self.failed {
            Some(_) => self.medium.cut(self.length),
            None => Ok(()),
        };
        match room.and_then(|()| self.medium.write_all(&self.pending)) {
            Ok(()) => {
                self.length += self.pending.len() as u64;
                self.pending.clear();
                if self.failed.take().is_some() {
                    tracing::info!("what happens is kept again");
                }
            }
            Err(error) => {
                if self.failed.is_none() {
                    tracing::error!("what happens cannot be kept, and nothing is answered: {error}");
                }
                // Half a line is none. Where it cannot be taken back, whoever comes back leaves it out; to write
                // behind it would be damage.
                self.failed = Some(match self.medium.cut(self.length) {
                    Ok(()) => error.to_string(),
                    Err(other) => {
                        format!("{error}; and what was written of it cannot be taken back: {other}")
                    }
                });
            }
        }
    }
}

/// A line that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadLine {
    /// One as it was written, its end included.
    Line(Vec<u8>),
    /// So many bytes at the end are the beginning of one that was never written to its end.
    Torn(u64),
    /// There are no more.
    End,
}

/// The lines of a journal that is there.
pub struct StateLines {
    path: PathBuf,
    file: BufReader<File>,
    at: u64,
    line: u64,
    sealed: Vec<u8>,
}

impl StateLines {
    /// Opens it; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn open(path: &Path) -> Result<Option<Self>, NoWayBack> {
        let unusable = |source| NoWayBack::Unusable {
            path: path.to_owned(),
            source,
        };
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(unusable)?,
        };
        Ok(Some(Self {
            path: path.to_owned(),
            file: BufReader::with_capacity(1 << 20, file),
            at: 0,
            line: 0,
            sealed: Vec::new(),
        }))
    }

    /// How long the lines are together that have been read.
    pub fn length(&self) -> u64 {
        self.at
    }

    /// The next one.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not as it was written.
    pub fn read(&mut self) -> Result<ReadLine, NoWayBack> {
        self.sealed.clear();
        let read = self
            .file
            .by_ref()
            .take(LINE_MAX)
            .read_until(b'\n', &mut self.sealed);
        let read = read.map_err(|source| NoWayBack::Unusable {
            path: self.path.clone(),
            source,
        })? as u64;
        let damaged = |what: &str| NoWayBack::Damaged {
            path: self.path.clone(),
            at: self.at,
            line: self.line + 1,
            what: what.to_owned(),
        };
        match unseal(&self.sealed) {
            Unsealed::End => Ok(ReadLine::End),
            Unsealed::Torn if read == LINE_MAX => Err(damaged("no line is as long as that")),
            Unsealed::Torn => Ok(ReadLine::Torn(read)),
            Unsealed::Damaged => Err(damaged("it is not as it was written")),
            Unsealed::Line { line, .. } => {
                let line = line.to_vec();
                self.at += read;
                self.line += 1;
                Ok(ReadLine::Line(line))
            }
        }
    }
}
