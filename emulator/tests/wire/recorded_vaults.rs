//! Vaults as they were recorded, where that is not as one would expect: what a write answers, what
//! deleting one leaves, and how it comes back.

use azdrill_emulator::model::Response;
use azdrill_emulator::server::Core;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::bodies::vault_body;
use crate::world::{World, below_vault};

const ALWAYS_ON: &str = "2025-09-01";
const OLDER: &str = "2024-04-01";

fn vault_at(version: &str) -> String {
    format!("{}?api-version={version}", below_vault(""))
}

fn code(answer: &Response) -> Value {
    answer.json_body()["error"]["code"].clone()
}

#[test]
fn a_put_that_changes_nothing_is_no_operation() {
    let mut world = World::new();
    world.put_vault(OLDER, "On");
    let again = world.put(&vault_at(OLDER), &vault_body("On"));
    assert_eq!(again.status, 200);
    assert_eq!(again.header("azure-asyncoperation"), None);
    assert_eq!(again.json_body()["properties"]["provisioningState"], "Succeeded");
    assert_eq!(again.json_body(), world.get(&vault_at(OLDER)).json_body());
    let other = world.put(&vault_at(OLDER), &vault_body("AlwaysOn"));
    assert_eq!(other.status, 201);
    assert_eq!(other.json_body()["properties"]["provisioningState"], "Updating");
}

/// Not 204: the Python SDK deserializes what it gets there.
#[test]
fn the_result_of_a_deletion_is_an_object() {
    let mut world = World::new();
    world.put_vault(OLDER, "On");
    world.put_policy();
    let deleted = world.delete(&vault_at(OLDER));
    assert_eq!(deleted.status, 202, "policies go with their vault");
    world.settle();
    let result = world.follow(&deleted, "location");
    assert_eq!(result.status, 200);
    assert_eq!(
        result.json_body(),
        json!({"objectType": "OperationJobExtendedInfo"})
    );
    let status = result.header("azure-asyncoperation").unwrap_or_default();
    let subscription = world.operator.subscription.clone();
    let place = format!(
        "/subscriptions/{subscription}/providers/Microsoft.DataProtection/locations/westeurope/operationStatus/"
    );
    assert!(status.contains(&place), "{status}");
    world.put_vault(OLDER, "On");
    assert!(
        world.listed("backupPolicies").is_empty(),
        "a new vault begins anew"
    );
}

#[test]
fn an_identity_that_is_taken_away_leaves_its_type() {
    let mut world = World::new();
    world.put_vault(OLDER, "On");
    let mut body = vault_body("On");
    body["identity"] = json!({"type": "None"});
    let taken = world.put(&vault_at(OLDER), &body);
    assert_eq!(taken.json_body()["identity"], json!({"type": "None"}));
    world.settle();
    let read = world.get(&vault_at(OLDER)).json_body();
    assert_eq!(read["identity"], json!({"type": "None"}));
    assert_eq!(world.put(&vault_at(OLDER), &body).status, 200, "the same again");
}

#[test]
fn user_assigned_identities_and_the_old_key_show_while_a_vault_is_updated() {
    let mut world = World::new();
    let identity = format!(
        "{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/keeper",
        world.group()
    );
    assert!(
        world
            .put(&identity, &json!({"location": "westeurope"}))
            .status
            .is_success()
    );
    world.put_key_vault(true);
    let keys: Vec<String> = ["one", "two"].iter().map(|name| world.make_key(name)).collect();
    let principal = world.get(&identity).json_body()["properties"]["principalId"].clone();
    world.let_use_keys(principal.as_str().expect("an identity"));
    let address = |name: &str| keys[usize::from(name == "two")].clone();
    let body = |key: &str| {
        let mut body = vault_body("On");
        body["identity"] = json!({"type": "UserAssigned", "userAssignedIdentities": {identity.as_str(): {}}});
        body["properties"]["securitySettings"]["encryptionSettings"] = json!({
            "state": "Enabled",
            "keyVaultProperties": {"keyUri": address(key)},
            "kekIdentity": {"identityType": "UserAssigned", "identityId": identity},
            "infrastructureEncryption": "Enabled",
        });
        body
    };
    let shown = |answer: &Response| {
        let body = answer.json_body();
        let key =
            &body["properties"]["securitySettings"]["encryptionSettings"]["keyVaultProperties"]["keyUri"];
        (
            key.clone(),
            body["identity"]["userAssignedIdentities"][&identity].clone(),
        )
    };
    let key = |name: &str| json!(address(name));
    let made = world.put(&vault_at(OLDER), &body("one"));
    assert_eq!(shown(&made), (key("one"), json!({})));
    world.settle();
    let (_, ids) = shown(&world.get(&vault_at(OLDER)));
    assert!(
        ids["principalId"].is_string() && ids["clientId"].is_string(),
        "{ids}"
    );
    let changed = world.put(&vault_at(OLDER), &body("two"));
    assert_eq!(changed.status, 201);
    assert_eq!(shown(&changed), (key("one"), ids.clone()));
    world.settle();
    assert_eq!(shown(&world.get(&vault_at(OLDER))), (key("two"), ids));
}

