//! Jobs and recovery points as they were recorded. What a list shows differs from what a read does.

use serde_json::{Value, json};

use crate::bodies::backup_body;
use crate::simulated_movement::{DATASOURCE_BYTES, DUMP_BYTES};
use crate::world::{ACTIVITY, World, below_vault};

const VAULT: &str = "/subscriptions/{subscription}/resourceGroups/drill/providers/Microsoft.DataProtection/backupVaults/vault";
/// Three files beside the one of the database.
const FILES: u64 = 4;

/// A job of the given kind; what depends on how it stands is filled in by the tests.
fn job(kind: &str, status: &str, extended: &Value) -> Value {
    let ended = status != "InProgress";
    let backup = kind == "Backup";
    json!({
        "properties": {
            "activityID": ACTIVITY,
            "subscriptionId": "{subscription}",
            "backupInstanceId": format!("{VAULT}/backupInstances/one"),
            "policyId": format!("{VAULT}/backupPolicies/weekly"),
            "dataSourceId": "/subscriptions/{subscription}/resourceGroups/drill/providers/Microsoft.DBforPostgreSQL/flexibleServers/source",
            "vaultName": "vault",
            "backupInstanceFriendlyName": "source",
            "policyName": "weekly",
            "sourceResourceGroup": "drill",
            "dataSourceSetName": null,
            "dataSourceName": "source",
            "sourceDataStoreName": null,
            "sourceDataStoreType": if backup { Value::Null } else { json!("VaultStore") },
            "destinationDataStoreName": if backup && ended { json!("VaultStore") } else { Value::Null },
            "progressEnabled": true,
            "etag": "{etag}",
            "sourceSubscriptionID": "{subscription}",
            "dataSourceLocation": "westeurope",
            "startTime": "{time}",
            "endTime": if ended { json!("{time}") } else { Value::Null },
            "dataSourceType": "Microsoft.DBforPostgreSQL/flexibleServers",
            "operationCategory": kind,
            "operation": kind,
            "status": status,
            "restoreType": null,
            "isUserTriggered": true,
            "rehydrationPriority": null,
            "supportedActions": if backup { json!(["Cancellable"]) } else { json!([""]) },
            "duration": "{duration}",
            "progressUrl": null,
            "isCrossRegionRestore": null,
            "errorDetails": null,
            "extendedInfo": extended,
        },
        "id": format!("{VAULT}/backupJobs/{{guid}}"),
        "name": "{guid}",
        "type": "Microsoft.DataProtection/backupVaults/backupJobs",
    })
}

fn task(kind: &str, status: &str, details: &Value) -> Value {
    json!([{
        "taskId": 1,
        "taskName": format!("Trigger {kind}"),
        "taskStatus": status,
        "taskProgress": null,
        "additionalDetails": details,
    }])
}

/// Reads the only job, or the newest.
fn newest(world: &mut World) -> Value {
    let listed = world.get(&below_vault("backupJobs")).json_body();
    let name = listed["value"][0]["name"].as_str().expect("a job").to_owned();
    world.get(&below_vault(&format!("backupJobs/{name}"))).json_body()
}

#[test]
fn a_backup_job_in_progress() {
    let mut world = World::protected();
    world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    world.begin();
    let extended = json!({
        "backupInstanceState": null,
        "dataTransferredInBytes": null,
        "targetRecoverPoint": null,
        "sourceRecoverPoint": null,
        "recoveryDestination": null,
        "subTasks": task("Backup", "InProgress", &Value::Null),
        "additionalDetails": {"RetentionTag": "default"},
        "warningDetails": null,
    });
    let job_now = newest(&mut world);
    assert_eq!(job_now["properties"]["duration"], "PT0S");
    world.same_shape(&job_now, &job("Backup", "InProgress", &extended));
}

#[test]
fn a_backup_job_that_has_completed() {
    let mut world = World::backed_up();
    let extended = json!({
        "backupInstanceState": null,
        "dataTransferredInBytes": (FILES * DUMP_BYTES) as f64,
        "targetRecoverPoint": {"recoveryPointID": "{hexadecimal}", "recoveryPointTime": "0001-01-01T00:00:00Z"},
        "sourceRecoverPoint": null,
        "recoveryDestination": null,
        "subTasks": task("Backup", "Completed", &json!({
            "OriginalDatasourceSizeInBytes": DATASOURCE_BYTES.to_string(),
            "TaskId": ACTIVITY,
            "DatasourceType": "Microsoft.DBforPostgreSQL/flexibleServers",
        })),
        "additionalDetails": {"RetentionTag": "default"},
        "warningDetails": null,
    });
    let ended = newest(&mut world);
    world.same_shape(&ended, &job("Backup", "Completed", &extended));
}

