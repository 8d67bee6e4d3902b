//! A vault that was deleted, and what is left of it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::deleted_instance::DeletedInstance;
use super::job::Job;
use crate::model::{ResourceId, Timestamp, wire_hundred_nanoseconds};
use crate::state::Resource;

/// A vault that was deleted, with what belongs to it.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct DeletedVault {
    /// Its name among the deleted ones.
    pub(super) name: Uuid,
    pub(super) vault: Resource,
    /// What its operations were called after.
    pub(super) guid: Uuid,
    /// Its policies, and its mapping to a Resource Guard.
    pub(super) parts: Vec<Resource>,
    pub(super) instances: Vec<DeletedInstance>,
    pub(super) jobs: Vec<Job>,
    pub(super) deleted: Timestamp,
    pub(super) purged: Timestamp,
    pub(super) activity: String,
}

impl DeletedVault {
    pub(super) fn is_at(&self, subscription: &str, location: &str) -> bool {
        let own = self.vault.id.subscription().unwrap_or_default();
        own.eq_ignore_ascii_case(subscription) && self.vault.location().eq_ignore_ascii_case(location)
    }

    pub(super) fn describe(&self) -> Value {
        let location = self.vault.location();
        let subscription = self.vault.id.subscription().unwrap_or_default();
        let name = self.name.to_string();
        let kept = |name: &str| self.vault.at(&format!("/properties/{name}")).clone();
        json!({
            "location": location,
            "tags": self.tags(),
            "properties": {
                "originalBackupVaultId": self.guid,
                "originalBackupVaultName": self.vault.id.name(),
                "originalBackupVaultResourcePath": self.vault.id,
                "resourceDeletionInfo": {
                    "deletionTime": wire_hundred_nanoseconds(self.deleted),
                    "scheduledPurgeTime": wire_hundred_nanoseconds(self.purged),
                    "deleteActivityID": self.activity,
                },
                "provisioningState": "Succeeded",
                "storageSettings": kept("storageSettings"),
                "isVaultProtectedByResourceGuard": kept("isVaultProtectedByResourceGuard"),
                "securitySettings": kept("securitySettings"),
            },
            "id": format!(
                "/subscriptions/{subscription}/providers/Microsoft.DataProtection/locations/{location}/deletedVaults/{name}"
            ),
            "name": name,
            "type": "Microsoft.DataProtection/locations/deletedVaults",
        })
    }

    /// Where it stands among the deleted ones.
    pub(super) fn id(&self) -> ResourceId {
        let subscription = self.vault.id.subscription().unwrap_or_default();
        let (location, name) = (self.vault.location(), self.name.to_string());
        ResourceId::from_segments([
            "subscriptions",
            subscription,
            "providers",
            "Microsoft.DataProtection",
            "locations",
            location,
            "deletedVaults",
            &name,
        ])
    }

    /// Its former id with its name among the deleted ones, which is what its instances are shown below.
    pub(super) fn shown_id(&self) -> ResourceId {
        let parent = self
            .vault
            .id
            .as_str()
            .rsplit_once('/')
            .map_or("", |(parent, _)| parent);
        format!("{parent}/{}", self.name)
            .parse()
            .unwrap_or_else(|_| self.vault.id.clone())
    }

    pub(super) fn vault(&self) -> &Resource {
        &self.vault
    }

    pub(super) fn instances(&self) -> &[DeletedInstance] {
        &self.instances
    }

    pub(super) fn tags(&self) -> Value {
        match self.vault.at("/tags") {
            Value::Null => json!({}),
            tags => tags.clone(),
        }
    }

    /// The vault as it comes back: with everything but its identity.
    pub(super) fn restored(&self) -> Resource {
        let mut body = json!({"location": self.vault.location(), "tags": self.tags()});
        for name in ["properties", "id", "name", "type"] {
            body[name] = self.vault.body[name].clone();
        }
        body["properties"]["provisioningState"] = json!("Provisioning");
        Resource::new(self.vault.id.clone(), body, self.vault.created)
    }

    /// Its jobs, those among them that still run.
    pub(super) fn jobs_mut(&mut self) -> &mut Vec<Job> {
        &mut self.jobs
    }
}
