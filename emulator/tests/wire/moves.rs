//! Backup vaults come to another resource group: what goes along, what is refused, what happens meanwhile.

use azdrill_emulator::model::{Response, TenantId, Timestamp};
use azdrill_emulator::state::IdentityKind;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bodies::{backup_body, policy_body};
use crate::resource_guards::names;
use crate::rules::named;
use crate::world::{World, below_vault};

impl World {
    fn kept(&self) -> String {
        self.group().replace("/drill", "/kept")
    }

    fn at_new_place(&self, rest: &str) -> String {
        format!("{}{}", self.kept(), below_vault(rest))
    }

    fn make_kept(&mut self) {
        let kept = self.kept();
        assert_eq!(self.put(&kept, &json!({"location": "westeurope"})).status, 201);
    }

    fn ask_move(&mut self, action: &str, what: &[&str]) -> Response {
        let (group, kept) = (self.group(), self.kept());
        let ids: Vec<String> = what.iter().map(|id| format!("{group}{id}")).collect();
        self.post(
            &format!("/{action}"),
            &json!({"resources": ids, "targetResourceGroup": kept}),
        )
    }

    fn vault_is_moved(&mut self) {
        self.make_kept();
        let asked = self.ask_move("moveResources", &[&below_vault("")]);
        assert_eq!(asked.status, 202, "{asked:?}");
        self.settle();
        assert_eq!(self.follow(&asked, "location").status, 204);
    }

    fn principal(&mut self, vault: &str) -> Value {
        self.get(vault).json_body()["identity"]["principalId"].clone()
    }
}

#[test]
fn a_vault_that_is_made_anew_where_another_was_moved_to_has_not_been_moved() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "Off");
    world.settle();
    world.vault_is_moved();
    let there = world.at_new_place("");
    assert_eq!(world.delete(&there).status, 202);
    world.settle();
    let made = world.put(&there, &crate::bodies::vault_body("Off"));
    assert_eq!(made.status, 201, "{made:?}");
    world.settle();
    let own = world.get(&there).json_body()["properties"].clone();
    assert_ne!(own["resourceMoveState"], "MoveSucceeded", "{own}");
    assert_eq!(own["resourceMoveDetails"], Value::Null, "{own}");
}

#[test]
fn everything_in_a_vault_is_called_by_its_new_place() {
    let mut world = World::backed_up();
    let (old, point) = (format!("{}{}", world.group(), below_vault("")), world.point());
    let before = world.principal(&below_vault(""));
    world.vault_is_moved();
    let there = world.at_new_place("");
    assert_eq!(world.get(&old).status, 404);
    let body = world.get(&there).json_body();
    assert_eq!(body["id"], there.as_str());
    assert_eq!(body["properties"]["resourceMoveState"], "MoveSucceeded");
    assert_eq!(
        body["properties"]["resourceMoveDetails"]["sourceResourcePath"],
        old.as_str()
    );
    assert_eq!(world.principal(&there), before);
    for rest in [
        "backupInstances",
        "backupPolicies",
        "backupInstances/one/recoveryPoints",
        "backupJobs",
    ] {
        let listed = world.get(&world.at_new_place(rest));
        let text = listed.json_body().to_string();
        assert!(
            !text.to_lowercase().contains(&old.to_lowercase()),
            "{rest}: {text}"
        );
        assert_eq!(
            listed.json_body()["value"].as_array().map(Vec::len),
            Some(1),
            "{rest}"
        );
    }
    let points = world.get(&world.at_new_place("backupInstances/one/recoveryPoints"));
    assert_eq!(points.json_body()["value"][0]["name"], point.as_str());
    // It holds its server there, and nothing holds it at the old place.
    let vault = world
        .azure
        .state()
        .directory
        .iter()
        .find(|own| json!(own.id) == before);
    let own = IdentityKind::SystemAssigned(there.parse().expect("an id"));
    assert_eq!(vault.map(|own| own.identity.clone()), Some(own));
    world.put_vault("2024-04-01", "On");
    world.put_policy();
    world.settle();
    let again = world.put(&below_vault("backupInstances/two"), &world.instance_body());
    assert_eq!(again.status, 400, "{again:?}");
    let text = again.json_body()["error"]["message"].to_string();
    assert!(text.contains(&there), "{text}");
}