#[test]
fn a_restore_job_that_has_completed() {
    let mut world = World::backed_up();
    let body = world.restore_body();
    let started = world.post(&below_vault("backupInstances/one/restore"), &body);
    assert_eq!(started.status, 202);
    world.settle();
    let extended = json!({
        "backupInstanceState": null,
        "dataTransferredInBytes": null,
        "targetRecoverPoint": null,
        "sourceRecoverPoint": {"recoveryPointID": "{hexadecimal}", "recoveryPointTime": "{time}"},
        "recoveryDestination": "https://target.blob.core.windows.net/box",
        "subTasks": task("Restore", "Completed", &json!({
            "DataTransferredInBytes": (FILES * DUMP_BYTES).to_string(),
            "TaskId": ACTIVITY,
            "DatasourceType": "Microsoft.DBforPostgreSQL/flexibleServers",
        })),
        "additionalDetails": {"Restore File Prefix": "restored"},
        "warningDetails": null,
    });
    let ended = newest(&mut world);
    world.same_shape(&ended, &job("Restore", "Completed", &extended));
}

#[test]
fn a_list_of_jobs_shows_no_details_and_writes_durations_another_way() {
    let mut world = World::backed_up();
    let listed = world.get(&below_vault("backupJobs")).json_body();
    let mut wanted = job("Backup", "Completed", &Value::Null);
    let duration = listed["value"][0]["properties"]["duration"].clone();
    assert!(
        duration.as_str().is_some_and(|text| text.starts_with("00:00:0")),
        "{duration} is not hours, minutes and seconds"
    );
    wanted["properties"]["duration"] = duration;
    world.same_shape(&listed, &json!({"value": [wanted]}));
}

#[test]
fn a_recovery_point() {
    let mut world = World::backed_up();
    let wanted = json!({
        "properties": {
            "objectType": "AzureBackupDiscreteRecoveryPoint",
            "recoveryPointId": "{hexadecimal}",
            "recoveryPointTime": "{time}",
            "recoveryPointType": "Full",
            "friendlyName": "{hexadecimal}",
            "recoveryPointDataStoresDetails": [{
                "id": "{guid}",
                "type": "VaultStore",
                "creationTime": "{time}",
                "expiryTime": null,
                "metaData": null,
                "visible": true,
                "state": "COMMITTED",
                "rehydrationExpiryTime": null,
                "rehydrationStatus": null,
            }],
            "retentionTagName": "default",
            "retentionTagVersion": "{ticks}",
            "policyName": "weekly",
            "policyVersion": null,
            "expiryTime": null,
            "recoveryPointState": "Completed",
        },
        "id": format!("{VAULT}/backupInstances/one/recoveryPoints/{{hexadecimal}}"),
        "name": "{hexadecimal}",
        "type": "Microsoft.DataProtection/backupVaults/backupInstances/recoveryPoints",
    });
    // The CLI always sends a filter, and sends it empty.
    let listed = world.get(&below_vault("backupInstances/one/recoveryPoints?$filter="));
    world.same_shape(&listed.json_body(), &json!({"value": [wanted]}));
    let point = world.point();
    let read = world.get(&below_vault(&format!(
        "backupInstances/one/recoveryPoints/{point}"
    )));
    world.same_shape(&read.json_body(), &wanted);
}

#[test]
fn a_job_that_failed_says_the_error_twice_with_a_general_one_inside() {
    let mut world = World::protected();
    let server = world.server();
    world.delete(&server);
    world.settle();
    world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    world.settle();
    let failed = newest(&mut world);
    assert_eq!(failed["properties"]["status"], "Failed");
    assert_eq!(failed["properties"]["destinationDataStoreName"], Value::Null);
    let errors = failed["properties"]["errorDetails"].as_array().expect("errors");
    assert_eq!(errors.len(), 1);
    let (outer, inner) = (&errors[0], &errors[0]["details"][0]);
    assert_eq!(outer["code"], "PostgreSQLFlexOperationFailedUserError");
    assert_eq!(outer["code"], inner["code"]);
    assert_eq!(outer["isUserError"], true);
    assert_eq!(outer["innerError"]["code"], "ResourceNotFound");
    assert_eq!(inner["details"][0]["code"], "InternalServerError");
}
