//! A container: what is in it, and which bytes that holds.

use std::collections::BTreeMap;

use super::{Blob, DroppedExtents, Lease, Metadata, WriteVersion};
use crate::model::StoredBody;

/// Uncommitted blocks of one blob by id, which is the order Azure lists them in.
pub(in crate::services::storage) type Staged = BTreeMap<String, StoredBody>;

/// A container.
#[derive(Clone, Debug)]
pub(in crate::services::storage) struct Container {
    pub(in crate::services::storage) version: WriteVersion,
    pub(in crate::services::storage) metadata: Metadata,
    pub(in crate::services::storage) lease: Lease,
    /// Committed blobs by name.
    pub(in crate::services::storage) blobs: BTreeMap<String, Blob>,
    /// Snapshots by the blob's name and their time.
    pub(in crate::services::storage) snapshots: BTreeMap<String, BTreeMap<String, Blob>>,
    /// Uncommitted blocks by blob name.
    pub(in crate::services::storage) staged: BTreeMap<String, Staged>,
}

impl Container {
    /// An empty container.
    pub(in crate::services::storage) fn new(version: WriteVersion, metadata: Metadata) -> Self {
        Self {
            version,
            metadata,
            lease: Lease::default(),
            blobs: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            staged: BTreeMap::new(),
        }
    }

    /// Puts a blob in the place of whatever stood behind its name, uncommitted blocks included.
    pub(in crate::services::storage) fn replace(&mut self, name: &str, blob: Blob) -> DroppedExtents {
        let mut dropped = DroppedExtents::default();
        match self.blobs.get_mut(name) {
            Some(earlier) => {
                let earlier = std::mem::replace(earlier, blob);
                dropped.take(earlier.content);
            }
            None => {
                self.blobs.insert(name.to_owned(), blob);
            }
        }
        self.drop_staged(name, &mut dropped);
        dropped
    }

    /// Puts an uncommitted block in the place of an earlier one of that id.
    pub(in crate::services::storage) fn stage(
        &mut self,
        name: &str,
        id: String,
        body: StoredBody,
    ) -> DroppedExtents {
        let mut dropped = DroppedExtents::default();
        let staged = self.staged.entry(name.to_owned()).or_default();
        if let Some(earlier) = staged.insert(id, body) {
            dropped.take(earlier);
        }
        dropped
    }

    /// Removes a blob and its uncommitted blocks; its snapshots stay.
    pub(in crate::services::storage) fn remove(&mut self, name: &str) -> DroppedExtents {
        let mut dropped = DroppedExtents::default();
        if let Some(blob) = self.blobs.remove(name) {
            dropped.take(blob.content);
        }
        self.drop_staged(name, &mut dropped);
        dropped
    }

    /// Removes the snapshots of a blob.
    pub(in crate::services::storage) fn remove_snapshots(&mut self, name: &str) -> DroppedExtents {
        let mut dropped = DroppedExtents::default();
        let snapshots = self.snapshots.remove(name).unwrap_or_default();
        snapshots
            .into_values()
            .for_each(|snapshot| dropped.take(snapshot.content));
        dropped
    }

    /// Removes one snapshot.
    pub(in crate::services::storage) fn remove_snapshot(&mut self, name: &str, time: &str) -> DroppedExtents {
        let mut dropped = DroppedExtents::default();
        if let Some(snapshots) = self.snapshots.get_mut(name) {
            if let Some(snapshot) = snapshots.remove(time) {
                dropped.take(snapshot.content);
            }
            if snapshots.is_empty() {
                self.snapshots.remove(name);
            }
        }
        dropped
    }

    /// Every body in the container.
    pub(super) fn bodies(&self) -> impl Iterator<Item = &StoredBody> {
        let snapshots = self.snapshots.values().flat_map(BTreeMap::values);
        let blobs = self.blobs.values().chain(snapshots).map(|blob| &blob.content);
        blobs.chain(self.staged.values().flat_map(BTreeMap::values))
    }

    /// All that was in the container.
    pub(super) fn into_dropped(self, dropped: &mut DroppedExtents) {
        let snapshots = self.snapshots.into_values().flat_map(BTreeMap::into_values);
        let blobs = self.blobs.into_values().chain(snapshots);
        blobs.for_each(|blob| dropped.take(blob.content));
        let staged = self.staged.into_values().flat_map(BTreeMap::into_values);
        staged.for_each(|body| dropped.take(body));
    }

    fn drop_staged(&mut self, name: &str, dropped: &mut DroppedExtents) {
        if self.staged.is_empty() {
            return;
        }
        let staged = self.staged.remove(name).unwrap_or_default();
        staged.into_values().for_each(|body| dropped.take(body));
    }
}
