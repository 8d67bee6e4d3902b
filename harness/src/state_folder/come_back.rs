//! Coming back to a world that is kept: its journal is played again, and what comes out is held against what was
//! written.

use azdrill_emulator::journal::{Aftermath, JournalError, Journalled, Replay, Sink};
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::server::{BlobStore, KeptBlobs};

use super::error::NoWayBack;
use super::folder::StateFolder;
use super::journal::{ReadLine, StateJournal, StateLines};

/// A world that was come back to.
pub struct CameBack {
    /// The machine; what happens to it from now on is written behind what is there.
    pub machine: Journalled,
    /// The bytes of its blobs.
    pub blobs: BlobStore,
    /// What is left to do.
    pub aftermath: Aftermath,
    /// When the last thing happened.
    pub at: Timestamp,
    /// How many inputs were played.
    pub inputs: u64,
    /// How many bytes at the end were the beginning of a line that was never acknowledged, and are gone.
    pub torn: u64,
}

/// Comes back to the world in a folder; `None` if there is none in it, or one that was not built to its end.
/// What is played goes to another journal as well, if one is kept; its log has bodies if it is to.
///
/// # Errors
///
/// If its journal cannot be played, or bytes of its blobs are missing.
pub fn come_back(
    folder: &StateFolder,
    bodies: bool,
    also: Option<Box<dyn Sink>>,
) -> Result<Option<CameBack>, NoWayBack> {
    let path = folder.journal_path();
    let Some(mut lines) = StateLines::open(&path)? else {
        return Ok(None);
    };
    let ReadLine::Line(first) = lines.read()? else {
        return Ok(None);
    };
    let unusable = |source| NoWayBack::Unusable {
        path: path.clone(),
        source,
    };
    let whole = length_of_whole(folder)?;
    let journal = StateJournal::go_on(&path, whole).map_err(unusable)?;
    journal.plays_again(true);
    let sink: Box<dyn Sink> = match also {
        Some(also) => Box::new(Both(journal.sink(), also)),
        None => journal.sink(),
    };
    let damaged = |at, error: JournalError| NoWayBack::damaged(&path, at, error);
    let mut replay = Replay::into(&first, Some(sink)).map_err(|error| damaged(0, error))?;
    if bodies {
        replay.keep_bodies();
    }
    let mut blobs = KeptBlobs::default();
    let (mut at, mut torn) = (Timestamp::UNIX_EPOCH, 0);
    loop {
        let begins = lines.length();
        let line = match lines.read()? {
            ReadLine::Line(line) => line,
            ReadLine::Torn(bytes) => {
                torn = bytes;
                break;
            }
            ReadLine::End => break,
        };
        let played = replay.play(&line).map_err(|error| damaged(begins, error))?;
        let wrong = |what: String| {
            let line = played.number + 1;
            damaged(begins, JournalError { line, what })
        };
        if journal.last_played() != line {
            let difference = played.difference.as_ref().map(ToString::to_string);
            let what = difference.unwrap_or_else(|| "it is written otherwise now".to_owned());
            return Err(wrong(format!("{}: {what}", played.what)));
        }
        let moved = replay.moved();
        if !blobs.store(&moved.stored) || !blobs.release(&moved.released) {
            return Err(wrong(format!(
                "{}: it has bytes of blobs that it cannot have",
                played.what
            )));
        }
        at = played.at;
    }
    let inputs = replay.inputs();
    let (machine, aftermath) = replay.go_on();
    if !aftermath.is_built() {
        return Ok(None);
    }
    let blobs = folder.blobs(blobs)?;
    journal.plays_again(false);
    Ok(Some(CameBack {
        machine,
        blobs,
        aftermath,
        at,
        inputs,
        torn,
    }))
}

/// How long the lines are that are whole.
fn length_of_whole(folder: &StateFolder) -> Result<u64, NoWayBack> {
    let Some(mut lines) = StateLines::open(&folder.journal_path())? else {
        return Ok(0);
    };
    while let ReadLine::Line(_) = lines.read()? {}
    Ok(lines.length())
}

/// Two journals of one machine.
struct Both(Box<dyn Sink>, Box<dyn Sink>);

impl Sink for Both {
    fn take(&mut self, line: &[u8]) {
        self.0.take(line);
        self.1.take(line);
    }

    fn failing(&mut self) -> Option<String> {
        self.0.failing()
    }
}

/// Takes the lines of a world that begins, and writes them to another journal as well, if one is kept.
pub(crate) fn both(journal: &StateJournal, also: Option<Box<dyn Sink>>) -> Box<dyn Sink> {
    match also {
        Some(also) => Box::new(Both(journal.sink(), also)),
        None => journal.sink(),
    }
}
