//! Vaults, instances, operations and errors as they were recorded: the order of their members, and
//! which of them are null and which are left out.

use serde_json::{Value, json};

use crate::bodies::{backup_body, vault_body};
use crate::world::{ACTIVITY, World, below_vault};

const VAULT: &str = "/subscriptions/{subscription}/resourceGroups/drill/providers/Microsoft.DataProtection/backupVaults/vault";

fn vault(state: &str) -> Value {
    json!({
        "location": "westeurope",
        "identity": {"type": "SystemAssigned", "principalId": "{guid}", "tenantId": "{guid}"},
        "properties": {
            "provisioningState": state,
            "storageSettings": [{"datastoreType": "VaultStore", "type": "GeoRedundant"}],
            "isVaultProtectedByResourceGuard": false,
            "securitySettings": {
                "softDeleteSettings": {"state": "Off", "retentionDurationInDays": 14.0},
                "immutabilitySettings": {"state": "Unlocked"},
            },
            "secureScore": "None",
            "bcdrSecurityLevel": "Poor",
            "replicatedRegions": ["northeurope"],
        },
        "id": VAULT,
        "name": "vault",
        "type": "Microsoft.DataProtection/backupVaults",
    })
}

#[test]
fn a_vault_while_it_is_provisioned_and_afterwards() {
    let mut world = World::new();
    let mut body = vault_body("Off");
    body["properties"]["securitySettings"]["immutabilitySettings"] = json!({"state": "Unlocked"});
    let made = world.put(&below_vault(""), &body);
    assert_eq!(made.status, 201);
    world.same_shape(&made.json_body(), &vault("Provisioning"));
    world.settle();
    let read = world.get(&below_vault(""));
    world.same_shape(&read.json_body(), &vault("Succeeded"));
}

#[test]
fn a_vault_with_more_settings_keeps_the_order_of_its_members() {
    let mut world = World::new();
    let mut body = vault_body("AlwaysOn");
    let own = &mut body["properties"];
    own["featureSettings"] = json!({"crossRegionRestoreSettings": {"state": "Enabled"}});
    own["monitoringSettings"] = json!({"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Disabled"}});
    own["securitySettings"]["immutabilitySettings"] = json!({"state": "Locked"});
    world.put_vault("2024-04-01", "Off");
    let again = world.put(&below_vault(""), &body);
    assert_eq!(again.status, 201, "an update is answered with 201 as well");
    let mut wanted = vault("Updating");
    wanted["properties"] = json!({
        "provisioningState": "Updating",
        "storageSettings": [{"datastoreType": "VaultStore", "type": "GeoRedundant"}],
        "isVaultProtectedByResourceGuard": false,
        "monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Disabled"}},
        "securitySettings": {
            "softDeleteSettings": {"state": "AlwaysOn", "retentionDurationInDays": 14.0},
            "immutabilitySettings": {"state": "Locked"},
        },
        "featureSettings": {"crossRegionRestoreSettings": {"state": "Enabled"}},
        "secureScore": "Adequate",
        "bcdrSecurityLevel": "Good",
        "replicatedRegions": ["northeurope"],
    });
    world.same_shape(&again.json_body(), &wanted);
}

#[test]
fn an_error_of_the_service_carries_the_whole_envelope() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "AlwaysOn");
    let refused = world.put(&below_vault(""), &vault_body("On"));
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    world.same_shape(
        &refused.json_body(),
        &json!({"error": {
            "additionalInfo": [{
                "type": "UserFacingError",
                "info": {
                    "message": "Cannot disable soft delete once set to AlwaysOn",
                    "recommendedAction": ["Please contact Microsoft Support if this is not expected."],
                    "details": null,
                    "code": "UserErrorDisableSoftDeleteNotAllowed",
                    "target": "",
                    "innerError": null,
                    "isRetryable": false,
                    "isUserError": false,
                    "properties": {"ActivityId": ACTIVITY},
                },
            }],
            "code": "UserErrorDisableSoftDeleteNotAllowed",
            "message": "Cannot disable soft delete once set to AlwaysOn",
            "target": null,
            "details": null,
        }}),
    );
}

