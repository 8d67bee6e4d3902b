//! Containers, blobs, blocks, and which bytes they hold.

mod container;
mod holdings;
mod lease;
mod lease_state;
mod state;
mod tier;

use std::collections::BTreeMap;

use crate::model::{StoredBody, Timestamp};

pub(super) use container::{Container, Staged};
pub(super) use holdings::DroppedExtents;
pub(super) use lease::Lease;
pub(super) use lease_state::LeaseLevel;
pub use state::StorageState;
pub(super) use tier::{Rehydration, Tier};

/// `x-ms-meta-*`, names in lower case: HTTP does not keep their case.
pub(super) type Metadata = BTreeMap<String, String>;

/// Index tags by name.
pub(super) type Tags = BTreeMap<String, String>;

/// Which write a thing was last changed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WriteVersion {
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

/// A block of a committed block list. Its bytes are the blob's: the list holds none of its own.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The id as sent, base64.
    pub(super) id: String,
    /// Its bytes.
    pub(super) body: StoredBody,
}

/// What a blob is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlobType {
    /// Blocks, or one piece.
    Block,
    /// What was appended, in that many blocks.
    Append { blocks: u32, sealed: bool },
    /// Pages of 512 bytes.
    Page { sequence: u64 },
}

impl BlobType {
    /// `x-ms-blob-type`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Block => "BlockBlob",
            Self::Append { .. } => "AppendBlob",
            Self::Page { .. } => "PageBlob",
        }
    }
}

/// Where a blob was copied from. Here a copy is over as soon as it is begun.
#[derive(Clone, Debug)]
pub(super) struct CopyOrigin {
    /// `x-ms-copy-id`.
    pub(super) id: String,
    /// The source's address, without a signature.
    pub(super) source: String,
    /// When.
    pub(super) at: Timestamp,
    /// Its length, in bytes.
    pub(super) length: u64,
}

/// A blob, or a snapshot of one.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub(super) content: StoredBody,
    pub(super) kind: BlobType,
    /// The committed block list; empty for a blob written in one piece.
    pub(super) blocks: Vec<Block>,
    pub(super) headers: ContentHeaders,
    pub(super) metadata: Metadata,
    pub(super) tags: Tags,
    pub(super) tier: Tier,
    /// What the copy was that made it, if one did.
    pub(super) copied: Option<Box<CopyOrigin>>,
    pub(super) lease: Lease,
    pub(super) version: WriteVersion,
    pub(super) created: Timestamp,
}