#[test]
fn what_a_vault_shows_depends_on_the_version() {
    let mut world = World::new();
    world.put_vault(OLDER, "AlwaysOn");
    let mut members = |version: &str| -> Vec<String> {
        let one = world.get(&vault_at(version)).json_body()["properties"].clone();
        let listed = world.get(&format!(
            "/providers/Microsoft.DataProtection/backupVaults?api-version={version}"
        ));
        assert_eq!(listed.json_body()["value"][0]["properties"], one);
        let optional = [
            "secureScore",
            "bcdrSecurityLevel",
            "replicatedRegions",
            "crossRegionBackupSettings",
        ];
        let keys = one.as_object().expect("properties").keys();
        keys.filter(|key| optional.contains(&key.as_str()))
            .cloned()
            .collect()
    };
    assert!(members("2022-05-01").is_empty());
    assert_eq!(members("2023-05-01"), ["secureScore"]);
    let later = ["secureScore", "bcdrSecurityLevel", "replicatedRegions"];
    assert_eq!(members("2025-07-01"), later);
    assert_eq!(members(ALWAYS_ON)[3..], ["crossRegionBackupSettings"]);
    let newest = world.get(&vault_at(ALWAYS_ON)).json_body();
    assert_eq!(newest["properties"]["crossRegionBackupSettings"], "NotApplicable");
}

#[test]
fn a_snapshot_store_is_no_store_of_a_vault() {
    let mut world = World::new();
    let mut body = vault_body("On");
    body["properties"]["storageSettings"][0]["datastoreType"] = json!("SnapshotStore");
    let refused = world.put(&vault_at(OLDER), &body);
    assert_eq!(
        (refused.status.as_u16(), code(&refused)),
        (400, json!("BadRequest"))
    );
    assert_eq!(world.get(&vault_at(OLDER)).status, 404);
}

#[test]
fn cross_region_restore_is_not_switched_on_twice_by_a_patch() {
    let mut world = World::new();
    world.put_vault(OLDER, "On");
    let on = json!({"properties": {"featureSettings": {"crossRegionRestoreSettings": {"state": "Enabled"}}}});
    assert_eq!(world.arm(Method::PATCH, &vault_at(OLDER), Some(&on)).status, 202);
    world.settle();
    let again = world.arm(Method::PATCH, &vault_at(OLDER), Some(&on));
    assert_eq!(
        (again.status.as_u16(), code(&again)),
        (500, json!("CloudInternalError"))
    );
    assert_eq!(again.header("x-ms-failure-cause"), Some("service"));
}

impl World {
    /// With a vault whose soft delete cannot be switched off, and a soft-deleted instance in it.
    fn with_soft_deleted_instance() -> Self {
        let mut world = Self::backed_up();
        assert_eq!(world.put_vault(OLDER, "AlwaysOn").status, 201);
        assert_eq!(world.delete(&below_vault("backupInstances/one")).status, 202);
        world.settle();
        assert_eq!(world.listed("deletedBackupInstances").len(), 1);
        world
    }

    pub(crate) fn deleted_vaults(&mut self, below: &str) -> Response {
        self.sign_in_again();
        let subscription = self.operator.subscription.clone();
        self.get(&format!(
            "/subscriptions/{subscription}/providers/Microsoft.DataProtection/locations/westeurope/deletedVaults{below}?api-version={ALWAYS_ON}"
        ))
    }

    pub(crate) fn bring_back(&mut self, name: &str) -> Response {
        let target = format!("{}{}", self.group(), vault_at(ALWAYS_ON));
        let request = self.request(Method::PUT, &target);
        self.send(
            request
                .with_header("x-ms-deleted-vault-id", name)
                .with_json(&json!({"location": "westeurope"})),
        )
    }
}

fn hours(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}

fn time(value: &Value) -> jiff::Timestamp {
    let time = value.as_str().and_then(|time| time.parse().ok());
    time.expect("a time")
}

/// The deleted vaults of a region in which there are none.
fn none_elsewhere(world: &mut World) -> Value {
    let subscription = world.operator.subscription.clone();
    let elsewhere = format!(
        "/subscriptions/{subscription}/providers/Microsoft.DataProtection/locations/northeurope/deletedVaults?api-version={ALWAYS_ON}"
    );
    world.get(&elsewhere).json_body()
}

