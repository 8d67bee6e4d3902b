//! Which rules a vault, its policies, its instances and its jobs name where they say no.

use azdrill_emulator::jobs::EffectFailure;
use azdrill_emulator::model::Response;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::bodies::{backup_body, policy_body, vault_body};
use crate::rules::named;
use crate::world::{World, below_vault};

const ONE: &str = "backupInstances/one";

fn put_vault(world: &mut World, body: &Value) -> Response {
    let answer = world.put(&format!("{}?api-version=2024-04-01", below_vault("")), body);
    world.settle();
    answer
}

/// A vault with this setting below its properties.
fn with(place: [&str; 2], state: &str) -> Value {
    let mut body = vault_body("On");
    body["properties"][place[0]][place[1]]["state"] = json!(state);
    body
}

#[test]
fn doors_of_a_vault_open_one_way() {
    for (place, open, shut, rule) in [
        (
            ["securitySettings", "softDeleteSettings"],
            "On",
            "AlwaysOn",
            "VLT-02",
        ),
        (
            ["securitySettings", "immutabilitySettings"],
            "Unlocked",
            "Locked",
            "VLT-04",
        ),
        (
            ["featureSettings", "crossRegionRestoreSettings"],
            "Disabled",
            "Enabled",
            "FX-CR-02",
        ),
        (
            ["featureSettings", "crossSubscriptionRestoreSettings"],
            "Enabled",
            "PermanentlyDisabled",
            "FX-CS-01",
        ),
    ] {
        let mut world = World::new();
        for state in [open, shut, shut] {
            let answer = put_vault(&mut world, &with(place, state));
            assert!(answer.status.is_success(), "{rule}: {answer:?}");
        }
        named(&put_vault(&mut world, &with(place, open)), rule);
    }
}

#[test]
fn vaults_name_what_they_cannot_be() {
    let mut world = World::protected();
    let mut local = vault_body("On");
    local["properties"]["storageSettings"][0]["type"] = json!("LocallyRedundant");
    named(&put_vault(&mut world, &local), "VLT-01");
    local["properties"]["featureSettings"]["crossRegionRestoreSettings"]["state"] = json!("Enabled");
    named(&put_vault(&mut world, &local), "FX-CR-01");
    let mut twice = vault_body("On");
    let first = twice["properties"]["storageSettings"][0].clone();
    twice["properties"]["storageSettings"] = json!([first, first]);
    named(&put_vault(&mut world, &twice), "VLT-STORAGE");
    let newest = format!("{}?api-version=2025-09-01", below_vault(""));
    named(&world.put(&newest, &vault_body("On")), "VLT-03");
    let other = "/providers/Microsoft.DataProtection/backupVaults/-no?api-version=2024-04-01";
    named(&world.put(other, &vault_body("On")), "DPP-NAME");
    let crosses = with(["featureSettings", "crossRegionRestoreSettings"], "Enabled");
    assert!(put_vault(&mut world, &crosses).status.is_success());
    let again =
        json!({"properties": {"featureSettings": {"crossRegionRestoreSettings": {"state": "Enabled"}}}});
    let target = format!("{}?api-version=2024-04-01", below_vault(""));
    named(&world.arm(Method::PATCH, &target, Some(&again)), "DPP-CRR-AGAIN");
}

#[test]
fn a_vault_that_is_made_without_an_identity_shows_none() {
    let mut world = World::new();
    let mut body = vault_body("On");
    body.as_object_mut().expect("an object").remove("identity");
    assert_eq!(put_vault(&mut world, &body).status, 201);
    let shown = world.get(&below_vault("")).json_body();
    assert!(shown.get("identity").is_none(), "{shown}");
}

/// It stays as it was first written, and a write that says nothing of an identity gives it none.
#[test]
fn a_vault_that_is_written_again_stays_what_it_is() {
    let mut world = World::new();
    let mut body = vault_body("On");
    body.as_object_mut().expect("an object").remove("identity");
    assert_eq!(put_vault(&mut world, &body).status, 201);
    body["tags"] = json!({"written": "again"});
    let target = below_vault("").replace("/vault", "/VAULT");
    let again = world.put(&format!("{target}?api-version=2024-04-01"), &body);
    assert!(again.status.is_success(), "{again:?}");
    world.settle();
    let shown = world.get(&below_vault("")).json_body();
    assert_eq!(shown["name"], "vault");
    assert!(
        shown["id"]
            .as_str()
            .is_some_and(|id| id.ends_with("/backupVaults/vault")),
        "{shown}"
    );
    assert_eq!(shown["tags"], json!({"written": "again"}));
    assert!(shown.get("identity").is_none(), "{shown}");
}

