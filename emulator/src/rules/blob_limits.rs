//! How much and how long things of the blob service may be.

use serde::Deserialize;

use super::file::{RulesError, parse};
use super::limits::Limit;
use super::source::SourceCheck;

const FILE: &str = "blob_limits.toml";

/// Limits of the blob service, which its documents state.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobLimits {
    /// Bytes of Put Blob's body.
    pub put_bytes: Limit,
    /// Bytes of a block.
    pub block_bytes: Limit,
    /// Bytes of a block's id, before base64.
    pub block_id_bytes: Limit,
    /// Blocks of a block blob.
    pub blocks: Limit,
    /// Blocks of one blob that are not committed.
    pub uncommitted_blocks: Limit,
    /// Bytes of a block of an append blob.
    pub append_block_bytes: Limit,
    /// Blocks of an append blob.
    pub append_blocks: Limit,
    /// Bytes of a page.
    pub page_bytes: Limit,
    /// Bytes of a page blob.
    pub page_blob_bytes: Limit,
    /// Bytes of one write of pages.
    pub written_pages_bytes: Limit,
    /// The highest sequence number.
    pub sequence_number: Limit,
    /// Bytes of a copy that is made while the request waits.
    pub copied_at_once_bytes: Limit,
    /// Bytes of a part that is read with its hash.
    pub hashed_part_bytes: Limit,
    /// Bytes of metadata.
    pub metadata_bytes: Limit,
    /// Index tags of one blob.
    pub tags: Limit,
    /// Characters of an index tag's name.
    pub tag_name_characters: Limit,
    /// Characters of an index tag's value.
    pub tag_value_characters: Limit,
    /// Entries of a page of a list.
    pub list_entries: Limit,
    /// Requests of a batch.
    pub batch_requests: Limit,
    /// Stored access policies of a container.
    pub access_policies: Limit,
    /// Characters of a stored access policy's id.
    pub access_policy_id_characters: Limit,
    /// Seconds of a lease that ends.
    pub lease_seconds: Limit,
    /// Seconds until a broken lease is over.
    pub lease_break_seconds: Limit,
}

impl BlobLimits {
    fn rows(&self) -> [(&'static str, &Limit); 23] {
        [
            ("put_bytes", &self.put_bytes),
            ("block_bytes", &self.block_bytes),
            ("block_id_bytes", &self.block_id_bytes),
            ("blocks", &self.blocks),
            ("uncommitted_blocks", &self.uncommitted_blocks),
            ("append_block_bytes", &self.append_block_bytes),
            ("append_blocks", &self.append_blocks),
            ("page_bytes", &self.page_bytes),
            ("page_blob_bytes", &self.page_blob_bytes),
            ("written_pages_bytes", &self.written_pages_bytes),
            ("sequence_number", &self.sequence_number),
            ("copied_at_once_bytes", &self.copied_at_once_bytes),
            ("hashed_part_bytes", &self.hashed_part_bytes),
            ("metadata_bytes", &self.metadata_bytes),
            ("tags", &self.tags),
            ("tag_name_characters", &self.tag_name_characters),
            ("tag_value_characters", &self.tag_value_characters),
            ("list_entries", &self.list_entries),
            ("batch_requests", &self.batch_requests),
            ("access_policies", &self.access_policies),
            ("access_policy_id_characters", &self.access_policy_id_characters),
            ("lease_seconds", &self.lease_seconds),
            ("lease_break_seconds", &self.lease_break_seconds),
        ]
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<BlobLimits, RulesError> {
    let limits: BlobLimits = parse(FILE, text)?;
    for (name, limit) in limits.rows() {
        known.check(FILE, name, limit.sources())?;
    }
    Ok(limits)
}
