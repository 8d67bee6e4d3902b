//! What is in the account that is restored into, and what a restore was asked to write there.

use std::collections::BTreeMap;

use crate::sequence::world::{Contents, World};

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
    pub(super) fn new_since<'a>(
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
    pub(super) fn changed<'a>(&self, before: &'a Self) -> Option<&'a str> {
        let mut all = before.0.iter();
        let changed = all.find(|(path, made_of)| self.0.get(*path) != Some(*made_of));
        changed.map(|(path, _)| path.as_str())
    }
}