/// VLT-01: as long as nothing is protected, where backups are kept may be changed.
#[test]
fn an_empty_vault_changes_its_redundancy() {
    let mut world = World::new();
    assert_eq!(put_vault(&mut world, &vault_body("On")).status, 201);
    let mut local = vault_body("On");
    local["properties"]["storageSettings"][0]["type"] = json!("LocallyRedundant");
    let changed = put_vault(&mut world, &local);
    assert!(changed.status.is_success(), "{changed:?}");
    let shown = world.get(&below_vault("")).json_body();
    assert_eq!(
        shown["properties"]["storageSettings"][0]["type"],
        "LocallyRedundant"
    );
}

/// Nobody finds the identity of a vault that is gone, though its roles stay.
#[test]
fn the_identity_of_a_vault_goes_with_it() {
    let mut world = World::new();
    assert_eq!(put_vault(&mut world, &vault_body("Off")).status, 201);
    let shown = world.get(&below_vault("")).json_body();
    let id = shown["identity"]["principalId"].as_str().expect("an identity");
    let id = azdrill_emulator::model::PrincipalId(id.parse().expect("an id"));
    assert!(world.azure.state().directory.get(id).is_some());
    assert!(world.delete(&below_vault("")).status.is_success());
    world.settle();
    assert!(world.azure.state().directory.get(id).is_none());
}

/// The ids of a vault's operations begin with its own, in base64.
#[test]
fn all_operations_of_a_vault_begin_with_its_id() {
    let mut world = World::protected();
    let beginnings: Vec<String> = (0..2)
        .map(|_| {
            let started = world.post(&below_vault(&format!("{ONE}/stopProtection")), &json!({}));
            let started = if started.status == 202 {
                started
            } else {
                world.post(&below_vault(&format!("{ONE}/resumeProtection")), &json!({}))
            };
            assert_eq!(started.status, 202, "{started:?}");
            world.settle();
            let address = started.header("azure-asyncoperation").expect("an address");
            let id = address.rsplit('/').next().expect("an id");
            // 36 letters of the first id are 48 in base64.
            id.chars().take(48).collect()
        })
        .collect();
    assert_eq!(beginnings[0].len(), 48);
    assert_eq!(beginnings[0], beginnings[1]);
}

#[test]
fn a_new_vault_is_replicated_to_its_pair_and_nowhere_else() {
    for (region, made) in [("northeurope", true), ("eastus", false)] {
        let mut world = World::new();
        let mut body = vault_body("On");
        body["properties"]["replicatedRegions"] = json!([region]);
        let answer = put_vault(&mut world, &body);
        assert_eq!(answer.status == 201, made, "{region}: {answer:?}");
        assert_eq!(answer.status == 501, !made, "{region}: {answer:?}");
    }
}

/// An identity that is there, and that nobody has given to the vault.
#[test]
fn an_identity_of_somebody_elses_is_none_of_the_vaults() {
    let mut world = World::protected();
    let identities = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities";
    let made = world.put(&format!("{identities}/spare"), &json!({"location": "westeurope"}));
    assert!(made.status.is_success(), "{made:?}");
    world.delete(&below_vault(ONE));
    world.settle();
    let id = format!("{}{identities}/spare", world.group());
    let foreign = world.backup_needs(|instance| {
        instance["identityDetails"] =
            json!({"useSystemAssignedIdentity": false, "userAssignedIdentityArmUrl": id});
    });
    named(&foreign, "FX-B-01,FX-B-18");
}

#[test]
fn a_deleted_vault_comes_back_as_what_it_was() {
    let mut world = World::backed_up();
    world.put_vault("2024-04-01", "AlwaysOn");
    world.settle();
    world.delete(&below_vault(ONE));
    world.settle();
    assert_eq!(world.delete(&below_vault("")).status, 202);
    world.settle();
    world.sign_in_again();
    let subscription = world.operator.subscription.clone();
    let list = format!(
        "/subscriptions/{subscription}/providers/Microsoft.DataProtection/locations/westeurope/deletedVaults?api-version=2025-09-01"
    );
    let name = world.get(&list).json_body()["value"][0]["name"]
        .as_str()
        .expect("a name")
        .to_owned();
    let other = "/providers/Microsoft.DataProtection/backupVaults/other?api-version=2025-09-01";
    let target = format!("{}{other}", world.group());
    let request = world
        .request(Method::PUT, &target)
        .with_header("x-ms-deleted-vault-id", &name);
    named(
        &world.send(request.with_json(&json!({"location": "westeurope"}))),
        "VLT-UNDELETE",
    );
    // It comes back where it was, and as it was.
    let target = format!("{}{}?api-version=2025-09-01", world.group(), below_vault(""));
    let mut back = |body: &Value| {
        let request = world.request(Method::PUT, &target);
        let request = request.with_header("x-ms-deleted-vault-id", &name);
        world.send(request.with_json(body))
    };
    named(&back(&json!({"location": "northeurope"})), "VLT-UNDELETE");
    let changed = back(&json!({"location": "westeurope", "tags": {"made": "anew"}}));
    assert_eq!(changed.status, 501, "{changed:?}");
    assert_eq!(back(&json!({"location": "West Europe"})).status, 201);
}