#[test]
fn what_the_service_does_not_know_is_told_in_the_plain_envelope() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    let missing = world.post(&below_vault("deletedBackupInstances/none/undelete"), &Value::Null);
    assert_eq!(missing.status, 404);
    assert_eq!(
        missing.header("x-ms-error-code"),
        Some("UserErrorGenericResourceNotFound")
    );
    world.same_shape(
        &missing.json_body(),
        &json!({"error": {
            "code": "UserErrorGenericResourceNotFound",
            "message": "Azure resource does not exist. Please make sure required resources exist. If the issue persists, contact Microsoft support.",
            "target": null,
            "details": null,
        }}),
    );
}

fn instance(state: &str, provisioning: &str) -> Value {
    let server = "/subscriptions/{subscription}/resourceGroups/drill/providers/Microsoft.DBforPostgreSQL/flexibleServers/source";
    json!({
        "properties": {
            "friendlyName": "source",
            "dataSourceInfo": {
                "resourceID": server,
                "resourceUri": server,
                "datasourceType": "Microsoft.DBforPostgreSQL/flexibleServers",
                "resourceName": "source",
                "resourceType": "Microsoft.DBforPostgreSQL/flexibleServers",
                "resourceLocation": "westeurope",
                "objectType": "Datasource",
            },
            "policyInfo": {"policyId": format!("{VAULT}/backupPolicies/weekly")},
            "protectionStatus": {"status": state},
            "currentProtectionState": state,
            "provisioningState": provisioning,
            "objectType": "BackupInstance",
        },
        "id": format!("{VAULT}/backupInstances/one"),
        "name": "one",
        "type": "Microsoft.DataProtection/backupVaults/backupInstances",
    })
}

#[test]
fn an_instance_while_it_is_configured_and_afterwards() {
    let mut world = World::protected();
    let read = world.get(&below_vault("backupInstances/one"));
    world.same_shape(&read.json_body(), &instance("ProtectionConfigured", "Succeeded"));
    let listed = world.get(&below_vault("backupInstances"));
    world.same_shape(
        &listed.json_body(),
        &json!({"value": [instance("ProtectionConfigured", "Succeeded")]}),
    );

    world.delete(&below_vault("backupInstances/one"));
    world.settle();
    let made = world.put(&below_vault("backupInstances/one"), &world.instance_body());
    assert_eq!(made.status, 201);
    world.same_shape(
        &made.json_body(),
        &instance("ConfiguringProtection", "Provisioning"),
    );
}

#[test]
fn an_instance_that_was_deleted_softly() {
    let mut world = World::backed_up();
    world.delete(&below_vault("backupInstances/one"));
    world.settle();
    let mut wanted = instance("SoftDeleted", "Succeeded");
    let mut properties = json!({"deletionInfo": {
        "deletionTime": "{time}",
        "billingEndDate": "{time}",
        "scheduledPurgeTime": "{time}",
        "deleteActivityID": ACTIVITY,
    }});
    for (key, value) in wanted["properties"].as_object().into_iter().flatten() {
        properties[key] = value.clone();
    }
    properties["objectType"] = json!("DeletedBackupInstance");
    wanted["properties"] = properties;
    wanted["id"] = json!(format!("{VAULT}/deletedBackupInstances/one"));
    wanted["type"] = json!("Microsoft.DataProtection/backupVaults/deletedBackupInstances");
    let read = world.get(&below_vault("deletedBackupInstances/one"));
    world.same_shape(&read.json_body(), &wanted);
    let listed = world.get(&below_vault("deletedBackupInstances"));
    world.same_shape(&listed.json_body(), &json!({"value": [wanted]}));
}