#[test]
fn retention_and_soft_delete_go_on_in_the_new_place() {
    let mut world = World::backed_up();
    let deleted = world.delete(&below_vault("backupInstances/one"));
    assert_eq!(deleted.status, 202);
    world.settle();
    world.vault_is_moved();
    let shown = world.get(&world.at_new_place("deletedBackupInstances/one"));
    assert_eq!(shown.status, 200, "{shown:?}");
    let back = world.post(
        &world.at_new_place("deletedBackupInstances/one/undelete"),
        &json!({}),
    );
    assert_eq!(back.status, 200, "{back:?}");
    let listed = |world: &mut World| {
        world.sign_in_again();
        let points = world.get(&world.at_new_place("backupInstances/one/recoveryPoints"));
        points.json_body()["value"].as_array().map(Vec::len)
    };
    assert_eq!(listed(&mut world), Some(1));
    let resumed = world.post(
        &world.at_new_place("backupInstances/one/resumeProtection"),
        &json!({}),
    );
    assert_eq!(resumed.status, 202, "{resumed:?}");
    world.settle();
    // The first expires after three months, and there is one a week meanwhile.
    world.pass(SignedDuration::from_hours(24 * 93));
    world.sign_in_again();
    let points = world.get(&world.at_new_place("backupInstances/one/recoveryPoints"));
    let all = points.json_body()["value"].as_array().cloned().expect("a list");
    assert!(all.len() > 10, "{}", all.len());
    assert!(
        all.iter()
            .all(|point| point["properties"]["retentionTagName"] == "Default"),
        "{all:?}"
    );
}

#[test]
fn both_groups_are_locked_while_a_move_goes_on_and_the_vault_can_be_read() {
    let mut world = World::paced().protect();
    world.pass(SignedDuration::from_hours(1));
    world.sign_in_again();
    world.make_kept();
    let asked = world.ask_move("moveResources", &[&below_vault("")]);
    assert_eq!(asked.status, 202, "{asked:?}");
    world.pass(SignedDuration::from_secs(20));
    assert_eq!(world.follow(&asked, "location").status, 202);
    let vault = world.get(&below_vault(""));
    assert_eq!(vault.json_body()["properties"]["resourceMoveState"], "InProgress");
    let busy = [
        world.post(&below_vault("backupInstances/one/backup"), &backup_body()),
        world.put_policy(),
        world.delete(&below_vault("backupInstances/one")),
    ];
    for answer in busy {
        assert_eq!(
            answer.json_body()["error"]["code"],
            "UserErrorBackupVaultResourceMoveInProgress"
        );
        named(&answer, "VLT-09-BUSY");
    }
    let kept = world.kept();
    for target in [
        "/providers/Microsoft.Storage/storageAccounts/target".to_owned(),
        kept,
    ] {
        let answer = world.arm(Method::PATCH, &target, Some(&json!({"tags": {"a": "b"}})));
        assert_eq!(answer.status, 409, "{answer:?}");
        assert_eq!(
            answer.json_body()["error"]["code"],
            "SyntheticResourceGroupBeingMoved"
        );
        named(&answer, "MOVE-GROUPS");
    }
    let second = world.ask_move("moveResources", &[&below_vault("")]);
    named(&second, "MOVE-GROUPS");
    world.pass(SignedDuration::from_secs(300));
    assert_eq!(world.follow(&asked, "location").status, 204);
    assert!(world.put_account().status.is_success());
}

#[test]
fn a_vault_that_is_still_written_and_one_of_another_tenant_are_not_moved() {
    let mut world = World::paced();
    world.make_kept();
    world.put_vault("2024-04-01", "On");
    let asked = world.ask_move("validateMoveResources", &[&below_vault("")]);
    assert_eq!(asked.status, 202, "{asked:?}");
    world.pass(SignedDuration::from_secs(60));
    let told = world.follow(&asked, "location");
    assert_eq!(told.status, 409);
    let error = told.json_body()["error"].clone();
    assert_eq!(error["code"], "ResourceMoveProviderValidationFailed");
    let inner = &error["details"][0];
    assert_eq!(
        inner["code"],
        "UserErrorBackupVaultResourceMoveNotAllowedUntilResourceProvisioned"
    );
    assert_eq!(inner["target"], "Microsoft.DataProtection/backupVaults");
    names(&told, "VLT-09-PROVISIONED");
    // The subscription has come here from another tenant, and the identity has not.
    let principal = world.principal(&below_vault(""));
    let directory = &mut world.azure.state_mut().directory;
    let found = directory.iter().find(|own| json!(own.id) == principal);
    let mut own = found.cloned().expect("the vault has an identity");
    own.tenant = TenantId(Uuid::from_u128(7));
    directory.insert(own);
    let asked = world.ask_move("moveResources", &[&below_vault("")]);
    assert_eq!(asked.status, 202, "{asked:?}");
    world.pass(SignedDuration::from_secs(60));
    let told = world.follow(&asked, "location");
    assert_eq!(
        told.json_body()["error"]["details"][0]["code"],
        "UserErrorCrossTenantMSIMoveNotSupported"
    );
    names(&told, "VLT-09-TENANT");
}