#[test]
fn policies_and_instances_name_what_they_must_be() {
    let mut world = World::protected();
    let policy = below_vault("backupPolicies/own");
    let mut body = policy_body();
    body["properties"]["datasourceTypes"] = json!([]);
    named(&world.put(&policy, &body), "DPP-POLICY");
    let mut body = policy_body();
    let schedule = &mut body["properties"]["policyRules"][0]["trigger"]["schedule"];
    schedule["repeatingTimeIntervals"] = json!(["R/2021-08-15T06:30:00+00:00/P1D"]);
    named(&world.put(&policy, &body), "DPP-WEEKLY,V2-07");
    named(
        &world.delete(&below_vault("backupPolicies/weekly")),
        "DPP-POLICY-IN-USE",
    );
    let mut instance = world.instance_body();
    instance["properties"]["policyInfo"]["policyId"] = json!("/subscriptions/s/none");
    named(&world.put(&below_vault(ONE), &instance), "DPP-POLICY-OF-VAULT");
    let mut instance = world.instance_body();
    let other = world.server().replace("source", "other");
    instance["properties"]["dataSourceInfo"]["resourceID"] = json!(format!("{}{other}", world.group()));
    named(&world.put(&below_vault(ONE), &instance), "DPP-DATASOURCE-FIXED");
    let mut single = world.instance_body();
    let kind = "Microsoft.DBforPostgreSQL/servers/databases";
    let database = format!(
        "{}/providers/Microsoft.DBforPostgreSQL/servers/s/databases/d",
        world.group()
    );
    single["properties"]["dataSourceInfo"] = json!({"datasourceType": kind, "resourceID": database});
    single["properties"]["datasourceAuthCredentials"] =
        json!({"objectType": "SecretStoreBasedAuthCredentials"});
    named(
        &world.put(&below_vault("backupInstances/two"), &single),
        "DPP-CREDENTIALS",
    );
}

#[test]
fn restores_name_what_they_must_ask_for() {
    let mut world = World::backed_up();
    let prefix = world.restore_needs(|restore| {
        restore["restoreTargetInfo"]["targetDetails"]["filePrefix"] = json!("");
    });
    named(&prefix, "DPP-RESTORE-REQUEST");
    let point = world.restore_needs(|restore| restore["recoveryPointId"] = json!("0a1b"));
    named(&point, "DPP-POINT");
}

/// What the last job says it failed by.
fn noted(world: &World) -> String {
    let notes = world.azure.log().notes();
    let last = notes.iter().rev().find(|note| note.refused.is_some());
    let rules = &last.expect("something was refused").rules;
    rules
        .iter()
        .map(|rule| rule.as_str())
        .collect::<Vec<_>>()
        .join(",")
}

/// FX-RF-09-PREFIX: files of an earlier restore are not written over, and another prefix is free.
#[test]
fn a_prefix_that_is_taken_is_refused() {
    let mut world = World::backed_up();
    let restore = world.restore_body();
    let started = world.post(&below_vault(&format!("{ONE}/restore")), &restore);
    assert_eq!(started.status, 202, "{started:?}");
    world.settle();
    named(&world.restore_needs(|_| {}), "FX-RF-09-PREFIX");
    let beside = world.restore_needs(|restore| {
        restore["restoreTargetInfo"]["targetDetails"]["filePrefix"] = json!("restore");
    });
    assert_eq!(beside.json_body()["status"], "Succeeded", "{beside:?}");
}

/// FX-RF-14: what was backed up may be gone when it is restored as files, and the log says so.
#[test]
fn files_are_restored_of_a_server_that_is_gone() {
    let mut world = World::backed_up();
    let told = |world: &mut World| {
        let answer = world.restore_needs(|_| {});
        assert_eq!(answer.json_body()["status"], "Succeeded", "{answer:?}");
        let notes = world.azure.log().notes();
        let mut rules = notes.iter().flat_map(|note| &note.rules);
        rules.any(|rule| rule.as_str() == "FX-RF-14")
    };
    assert!(!told(&mut world));
    let server = world.server();
    assert!(world.delete(&server).status.is_success());
    world.settle();
    assert!(told(&mut world));
}

