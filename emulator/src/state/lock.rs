//! Management locks: what nobody may delete, or change, whatever their roles.

use serde_json::Value;

use std::collections::BTreeMap;

use crate::model::ResourceId;

/// What a lock forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockLevel {
    /// Deleting.
    CanNotDelete,
    /// Deleting and changing.
    ReadOnly,
}

impl LockLevel {
    /// The level of that name, without regard to case.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::CanNotDelete, Self::ReadOnly]
            .into_iter()
            .find(|level| level.as_str().eq_ignore_ascii_case(name))
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CanNotDelete => "CanNotDelete",
            Self::ReadOnly => "ReadOnly",
        }
    }
}

/// A lock on a scope and everything below it.
#[derive(Clone, Debug)]
pub struct Lock {
    /// Its own id.
    pub id: ResourceId,
    /// What it is on.
    pub scope: ResourceId,
    /// What it forbids.
    pub level: LockLevel,
    /// What its maker says about it.
    pub notes: Option<String>,
    /// Whose it is, as it was sent; null if nobody said.
    pub owners: Value,
}

/// All locks by id.
#[derive(Clone, Debug, Default)]
pub struct Locks(BTreeMap<ResourceId, Lock>);

impl Locks {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts a lock on; `true` if it is new.
    pub fn insert(&mut self, lock: Lock) -> bool {
        self.0.insert(lock.id.clone(), lock).is_none()
    }

    /// The lock of that id.
    pub fn get(&self, id: &ResourceId) -> Option<&Lock> {
        self.0.get(id)
    }

    /// Takes a lock off.
    pub fn remove(&mut self, id: &ResourceId) -> Option<Lock> {
        self.0.remove(id)
    }

    /// All locks in order of id.
    pub fn iter(&self) -> impl Iterator<Item = &Lock> {
        self.0.values()
    }

    /// Removes the locks on a scope and below it, which goes with them.
    pub fn remove_below(&mut self, scope: &ResourceId) {
        self.0.retain(|_, lock| !scope.contains(&lock.scope));
    }

    /// What stands in the way of changing something: read-only locks on it or above it.
    pub fn against_writing<'a>(&'a self, target: &'a ResourceId) -> impl Iterator<Item = &'a Lock> {
        self.iter()
            .filter(|lock| lock.level == LockLevel::ReadOnly && lock.scope.contains(target))
    }

    /// What stands in the way of deleting something: locks of either level on it, above it, or on
    /// anything that would go with it.
    pub fn against_deleting<'a>(&'a self, target: &'a ResourceId) -> impl Iterator<Item = &'a Lock> {
        self.iter()
            .filter(|lock| lock.scope.contains(target) || target.contains(&lock.scope))
    }
}
