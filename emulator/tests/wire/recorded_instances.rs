//! Backup instances and their jobs as they were recorded, where that is not as one would expect.

use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use http::Method;
use serde_json::{Value, json};

use crate::bodies::{backup_body, policy_body};
use crate::world::{ACTIVITY, World, below_vault};

const NEWER: &str = "2026-03-01";

fn one(version: &str) -> String {
    below_vault(&format!("backupInstances/one?api-version={version}"))
}

/// An instance's state, and the name of the policy it shows.
fn state(body: &Value) -> (String, String, String) {
    let properties = &body["properties"];
    assert_eq!(
        properties["currentProtectionState"],
        properties["protectionStatus"]["status"]
    );
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let policy = text(&properties["policyInfo"]["policyId"]);
    (
        text(&properties["provisioningState"]),
        text(&properties["currentProtectionState"]),
        policy.rsplit('/').next().unwrap_or_default().to_owned(),
    )
}

fn states(provisioning: &str, protection: &str, policy: &str) -> (String, String, String) {
    (provisioning.to_owned(), protection.to_owned(), policy.to_owned())
}

impl World {
    fn other_policy(&mut self) -> Value {
        let mut policy = policy_body();
        policy["properties"]["policyRules"][1]["lifecycles"][0]["deleteAfter"]["duration"] = json!("P6M");
        assert_eq!(
            self.put(&below_vault("backupPolicies/other"), &policy).status,
            200
        );
        let mut instance = self.instance_body();
        let id = format!("{}{}", self.group(), below_vault("backupPolicies/other"));
        instance["properties"]["policyInfo"]["policyId"] = json!(id);
        instance
    }
}

/// Four recordings of 2026: no body, and a result below the instance that holds it.
#[test]
fn a_put_of_a_newer_version_answers_without_a_body() {
    let mut world = World::protected();
    let instance = world.other_policy();
    let group = world.group();
    let made = world.put(&one(NEWER), &instance);
    assert_eq!(made.status, 202);
    assert!(made.body.is_empty());
    let address = |name: &str| made.header(name).unwrap_or_default().to_owned();
    let vault = format!("https://management.azure.com{group}{}", below_vault(""));
    assert!(address("azure-asyncoperation").starts_with(&format!("{vault}/operationStatus/")));
    assert!(address("location").starts_with(&format!("{vault}/backupInstances/one/operationResults/")));
    assert_eq!(world.follow(&made, "location").status, 202);
    world.settle();
    let result = world.follow(&made, "location");
    assert_eq!(result.status, 200);
    let body = result.json_body();
    assert_eq!((&body["name"], state(&body).2.as_str()), (&json!("one"), "other"));
    // Older versions get the instance at once.
    world.delete(&one("2025-07-01"));
    world.settle();
    assert_eq!(world.put(&one("2025-07-01"), &instance).status, 201);
}

#[test]
fn a_change_shows_the_old_policy_until_it_has_been_made() {
    let mut world = World::protected();
    let instance = world.other_policy();
    let changed = world.put(&one("2024-04-01"), &instance);
    assert_eq!(changed.status, 201);
    let updating = states("Succeeded", "UpdatingProtection", "weekly");
    assert_eq!(state(&changed.json_body()), updating);
    assert_eq!(state(&world.get(&one("2024-04-01")).json_body()), updating);
    world.settle();
    let after = state(&world.get(&one("2024-04-01")).json_body());
    assert_eq!(after, states("Succeeded", "ProtectionConfigured", "other"));
}

#[test]
fn a_put_that_changes_nothing_succeeds_at_once() {
    let mut world = World::protected();
    let again = world.put(&one("2024-04-01"), &world.instance_body());
    assert_eq!(again.status, 201);
    let kept = states("Succeeded", "ProtectionConfigured", "weekly");
    assert_eq!(state(&again.json_body()), kept);
    assert_eq!(state(&world.get(&one("2024-04-01")).json_body()), kept);
}

