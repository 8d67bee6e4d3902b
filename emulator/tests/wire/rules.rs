//! Which rules answers name: those of flexible servers' prerequisites, and of what a vault does not do.

use azdrill_emulator::model::{Request, Response, Timestamp};
use azdrill_emulator::rules::{Profile, RuleId};
use azdrill_emulator::server::Core;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::bodies::{backup_body, policy_body, vault_body};
use crate::world::{ARM, World, below_vault};

const ONE: &str = "backupInstances/one";

#[track_caller]
pub(crate) fn named(answer: &Response, rules: &str) {
    assert_eq!(answer.header("x-azdrill-rules"), Some(rules), "{answer:?}");
}

/// Whoever is refused is told by which rule: of the thousands of answers these tests get, each is looked at.
#[track_caller]
pub(crate) fn assert_refusal_names_a_rule(answer: &Response) {
    let Some(gate) = answer.header("x-azdrill-gate").filter(|gate| *gate != "fault") else {
        return;
    };
    let rules = answer.header("x-azdrill-rules").unwrap_or_default();
    // An operation that is looked at and has ended well names nothing.
    let is_refusal = answer.status.as_u16() >= 300;
    assert!(
        !is_refusal || !rules.is_empty(),
        "the gate {gate} names no rule: {answer:?}"
    );
    for rule in rules.split(',').filter(|rule| !rule.is_empty()) {
        assert!(RuleId::named(rule).is_ok(), "there is no rule {rule}: {answer:?}");
    }
}

#[test]
fn every_refusal_names_a_rule() {
    let mut world = World::protected();
    let vault = below_vault("");
    let nowhere = Request::new(Method::GET, "example.org", "/");
    let forged = Request::new(Method::GET, ARM, "/subscriptions?api-version=2022-12-01")
        .with_header("authorization", "Bearer x.y.z");
    let blob = |target: &str| Request::new(Method::GET, "target.blob.core.windows.net", target);
    let vault_secret = Request::new(Method::GET, "none.vault.azure.net", "/secrets/x?api-version=7.4");
    let sign_in = Request::new(Method::POST, crate::world::LOGIN, "/common/oauth2/v2.0/token");
    let not_there = world.request(Method::GET, "/nothing/of/the/kind?api-version=2022-12-01");
    let no_version = world.request(Method::GET, "/subscriptions");
    let mut refused = vec![
        world.send(nowhere),
        world.send(forged),
        world.send(blob("/box/one")),
        world.send(blob("/box/%2e%2e/one")),
        world.send(vault_secret),
        world.send(sign_in),
        world.send(not_there),
        world.send(no_version),
    ];
    for (method, target, body) in [
        (Method::PUT, vault.clone(), json!("no object")),
        (Method::PUT, vault, json!({"location": 7})),
        (Method::PUT, below_vault("backupPolicies/x"), json!({})),
        (Method::POST, below_vault(&format!("{ONE}/backup")), json!({})),
        (Method::POST, below_vault(&format!("{ONE}/restore")), json!({})),
        (
            Method::PUT,
            "/providers/Microsoft.Network/virtualNetworks/n".to_owned(),
            json!({"location": "westeurope", "properties": {}}),
        ),
    ] {
        refused.push(world.arm(method, &target, Some(&body)));
    }
    for answer in &refused {
        assert!(answer.status.as_u16() >= 400, "{answer:?}");
        assert!(answer.header("x-azdrill-rules").is_some(), "{answer:?}");
    }
}

impl World {
    /// What the end of a validation names: before a backup, with the instance changed so.
    pub(crate) fn backup_needs(&mut self, change: impl FnOnce(&mut Value)) -> Response {
        let mut body = self.instance_body();
        change(&mut body["properties"]);
        let sent = json!({"objectType": "ValidateForBackupRequest", "backupInstance": body["properties"]});
        let started = self.post(&below_vault("validateForBackup"), &sent);
        self.ended(started)
    }

    /// The same of a restore, with the request changed so.
    pub(crate) fn restore_needs(&mut self, change: impl FnOnce(&mut Value)) -> Response {
        let mut body = self.restore_body();
        change(&mut body);
        let sent = json!({"objectType": "ValidateRestoreRequestObject", "restoreRequestObject": body});
        let started = self.post(&below_vault(&format!("{ONE}/validateRestore")), &sent);
        self.ended(started)
    }

    fn ended(&mut self, started: Response) -> Response {
        if started.status != 202 {
            return started;
        }
        self.settle();
        self.follow(&started, "azure-asyncoperation")
    }

