//! Playing a journal again: in this process, without PostgreSQL, and without waiting for anything.

mod explain;
mod print;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead, Read as _};
use std::path::Path;

use azdrill_emulator::azure::Azure;
use azdrill_emulator::journal::{Header, JournalError, Played, Replay, SEAL_BYTES, Unsealed, unseal};
use azdrill_emulator::log::Exchange;
use azdrill_emulator::model::Timestamp;

use crate::given_file;

pub use explain::explained;
pub use print::{found, state};

/// The longest line that is read, in bytes: several times the longest request there is.
const LINE_MAX: u64 = 64 * 1024 * 1024;

/// Where to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Where the journal ends.
    End,
    /// Once this input has been played.
    Input(u64),
    /// Once this exchange has been.
    Exchange(u64),
}

/// Why a journal could not be played.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It cannot be read.
    #[error("cannot read {file}: {error}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        error: io::Error,
    },
    /// A line cannot be played.
    #[error("{file}, {error}")]
    Line {
        /// The file.
        file: String,
        /// Which, and what is wrong with it.
        error: JournalError,
    },
    /// It ends before it is where it was to stop.
    #[error(
        "{file} ends before that: it has {inputs} (`--until` counts these) and {exchanges} (`--explain` counts these)"
    )]
    TooShort {
        /// The file.
        file: String,
        /// How many inputs there are, in words.
        inputs: String,
        /// How many exchanges.
        exchanges: String,
    },
}

/// An answer that is another than it was.
pub struct Differing {
    /// Its line in the file.
    pub line: u64,
    /// The input, and how its answer differs.
    pub played: Played,
    /// The exchanges it made, as they are now.
    pub exchanges: Vec<Exchange>,
}

/// A journal that has been played.
pub struct Replayed {
    machine: Replay,
    /// When the first input was, and the last one that was played.
    pub times: Option<(Timestamp, Timestamp)>,
    /// The first answer that differs.
    pub first: Option<Differing>,
    /// How many differ.
    pub differing: u64,
    /// Whether its last line ends in the middle, and was left out.
    pub broken_off: bool,
    /// The input at which it stopped, and what it was.
    pub last: Option<Played>,
}

impl Replayed {
    /// What wrote it, and what with.
    pub fn header(&self) -> &Header {
        self.machine.header()
    }

    /// How many inputs were played.
    pub fn inputs(&self) -> u64 {
        self.machine.inputs()
    }

    /// The machine where it stopped.
    pub fn azure(&self) -> &Azure {
        self.machine.azure()
    }

    /// Whether every answer is what it was.
    pub fn is_the_same(&self) -> bool {
        self.differing == 0
    }
}

/// Plays the journal in that file: one that `--journal` wrote, or a state folder's.
///
/// # Errors
///
/// If it cannot be read, or a line of it cannot be played.
pub fn replay(file: &Path, until: Until) -> Result<Replayed, ReplayError> {
    let named = file.display().to_string();
    let unreadable = |error| ReplayError::Unreadable {
        file: named.clone(),
        error,
    };
    let bad = |error| ReplayError::Line {
        file: named.clone(),
        error,
    };
    let mut lines = given_file::open(file).map_err(unreadable)?;
    let mut line = Vec::new();
    read_line(&mut lines, &mut line).map_err(unreadable)?;
    let mut replayed = Replayed {
        machine: Replay::begin(&line).map_err(bad)?,
        times: None,
        first: None,
        differing: 0,
        broken_off: false,
        last: None,
    };
    if matches!(until, Until::Exchange(_)) {
        // It is to be shown.
        replayed.machine.keep_bodies();
    }
    loop {
        if replayed.is_there(until) {
            return Ok(replayed);
        }
        if read_line(&mut lines, &mut line).map_err(unreadable)? == 0 {
            break;
        }
        if !line.ends_with(b"\n") && serde_json::from_slice::<serde::de::IgnoredAny>(&line).is_err() {
            replayed.broken_off = true;
            break;
        }
        replayed.play(&line).map_err(bad)?;
    }
    if until == Until::End {
        return Ok(replayed);
    }
    Err(ReplayError::TooShort {
        file: named,
        inputs: counted(replayed.inputs(), "input"),
        exchanges: counted(replayed.azure().log().count(), "exchange"),
    })
}

fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

impl Replayed {
    fn is_there(&self, until: Until) -> bool {
        match until {
            Until::End => false,
            Until::Input(number) => self.inputs() >= number,
            Until::Exchange(number) => self.azure().log().count() >= number,
        }
    }

    fn play(&mut self, line: &[u8]) -> Result<(), JournalError> {
        let before = self.azure().log().count();
        let played = self.machine.play(line)?;
        let first = self.times.map_or(played.at, |(first, _)| first);
        self.times = Some((first, played.at));
        if played.difference.is_some() {
            self.differing += 1;
            if self.first.is_none() {
                self.first = Some(Differing {
                    // The first line is none of the inputs.
                    line: played.number + 1,
                    exchanges: self.azure().log().since(before).cloned().collect(),
                    played: played.clone(),
                });
            }
        }
        self.last = Some(played);
        Ok(())
    }
}

/// Takes away the check that each line of a state folder's journal begins with. One that is damaged is no line.
fn take_seal(line: &mut Vec<u8>) {
    if matches!(unseal(line), Unsealed::Line { .. }) {
        line.drain(..SEAL_BYTES);
    }
}

/// Reads a line with its end; 0 where there is none any more.
fn read_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    line.clear();
    let read = lines.by_ref().take(LINE_MAX).read_until(b'\n', line)?;
    if read as u64 == LINE_MAX && !line.ends_with(b"\n") {
        let text = format!("a line is longer than {LINE_MAX} bytes: this is no journal");
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    take_seal(line);
    Ok(read)
}
