//! All that the storage service knows alone.

use std::collections::BTreeMap;

use super::holdings::Holdings;
use super::lease_state::LeaseState;
use super::{Container, DroppedExtents, Lease, WriteVersion};
use crate::model::{DotNetTicks, Extent, StoredBody, Timestamp, wire_ticks};

/// The blob service of one account.
#[derive(Clone, Debug, Default)]
struct Account {
    containers: BTreeMap<String, Container>,
    /// The service's properties that somebody has set, by element, in XML.
    properties: BTreeMap<String, String>,
}

/// Containers and blobs.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub struct StorageState {
    accounts: BTreeMap<String, Account>,
    holdings: Holdings,
    last_version: i128,
}

impl StorageState {
    /// A version no other write has. Entity tags are the time of the write in .NET's ticks, as
    /// Azure's are; writes at the same time follow each other by one tick.
    pub(in crate::services::storage) fn next_version(&mut self, now: Timestamp) -> WriteVersion {
        WriteVersion {
            etag: format!("0x{:X}", self.next_ticks(now)),
            modified: now,
        }
    }

    /// The name of a new snapshot: a time no other has.
    pub(in crate::services::storage) fn next_snapshot(&mut self, now: Timestamp) -> String {
        let ticks = self.next_ticks(now);
        wire_ticks(DotNetTicks(ticks).time().unwrap_or(now))
    }

    fn next_ticks(&mut self, now: Timestamp) -> i128 {
        self.last_version = DotNetTicks::from(now).0.max(self.last_version + 1);
        self.last_version
    }

    /// The names of a container's committed blobs, in order: for looking at what a restore wrote.
    pub fn blob_names(&self, account: &str, container: &str) -> Vec<String> {
        let found = self.container(account, container);
        found
            .into_iter()
            .flat_map(|held| held.blobs.keys().cloned())
            .collect()
    }

    /// The committed blobs of an account as `container/name`, each with its length in bytes: for looking at what
    /// somebody left.
    pub fn lengths(&self, account: &str) -> impl Iterator<Item = (String, u64)> {
        let containers = self.accounts.get(account).map(|account| &account.containers);
        containers.into_iter().flatten().flat_map(|(container, held)| {
            let blobs = held.blobs.iter();
            blobs.map(move |(name, blob)| (format!("{container}/{name}"), blob.content.length))
        })
    }

    /// The containers and blobs somebody has a lease of, as `account/container` and `account/container/blob`.
    pub fn leased(&self, now: Timestamp) -> Vec<String> {
        let is_held = |lease: &Lease| lease.state(now) == LeaseState::Leased;
        let mut leased = Vec::new();
        for (account, own) in &self.accounts {
            for (container, held) in &own.containers {
                if is_held(&held.lease) {
                    leased.push(format!("{account}/{container}"));
                }
                let blobs = held.blobs.iter().filter(|(_, blob)| is_held(&blob.lease));
                leased.extend(blobs.map(|(name, _)| format!("{account}/{container}/{name}")));
            }
        }
        leased
    }

    /// The bytes of a committed blob: for looking at what a restore wrote.
    pub fn blob_content(&self, account: &str, container: &str, blob: &str) -> Option<&StoredBody> {
        Some(&self.container(account, container)?.blobs.get(blob)?.content)
    }

    /// The containers of an account. None: it has never had one.
    pub(in crate::services::storage) fn containers(
        &self,
        account: &str,
    ) -> Option<&BTreeMap<String, Container>> {
        Some(&self.accounts.get(account)?.containers)
    }

    /// A container.
    pub(in crate::services::storage) fn container(&self, account: &str, name: &str) -> Option<&Container> {
        self.accounts.get(account)?.containers.get(name)
    }

    /// A container, to change it.
    pub(in crate::services::storage) fn container_mut(
        &mut self,
        account: &str,
        name: &str,
    ) -> Option<&mut Container> {
        self.accounts.get_mut(account)?.containers.get_mut(name)
    }

    /// Adds a container that is not there yet.
    pub(in crate::services::storage) fn insert(&mut self, account: &str, name: &str, container: Container) {
        self.accounts
            .entry(account.to_owned())
            .or_default()
            .containers
            .insert(name.to_owned(), container);
    }

