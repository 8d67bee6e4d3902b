//! A soft-deleted backup instance.

use serde_json::{Value, json};

use super::datasource::short_name;
use super::instance;
use super::recovery_point::RecoveryPoint;
use crate::model::{ResourceId, Timestamp, wire_hundred_nanoseconds};
use crate::rules::Rules;
use crate::services::Context;
use crate::state::Resource;

/// A soft-deleted instance, with what belongs to it.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct DeletedInstance {
    pub(super) instance: Resource,
    pub(super) points: Vec<RecoveryPoint>,
    pub(super) deleted: Timestamp,
    pub(super) purged: Timestamp,
    pub(super) activity: String,
}

/// Whether a vault holds soft-deleted instances.
pub(super) fn held_by(context: &Context<'_>, vault: &ResourceId) -> bool {
    let mut deleted = context.own.data_protection.deleted.values();
    deleted.any(|own| own.vault() == *vault)
}

impl DeletedInstance {
    pub(super) fn vault(&self) -> ResourceId {
        self.instance.id.parent()
    }

    pub(super) fn name(&self) -> &str {
        self.instance.id.name()
    }

    pub(super) fn friendly_name(&self) -> &str {
        self.instance.text("/properties/friendlyName")
    }

    pub(super) fn tags(&self) -> Value {
        self.instance.at("/tags").clone()
    }

    /// What its datasource is called for short.
    pub(super) fn short_name(&self, rules: &Rules) -> Option<String> {
        short_name(rules, &self.instance)
    }

    /// When it is removed for good.
    pub(super) fn purged(&self) -> Timestamp {
        self.purged
    }

    /// Its recovery points.
    pub(super) fn points(&self) -> &[RecoveryPoint] {
        &self.points
    }

    pub(super) fn datasource(&self) -> Option<ResourceId> {
        instance::datasource_id(self.instance.at("/properties"))
    }

    pub(super) fn describe(&self) -> Value {
        let id = self.vault().child(["deletedBackupInstances", self.name()]);
        let deleted = wire_hundred_nanoseconds(self.deleted);
        let mut properties = json!({"deletionInfo": {
            "deletionTime": deleted,
            "billingEndDate": deleted,
            "scheduledPurgeTime": wire_hundred_nanoseconds(self.purged),
            "deleteActivityID": self.activity,
        }});
        for (key, value) in self.instance.at("/properties").as_object().into_iter().flatten() {
            properties[key] = value.clone();
        }
        properties["protectionStatus"] = json!({"status": "SoftDeleted"});
        properties["currentProtectionState"] = json!("SoftDeleted");
        properties["objectType"] = json!("DeletedBackupInstance");
        json!({
            "properties": properties,
            "id": id,
            "name": self.name(),
            "type": "Microsoft.DataProtection/backupVaults/deletedBackupInstances",
        })
    }
}
