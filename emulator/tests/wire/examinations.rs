//! What an examination tells at the borders of its rows, and what by the documents' alternatives.

use azdrill_emulator::jobs::MissingRight;
use azdrill_emulator::model::{ResourceId, TenantId, Timestamp};
use azdrill_emulator::rules::Profile;
use azdrill_emulator::state::Subscription;
use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use uuid::Uuid;

use crate::bodies::backup_body;
use crate::rules::named;
use crate::single_server::{SINGLE, long, server_body};
use crate::single_server_backups::DATABASES;
use crate::vault_keys::encrypted_in;
use crate::world::{World, below_vault};

const ONE: &str = "backupInstances/one";
/// A step of the world's time.
const STEP: SignedDuration = SignedDuration::from_millis(1_234);

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

impl World {
    /// Whether a rule is told of while something goes well.
    fn tells(&mut self, rule: &str, what: impl FnOnce(&mut Self)) -> bool {
        let before = self.azure.log().notes().len();
        what(self);
        let notes = self.azure.log().notes();
        let mut rules = notes.iter().skip(before).flat_map(|note| &note.rules);
        rules.any(|own| own.as_str() == rule)
    }

    fn may_be_restored(&mut self) {
        let answer = self.restore_needs(|_| {});
        assert_eq!(answer.json_body()["status"], "Succeeded", "{answer:?}");
    }
}

