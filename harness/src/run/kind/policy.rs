//! Policies of a Backup vault.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::resource_kind::ResourceKind;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::{Names, RunError};
use crate::scenario::{About, ArchiveWorld, Part, ServerFlavour, TagWorld, VaultWorld, World};

/// A policy of a Backup vault, besides the one every vault has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Its name.
    name: String,
    /// The vault, by name.
    vault: Option<String>,
    /// The kind of server it is for.
    #[serde(rename = "for")]
    flavour: ServerFlavour,
    /// The repeating intervals.
    schedule: Vec<String>,
    /// How long it keeps what has no tag of its own, as a duration of ISO 8601.
    keep: String,
    /// The archive it copies what has no tag of its own to, if it does: a single server's only.
    archive: Option<ArchiveWorld>,
    /// Its tags, besides the default one.
    tags: Vec<TagWorld>,
}

impl Default for Policy {
    fn default() -> Self {
        let usual = VaultWorld::default();
        Self {
            name: String::new(),
            vault: None,
            flavour: ServerFlavour::Flexible,
            schedule: usual.schedule,
            keep: usual.keep,
            archive: usual.archive,
            tags: usual.tags,
        }
    }
}

impl ResourceKind for Policy {
    fn rank(&self) -> u8 {
        4
    }

    fn part(&self) -> Option<Part> {
        Some(Part::Policy)
    }

    fn be_called(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn about(&self) -> About {
        About::default().and(Part::Vault, self.vault.as_ref())
    }

    fn stand_in(&self, seen: &mut World) {
        seen.policy = Some(self.name.clone());
        seen.vault.schedule.clone_from(&self.schedule);
        seen.vault.keep.clone_from(&self.keep);
        seen.vault.archive.clone_from(&self.archive);
        seen.vault.tags.clone_from(&self.tags);
    }

    fn id(&self, names: &Names) -> String {
        names.policy.clone()
    }
}

impl Policy {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        seen: &World,
    ) -> Result<(), RunError> {
        let id = self.id(names);
        let body = policy_body(&seen.vault, self.flavour);
        must(client.operate(Method::PUT, &id, Some(&body)).await?, &id).map(|_| ())
    }
}

/// The body of the vault's policy.
pub(super) fn policy_body(vault: &VaultWorld, flavour: ServerFlavour) -> Value {
    let kind = match flavour {
        ServerFlavour::Single => "Microsoft.DBforPostgreSQL/servers/databases",
        ServerFlavour::Flexible | ServerFlavour::ServerGroup => "Microsoft.DBforPostgreSQL/flexibleServers",
    };
    let mut tagging = vec![
        json!({"isDefault": true, "taggingPriority": 99, "tagInfo": {"id": "Default_", "tagName": "Default"}}),
    ];
    let mut retention = vec![retention_rule("Default", &vault.keep, vault.archive.as_ref())];
    for tag in &vault.tags {
        let mut criteria = json!({"objectType": "ScheduleBasedBackupCriteria"});
        for (name, words) in &tag.criteria {
            criteria[name] = json!(words);
        }
        tagging.push(json!({
            "isDefault": false,
            "taggingPriority": tag.priority,
            "tagInfo": {"id": format!("{}_", tag.name), "tagName": tag.name},
            "criteria": [criteria],
        }));
        retention.push(retention_rule(&tag.name, &tag.keep, tag.archive.as_ref()));
    }
    let mut rules = vec![json!({
        "name": "BackupWeekly",
        "objectType": "AzureBackupRule",
        "backupParameters": {"objectType": "AzureBackupParams", "backupType": "Full"},
        "dataStore": {"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"},
        "trigger": {
            "objectType": "ScheduleBasedTriggerContext",
            "schedule": {"repeatingTimeIntervals": vault.schedule, "timeZone": "UTC"},
            "taggingCriteria": tagging,
        },
    })];
    rules.extend(retention);
    json!({"properties": {"objectType": "BackupPolicy", "datasourceTypes": [kind], "policyRules": rules}})
}

fn retention_rule(name: &str, keep: &str, archive: Option<&ArchiveWorld>) -> Value {
    let lifecycle = |store: &str, keep: &str, copies: Value| {
        json!({
            "deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": keep},
            "sourceDataStore": {"dataStoreType": store, "objectType": "DataStoreInfoBase"},
            "targetDataStoreCopySettings": copies,
        })
    };
    let lifecycles = match archive {
        None => vec![lifecycle("VaultStore", keep, json!([]))],
        Some(archive) => {
            let copy_after = match archive.copied.as_str() {
                "on_expiry" => json!({"objectType": "CopyOnExpiryOption"}),
                "at_once" => json!({"objectType": "ImmediateCopyOption"}),
                duration => json!({"objectType": "CustomCopyOption", "duration": duration}),
            };
            let store = json!({"dataStoreType": "ArchiveStore", "objectType": "DataStoreInfoBase"});
            let copies = json!([{"dataStore": store, "copyAfter": copy_after}]);
            vec![
                lifecycle("VaultStore", keep, copies),
                lifecycle("ArchiveStore", &archive.keep, json!([])),
            ]
        }
    };
    json!({
        "name": name,
        "objectType": "AzureRetentionRule",
        "isDefault": name == "Default",
        "lifecycles": lifecycles,
    })
}
