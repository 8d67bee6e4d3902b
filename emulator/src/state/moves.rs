//! Resources that are being moved to another resource group.

use std::collections::BTreeMap;

use crate::model::ResourceId;

/// One move.
#[derive(Clone, Debug)]
pub struct Move {
    /// The group the resources come from.
    pub from: ResourceId,
    /// The group they go to.
    pub to: ResourceId,
    /// What is moved, as it is called now.
    pub resources: Vec<ResourceId>,
    /// Whether both groups are still locked for it: not any more where it broke off.
    pub locks_groups: bool,
}

/// All moves that have not come to their end, by operation.
#[derive(Clone, Debug, Default)]
pub struct Moves(BTreeMap<String, Move>);

impl Moves {
    /// Takes note of a move that begins.
    pub fn begin(&mut self, operation: String, one: Move) {
        self.0.insert(operation, one);
    }

    /// A move that goes on.
    pub fn get_mut(&mut self, operation: &str) -> Option<&mut Move> {
        self.0.get_mut(operation)
    }

    /// Forgets a move that has come to its end.
    pub fn end(&mut self, operation: &str) {
        self.0.remove(operation);
    }

    /// Whether nothing is being moved.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is being moved that this is, or is in.
    pub fn moved(&self, target: &ResourceId) -> Option<&ResourceId> {
        let mut all = self.0.values().flat_map(|one| &one.resources);
        all.find(|moved| moved.contains(target))
    }

    /// The move for which the group is locked that this is, or is in.
    pub fn locking(&self, target: &ResourceId) -> Option<&Move> {
        let mut all = self.0.values().filter(|one| one.locks_groups);
        all.find(|one| one.from.contains(target) || one.to.contains(target))
    }
}