    pub(crate) fn change_vault(&mut self, change: impl FnOnce(&mut Value)) -> Response {
        let mut body = vault_body("On");
        change(&mut body);
        let answer = self.put(&format!("{}?api-version=2024-04-01", below_vault("")), &body);
        self.settle();
        answer
    }
}

/// An identity the vault has not.
fn foreign_identity() -> Value {
    json!({
        "useSystemAssignedIdentity": false,
        "userAssignedIdentityArmUrl": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/x/providers/Microsoft.ManagedIdentity/userAssignedIdentities/y",
    })
}

#[test]
fn a_backup_that_cannot_be_validated_names_what_it_needs() {
    let mut world = World::protected();
    let held = world.backup_needs(|_| {});
    named(&held, "FX-B-19");
    assert_eq!(
        held.json_body()["error"]["code"],
        "UserErrorDppDatasourceAlreadyProtected"
    );
    // A kind that is played, of which the id is none.
    let none = world.backup_needs(|instance| {
        instance["dataSourceInfo"]["resourceID"] = json!("/subscriptions/x");
    });
    assert_eq!(none.status, 400, "{none:?}");
    let again = world.instance_body();
    named(&world.put(&below_vault("backupInstances/two"), &again), "FX-B-19");
    let untrue = world.backup_needs(|instance| {
        instance["dataSourceInfo"]["resourceLocation"] = json!("northeurope");
    });
    named(&untrue, "DPP-DATASOURCE-TRUE");
    world.delete(&below_vault(ONE));
    world.settle();
    let foreign = world.backup_needs(|instance| instance["identityDetails"] = foreign_identity());
    named(&foreign, "FX-B-01,FX-B-18");
    let server = world.server();
    let group = world.group();
    let roles = [
        (group.clone(), "c088a766-074b-43ba-90d4-1fb21feae531"),
        (group, "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
    ];
    for (scope, role) in roles {
        world.give_vault(&scope, role);
    }
    world.delete(&server);
    world.settle();
    named(&world.backup_needs(|_| {}), "FX-B-05");
}

#[test]
fn what_is_softly_deleted_still_holds_its_datasource() {
    let mut world = World::backed_up();
    world.delete(&below_vault(&format!(
        "{ONE}?permanent=true&api-version=2024-04-01"
    )));
    world.settle();
    let notes = world.azure.log().notes().to_vec();
    let noted = notes.iter().flat_map(|note| &note.rules);
    assert!(noted.into_iter().any(|rule| rule.as_str() == "DPP-PERMANENT"));
    let again = world.instance_body();
    named(&world.put(&below_vault("backupInstances/two"), &again), "FX-B-20");
    let held = world.backup_needs(|_| {});
    named(&held, "FX-B-20");
    assert_eq!(
        held.json_body()["error"]["code"],
        "UserErrorDppDatasourceAlreadyHasBackupInstance"
    );
}

/// What is softly deleted for 14 days is there until they are over, and not a moment longer.
#[test]
fn what_is_softly_deleted_goes_when_its_time_has_come() {
    let mut world = World::backed_up();
    world.delete(&below_vault(ONE));
    world.settle();
    let deleted = world.listed("deletedBackupInstances");
    let purged = &deleted[0]["properties"]["deletionInfo"]["scheduledPurgeTime"];
    let purged: Timestamp = purged.as_str().expect("a time").parse().expect("a time");
    world.pass(purged.duration_since(world.now) - SignedDuration::from_mins(1));
    let due = world.azure.next_due().expect("it is going to be purged");
    assert_eq!(due.as_second(), purged.as_second());
    world.now = due - SignedDuration::from_millis(1);
    world.azure.tick(world.now);
    assert_eq!(world.listed("deletedBackupInstances").len(), 1);
    world.now = due;
    world.azure.tick(world.now);
    assert!(world.listed("deletedBackupInstances").is_empty());
}

/// Nothing that is written is refused for a network where a role is missing: each row says its own.
#[test]
fn a_target_without_a_role_is_no_matter_of_its_network() {
    let mut world = World::backed_up();
    let account = world.account();
    let listed = world.get(&format!(
        "{account}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()"
    ));
    let body = listed.json_body();
    let all = body["value"].as_array().expect("a list").iter();
    let mut own = all.filter(|one| one["properties"]["scope"] == account.as_str());
    let id = own.next().expect("an assignment")["id"].as_str().expect("an id");
    assert_eq!(world.delete(id).status, 200);
    world.settle();
    named(&world.restore_needs(|_| {}), "FX-RF-01,RBAC");
}

#[test]
fn a_server_in_another_region_than_the_vault_is_not_protected() {
    let mut world = World::new();
    let body = json!({
        "location": "northeurope",
        "properties": {"administratorLogin": "drill", "administratorLoginPassword": "Not-a-secret-1!", "version": "16"},
    });
    world.put(&world.server(), &body);
    world.settle();
    assert_eq!(world.put_vault("2024-04-01", "On").status, 201);
    assert_eq!(world.put_policy().status, 200);
    let elsewhere = world.backup_needs(|instance| {
        instance["dataSourceInfo"]["resourceLocation"] = json!("northeurope");
    });
    named(&elsewhere, "FX-B-07");
}

#[test]
fn a_backup_on_demand_names_why_it_is_not_begun() {
    let mut world = World::protected();
    let wrong = json!({"backupRuleOptions": {"ruleName": "Default", "triggerOption": {}}});
    let start = below_vault(&format!("{ONE}/backup"));
    named(&world.post(&start, &wrong), "FX-B-11");
    let mut tagged = backup_body();
    tagged["backupRuleOptions"]["triggerOption"] = json!({"retentionTagOverride": "Yearly"});
    named(&world.post(&start, &tagged), "DPP-TAG-OVERRIDE");
    assert_eq!(world.post(&start, &backup_body()).status, 202);
    named(&world.post(&start, &backup_body()), "FX-B-10");
    world.settle();
    let instance = world.instance_body();
    world.delete(&below_vault(ONE));
    world.settle();
    let two = below_vault("backupInstances/two");
    let mut fresh = World::protected();
    fresh.delete(&below_vault(ONE));
    fresh.settle();
    assert_eq!(fresh.put(&two, &instance).status, 201);
    named(&fresh.post(&format!("{two}/backup"), &backup_body()), "FX-B-21");
}

#[test]
fn policies_name_what_they_cannot_say() {
    let mut world = World::of(Profile::Documented);
    world.put_vault("2024-04-01", "On");
    let put = |world: &mut World, place: &str, value: Value| {
        let mut body = policy_body();
        *body["properties"]["policyRules"]
            .pointer_mut(place)
            .expect("it is there") = value;
        world.put(&below_vault("backupPolicies/own"), &body)
    };
    let archive = json!({"dataStoreType": "ArchiveStore", "objectType": "DataStoreInfoBase"});
    named(&put(&mut world, "/0/dataStore", archive), "FX-B-16");
    let untagged = put(&mut world, "/0/trigger/taggingCriteria", json!([]));
    named(&untagged, "DPP-TAG");
    // One that no backup ever gets, though there is a retention rule of its name.
    let mut never = policy_body();
    let rules = &mut never["properties"]["policyRules"];
    rules[0]["trigger"]["taggingCriteria"] = json!([
        {"tagInfo": {"tagName": "Weekly"}, "taggingPriority": 20, "isDefault": false, "criteria": []},
        {"tagInfo": {"tagName": "Default"}, "taggingPriority": 99, "isDefault": true},
    ]);
    let mut weekly = rules[1].clone();
    (weekly["name"], weekly["isDefault"]) = (json!("Weekly"), json!(false));
    rules.as_array_mut().expect("rules").push(weekly);
    named(&world.put(&below_vault("backupPolicies/own"), &never), "DPP-TAG");
    let days = put(&mut world, "/1/lifecycles/0/deleteAfter/duration", json!("P1D"));
    named(&days, "FX-B-17");
}

#[test]
fn a_restore_that_cannot_be_validated_names_what_it_needs() {
    let mut world = World::backed_up();
    let foreign = world.restore_needs(|restore| restore["identityDetails"] = foreign_identity());
    named(&foreign, "FX-RF-10");
    let body = json!({"location": "northeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
    world.put("/providers/Microsoft.Storage/storageAccounts/elsewhere", &body);
    world.settle();
    let far = world.restore_needs(|restore| {
        restore["restoreTargetInfo"]["targetDetails"]["url"] =
            json!("https://elsewhere.blob.core.windows.net/box");
    });
    named(&far, "FX-RF-06");
    let perimeter = json!({"properties": {"publicNetworkAccess": "SecuredByPerimeter"}});
    let account = world.account();
    let changed = world.arm(Method::PATCH, &account, Some(&perimeter));
    assert_eq!(changed.status, 200, "{changed:?}");
    named(&world.restore_needs(|_| {}), "FX-RF-03,FX-RF-04,E2-9");
}

/// FX-RF-02: what an account does not say of replication across tenants is no for those of 15 December 2023 and later.
#[test]
fn replication_across_tenants_is_off_unasked_for_newer_accounts() {
    for (made, told) in [("2023-12-14T23:59:59Z", false), ("2023-12-15T00:00:00Z", true)] {
        let mut world = World::at(Profile::Observed, made).protect_and_back_up();
        let mut is_told = |world: &mut World| {
            let before = world.azure.log().notes().len();
            let answer = world.restore_needs(|_| {});
            assert_eq!(answer.json_body()["status"], "Succeeded", "{answer:?}");
            let notes = world.azure.log().notes();
            let mut rules = notes.iter().skip(before).flat_map(|note| &note.rules);
            rules.any(|rule| rule.as_str() == "FX-RF-02")
        };
        assert_eq!(is_told(&mut world), told, "{made}");
        // What is said counts, whenever it was made.
        for (said, told) in [(true, false), (false, true)] {
            let changed = world.change_account(&json!({"allowCrossTenantReplication": said}));
            assert_eq!(changed.status, 200, "{changed:?}");
            assert_eq!(is_told(&mut world), told, "{made} {said}");
        }
    }
}

/// FX-B-08, FX-B-13: the most there may be is still taken.
#[test]
fn a_server_of_exactly_the_size_there_may_be_is_backed_up() {
    for (tag, most, code) in [
        ("azdrill-taken-size-mib", 1_048_576, "SyntheticServerTooLarge"),
        ("azdrill-taken-bytea-mib", 500, "SyntheticRowTooLarge"),
    ] {
        let mut world = World::protected();
        let server = world.server();
        for (mib, status) in [(most, "Completed"), (most + 1, "Failed")] {
            let tags = json!({"tags": {tag: mib.to_string()}});
            let tagged = world.arm(Method::PATCH, &server, Some(&tags));
            assert!(tagged.status.is_success(), "{tagged:?}");
            world.settle();
            world.post(&below_vault(&format!("{ONE}/backup")), &backup_body());
            world.settle();
            let id = world.listed("backupJobs")[0]["name"].clone();
            let job = below_vault(&format!("backupJobs/{}", id.as_str().expect("a name")));
            let job = world.get(&job).json_body()["properties"].clone();
            assert_eq!(job["status"], status, "{tag} {mib}: {job}");
            if status == "Failed" {
                assert_eq!(job["errorDetails"][0]["code"], code, "{job}");
            }
        }
    }
}

/// No call makes a replica here; one that is there is not protected.
#[test]
fn a_replica_is_not_protected() {
    let mut world = World::protected();
    world.delete(&below_vault(ONE));
    world.settle();
    let server = world.server().parse().expect("an id");
    let replica = world.azure.state_mut().resources.get_mut(&server);
    replica
        .expect("a server")
        .set_property(&["replicationRole"], json!("AsyncReplica"));
    named(&world.backup_needs(|_| {}), "FX-B-12");
}

#[test]
fn a_vault_names_why_it_and_what_is_in_it_stay() {
    let mut world = World::backed_up();
    named(&world.delete(&below_vault("")), "VLT-06");
    let locked = world.change_vault(|vault| {
        vault["properties"]["securitySettings"]["immutabilitySettings"] = json!({"state": "Unlocked"});
    });
    assert!(locked.status.is_success(), "{locked:?}");
    named(&world.delete(&below_vault(ONE)), "VLT-05");
    let lock = json!({"properties": {"level": "CanNotDelete"}});
    let target = format!("{}/providers/Microsoft.Authorization/locks/keep", world.account());
    world.put(&target, &lock);
    let kept = world.arm(Method::DELETE, &world.account(), None);
    named(&kept, "LOCK");
}

#[test]
fn only_the_first_scheduled_backup_of_a_week_runs() {
    let mut world = World::protected();
    let mut policy = policy_body();
    policy["properties"]["policyRules"][0]["trigger"]["schedule"]["repeatingTimeIntervals"] = json!([
        "R/2026-03-03T06:30:00+00:00/P1W",
        "R/2026-03-05T06:30:00+00:00/P1W"
    ]);
    world.take_policy("twice", &policy);
    world.pass(SignedDuration::from_hours(24 * 6));
    let notes = world.azure.log().notes();
    let rules: Vec<_> = notes
        .iter()
        .flat_map(|note| &note.rules)
        .map(|rule| rule.as_str())
        .collect();
    assert_eq!(rules, ["FX-B-09"]);
    // Nobody else said no: there is no inner error, and the job says that.
    let jobs = world.listed("backupJobs");
    let failed = jobs.iter().find(|job| job["properties"]["status"] == "Failed");
    let name = failed.expect("a failed job")["name"].clone();
    let job = world.get(&below_vault(&format!(
        "backupJobs/{}",
        name.as_str().expect("a name")
    )));
    let error = job.json_body()["properties"]["errorDetails"][0].clone();
    assert_eq!(
        error["innerError"]["code"], "InnerErrorCodeUnavailable",
        "{error}"
    );
}
