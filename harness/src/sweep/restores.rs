//! What restores leave in the target.

use std::collections::BTreeMap;

use azdrill_emulator::services::data_protection::RecoveryPoint;

use super::invariant::{Broken, Invariant};
use super::watch::{Seen, Watch};
use super::wrong::TOLD_FAILED;
use crate::sequence::world::{Contents, FILES, World};

/// What a restore was asked to write.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// What its files' names begin with.
    pub(super) prefix: String,
    /// The recovery point.
    pub(super) point: String,
    /// What was in the target before.
    pub(super) before: Blobs,
}

impl Asked {
    /// By the request that was sent.
    pub(super) fn of(world: &World, before: &Blobs) -> Option<Self> {
        let body: serde_json::Value = serde_json::from_slice(world.sent()?.body.bytes()).ok()?;
        let text = |pointer: &str| body.pointer(pointer)?.as_str().map(str::to_owned);
        Some(Self {
            prefix: text("/restoreTargetInfo/targetDetails/filePrefix")?,
            point: text("/recoveryPointId")?,
            before: before.clone(),
        })
    }
}

/// The committed blobs of the target account, as `container/name`, each with what it is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Blobs(BTreeMap<String, Option<(u32, usize)>>);

impl Blobs {
    /// As they are.
    pub(super) fn of(world: &World) -> Self {
        let account = world.founded.account.name();
        let storage = &world.azure().services().storage;
        let made_of = |path: &str| {
            let (container, name) = path.split_once('/')?;
            Contents::made_of(storage.blob_content(account, container, name)?)
        };
        let all = storage.lengths(account);
        Self(all.map(|(path, _)| (path.clone(), made_of(&path))).collect())
    }

    /// Those that are not among others and whose names begin so.
    fn new_since<'a>(
        &'a self,
        before: &'a Self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a String, Option<(u32, usize)>)> {
        let all = self.0.iter().filter(move |(path, _)| {
            let name = path.split_once('/').map_or("", |(_, name)| name);
            !before.0.contains_key(*path) && name.starts_with(&format!("{prefix}_"))
        });
        all.map(|(path, made_of)| (path, *made_of))
    }

    /// The first that was there before and is not as it was.
    fn changed<'a>(&self, before: &'a Self) -> Option<&'a str> {
        let mut all = before.0.iter();
        let changed = all.find(|(path, made_of)| self.0.get(*path) != Some(*made_of));
        changed.map(|(path, _)| path.as_str())
    }
}

/// A restore that is told as completed has written all files of one dump, which was of the source at the point.
pub(super) fn check_completed(watch: &Watch, world: &World, job: &Seen) -> Result<(), Broken> {
    let Some(asked) = watch.asked.get(&job.id) else {
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
    let Some(point) = watch.points.get(&asked.point) else {
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
pub(super) fn check_failed(watch: &Watch, world: &World, job: &Seen) -> Result<(), Broken> {
    let Some(asked) = watch.asked.get(&job.id) else {
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
