//! What restores leave in the target.

use azdrill_emulator::services::data_protection::RecoveryPoint;

use super::invariant::{Broken, Invariant};
use super::known::Known;
use super::seen::Seen;
use super::target::Blobs;
use super::wrong::TOLD_FAILED;
use crate::sequence::world::{FILES, World};

/// A restore that is told as completed has written all files of one dump, which was of the source at the point.
pub(super) fn check_completed(known: &Known, world: &World, job: &Seen) -> Result<(), Broken> {
    let Some(asked) = known.asked.get(&job.id) else {
        return Ok(());
    };
    let broken = |why: String| Err(Broken::new(Invariant::RestoreIsWhole, why));
    let now = Blobs::of(world);
    let files: Vec<_> = now.new_since(&asked.before, &asked.prefix).collect();
    if files.len() != FILES {
        let (prefix, count) = (&asked.prefix, files.len());
        return broken(format!(
            "{count} of {FILES} files begin with {prefix}, and the job is completed"
        ));
    }
    let mut numbers: Vec<usize> = files
        .iter()
        .filter_map(|(_, made)| made.map(|(_, number)| number))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.len() != FILES {
        return broken(format!("of the files {files:?} not each is one of a dump"));
    }
    let Some(point) = known.points.get(&asked.point) else {
        return Ok(());
    };
    for (path, made_of) in files {
        let version = made_of.map(|(version, _)| version);
        if version.is_none_or(|version| !point.versions.contains(&version)) {
            return broken(format!(
                "{path} is made of what the source was as version {version:?}, and at the recovery point it was {:?}",
                point.versions
            ));
        }
    }
    match now.changed(&asked.before) {
        Some(path) => broken(format!("{path} was there before, and is not as it was")),
        None => Ok(()),
    }
}

/// A restore that is told as failed has left nothing that looks whole, and nothing else is otherwise than before.
pub(super) fn check_failed(known: &Known, world: &World, job: &Seen) -> Result<(), Broken> {
    let Some(asked) = known.asked.get(&job.id) else {
        return Ok(());
    };
    let broken = |why: String| Err(Broken::new(Invariant::FailedRestoreLeavesNothing, why));
    let now = Blobs::of(world);
    if let Some(path) = now.changed(&asked.before) {
        return broken(format!("{path} was there before, and is not as it was"));
    }
    let count = now.new_since(&asked.before, &asked.prefix).count();
    let strikes = world.azure().faults().strikes();
    // Where the answer to the last list of blocks is lost, who writes cannot know that all is there.
    let lost = strikes
        .filter(|(word, times)| *word == "lose_answer" && *times > 0)
        .count()
        > 0;
    if count >= FILES && job.code != TOLD_FAILED && !lost {
        return broken(format!(
            "all {FILES} files that begin with {} are there, and the job has failed with {}",
            asked.prefix, job.code
        ));
    }
    Ok(())
}

/// What was in the source at one time or another while a recovery point was made.
pub(super) fn versions_of(world: &World, point: &RecoveryPoint) -> Vec<u32> {
    let own = &world.azure().services().data_protection;
    let made = own.all_jobs().find(|job| {
        job.kind.as_str() == "Backup"
            && job.started <= point.time
            && job.ended.is_none_or(|ended| point.time <= ended)
    });
    let began = made.map_or(point.time, |job| job.started);
    let contents = world.contents.as_ref();
    contents.map_or(Vec::new(), |own| own.between(began, point.time))
}
