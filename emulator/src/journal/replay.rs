//! Playing a journal again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Sink;
use super::aftermath::{Aftermath, BytesMoved};
use super::answer_digest::AnswerDigest;
use super::beginning::{FORMAT, Header};
use super::journalled::Journalled;
use super::line::Entry;
use super::play::Workshop;
use crate::azure::Azure;
use crate::machine::Core as _;
use crate::model::Timestamp;
use crate::services::Settings;

/// A line that cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct JournalError {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it, and what to do.
    pub what: String,
}

/// An input that has been played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// Its number, from 1.
    pub number: u64,
    /// The world's time.
    pub at: Timestamp,
    /// What it was, for a person.
    pub what: String,
    /// In what its answer differs from the one in the journal.
    pub difference: Option<Difference>,
}

/// An answer that is another than it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What is in the journal.
    pub then: AnswerDigest,
    /// What is answered now.
    pub now: AnswerDigest,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.then.difference(&self.now).unwrap_or_default())
    }
}

/// A machine that is being put through a journal, line by line. It waits for nothing and asks nobody.
pub struct Replay {
    machine: Journalled,
    header: Header,
    line: u64,
    inputs: u64,
    workshop: Workshop,
    broken: bool,
}

/// Times before this are none that a world is played at, nor are those after [`LAST_SECOND`]: what is added to a
/// time must come to one.
const FIRST_SECOND: i64 = -2_208_988_800;
/// The year 9000.
const LAST_SECOND: i64 = 221_845_392_000;
/// The longest a setting may be, in seconds: a hundred years.
const LONGEST_SECONDS: i64 = 100 * 366 * 86_400;

impl Replay {
    /// Begins with the first line.
    ///
    /// # Errors
    ///
    /// If it is not one of a journal that can be played.
    pub fn begin(line: &[u8]) -> Result<Self, JournalError> {
        Self::into(line, None)
    }

    /// The same, and what is played is written to a journal of its own.
    ///
    /// # Errors
    ///
    /// If it is not one of a journal that can be played.
    pub fn into(line: &[u8], sink: Option<Box<dyn Sink>>) -> Result<Self, JournalError> {
        let wrong = |what: String| JournalError { line: 1, what };
        let header = read_header(line).map_err(wrong)?;
        let beginning = header.beginning.clone();
        let machine = match sink {
            Some(sink) => Journalled::with_journal(beginning, &header.of, sink),
            None => Journalled::new(&beginning),
        };
        Ok(Self {
            machine: machine.map_err(|error| wrong(format!("the rules: {error}")))?,
            header,
            line: 1,
            inputs: 0,
            workshop: Workshop::default(),
            broken: false,
        })
    }

    /// The first line.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The machine as it is now.
    pub fn azure(&self) -> &Azure {
        &self.machine
    }

    /// The machine as it is now, with what is kept.
    #[cfg(test)]
    pub(super) fn machine(&self) -> &Journalled {
        &self.machine
    }

    /// How many inputs have been played.
    pub fn inputs(&self) -> u64 {
        self.inputs
    }

    /// What the last input did to the bytes of the blob store.
    pub fn moved(&self) -> &BytesMoved {
        &self.workshop.moved
    }

    /// The machine, to go on with, and what is left to do.
    pub fn go_on(self) -> (Journalled, Aftermath) {
        (self.machine, self.workshop.aftermath)
    }

    /// From now on the log keeps bodies, without their secrets.
    pub fn keep_bodies(&mut self) {
        self.machine.keep_bodies();
    }

    /// Plays the next line.
    ///
    /// # Errors
    ///
    /// If it is none, or not the next; nothing has been played then.
    pub fn play(&mut self, line: &[u8]) -> Result<Played, JournalError> {
        self.line += 1;
        let number = self.line;
        self.play_entry(line)
            .map_err(|what| JournalError { line: number, what })
    }

