//! What may be asked of a backup instance besides backups, restores and changes of its protection.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{World, below_vault};

const ONE: &str = "backupInstances/one";

/// The Long Term Retention role.
const LTR: &str = "c088a766-074b-43ba-90d4-1fb21feae531";

/// Takes the Long Term Retention role from the vault.
fn take_role(world: &mut World) {
    let below = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments",
        world.server()
    );
    let found = world.get(&format!("{below}?$filter=atScope()")).json_body();
    let assignments = found["value"].as_array().expect("a list");
    let own = assignments.iter().find(|own| {
        own["properties"]["roleDefinitionId"]
            .as_str()
            .unwrap_or_default()
            .ends_with(LTR)
    });
    let name = own.expect("an assignment")["name"]
        .as_str()
        .expect("a name")
        .to_owned();
    assert_eq!(world.delete(&format!("{below}/{name}")).status, 200);
    world.pass(SignedDuration::from_mins(30));
    world.sign_in_again();
}

fn state(world: &mut World) -> Value {
    let shown = world.get(&below_vault(ONE)).json_body();
    shown["properties"]["currentProtectionState"].clone()
}

/// What could not be configured is configured once more when it is asked for, and not by itself.
#[test]
fn what_failed_is_tried_again_by_a_sync() {
    let mut world = World::new().protect();
    let removed = world.delete(&below_vault(ONE));
    assert_eq!(removed.status, 202, "{removed:?}");
    world.settle();
    let server = world.server();
    take_role(&mut world);
    world.put(&below_vault(ONE), &world.instance_body());
    world.settle();
    assert_eq!(state(&mut world), "ProtectionError");

    world.give_vault(&server, LTR);
    world.settle();
    assert_eq!(state(&mut world), "ProtectionError");
    let synced = world.post(
        &below_vault(&format!("{ONE}/sync")),
        &json!({"syncType": "Default"}),
    );
    assert_eq!(synced.status, 202, "{synced:?}");
    assert_eq!(state(&mut world), "ConfiguringProtection");
    let again = world.post(
        &below_vault(&format!("{ONE}/sync")),
        &json!({"syncType": "Default"}),
    );
    assert_eq!(again.status, 400, "{again:?}");
    world.settle();
    let shown = world.get(&below_vault(ONE)).json_body();
    assert_eq!(
        shown["properties"]["currentProtectionState"],
        "ProtectionConfigured"
    );
    assert!(
        shown["properties"].get("protectionErrorDetails").is_none(),
        "{shown}"
    );
    assert!(
        shown["properties"]["protectionStatus"]
            .get("errorDetails")
            .is_none(),
        "{shown}"
    );
}

/// An instance that is well stays as it is.
#[test]
fn a_sync_changes_nothing_of_what_is_well() {
    let mut world = World::protected();
    let before = world.get(&below_vault(ONE)).json_body();
    let synced = world.post(
        &below_vault(&format!("{ONE}/sync")),
        &json!({"syncType": "ForceResync"}),
    );
    assert_eq!(synced.status, 202, "{synced:?}");
    world.settle();
    assert_eq!(world.get(&below_vault(ONE)).json_body(), before);
    assert_eq!(
        world.follow(&synced, "azure-asyncoperation").json_body()["status"],
        "Succeeded"
    );
}

#[test]
fn a_sync_is_of_one_of_the_published_kinds() {
    let mut world = World::protected();
    let synced = world.post(
        &below_vault(&format!("{ONE}/sync")),
        &json!({"syncType": "Whatever"}),
    );
    assert_eq!(synced.status, 400, "{synced:?}");
    assert_eq!(synced.json_body()["error"]["code"], "BMSUserErrorInvalidInput");
}

/// A change is examined like the instance it would make, and makes nothing of it.
#[test]
fn a_change_of_an_instance_can_be_validated_first() {
    let mut world = World::protected();
    let before = world.get(&below_vault(ONE)).json_body();
    let target = below_vault(&format!("{ONE}/validateForModifyBackup"));
    let mut wanted = world.instance_body()["properties"].clone();
    wanted["friendlyName"] = json!("renamed");
    let asked = world.post(&target, &json!({"backupInstance": wanted}));
    assert_eq!(asked.status, 202, "{asked:?}");
    world.settle();
    assert_eq!(
        world.follow(&asked, "azure-asyncoperation").json_body()["status"],
        "Succeeded"
    );
    assert_eq!(world.get(&below_vault(ONE)).json_body(), before);

    take_role(&mut world);
    let asked = world.post(&target, &json!({"backupInstance": wanted}));
    world.settle();
    let ended = world.follow(&asked, "azure-asyncoperation").json_body();
    assert_eq!(
        ended["error"]["code"], "UserErrorMissingRequiredPermissions",
        "{ended}"
    );

    // Another policy than the vault's, another server, nobody's instance.
    let mut other = wanted.clone();
    other["policyInfo"]["policyId"] = json!(format!(
        "{}/x",
        wanted["policyInfo"]["policyId"].as_str().unwrap_or_default()
    ));
    assert_eq!(world.post(&target, &json!({"backupInstance": other})).status, 400);
    let mut other = wanted.clone();
    let moved = format!("{}-other", world.server());
    other["dataSourceInfo"]["resourceID"] = json!(moved);
    assert_eq!(world.post(&target, &json!({"backupInstance": other})).status, 400);
    let nobody = below_vault("backupInstances/none/validateForModifyBackup");
    assert_eq!(
        world.post(&nobody, &json!({"backupInstance": wanted})).status,
        404
    );
}