#[test]
fn a_vault_with_a_soft_deleted_instance_goes_and_can_come_back() {
    let mut world = World::with_soft_deleted_instance();
    let deletion = world.listed("deletedBackupInstances")[0]["properties"]["deletionInfo"].clone();
    let before = world.get(&vault_at(ALWAYS_ON)).json_body();
    assert_eq!(world.delete(&vault_at(ALWAYS_ON)).status, 202);
    world.settle();
    assert_eq!(world.get(&vault_at(ALWAYS_ON)).status, 404);
    let listed = world.deleted_vaults("").json_body()["value"].clone();
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    let name = listed[0]["name"].as_str().expect("a name").to_owned();
    // What is in it is shown by Resource Graph alone, and named after what it protected.
    let left = world.rows(
        "recoveryservicesresources | where type =~ 'microsoft.dataprotection/locations/deletedvaults/deletedbackupinstances'",
    );
    let extended = &left[0]["properties"]["backupInstanceExtendedProperties"];
    assert_eq!(
        extended["dataSourceExtendedInfo"]["dataSourceId"], "source",
        "{left:?}"
    );
    let read = world.deleted_vaults(&format!("/{name}")).json_body();
    assert_eq!(read, listed[0]);
    world.same_shape(
        &read,
        &json!({
            "location": "westeurope",
            "tags": {},
            "properties": {
                "originalBackupVaultId": "{guid}",
                "originalBackupVaultName": "vault",
                "originalBackupVaultResourcePath": "/subscriptions/{subscription}/resourceGroups/drill/providers/Microsoft.DataProtection/backupVaults/vault",
                "resourceDeletionInfo": {
                    "deletionTime": "{time}", "scheduledPurgeTime": "{time}", "deleteActivityID": crate::world::ACTIVITY,
                },
                "provisioningState": "Succeeded",
                "storageSettings": [{"datastoreType": "VaultStore", "type": "GeoRedundant"}],
                "isVaultProtectedByResourceGuard": false,
                "securitySettings": {"softDeleteSettings": {"state": "AlwaysOn", "retentionDurationInDays": 14.0}},
            },
            "id": "/subscriptions/{subscription}/providers/Microsoft.DataProtection/locations/westeurope/deletedVaults/{guid}",
            "name": "{guid}",
            "type": "Microsoft.DataProtection/locations/deletedVaults",
        }),
    );
    let purge = time(&read["properties"]["resourceDeletionInfo"]["scheduledPurgeTime"]);
    assert_eq!(
        purge.duration_since(time(&deletion["scheduledPurgeTime"])),
        SignedDuration::from_mins(10)
    );
    assert_eq!(none_elsewhere(&mut world), json!({"value": []}));

    let back = world.bring_back(&name);
    assert_eq!(back.status, 201, "{back:?}");
    let body = back.json_body();
    assert_eq!(body["properties"]["provisioningState"], "Provisioning");
    assert_eq!((&body["tags"], body.get("identity")), (&json!({}), None));
    world.settle();
    let after = world.get(&vault_at(ALWAYS_ON)).json_body();
    assert_eq!(after["properties"], before["properties"]);
    assert_eq!(world.deleted_vaults("").json_body(), json!({"value": []}));
    assert_eq!(world.listed("backupPolicies").len(), 1);
    assert_eq!(
        world.listed("deletedBackupInstances")[0]["properties"]["deletionInfo"],
        deletion
    );
    let undelete = world.post(&below_vault("deletedBackupInstances/one/undelete"), &Value::Null);
    assert_eq!(undelete.status, 200);
    assert_eq!(world.listed("backupInstances/one/recoveryPoints").len(), 1);
    assert_eq!(world.bring_back(&name).status, 404, "it has come back");
}

#[test]
fn a_deleted_vault_is_gone_with_the_last_of_its_instances() {
    let mut world = World::with_soft_deleted_instance();
    world.delete(&vault_at(ALWAYS_ON));
    world.settle();
    let name = world.deleted_vaults("").json_body()["value"][0]["name"]
        .as_str()
        .expect("a name")
        .to_owned();
    // A vault of the same name is another one, and what is in it is its own.
    assert_eq!(world.put_vault(ALWAYS_ON, "AlwaysOn").status, 201);
    assert!(world.listed("deletedBackupInstances").is_empty());
    assert!(world.listed("backupJobs").is_empty());
    assert_eq!(world.bring_back(&name).status, 400, "its name is taken");
    world.pass(hours(24 * 14));
    assert_eq!(world.deleted_vaults(&format!("/{name}")).status, 200);
    world.azure.take_released();
    world.pass(hours(1));
    assert_eq!(world.deleted_vaults(&format!("/{name}")).status, 404);
    let released = world.released();
    assert!(
        released >= crate::simulated_movement::DUMP_BYTES,
        "{released} bytes were given back"
    );
}

#[test]
fn what_is_protected_keeps_its_vault() {
    let mut world = World::backed_up();
    assert_eq!(code(&world.delete(&vault_at(OLDER))), "SyntheticVaultNotEmpty");
    world.delete(&below_vault("backupInstances/one"));
    world.settle();
    // Soft delete is On, not AlwaysOn: nobody has recorded that such a vault goes.
    assert_eq!(code(&world.delete(&vault_at(OLDER))), "SyntheticVaultNotEmpty");
}