#[test]
fn what_nobody_has_seen_of_moves_is_refused_by_name() {
    let mut world = World::protected();
    world.make_kept();
    let not_played = |answer: &Response, what: &str| {
        assert_eq!(answer.status, 501, "{answer:?}");
        let said = answer.header("x-azdrill-not-implemented").unwrap_or_default();
        assert!(said.contains(what), "{said}");
    };
    let account = world.ask_move(
        "moveResources",
        &["/providers/Microsoft.Storage/storageAccounts/target"],
    );
    not_played(
        &account,
        "moves of resources of the type Microsoft.Storage/storageAccounts",
    );
    assert_eq!(
        world
            .post(&below_vault("backupInstances/one/backup"), &backup_body())
            .status,
        202
    );
    let busy = world.ask_move("moveResources", &[&below_vault("")]);
    not_played(
        &busy,
        "while a job, an operation or a change of protection goes on",
    );
    world.settle();
    let lock = format!("{}/providers/Microsoft.Authorization/locks/keep", below_vault(""));
    let locked = world.put(&lock, &json!({"properties": {"level": "CanNotDelete"}}));
    assert_eq!(locked.status, 201);
    let locked = world.ask_move("moveResources", &[&below_vault("")]);
    not_played(&locked, "that has a lock of its own");
}

#[test]
fn a_request_for_a_move_names_what_there_is_and_where_it_goes() {
    let mut world = World::protected();
    world.make_kept();
    let code = |answer: &Response| {
        answer.json_body()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let inside = world.ask_move("moveResources", &[&below_vault("backupInstances/one")]);
    assert_eq!(code(&inside), "SyntheticMoveRequest", "{inside:?}");
    names(&inside, "MOVE-REQUEST");
    let nothing = world.ask_move("moveResources", &[]);
    assert_eq!(code(&nothing), "SyntheticMoveRequest");
    let missing = below_vault("").replace("/vault", "/none");
    let missing = world.ask_move("moveResources", &[&missing]);
    assert_eq!(
        (missing.status.as_u16(), code(&missing)),
        (404, "ResourceNotFound".to_owned())
    );
    let (vault, group) = (format!("{}{}", world.group(), below_vault("")), world.group());
    let nowhere = world.post(
        "/moveResources",
        &json!({"resources": [vault], "targetResourceGroup": group}),
    );
    assert_eq!(code(&nowhere), "SyntheticMoveRequest");
    let absent = group.replace("/drill", "/absent");
    let absent = world.post(
        "/moveResources",
        &json!({"resources": [vault], "targetResourceGroup": absent}),
    );
    assert_eq!(
        (absent.status.as_u16(), code(&absent)),
        (404, "ResourceGroupNotFound".to_owned())
    );
    let there = world.at_new_place("");
    let other = world.put(&there, &json!({"location": "westeurope", "properties": {"storageSettings": [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}]}}));
    assert_eq!(other.status, 201, "{other:?}");
    world.settle();
    let taken = world.ask_move("moveResources", &[&below_vault("")]);
    assert_eq!(code(&taken), "SyntheticMoveRequest");
}

/// `VLT-09-BUSY`: what is due while a vault is being moved is left out.
#[test]
fn a_scheduled_backup_is_left_out_while_its_vault_is_moved() {
    let mut world = World::paced_at("2026-03-02T06:00:00Z").protect();
    world.pass(SignedDuration::from_mins(5));
    let mut policy = policy_body();
    policy["properties"]["policyRules"][0]["trigger"]["schedule"]["repeatingTimeIntervals"] =
        json!(["R/2026-03-03T06:30:00+00:00/P1W"]);
    world.take_policy("weekly-then", &policy);
    let asked: Timestamp = "2026-03-03T06:29:00Z".parse().expect("a time");
    world.pass(asked.duration_since(world.now));
    world.sign_in_again();
    world.make_kept();
    let before = world.azure.log().notes().len();
    let moved = world.ask_move("moveResources", &[&below_vault("")]);
    assert_eq!(moved.status, 202, "{moved:?}");
    world.pass(SignedDuration::from_mins(10));
    let notes = world.azure.log().notes();
    let told = notes.iter().skip(before).flat_map(|note| &note.rules);
    let told: Vec<_> = told.map(|rule| rule.as_str()).collect();
    assert!(told.contains(&"VLT-09-BUSY"), "{told:?}");
    let there = world.at_new_place("backupJobs");
    let jobs = world.get(&there).json_body()["value"].clone();
    assert_eq!(jobs, json!([]));
}
