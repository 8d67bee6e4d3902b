//! A recovery point, and the files it is made of.

use serde_json::Value;

use super::vault_store::VaultContainer;
use crate::model::Timestamp;
use crate::rules::PlayedDatasource;
use crate::state::field;

/// One recovery point.
#[derive(Clone, Debug)]
pub struct RecoveryPoint {
    /// 32 hexadecimal digits.
    pub id: String,
    /// The time Azure shows: near the end of the job that made it.
    pub time: Timestamp,
    /// The retention tag.
    pub tag: String,
    /// The policy's name.
    pub policy: String,
    /// When its tag's rule ends it; none where no rule does.
    pub expires: Option<Timestamp>,
    /// Since when the instance has had this policy: the version of its tags.
    pub(super) tag_version: Timestamp,
    /// The vault storage account and container its files are in.
    pub(super) place: VaultContainer,
    /// Its files.
    pub(super) files: Vec<VaultFile>,
    /// The id of its only data store entry.
    pub(super) store_id: String,
    /// Its friendly name: a flexible server's is its id again, a database's is another.
    pub(super) friendly_name: String,
}

/// A file of a recovery point.
#[derive(Clone, Debug)]
pub(super) struct VaultFile {
    /// The blob in vault storage.
    pub(super) blob: String,
    /// `database`, `roles`, `tablespace`, `schema`.
    pub(super) kind: String,
    /// The database's name, for a database.
    pub(super) database: Option<String>,
}

impl VaultFile {
    /// The name a restore as files gives it.
    pub(super) fn restored_name(&self, of: &PlayedDatasource, prefix: &str, guid: &str) -> String {
        of.restored_name(&self.kind, self.database.as_deref(), prefix, guid)
    }
}

/// The files a server's own list of what it wrote names.
pub(super) fn files_of(metadata: &str) -> Vec<VaultFile> {
    let metadata: Value = serde_json::from_str(metadata).unwrap_or_default();
    let files = field(&metadata, "files").as_array();
    files
        .into_iter()
        .flatten()
        .filter_map(|file| {
            Some(VaultFile {
                blob: field(file, "blob").as_str()?.to_owned(),
                kind: field(file, "kind").as_str()?.to_owned(),
                database: field(file, "database").as_str().map(str::to_owned),
            })
        })
        .collect()
}