/// PostgreSQL is restored to recovery points: between two of them there is nothing.
#[test]
fn no_times_between_recovery_points_can_be_restored_to() {
    let mut world = World::backed_up();
    let target = below_vault(&format!("{ONE}/findRestorableTimeRanges"));
    let asked = json!({"sourceDataStoreType": "VaultStore", "startTime": "2026-03-01T00:00:00Z", "endTime": "2026-03-09T00:00:00Z"});
    let found = world.post(&target, &asked);
    assert_eq!(found.status, 200, "{found:?}");
    assert_eq!(found.json_body()["properties"]["restorableTimeRanges"], json!([]));
    let asked = json!({"sourceDataStoreType": "VaultStore", "startTime": "2026-03-09T00:00:00Z", "endTime": "2026-03-01T00:00:00Z"});
    let refused = world.post(&target, &asked);
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_eq!(
        refused.json_body()["error"]["code"],
        "UserErrorInvalidRestorableTimeRange"
    );
    assert!(
        refused
            .header("x-azdrill-rules")
            .is_some_and(|rules| rules.contains("DPP-TIME-RANGE"))
    );
}

/// Flexible servers have no archive, and of single servers nothing is copied there.
#[test]
fn what_is_in_no_archive_is_not_brought_back_from_there() {
    let mut world = World::backed_up();
    let points = world.listed(&format!("{ONE}/recoveryPoints"));
    let target = below_vault(&format!("{ONE}/rehydrate"));
    for (point, rule) in [
        (points[0]["name"].clone(), "DPP-REHYDRATE"),
        (json!("0000"), "DPP-POINT"),
    ] {
        let asked = json!({"recoveryPointId": point, "rehydrationPriority": "Standard", "rehydrationRetentionDuration": "P15D"});
        let refused = world.post(&target, &asked);
        assert_eq!(refused.status, 400, "{refused:?}");
        assert!(
            refused
                .header("x-azdrill-rules")
                .is_some_and(|rules| rules.contains(rule)),
            "{refused:?}"
        );
    }
}

/// From the datasource's side: who protects it.
#[test]
fn a_resource_lists_the_instances_that_protect_it() {
    let mut world = World::protected();
    let below = "providers/Microsoft.DataProtection/backupInstances";
    let of_server = world.get(&format!("{}/{below}", world.server())).json_body();
    let names: Vec<&Value> = of_server["value"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|own| &own["name"])
        .collect();
    assert_eq!(names, ["one"], "{of_server}");
    let of_account = world.get(&format!("{}/{below}", world.account())).json_body();
    assert_eq!(of_account["value"], json!([]));
}

/// Nobody has described what an export holds.
#[test]
fn an_export_of_jobs_is_refused_by_name() {
    let mut world = World::backed_up();
    let refused = world.post(&below_vault("exportBackupJobs"), &json!({}));
    assert_eq!(refused.status, 501, "{refused:?}");
    assert!(
        refused
            .header("x-azdrill-not-implemented")
            .is_some_and(|what| what.contains("export"))
    );
    assert_eq!(world.get(&below_vault("backupJobs/operations/none")).status, 404);
}

/// Suspended backups leave the newest point there is, for ever; resumed, it goes when its time has come.
#[test]
fn the_newest_point_outlives_suspended_backups() {
    let mut world = World::backed_up();
    let suspended = world.post(&below_vault(&format!("{ONE}/suspendBackups")), &json!({}));
    assert_eq!(suspended.status, 202, "{suspended:?}");
    world.settle();
    world.pass(SignedDuration::from_hours(24 * 400));
    world.sign_in_again();
    assert_eq!(world.listed(&format!("{ONE}/recoveryPoints")).len(), 1);
    let resumed = world.post(&below_vault(&format!("{ONE}/resumeBackups")), &json!({}));
    assert_eq!(resumed.status, 202, "{resumed:?}");
    world.settle();
    world.pass(SignedDuration::from_hours(24 * 2));
    world.sign_in_again();
    let left = world.listed(&format!("{ONE}/recoveryPoints"));
    assert!(
        left.iter().all(|point| point["properties"]["recoveryPointTime"]
            .as_str()
            .unwrap_or_default()
            > "2027"),
        "{left:?}"
    );
}

/// FX-B-19: a datasource whose protection was stopped may be protected by another vault, and then stays that one's.
#[test]
fn protection_is_not_resumed_of_what_another_vault_has_taken() {
    let mut world = World::protected();
    let one = below_vault("backupInstances/one");
    let stopped = world.post(&format!("{one}/stopProtection"), &Value::Null);
    assert_eq!(stopped.status, 202, "{stopped:?}");
    world.settle();
    let elsewhere = |rest: &str| below_vault(rest).replace("/vault", "/other");
    let made = world.put(&elsewhere(""), &crate::bodies::vault_body("On"));
    assert_eq!(made.status, 201, "{made:?}");
    world.settle();
    let policy = world.put(&elsewhere("backupPolicies/weekly"), &crate::bodies::policy_body());
    assert_eq!(policy.status, 200, "{policy:?}");
    let mut instance = world.instance_body();
    let id = format!("{}{}", world.group(), elsewhere("backupPolicies/weekly"));
    instance["properties"]["policyInfo"]["policyId"] = json!(id);
    let taken = world.put(&elsewhere("backupInstances/one"), &instance);
    assert_eq!(taken.status, 201, "{taken:?}");
    world.settle();
    // Nor is it suspended, which would hold the datasource again.
    for action in ["resumeProtection", "suspendBackups"] {
        let refused = world.post(&format!("{one}/{action}"), &Value::Null);
        crate::rules::named(&refused, "FX-B-19");
    }
    // Once it is free again it is resumed.
    assert!(
        world
            .delete(&elsewhere("backupInstances/one"))
            .status
            .is_success()
    );
    world.settle();
    assert_eq!(
        world
            .post(&format!("{one}/resumeProtection"), &Value::Null)
            .status,
        202
    );
}