/// FX-B-02, E1-PROPAGATION: by the documents the role itself is looked for, and one that was just given is told from
/// one that nobody has given.
#[test]
fn a_role_that_is_not_seen_yet_is_told_from_one_that_is_not_there() {
    const NOT_SEEN: &str = "where it is assigned and not seen yet";
    let mut world = World::of(Profile::Documented).protect();
    assert_eq!(world.delete(&below_vault(ONE)).status, 202);
    world.settle();
    let server = world.server();
    let listed = world.get(&format!(
        "{server}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()"
    ));
    let body = listed.json_body();
    let mut all = body["value"].as_array().expect("a list").iter();
    let own = all.find(|one| one["properties"]["scope"] == server.as_str());
    let own = own.expect("an assignment")["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(world.delete(&own).status, 200);
    world.settle();
    let missing = world.backup_needs(|_| {});
    named(&missing, "FX-B-02");
    assert!(!missing.json_body().to_string().contains(NOT_SEEN), "{missing:?}");
    world.azure.settings_mut().role_propagation = SignedDuration::from_hours(1);
    world.give_vault(&server, "c088a766-074b-43ba-90d4-1fb21feae531");
    let late = world.backup_needs(|_| {});
    named(&late, "FX-B-02,E1-PROPAGATION");
    assert!(late.json_body().to_string().contains(NOT_SEEN), "{late:?}");
}

/// FX-RF-11: an account that says nothing of its keys lets them in.
#[test]
fn an_account_lets_its_keys_in_unless_it_says_no() {
    let mut world = World::of(Profile::Documented).protect_and_back_up();
    // The documents want that as well (FX-RF-02).
    let changed = world.change_account(&json!({"allowCrossTenantReplication": true}));
    assert_eq!(changed.status, 200, "{changed:?}");
    world.may_be_restored();
    for (allowed, refused) in [(true, false), (false, true)] {
        let changed = world.change_account(&json!({"allowSharedKeyAccess": allowed}));
        assert_eq!(changed.status, 200, "{changed:?}");
        if refused {
            named(&world.restore_needs(|_| {}), "FX-RF-11");
        } else {
            world.may_be_restored();
        }
    }
}

/// FX-RF-02: an account that is made as 15 December 2023 begins is one of the newer ones.
#[test]
fn an_account_of_the_very_second_is_one_of_the_newer() {
    for (made, told) in [("2023-12-14T23:59:59Z", false), ("2023-12-15T00:00:00Z", true)] {
        // Of those times an account says nothing of it by itself.
        let mut world = World::at(Profile::Observed, "2023-12-01T06:00:00Z").protect_and_back_up();
        let account: ResourceId = world.account().parse().expect("an id");
        let resources = &mut world.azure.state_mut().resources;
        resources.get_mut(&account).expect("it is there").created = at(made);
        let found = world.tells("FX-RF-02", World::may_be_restored);
        assert_eq!(found, told, "{made}");
    }
}

/// SS-B-17: what the product had is taken in silence, each version of it.
#[test]
fn a_single_server_of_any_version_there_was_is_backed_up_in_silence() {
    for (version, told) in [("9.6", false), ("11", false), ("16", true)] {
        let mut world = World::with_a_database();
        let server = format!("{}{SINGLE}", world.group()).parse().expect("an id");
        let server = world.azure.state_mut().resources.get_mut(&server);
        server
            .expect("the server")
            .set_property(&["version"], json!(version));
        let found = world.tells("SS-B-17", |world| {
            let answer = world.validate_database();
            assert_eq!(answer.json_body()["status"], "Succeeded", "{answer:?}");
        });
        assert_eq!(found, told, "{version}");
    }
}

/// SS-B-12: signing in is not enough.
#[test]
fn a_user_who_may_not_read_all_backs_nothing_up() {
    let mut world = World::with_a_database();
    world.movement.lacks = vec![MissingRight {
        object: "table sales.orders".to_owned(),
        privilege: "SELECT".to_owned(),
    }];
    let refused = world.validate_database();
    named(&refused, "SS-B-12,SS-B-13");
    let last = world.azure.log().notes().last().expect("a note").text.clone();
    assert!(last.contains("SELECT on table sales.orders"), "{last}");
}

/// FX-B-18: of the identities a vault has, an instance names one.
#[test]
fn any_of_a_vaults_identities_may_be_named() {
    let mut world = World::protected();
    assert_eq!(world.delete(&below_vault(ONE)).status, 202);
    world.settle();
    let ids = ["one", "two"].map(|name| {
        let identity = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities";
        format!("{}{identity}/{name}", world.group())
    });
    for id in &ids {
        let made = world.put(id, &json!({"location": "westeurope"}));
        assert!(made.status.is_success(), "{made:?}");
    }
    let mut both = json!({"type": "SystemAssigned,UserAssigned"});
    for id in &ids {
        both["userAssignedIdentities"][id] = json!({});
    }
    let changed = world.arm(Method::PATCH, &below_vault(""), Some(&json!({"identity": both})));
    assert!(changed.status.is_success(), "{changed:?}");
    world.settle();
    for id in &ids {
        let details = json!({"useSystemAssignedIdentity": false, "userAssignedIdentityArmUrl": id});
        // It is known, and has no role.
        let answer = world.backup_needs(|instance| instance["identityDetails"] = details);
        named(&answer, "FX-B-02,RBAC");
    }
}

/// SS-B-21: nothing is backed up from the first moment on.
#[test]
fn a_retired_server_is_not_backed_up() {
    for (now, retired) in [("2025-03-27T23:59:59Z", false), ("2025-03-28T00:00:00Z", true)] {
        let mut world = World::with_a_database();
        let before = at(now) - STEP;
        world.pass(before.duration_since(world.now));
        world.now = before;
        world.sign_in_again();
        let answer = world.validate_database();
        if retired {
            named(&answer, "SS-B-21");
        } else {
            assert_eq!(answer.json_body()["status"], "Succeeded", "{answer:?}");
        }
    }
}

/// TENANT-B: what a vault backs up is in its own tenant.
#[test]
fn a_server_of_another_tenant_is_not_backed_up() {
    let mut world = World::protected();
    let elsewhere = "00000000-0000-4000-8000-000000007e18".to_owned();
    let server = world.server().replace(&world.operator.subscription, &elsewhere);
    let state = world.azure.state_mut();
    let other = Subscription {
        id: elsewhere.clone(),
        name: "elsewhere".to_owned(),
        tenant: TenantId(Uuid::from_u128(0x7e17)),
        hidden: false,
    };
    state.subscriptions.insert(elsewhere, other);
    let own = world.operator.subscription.clone();
    let state = world.azure.state_mut();
    let id: ResourceId = server.parse().expect("an id");
    let there = server.replace(id.subscription().unwrap_or_default(), &own);
    let mut resource = state.resources[&there.parse().expect("an id")].clone();
    resource.id = id.clone();
    state.resources.insert(id, resource);
    let answer = world.backup_needs(|instance| {
        instance["dataSourceInfo"]["resourceID"] = json!(server);
        instance["dataSourceInfo"]["resourceUri"] = json!(server);
    });
    named(&answer, "TENANT-B");
}

/// SS-RF-07: the product has ended from the first moment of its last day on.
#[test]
fn a_retired_server_is_restored_from_the_first_moment_on() {
    for (now, told) in [("2025-03-27T23:59:59Z", false), ("2025-03-28T00:00:00Z", true)] {
        let mut world = World::with_a_protected_database();
        assert_eq!(world.back_up_database()["status"], "Completed");
        let before = at(now) - STEP;
        world.pass(before.duration_since(world.now));
        world.now = before;
        world.sign_in_again();
        assert_eq!(world.tells("SS-RF-07", World::may_be_restored), told, "{now}");
    }
}

/// VLT-07-JOBS: one page says that a job tells nothing of a key it cannot use, and another that it does.
#[test]
fn what_is_wrong_with_a_key_is_told_where_its_own_code_is() {
    let assumed = [("VLT-07-JOBS".to_owned(), "named_error".to_owned())];
    for (world, inner) in [
        (World::new(), "InternalServerError"),
        (
            World::assuming(assumed, "2026-03-02T06:00:00.1234567Z"),
            "InnerErrorCodeUnavailable",
        ),
    ] {
        let (mut world, _) = encrypted_in(world.protect_and_back_up());
        let told = world.key_call(Method::PATCH, "one", &json!({"attributes": {"enabled": false}}));
        assert_eq!(told.status, 200, "{told:?}");
        let started = world.post(&below_vault(&format!("{ONE}/backup")), &backup_body());
        assert_eq!(started.status, 202, "{started:?}");
        world.settle();
        let failed = world.listed("backupJobs")[0]["properties"].clone();
        assert_eq!(failed["status"], "Failed", "{failed}");
        let found = &failed["errorDetails"][0]["innerError"];
        assert_eq!(found["code"], inner, "{failed}");
        let tells = found.to_string().contains("the key is disabled");
        assert_eq!(tells, inner != "InternalServerError", "{failed}");
    }
}

/// SS-CR-03-SECRET: nobody knows where the key vault of a restore across regions must be; where that is said to be the
/// target's region, it is looked at.
#[test]
fn a_secret_may_have_to_be_in_the_targets_region() {
    for (taken, refused) in [("in_any_region", false), ("in_the_targets_region", true)] {
        let assumed = [("SS-CR-03-SECRET".to_owned(), taken.to_owned())];
        let mut world = World::assuming(assumed, "2024-09-02T06:00:00Z")
            .make_a_database()
            .paired();
        let instance = world.database_instance();
        assert_eq!(world.put(&below_vault(ONE), &instance).status, 201);
        world.settle();
        assert_eq!(world.back_up_database()["status"], "Completed");
        world.pass(SignedDuration::from_hours(49));
        world.sign_in_again();
        let far = SINGLE.replace("/single", "/farsingle");
        let mut server = server_body("11");
        server["location"] = json!("northeurope");
        long(&world.put(&far, &server));
        world.settle();
        let everybody = json!({"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}});
        long(&world.put(&format!("{far}/firewallRules/azure"), &everybody));
        world.settle();
        let far = format!("{}{far}", world.group());
        world.give_vault(&far, "acdd72a7-3385-48ef-bd42-f606fba81ae7");
        let mut asked = world.far_restore();
        asked["restoreRequestObject"]["restoreTargetInfo"] = json!({
            "objectType": "RestoreTargetInfo",
            "recoveryOption": "FailIfExists",
            "restoreLocation": "northeurope",
            "datasourceInfo": {
                "objectType": "Datasource",
                "datasourceType": DATABASES,
                "resourceID": format!("{far}/databases/restored"),
            },
            "datasourceAuthCredentials": instance["properties"]["datasourceAuthCredentials"],
        });
        let started = world.ask_there("validateCrossRegionRestore", &asked);
        assert_eq!(started.status, 202, "{started:?}");
        world.settle();
        let ended = world.follow(&started, "azure-asyncoperation");
        if refused {
            named(&ended, "SS-CR-03-SECRET");
        } else {
            assert_eq!(ended.json_body()["status"], "Succeeded", "{ended:?}");
        }
    }
}