    /// Removes a container; `None` if there is none.
    pub(in crate::services::storage) fn remove(
        &mut self,
        account: &str,
        name: &str,
    ) -> Option<DroppedExtents> {
        let container = self.accounts.get_mut(account)?.containers.remove(name)?;
        let mut dropped = DroppedExtents::default();
        container.into_dropped(&mut dropped);
        Some(dropped)
    }

    /// Removes all of an account.
    pub(in crate::services::storage) fn remove_account(&mut self, account: &str) -> DroppedExtents {
        let account = self.accounts.remove(account).unwrap_or_default();
        let mut dropped = DroppedExtents::default();
        for container in account.containers.into_values() {
            container.into_dropped(&mut dropped);
        }
        dropped
    }

    /// Takes note that these bytes, which something holds already, are held once more.
    pub(in crate::services::storage) fn share(&mut self, body: &StoredBody) {
        self.holdings.share(&body.extents);
    }

    /// The bytes among these that nothing holds any more.
    pub(in crate::services::storage) fn let_go(&mut self, dropped: DroppedExtents) -> Vec<Extent> {
        self.holdings.let_go(dropped)
    }

    /// All of it, to come back to. Its bytes are held once more.
    pub(in crate::services) fn keep(&mut self) -> Self {
        let accounts = self.accounts.clone();
        self.share_all_of(&accounts);
        Self {
            accounts,
            holdings: Holdings::default(),
            last_version: self.last_version,
        }
    }

    /// What there is, for who looks at it and gives no bytes back: nobody is told that something is held once more.
    pub(in crate::services) fn copy(&self) -> Self {
        Self {
            accounts: self.accounts.clone(),
            holdings: self.holdings.clone(),
            last_version: self.last_version,
        }
    }

    /// Comes back to what was kept, which stays kept. Answers with the bytes that nothing holds any
    /// more. Versions go on: two writes never have the same.
    pub(in crate::services) fn bring_back(&mut self, kept: &Self) -> Vec<Extent> {
        // Before anything is let go of: what both hold must not be given back in between.
        self.share_all_of(&kept.accounts);
        let current = std::mem::replace(&mut self.accounts, kept.accounts.clone());
        self.let_go_of_all(current)
    }

    /// Lets go of what was kept. Answers with the bytes that only it held.
    pub(crate) fn forget(&mut self, kept: Self) -> Vec<Extent> {
        self.let_go_of_all(kept.accounts)
    }

    /// Removes everything. Answers with the bytes that nothing holds any more.
    pub(crate) fn clear(&mut self) -> Vec<Extent> {
        let accounts = std::mem::take(&mut self.accounts);
        self.let_go_of_all(accounts)
    }

    fn share_all_of(&mut self, accounts: &BTreeMap<String, Account>) {
        for container in accounts.values().flat_map(|account| account.containers.values()) {
            for body in container.bodies() {
                self.holdings.share(&body.extents);
            }
        }
    }

    fn let_go_of_all(&mut self, accounts: BTreeMap<String, Account>) -> Vec<Extent> {
        let mut dropped = DroppedExtents::default();
        for container in accounts
            .into_values()
            .flat_map(|account| account.containers.into_values())
        {
            container.into_dropped(&mut dropped);
        }
        self.holdings.let_go(dropped)
    }

    /// The properties of an account's blob service that somebody has set, by element.
    pub(in crate::services::storage) fn properties(
        &mut self,
        account: &str,
    ) -> &mut BTreeMap<String, String> {
        &mut self.accounts.entry(account.to_owned()).or_default().properties
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_at_one_time_differ_and_look_like_azures() {
        let mut state = StorageState::default();
        let now: Timestamp = "2024-06-26T07:49:42Z".parse().expect("a time");
        let (first, second) = (state.next_version(now), state.next_version(now));
        assert_ne!(first.etag, second.etag);
        assert!(first.etag.starts_with("0x8DC"), "{}", first.etag);
        assert_eq!(first.etag.len(), "0x8DC95B6AD2A0C00".len());
    }
}