#[test]
fn an_instance_can_be_deleted_while_it_is_configured() {
    let mut world = World::protected();
    world.delete(&one("2024-04-01"));
    world.settle();
    let made = world.put(&one("2024-04-01"), &world.instance_body());
    assert_eq!(state(&made.json_body()).1, "ConfiguringProtection");
    let deleted = world.delete(&one("2024-04-01"));
    assert_eq!(deleted.status, 202);
    world.settle();
    assert_eq!(world.get(&one("2024-04-01")).status, 404);
    let result = world.follow(&deleted, "location");
    assert_eq!(result.status, 200);
    assert_eq!(
        result.json_body(),
        json!({"objectType": "OperationJobExtendedInfo"})
    );
    assert!(result.header("azure-asyncoperation").is_some());
}

#[test]
fn an_instance_without_a_name_is_called_by_its_set_and_itself() {
    let mut world = World::protected();
    world.delete(&one("2024-04-01"));
    world.settle();
    let mut body = world.instance_body();
    let properties = body["properties"].as_object_mut().expect("properties");
    properties.shift_remove("friendlyName");
    properties["dataSourceSetInfo"] = json!({
        "datasourceType": crate::bodies::FLEXIBLE_SERVER, "resourceName": "set", "objectType": "DatasourceSet", "resourceID": world.server(),
    });
    let made = world.put(&one("2024-04-01"), &body).json_body();
    assert_eq!(made["properties"]["friendlyName"], "set\\source");
}

/// The recorded message names an instance by what it is called.
#[test]
fn a_datasource_that_is_taken_names_its_instance_as_it_is_called() {
    let mut world = World::protected();
    let taken = world.put(&below_vault("backupInstances/two"), &world.instance_body());
    assert_eq!(taken.status, 400);
    let message = taken.json_body()["error"]["message"].to_string();
    assert!(
        message.contains("the backup instance source in the Backup vault"),
        "{message}"
    );
}

/// An instance is of the datasource it was made for, and holds that one alone.
#[test]
fn an_instance_stays_with_its_datasource() {
    let mut world = World::protected();
    let first = world.instance_body();
    let mut other = first.clone();
    for name in ["resourceID", "resourceUri"] {
        let server = world.server() + "-other";
        other["properties"]["dataSourceInfo"][name] = json!(server);
    }
    let mut code = |name: &str, body: &Value| {
        let answer = world.put(&below_vault(&format!("backupInstances/{name}")), body);
        world.settle();
        answer.json_body()["error"]["code"].clone()
    };
    assert_eq!(code("one", &other), "SyntheticDatasourceFixed");
    let taken = "UserErrorDppDatasourceAlreadyHasBackupInstance";
    assert_eq!(code("two", &first), taken);
    assert_eq!(code("one", &first), Value::Null);
}

#[test]
fn what_is_deleted_without_a_name_for_the_request_has_one_all_the_same() {
    let mut world = World::backed_up();
    let target = format!("{}{}", world.group(), one("2024-04-01"));
    let mut request = world.request(Method::DELETE, &target);
    request.headers.remove("x-ms-client-request-id");
    assert_eq!(world.send(request).status, 202);
    world.settle();
    let deleted = &world.listed("deletedBackupInstances")[0];
    let activity = deleted["properties"]["deletionInfo"]["deleteActivityID"].as_str();
    let activity = activity.expect("a name");
    assert!(
        activity.parse::<uuid::Uuid>().is_ok() && activity != ACTIVITY,
        "{activity}"
    );
}

/// The id of a job begins with the vault's own, as it was first written.
#[test]
fn a_job_is_below_the_vault_however_the_request_spelled_it() {
    let mut world = World::protected();
    let target =
        below_vault("backupInstances/one/backup").replace("backupVaults/vault", "backupvaults/VAULT");
    let started = world.post(&target, &backup_body());
    assert_eq!(started.status, 202, "{started:?}");
    world.settle();
    let result = world.follow(&started, "location").json_body();
    let vault = format!("{}{}", world.group(), below_vault("backupJobs/"));
    assert!(
        result["jobId"].as_str().is_some_and(|id| id.starts_with(&vault)),
        "{result}"
    );
}

