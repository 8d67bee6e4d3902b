//! A backup or restore job, as the two endpoints that show them do: the list shows less than the
//! single one, and writes durations another way.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::datasource::Datasource;
use super::duration::{iso, timespan};
use super::recovery_point::ARCHIVE_STORE;
use crate::model::{ResourceId, Timestamp, wire_hundred_nanoseconds};
use crate::rules::{JobFacts, Rules};
use crate::state::field;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// It takes a backup.
    Backup,
    /// It restores a recovery point.
    Restore,
    /// It restores one in the region the vault's is paired with.
    CrossRegionRestore,
}

/// A job, as whoever looks from outside sees it.
#[derive(Clone, Copy, Debug)]
pub struct JobOutline<'a> {
    /// Its id, without the vault's.
    pub id: &'a str,
    /// What it does.
    pub kind: JobKind,
    /// The backup instance it is about.
    pub instance: &'a ResourceId,
    /// `InProgress`, `Completed`, `Failed`.
    pub status: &'a str,
    /// The error it failed with, as the Backup service writes it; `Null` if there is none.
    pub error: &'a Value,
    /// When it began.
    pub started: Timestamp,
    /// When it ended, if it has.
    pub ended: Option<Timestamp>,
}

impl JobKind {
    /// Azure's word for it: its category.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backup => "Backup",
            Self::Restore => "Restore",
            Self::CrossRegionRestore => "CrossRegionRestore",
        }
    }

    /// What it does, wherever it does it.
    fn operation(self) -> &'static str {
        match self {
            Self::Backup => "Backup",
            Self::Restore | Self::CrossRegionRestore => "Restore",
        }
    }
}

/// One job.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) kind: JobKind,
    pub(super) instance: ResourceId,
    pub(super) activity: String,
    pub(super) started: Timestamp,
    pub(super) ended: Option<Timestamp>,
    pub(super) changed: Timestamp,
    /// When the schedule that wanted it fell due; none if somebody asked for it.
    pub(super) due: Option<Timestamp>,
    /// `InProgress`, `Completed`, `Failed`.
    pub(super) status: &'static str,
    pub(super) error: Value,
    /// Properties of the instance when the job began: the instance may change or go.
    pub(super) properties: Value,
    /// The retention tag of a backup, the file prefix of a restore.
    pub(super) label: String,
    /// The priority by which a restore rehydrates first, if it is one from the archive.
    pub(super) rehydration: Option<String>,
    pub(super) recovery_point: Option<(String, Timestamp)>,
    pub(super) destination: Option<String>,
    pub(super) transferred_bytes: Option<u64>,
    pub(super) source_bytes: Option<u64>,
}