    fn play_entry(&mut self, line: &[u8]) -> Result<Played, String> {
        if self.broken {
            return Err("azdrill itself failed at a line before this one".to_owned());
        }
        let Entry {
            n,
            at,
            input,
            answer: then,
        } = read_entry(line)?;
        if n != self.inputs + 1 {
            return Err(format!(
                "input {} was expected and this is {n}: lines are missing, or have been put in another order",
                self.inputs + 1
            ));
        }
        let what = input.what();
        // Whatever a file holds, whoever plays it is told.
        let (machine, workshop) = (&mut self.machine, &mut self.workshop);
        workshop.moved = BytesMoved::default();
        let played = catch_unwind(AssertUnwindSafe(|| {
            let answer = machine.play(n, at, input, workshop);
            workshop.moved.released = machine.take_released();
            workshop.aftermath.new_hosts(machine.take_new_hosts());
            answer
        }));
        let now = match played {
            Ok(answer) => answer?,
            Err(_) if then.broke_off => AnswerDigest::broke_off(),
            Err(_) => {
                self.broken = true;
                return Err(format!("azdrill itself failed at this: {what}"));
            }
        };
        self.inputs = n;
        Ok(Played {
            number: n,
            at,
            what,
            difference: (then != now).then_some(Difference { then, now }),
        })
    }
}

impl Header {
    /// Reads the first line of a journal.
    ///
    /// # Errors
    ///
    /// In words, if it is none that can be played.
    pub fn read(line: &[u8]) -> Result<Self, String> {
        read_header(line)
    }
}

fn read_header(line: &[u8]) -> Result<Header, String> {
    /// All that has to be known to know whether the rest can be read.
    #[derive(serde::Deserialize)]
    struct Format {
        azdrill_journal: u32,
    }
    let format: Format = serde_json::from_slice(line)
        .map_err(|_| "this is no journal of azdrill; `--journal FILE` writes one".to_owned())?;
    if format.azdrill_journal != FORMAT {
        return Err(format!(
            "this journal is of format {}, and this azdrill reads format {FORMAT}: play it with the azdrill that \
             wrote it",
            format.azdrill_journal
        ));
    }
    let header: Header = serde_json::from_slice(line).map_err(|error| unread(&error))?;
    check_settings(&header.beginning.settings)?;
    Ok(header)
}

fn check_settings(settings: &Settings) -> Result<(), String> {
    let delay = settings.role_propagation.as_secs();
    let lags = settings.lags.all().map(|own| own.as_secs());
    match std::iter::once(delay)
        .chain(lags)
        .find(|own| !(0..=LONGEST_SECONDS).contains(own))
    {
        None => Ok(()),
        Some(wrong) => Err(format!("no role takes {wrong} s to be seen")),
    }
}

fn read_entry(line: &[u8]) -> Result<Entry, String> {
    use super::input::{Given, Input};
    let entry: Entry = serde_json::from_slice(line).map_err(|error| unread(&error))?;
    if !(FIRST_SECOND..=LAST_SECOND).contains(&entry.at.as_second()) {
        return Err(format!("{} is no time a world is played at", entry.at));
    }
    match &entry.input {
        Input::BeginAgain(beginning) => check_settings(&beginning.settings)?,
        Input::Given(Given::Role { after, .. }) if !(0..=LONGEST_SECONDS).contains(&after.as_secs()) => {
            return Err(format!("no role takes {after} to be seen"));
        }
        _ => {}
    }
    Ok(entry)
}

fn unread(error: &serde_json::Error) -> String {
    // What serde says names a place, and at most a word of what is there: no secret of the line's.
    let place = error.column();
    let kind = match error.classify() {
        serde_json::error::Category::Eof => "it ends in the middle",
        serde_json::error::Category::Syntax => "it is no JSON",
        serde_json::error::Category::Data | serde_json::error::Category::Io => {
            "it is not what a journal has at this place"
        }
    };
    format!(
        "{kind} (column {place}); a journal is played as it was written, and by the version that wrote it"
    )
}
