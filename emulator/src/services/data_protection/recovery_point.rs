//! A recovery point, and the files it is made of.

use std::cmp::Ordering;

use serde_json::Value;

use super::retention::ArchivePlan;
use super::vault_store::VaultContainer;
use crate::model::Timestamp;
use crate::rules::PlayedDatasource;
use crate::state::field;

/// What the archive is called.
pub(super) const ARCHIVE_STORE: &str = "ArchiveStore";

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
    /// When its tag's rule ends it in the last store it is kept in; none where no rule does.
    pub expires: Option<Timestamp>,
    /// The archive it is to be copied to, if its tag's rule has one.
    pub(super) archive: Option<Archive>,
    /// Since when the instance has had this policy: the version of its tags.
    pub(super) tag_version: Timestamp,
    /// The vault storage account and container its files are in.
    pub(super) place: VaultContainer,
    /// Its files.
    pub(super) files: Vec<VaultFile>,
    /// The id of its data store entry in vault storage.
    pub(super) store_id: String,
    /// Its friendly name: a flexible server's is its id again, a database's is another.
    pub(super) friendly_name: String,
}

/// How far a recovery point has come on its way through the stores.
#[derive(Clone, Debug)]
pub(super) struct Archive {
    /// When it is to be where.
    pub(super) plan: ArchivePlan,
    /// When its retention in vault storage is over.
    pub(super) leaves_vault: Timestamp,
    /// Whether it is in vault storage by its retention.
    pub(super) in_vault: bool,
    /// Since when it is in the archive, if it is.
    pub(super) since: Option<Timestamp>,
    /// The id of its data store entry in the archive.
    pub(super) store_id: String,
    /// Its last way back into vault storage, if there was one.
    pub(super) rehydration: Option<Rehydration>,
}

/// The way back from the archive into vault storage, where a copy stays for a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rehydration {
    /// When the copy is there.
    pub(super) ready: Timestamp,
    /// Until when it stays.
    pub(super) until: Timestamp,
}

/// What is next to be done about a recovery point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is copied to the archive.
    Copied,
    /// It leaves vault storage, and stays in the archive.
    LeavesVault,
    /// It leaves the archive, and stays in vault storage.
    LeavesArchive,
    /// It is kept nowhere any more.
    Expires,
}

impl Rehydration {
    /// Azure's word for how it stands.
    pub(super) fn status(self, now: Timestamp) -> &'static str {
        if now < self.ready {
            "CREATE_IN_PROGRESS"
        } else if now < self.until {
            "COMPLETED"
        } else {
            "DELETED"
        }
    }

    /// Whether a rehydrated copy is in vault storage.
    pub(super) fn is_there(self, now: Timestamp) -> bool {
        self.ready <= now && now < self.until
    }
}

impl Archive {
    /// The rehydrated copy in vault storage, if there is one.
    pub(super) fn rehydrated(&self, now: Timestamp) -> Option<Rehydration> {
        self.rehydration.filter(|own| own.is_there(now))
    }

    fn next(&self) -> (Timestamp, Change) {
        let plan = &self.plan;
        match (self.in_vault, self.since) {
            (true, None) => (plan.copied, Change::Copied),
            (true, Some(_)) => match plan.leaves.cmp(&self.leaves_vault) {
                Ordering::Less => (plan.leaves, Change::LeavesArchive),
                Ordering::Equal => (plan.leaves, Change::Expires),
                Ordering::Greater => (self.leaves_vault, Change::LeavesVault),
            },
            (false, _) => (plan.leaves, Change::Expires),
        }
    }
}

impl RecoveryPoint {
    /// What is next to be done about it, and when; `None` where no rule ends it.
    pub(super) fn next(&self) -> Option<(Timestamp, Change)> {
        match &self.archive {
            Some(archive) => Some(archive.next()),
            None => Some((self.expires?, Change::Expires)),
        }
    }

    /// Whether it can be restored from vault storage.
    pub(super) fn is_in_vault(&self, now: Timestamp) -> bool {
        let archive = self.archive.as_ref();
        archive.is_none_or(|own| own.in_vault || own.rehydrated(now).is_some())
    }
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