impl Job {
    pub(super) fn outline(&self) -> JobOutline<'_> {
        JobOutline {
            id: &self.id,
            kind: self.kind,
            instance: &self.instance,
            status: self.status,
            error: &self.error,
            started: self.started,
            ended: self.ended,
        }
    }

    fn duration(&self) -> SignedDuration {
        self.ended
            .map_or(SignedDuration::ZERO, |ended| ended.duration_since(self.started))
    }

    /// What the jobs of its datasource's type show.
    fn facts<'a>(&self, rules: &'a Rules) -> Option<&'a JobFacts> {
        Some(&Datasource::of(rules, &self.properties)?.played(rules).jobs)
    }

    /// What whoever looks may do to it. Nothing is named by an empty text, except where the
    /// schedule's jobs are listed.
    fn supported_actions(&self, facts: Option<&JobFacts>, listed: bool) -> Value {
        let backup = self.kind == JobKind::Backup;
        let since = facts.and_then(|facts| facts.cancellable_since);
        if listed && self.due.is_some() {
            json!([])
        } else if backup && since.is_some_and(|since| self.started >= since) {
            json!(["Cancellable"])
        } else {
            json!([""])
        }
    }

    /// The store a restore reads. That it is the archive where it rehydrates first is inferred.
    fn source_store(&self) -> Option<&'static str> {
        match (self.kind, &self.rehydration) {
            (JobKind::Restore, Some(_)) => Some(ARCHIVE_STORE),
            (JobKind::Restore, None) => Some("VaultStore"),
            (JobKind::Backup | JobKind::CrossRegionRestore, _) => None,
        }
    }

    /// The job as it is listed or read.
    pub(super) fn describe(&self, rules: &Rules, vault: &ResourceId, listed: bool) -> Value {
        let facts = self.facts(rules);
        let id = vault.child(["backupJobs", &self.id]);
        let source = field(&self.properties, "dataSourceInfo");
        let policy = field(field(&self.properties, "policyInfo"), "policyId")
            .as_str()
            .unwrap_or_default();
        let source_id: Option<ResourceId> = field(source, "resourceID")
            .as_str()
            .and_then(|id| id.parse().ok());
        let backup = self.kind == JobKind::Backup;
        let shows_store =
            backup && self.status == "Completed" && facts.is_some_and(|facts| facts.names_store);
        let duration = if listed {
            timespan(self.duration())
        } else {
            iso(self.duration())
        };
        json!({
            "properties": {
                "activityID": self.activity,
                "subscriptionId": vault.subscription(),
                "backupInstanceId": self.instance,
                "policyId": policy,
                "dataSourceId": source_id,
                "vaultName": vault.name(),
                "backupInstanceFriendlyName": field(&self.properties, "friendlyName"),
                "policyName": policy.rsplit('/').next(),
                "sourceResourceGroup": source_id.as_ref().and_then(ResourceId::resource_group),
                "dataSourceSetName": field(field(&self.properties, "dataSourceSetInfo"), "resourceName"),
                "dataSourceName": field(source, "resourceName"),
                "sourceDataStoreName": null,
                "sourceDataStoreType": self.source_store(),
                "destinationDataStoreName": if shows_store { json!("VaultStore") } else { Value::Null },
                "progressEnabled": true,
                "etag": etag(self.changed),
                "sourceSubscriptionID": source_id.as_ref().and_then(ResourceId::subscription),
                "dataSourceLocation": field(source, "resourceLocation"),
                "startTime": wire_hundred_nanoseconds(self.started),
                "endTime": self.ended.map(wire_hundred_nanoseconds),
                "dataSourceType": field(source, "datasourceType"),
                "operationCategory": self.kind.as_str(),
                "operation": self.kind.operation(),
                "status": self.status,
                "restoreType": null,
                "isUserTriggered": self.due.is_none(),
                "rehydrationPriority": self.rehydration,
                "supportedActions": self.supported_actions(facts, listed),
                "duration": duration,
                "progressUrl": null,
                "isCrossRegionRestore": null,
                "errorDetails": if self.error.is_null() { Value::Null } else { json!([self.error]) },
                "extendedInfo": if listed { Value::Null } else { self.extended_info(facts) },
            },
            "id": id,
            "name": self.id,
            "type": "Microsoft.DataProtection/backupVaults/backupJobs",
        })
    }

    /// The tag of a backup, the prefix of a restore as files.
    fn additional_details(&self) -> Value {
        match self.kind {
            JobKind::Backup => json!({"RetentionTag": self.label}),
            JobKind::Restore | JobKind::CrossRegionRestore if self.label.is_empty() => Value::Null,
            JobKind::Restore | JobKind::CrossRegionRestore => json!({"Restore File Prefix": self.label}),
        }
    }

    fn extended_info(&self, facts: Option<&JobFacts>) -> Value {
        let backup = self.kind == JobKind::Backup;
        let kind = field(field(&self.properties, "dataSourceInfo"), "datasourceType");
        let moved = self
            .transferred_bytes
            .filter(|_| facts.is_some_and(|facts| facts.counts_bytes))
            .unwrap_or_default();
        let details = match (self.status, backup) {
            ("Completed", true) => json!({
                "OriginalDatasourceSizeInBytes": self.source_bytes.unwrap_or_default().to_string(),
                "TaskId": self.activity,
                "DatasourceType": kind,
            }),
            ("Completed", false) => json!({
                "DataTransferredInBytes": moved.to_string(),
                "TaskId": self.activity,
                "DatasourceType": kind,
            }),
            _ => Value::Null,
        };
        let point = self.recovery_point.as_ref().map(|(id, time)| {
            // A backup shows year 1 as the time of the point it made, even when it has completed.
            let time = if backup {
                "0001-01-01T00:00:00Z".to_owned()
            } else {
                wire_hundred_nanoseconds(*time)
            };
            json!({"recoveryPointID": id, "recoveryPointTime": time})
        });
        json!({
            "backupInstanceState": null,
            "dataTransferredInBytes": if backup && self.status == "Completed" { json!(self.transferred_bytes.map(|bytes| bytes as f64)) } else { Value::Null },
            "targetRecoverPoint": if backup { json!(point) } else { Value::Null },
            "sourceRecoverPoint": if backup { Value::Null } else { json!(point) },
            "recoveryDestination": self.destination,
            "subTasks": [{
                "taskId": 1,
                "taskName": format!("Trigger {}", self.kind.operation()),
                "taskStatus": self.status,
                "taskProgress": null,
                "additionalDetails": details,
            }],
            "additionalDetails": self.additional_details(),
            "warningDetails": null,
        })
    }
}

fn etag(changed: Timestamp) -> String {
    let time = wire_hundred_nanoseconds(changed).replace(':', "%3A");
    format!("W/\"datetime'{time}'\"")
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
