//! Containers, blobs, blocks, and which bytes they hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{DotNetTicks, Extent, StoredBody, Timestamp};

/// `x-ms-meta-*`, names in lower case: HTTP does not keep their case.
pub(super) type Metadata = BTreeMap<String, String>;

/// Which write a thing was last changed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    /// The entity tag, without quotes.
    pub(super) etag: String,
    /// When.
    pub(super) modified: Timestamp,
}

/// What a blob says about its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ContentHeaders {
    pub(super) content_type: Option<String>,
    pub(super) encoding: Option<String>,
    pub(super) language: Option<String>,
    pub(super) disposition: Option<String>,
    pub(super) cache_control: Option<String>,
    /// Base64, as on the wire.
    pub(super) md5: Option<String>,
}

impl ContentHeaders {
    /// The content type, which is never empty on the wire.
    pub(super) fn content_type(&self) -> &str {
        self.content_type.as_deref().unwrap_or("application/octet-stream")
    }
}

/// A block of a committed block list.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The id as sent, base64.
    pub(super) id: String,
    /// Its bytes.
    pub(super) body: StoredBody,
}

/// A block blob.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub(super) content: StoredBody,
    /// The committed block list; empty for a blob written in one piece.
    pub(super) blocks: Vec<Block>,
    pub(super) headers: ContentHeaders,
    pub(super) metadata: Metadata,
    /// The access tier, if one was asked for.
    pub(super) tier: Option<String>,
    pub(super) version: Version,
    pub(super) created: Timestamp,
}

/// Uncommitted blocks of one blob by id, which is the order Azure lists them in.
pub(super) type Staged = BTreeMap<String, StoredBody>;

/// A container.
#[derive(Clone, Debug)]
pub(super) struct Container {
    pub(super) version: Version,
    pub(super) metadata: Metadata,
    /// `Blob` or `Container` where anonymous reads were asked for.
    pub(super) public_access: Option<String>,
    /// Committed blobs by name.
    pub(super) blobs: BTreeMap<String, Blob>,
    /// Uncommitted blocks by blob name.
    pub(super) staged: BTreeMap<String, Staged>,
}

impl Container {
    /// An empty container.
    pub(super) fn new(version: Version, metadata: Metadata, public_access: Option<String>) -> Self {
        Self {
            version,
            metadata,
            public_access,
            blobs: BTreeMap::new(),
            staged: BTreeMap::new(),
        }
    }

    /// The bytes behind one name, committed or not.
    fn extents_of<'a>(&'a self, name: &str) -> impl Iterator<Item = Extent> + 'a {
        let committed = self.blobs.get(name).map(|blob| &blob.content);
        let staged = self.staged.get(name).into_iter().flat_map(BTreeMap::values);
        committed
            .into_iter()
            .chain(staged)
            .flat_map(|body| body.extents.iter().copied())
    }

    /// Puts a blob in the place of whatever stood behind its name, uncommitted blocks included, and
    /// answers with the bytes nothing holds any more.
    pub(super) fn replace(&mut self, name: &str, blob: Blob) -> Vec<Extent> {
        let dropped = dropped(self.extents_of(name), &blob.content.extents);
        self.staged.remove(name);
        self.blobs.insert(name.to_owned(), blob);
        dropped
    }

    /// Puts an uncommitted block in the place of an earlier one of that id.
    pub(super) fn stage(&mut self, name: &str, id: String, body: StoredBody) -> Vec<Extent> {
        let staged = self.staged.entry(name.to_owned()).or_default();
        staged
            .insert(id, body)
            .map(|earlier| earlier.extents)
            .unwrap_or_default()
    }

    /// Removes a blob and its uncommitted blocks.
    pub(super) fn remove(&mut self, name: &str) -> Vec<Extent> {
        let dropped = dropped(self.extents_of(name), &[]);
        self.blobs.remove(name);
        self.staged.remove(name);
        dropped
    }

    /// All bytes in the container.
    pub(super) fn into_extents(self) -> Vec<Extent> {
        let names: BTreeSet<&String> = self.blobs.keys().chain(self.staged.keys()).collect();
        names
            .into_iter()
            .flat_map(|name| dropped(self.extents_of(name), &[]))
            .collect()
    }
}

/// The extents of `before` that are not among `kept`, each once: a block list may name the same
/// block several times.
fn dropped(before: impl Iterator<Item = Extent>, kept: &[Extent]) -> Vec<Extent> {
    let key = |extent: &Extent| (extent.segment, extent.offset, extent.length);
    let mut seen: BTreeSet<_> = kept.iter().map(key).collect();
    before.filter(|extent| seen.insert(key(extent))).collect()
}

/// Containers and blobs.
#[derive(Default)]
pub struct StorageState {
    /// Containers by account name and name.
    accounts: BTreeMap<String, BTreeMap<String, Container>>,
    last_version: i128,
}

impl StorageState {
    /// A version no other write has. Entity tags are the time of the write in .NET's ticks, as
    /// Azure's are; writes at the same time follow each other by one tick.
    pub(super) fn next_version(&mut self, now: Timestamp) -> Version {
        self.last_version = DotNetTicks::from(now).0.max(self.last_version + 1);
        Version {
            etag: format!("0x{:X}", self.last_version),
            modified: now,
        }
    }

    /// The names of a container's committed blobs, in order: for looking at what a restore wrote.
    pub fn blob_names(&self, account: &str, container: &str) -> Vec<String> {
        let found = self.container(account, container);
        found
            .into_iter()
            .flat_map(|own| own.blobs.keys().cloned())
            .collect()
    }

    /// The bytes of a committed blob: for looking at what a restore wrote.
    pub fn blob_content(&self, account: &str, container: &str, blob: &str) -> Option<&StoredBody> {
        Some(&self.container(account, container)?.blobs.get(blob)?.content)
    }

    /// The containers of an account. None: it has never had one.
    pub(super) fn containers(&self, account: &str) -> Option<&BTreeMap<String, Container>> {
        self.accounts.get(account)
    }

    /// A container.
    pub(super) fn container(&self, account: &str, name: &str) -> Option<&Container> {
        self.accounts.get(account)?.get(name)
    }

    /// A container, to change it.
    pub(super) fn container_mut(&mut self, account: &str, name: &str) -> Option<&mut Container> {
        self.accounts.get_mut(account)?.get_mut(name)
    }

    /// Adds a container that is not there yet.
    pub(super) fn insert(&mut self, account: &str, name: &str, container: Container) {
        self.accounts
            .entry(account.to_owned())
            .or_default()
            .insert(name.to_owned(), container);
    }

    /// Removes a container; `None` if there is none, else the bytes that were in it.
    pub(super) fn remove(&mut self, account: &str, name: &str) -> Option<Vec<Extent>> {
        Some(self.accounts.get_mut(account)?.remove(name)?.into_extents())
    }

    /// Removes all containers of an account and answers with the bytes that were in them.
    pub(super) fn remove_account(&mut self, account: &str) -> Vec<Extent> {
        let containers = self.accounts.remove(account).unwrap_or_default();
        containers
            .into_values()
            .flat_map(Container::into_extents)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(offset: u64) -> StoredBody {
        StoredBody {
            extents: vec![Extent {
                segment: 0,
                offset,
                length: 10,
            }],
            length: 10,
            md5: None,
        }
    }

    #[test]
    fn a_block_named_twice_is_dropped_once() {
        let twice = [body(0), body(0), body(10)];
        let extents = twice.iter().flat_map(|body| body.extents.iter().copied());
        assert_eq!(dropped(extents, &body(10).extents), body(0).extents);
    }

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