#[test]
fn jobs_name_what_broke_while_data_moved() {
    let mut world = World::backed_up();
    let refused = |status: StatusCode, code: &str| EffectFailure::Refused {
        status: status.as_u16(),
        code: code.to_owned(),
        message: "no".to_owned(),
    };
    let body = world.restore_body();
    for (status, code, rule) in [
        (StatusCode::FORBIDDEN, "AuthorizationFailure", "FX-RF-03"),
        (
            StatusCode::FORBIDDEN,
            "AuthorizationPermissionMismatch",
            "FX-RF-01",
        ),
        (StatusCode::NOT_FOUND, "ContainerNotFound", "FX-RF-09"),
        (StatusCode::CONFLICT, "BlobAlreadyExists", "FX-RF-09-PREFIX"),
        (StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "FX-RF-08"),
    ] {
        world.movement.copies_fail_with = Some(refused(status, code));
        world.post(&below_vault(&format!("{ONE}/restore")), &body);
        world.settle();
        assert_eq!(noted(&world), rule, "{code}");
    }
    let start = below_vault(&format!("{ONE}/backup"));
    world.movement.dumps_fail_with = Some(EffectFailure::Engine("it broke".to_owned()));
    world.post(&start, &backup_body());
    world.settle();
    assert_eq!(noted(&world), "DPP-MOVEMENT");
    let server = world.server();
    world.post(&format!("{server}/stop"), &json!({}));
    world.settle();
    world.post(&start, &backup_body());
    world.settle();
    assert_eq!(noted(&world), "FX-B-04");
}

/// The identity a vault is given last is the one it has: a change names all of it.
#[test]
fn a_vault_has_the_identity_it_was_given_last() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    let id = format!(
        "{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/own",
        world.group()
    );
    world.put_identity("own");
    for (kind, own, shown) in [
        ("SystemAssigned,UserAssigned", json!({id: {}}), 1),
        ("SystemAssigned", Value::Null, 0),
    ] {
        let mut identity = json!({"type": kind});
        if !own.is_null() {
            identity["userAssignedIdentities"] = own;
        }
        let changed = world.arm(
            Method::PATCH,
            &below_vault(""),
            Some(&json!({"identity": identity})),
        );
        assert!(changed.status.is_success(), "{changed:?}");
        world.settle();
        let found = world.get(&below_vault("")).json_body()["identity"].clone();
        let own = found["userAssignedIdentities"]
            .as_object()
            .map_or(0, serde_json::Map::len);
        assert_eq!(own, shown, "{kind}: {found}");
    }
}

/// A geo-redundant vault is copied to another region, whatever else it keeps backups in, and no other is.
#[test]
fn a_vault_is_replicated_by_its_own_redundancy() {
    let mut world = World::new();
    let store = |kind: &str, redundancy: &str| json!({"datastoreType": kind, "type": redundancy});
    for (name, settings, copied) in [
        (
            "two",
            json!([
                store("VaultStore", "GeoRedundant"),
                store("OperationalStore", "LocallyRedundant")
            ]),
            1,
        ),
        ("local", json!([store("VaultStore", "LocallyRedundant")]), 0),
    ] {
        let mut body = vault_body("On");
        body["properties"]["storageSettings"] = settings;
        let target = below_vault("").replace("/vault", &format!("/{name}"));
        let made = world.put(&format!("{target}?api-version=2024-04-01"), &body);
        assert!(made.status.is_success(), "{name}: {made:?}");
        world.settle();
        let shown = world.get(&format!("{target}?api-version=2024-04-01")).json_body();
        let regions = shown["properties"]["replicatedRegions"].as_array().map(Vec::len);
        assert_eq!(regions, Some(copied), "{name}: {shown}");
    }
}

/// A flexible server takes no credentials: any are untrue of it, whatever they say.
#[test]
fn credentials_are_looked_at_where_they_are_taken() {
    let mut world = World::protected();
    let mut body = world.instance_body();
    body["properties"]["datasourceAuthCredentials"] = json!({
        "objectType": "SecretStoreBasedAuthCredentials",
        "secretStoreResource": {"secretStoreType": "AzureKeyVault", "uri": "https://nowhere.example/x"},
    });
    let refused = world.put(&below_vault("backupInstances/one"), &body);
    named(&refused, "DPP-DATASOURCE-TRUE");
}