#[test]
fn datasources_that_are_not_played_are_called_so_and_nothing_is_kept() {
    let mut world = World::protected();
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
    let others: Vec<_> = rules
        .datasources
        .all()
        .filter(|row| row.played.is_none())
        .collect();
    assert!(
        others.len() >= 7,
        "disks, blobs, clusters, MySQL, Cosmos DB and so on"
    );
    for (kind, title) in others.iter().map(|row| (&row.name, &row.title)) {
        let resource = format!("{kind}/one");
        let mut body = world.instance_body();
        let info = &mut body["properties"]["dataSourceInfo"];
        info["datasourceType"] = json!(kind);
        info["resourceID"] = json!(format!("{}/providers/{resource}", world.group()));
        let validated = world.post(
            &below_vault("validateForBackup"),
            &json!({"backupInstance": body["properties"]}),
        );
        let written = world.put(&below_vault("backupInstances/two"), &body);
        for answer in [validated, written] {
            assert_eq!(answer.status, 501, "{kind}");
            let error = &answer.json_body()["error"];
            assert_eq!(error["code"], "NotImplementedByEmulator");
            let message = error["message"].to_string();
            assert!(
                message.contains(kind.as_str()) && message.contains(title),
                "{error}"
            );
        }
        let mut policy = policy_body();
        policy["properties"]["datasourceTypes"] = json!([kind]);
        let name = kind.replace(['/', '.'], "");
        let kept = world.put(&below_vault(&format!("backupPolicies/{name}")), &policy);
        assert_eq!(kept.status, 200, "{kind}: {kept:?}");
    }
    assert_eq!(world.listed("backupInstances").len(), 1);
    let mut unknown = world.instance_body();
    unknown["properties"]["dataSourceInfo"]["datasourceType"] = json!("Contoso.Things/widgets");
    let refused = world.put(&below_vault("backupInstances/two"), &unknown);
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.json_body()["error"]["code"],
        "UserErrorInvalidRequestParameter"
    );
}

/// Members of a job came and were spelled anew.
#[test]
fn older_versions_show_less_of_a_job() {
    let mut world = World::backed_up();
    let name = world.listed("backupJobs")[0]["name"]
        .as_str()
        .expect("a job")
        .to_owned();
    let mut job = |version: &str| {
        let target = below_vault(&format!("backupJobs/{name}?api-version={version}"));
        world.get(&target).json_body()["properties"].clone()
    };
    let (now, before_2024, first) = (job("2024-04-01"), job("2023-05-01"), job("2022-05-01"));
    for body in [&now, &before_2024] {
        assert!(body.get("sourceDataStoreType").is_some());
        assert!(body["extendedInfo"]["dataTransferredInBytes"].is_number());
    }
    assert!(now["extendedInfo"].get("warningDetails").is_some());
    assert!(before_2024["extendedInfo"].get("warningDetails").is_none());
    assert!(first.get("sourceDataStoreType").is_none());
    assert!(first["extendedInfo"].get("dataTransferredInBytes").is_none());
    assert_eq!(
        first["extendedInfo"]["dataTransferedInBytes"],
        now["extendedInfo"]["dataTransferredInBytes"]
    );
}

#[test]
fn how_an_instance_is_to_be_validated_is_kept() {
    let mut world = World::protected();
    let mut instance = world.instance_body();
    instance["properties"]["validationType"] = json!("DeepValidation");
    assert!(world.put(&one("2024-04-01"), &instance).status.is_success());
    world.settle();
    let shown = world.get(&one("2024-04-01")).json_body();
    assert_eq!(shown["properties"]["validationType"], "DeepValidation");
}
