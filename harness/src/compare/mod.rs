//! `azdrill compare`: recorded traffic of the real Azure, played again.
//!
//! Each request of a recording is made to a fresh fake Azure, in order, and what it answers is held
//! against what was recorded: the status, the error's code, which fields there are, and their values.
//! What a service makes up (ids, times, names of operations) is aligned. A difference is either named,
//! with a reason, in a file of accepted differences, or it stands out.

mod accepted;
mod align;
mod differ;
mod figures;
mod forms;
mod id_parts;
mod load;
mod mistake;
mod named;
mod paint;
mod player;
mod presupposed;
mod recording;
mod setting;
mod world;
mod yaml;

pub use accepted::{AcceptedDifference, AcceptedDifferences};
pub use differ::{Difference, DifferenceKind};
pub use figures::{ExchangeReport, Figures, FileReport, PlayStatus, Report};
pub use load::{CompareFiles, read};
pub use mistake::Mistake;
pub use paint::paint;
pub use recording::{Interaction, Recording};
pub use setting::{CallBefore, ReadAs, RecordingSetting};

use azdrill_emulator::rules::Profile;

/// Plays recordings, and says what came of it.
///
/// # Errors
///
/// What keeps one of them from being played.
pub fn compare(given: &CompareFiles, profile: Profile) -> Result<Report, Mistake> {
    let mut used = accepted::UsedEntries::of(&given.accepted);
    let mut files = Vec::new();
    for recording in &given.recordings {
        let played = player::play(recording, profile)?;
        files.push(figures::judge(recording, played, &given.accepted, &mut used));
    }
    Ok(Report {
        files,
        unused: used.unused(&given.accepted, &given.recordings),
        left_out: given.left_out.clone(),
    })
}