#[test]
fn an_operation_while_it_runs_and_when_it_has_succeeded() {
    let mut world = World::protected();
    let started = world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    assert_eq!(started.status, 202);
    assert!(started.body.is_empty());
    let running = world.follow(&started, "azure-asyncoperation");
    world.same_shape(
        &running.json_body(),
        &json!({
            "id": format!("{VAULT}/operationStatus/{{operation}}"),
            "name": "{operation}",
            "status": "Inprogress",
            "startTime": "{time}",
            "endTime": "0001-01-01T00:00:00Z",
        }),
    );
    world.settle();
    let job = "/subscriptions/{subscription}/resourceGroups/drill/providers/Microsoft.DataProtection/backupVaults/vault/backupJobs/{guid}";
    let ended = world.follow(&started, "azure-asyncoperation");
    assert_eq!(ended.status, 200);
    world.same_shape(
        &ended.json_body(),
        &json!({
            "id": format!("{VAULT}/operationStatus/{{operation}}"),
            "name": "{operation}",
            "status": "Succeeded",
            "startTime": "{time}",
            "endTime": "{time}",
            "properties": {"jobId": job, "objectType": "OperationJobExtendedInfo"},
        }),
    );
    let end = ended.json_body()["endTime"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(!end.contains('.'), "{end} is not in whole seconds");
    let result = world.follow(&started, "location");
    assert_eq!(result.status, 200);
    assert!(result.header("azure-asyncoperation").is_some());
    world.same_shape(
        &result.json_body(),
        &json!({"jobId": job, "objectType": "OperationJobExtendedInfo"}),
    );
}

#[test]
fn a_validation_that_succeeds_has_no_properties() {
    let mut world = World::backed_up();
    let body = json!({"restoreRequestObject": world.restore_body()});
    let started = world.post(&below_vault("backupInstances/one/validateRestore"), &body);
    world.settle();
    let ended = world.follow(&started, "azure-asyncoperation").json_body();
    assert_eq!(ended["status"], "Succeeded");
    assert_eq!(ended.get("properties"), None);
    let result = world.follow(&started, "location");
    world.same_shape(
        &result.json_body(),
        &json!({"objectType": "OperationJobExtendedInfo"}),
    );
}

#[test]
fn a_validation_that_fails_is_answered_with_200_and_the_short_form_of_the_error() {
    let mut world = World::backed_up();
    let closed = json!({"properties": {"publicNetworkAccess": "Disabled"}});
    let account = world.account();
    assert_eq!(
        world.arm(http::Method::PATCH, &account, Some(&closed)).status,
        200
    );
    let body = json!({"restoreRequestObject": world.restore_body()});
    let started = world.post(&below_vault("backupInstances/one/validateRestore"), &body);
    world.settle();
    let ended = world.follow(&started, "azure-asyncoperation");
    assert_eq!(ended.status, 200);
    let body = ended.json_body();
    let keys: Vec<&String> = body.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["id", "name", "status", "error", "startTime", "endTime"]);
    assert_eq!(body["status"], "Failed");
    let error = body["error"].as_object().expect("an error");
    assert_eq!(
        error.keys().collect::<Vec<_>>(),
        ["additionalInfo", "code", "message"]
    );
    assert_eq!(error["code"], "UserErrorMSIMissingPermissions");
    let inner = &error["additionalInfo"][0]["info"]["innerError"];
    assert_eq!(inner["code"], "AuthorizationFailure");
    assert!(inner["additionalInfo"]["DetailedNonLocalisedMessage"].is_string());
}

#[test]
fn a_policy_loses_its_inner_name_and_gains_ids_of_its_tags() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    let made = world.put_policy();
    let mut wanted = crate::bodies::policy_body()["properties"].clone();
    wanted.as_object_mut().expect("an object").shift_remove("name");
    let tag = &mut wanted["policyRules"][0]["trigger"]["taggingCriteria"][0]["tagInfo"];
    *tag = json!({"tagName": "Default", "id": "Default_"});
    world.same_shape(
        &made.json_body(),
        &json!({
            "properties": wanted,
            "id": format!("{VAULT}/backupPolicies/weekly"),
            "name": "weekly",
            "type": "Microsoft.DataProtection/backupVaults/backupPolicies",
        }),
    );
}
