//! Multi-user authorization: what Resource Guards are and keep from being done.

use azdrill_emulator::model::{PrincipalId, Response};
use azdrill_emulator::state::IdentityKind;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::bodies::{policy_body, vault_body};
use crate::callers::{CONTRIBUTOR, refusal};
use crate::world::{World, below_vault};

pub(crate) const MUA_OPERATOR: &str = "f54b6d04-23c6-443e-b462-9c16ab7b4a52";
pub(crate) const PROXY: &str = "backupResourceGuardProxies/DppResourceGuardProxy";
pub(crate) const ONE: &str = "backupInstances/one";

/// A group beside the vault's, so that roles of one are no roles of the other.
pub(crate) fn guard(world: &World) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/guards/providers/Microsoft.DataProtection/resourceGuards/guard",
        world.operator.subscription
    )
}

fn group_of(guard: &str) -> String {
    guard.split("/providers/").next().unwrap_or_default().to_owned()
}

pub(crate) fn put_guard(world: &mut World, excluded: &Value) -> Response {
    let guard = guard(world);
    assert!(
        world
            .put(&group_of(&guard), &json!({"location": "westeurope"}))
            .status
            .is_success()
    );
    let body =
        json!({"location": "westeurope", "properties": {"vaultCriticalOperationExclusionList": excluded}});
    world.put(&guard, &body)
}

pub(crate) fn map(world: &mut World, guard: &str) -> Response {
    let body = json!({"properties": {"resourceGuardResourceId": guard}});
    world.put(&below_vault(PROXY), &body)
}

/// A vault that is mapped to a guard, with a recovery point, and somebody who looks after its backups.
pub(crate) fn guarded() -> (World, PrincipalId) {
    let mut world = World::backed_up();
    assert_eq!(put_guard(&mut world, &json!([])).status, 200);
    let guard = guard(&world);
    assert_eq!(map(&mut world, &guard).status, 200);
    let admin = world.add_principal(0xbac0, "backup admin", IdentityKind::Application);
    let group = world.group();
    world.give(&group, CONTRIBUTOR, admin.0);
    world.settle();
    (world, admin)
}

pub(crate) fn requests(guard: &str, requests: &str) -> Value {
    json!([format!("{guard}/{requests}/default")])
}

#[track_caller]
pub(crate) fn names(answer: &Response, rule: &str) {
    let rules = answer.header("x-azdrill-rules").unwrap_or_default();
    assert!(rules.split(',').any(|own| own == rule), "{rule}: {answer:?}");
}

#[track_caller]
pub(crate) fn let_through(answer: &Response) {
    assert!(answer.status.is_success(), "{answer:?}");
}

#[test]
fn a_guard_shows_what_it_protects() {
    let mut world = World::new();
    let made = put_guard(&mut world, &json!([]));
    assert_eq!(made.status, 200, "{made:?}");
    let guard = guard(&world);
    let count = |answer: &Response| {
        let all = answer.json_body()["properties"]["resourceGuardOperations"].clone();
        all.as_array().map_or(0, Vec::len)
    };
    assert_eq!(count(&made), 18);
    assert_eq!(count(&world.get(&format!("{guard}?api-version=2025-07-01"))), 19);
    let pin = "Microsoft.RecoveryServices/vaults/backupSecurityPIN/action";
    let fewer = put_guard(&mut world, &json!([pin.to_uppercase()]));
    assert_eq!(count(&fewer), 17, "letter case makes no difference");
    let body = json!({"tags": {"by": "security"}});
    let tagged = world.arm(Method::PATCH, &guard, Some(&body));
    assert_eq!((tagged.status.as_u16(), count(&tagged)), (200, 17));
    for below in [
        group_of(&guard),
        format!("/subscriptions/{}", world.operator.subscription),
    ] {
        let listed = world.get(&format!(
            "{below}/providers/Microsoft.DataProtection/resourceGuards"
        ));
        assert_eq!(
            listed.json_body()["value"][0]["tags"]["by"],
            "security",
            "{listed:?}"
        );
    }
    let deleted = world.delete(&guard);
    assert_eq!((deleted.status.as_u16(), deleted.body.len()), (200, 0));
    assert_eq!(world.delete(&guard).status, 204);
    assert_eq!(world.get(&guard).status, 404);
}

#[test]
fn each_kind_of_request_has_one_that_is_the_default() {
    let mut world = World::new();
    let pin = "Microsoft.RecoveryServices/vaults/backupSecurityPIN/action";
    put_guard(&mut world, &json!([pin]));
    let guard = guard(&world);
    for name in [
        "disableSoftDeleteRequests",
        "deleteResourceGuardProxyRequests",
        "deleteProtectedItemRequests",
        "updateProtectionPolicyRequests",
        "updateProtectedItemRequests",
    ] {
        let wanted = json!({
            "id": format!("{guard}/{name}/default"),
            "name": "default",
            "type": format!("Microsoft.DataProtection/resourceGuards/{name}"),
        });
        let listed = world.get(&format!("{guard}/{name}")).json_body();
        assert_eq!(listed, json!({"value": [wanted]}));
        assert_eq!(world.get(&format!("{guard}/{name}/default")).json_body(), wanted);
        assert_eq!(world.get(&format!("{guard}/{name}/other")).status, 404);
    }
    let none = world
        .get(&format!("{guard}/getBackupSecurityPINRequests"))
        .json_body();
    assert_eq!(none, json!({"value": []}), "it leaves that out");
    assert_eq!(
        world
            .get(&format!("{guard}/getBackupSecurityPINRequests/default"))
            .status,
        404
    );
}

#[test]
fn what_a_guard_cannot_leave_out_and_what_it_does_not_know() {
    let mut world = World::new();
    for name in [
        "Microsoft.DataProtection/backupVaults/backupResourceGuardProxies/delete",
        "Microsoft.DataProtection/backupVaults/write#reduceSoftDeleteSecurity",
        "Microsoft.DataProtection/backupVaults/nothing",
    ] {
        names(&put_guard(&mut world, &json!([name])), "MUA-MANDATORY");
    }
}

#[test]
fn a_vault_shows_that_it_is_mapped_and_its_guard_stays() {
    let (mut world, _) = guarded();
    let security = |world: &mut World| {
        let vault = world.get(&below_vault("")).json_body();
        let own = &vault["properties"];
        (
            own["isVaultProtectedByResourceGuard"].clone(),
            own["secureScore"].clone(),
            own["bcdrSecurityLevel"].clone(),
        )
    };
    assert_eq!(
        security(&mut world),
        (json!(true), json!("Minimum"), json!("Fair"))
    );
    // A write of the vault says nothing of it, and it stays.
    assert_eq!(world.put_vault("2024-04-01", "AlwaysOn").status, 201);
    assert_eq!(
        security(&mut world),
        (json!(true), json!("Maximum"), json!("Excellent"))
    );
    let guard = guard(&world);
    let in_use = world.delete(&guard);
    assert_eq!(refusal(&in_use), (409, "SyntheticResourceGuardInUse".to_owned()));
    names(&in_use, "MUA-IN-USE");
    let proxies = world.listed("backupResourceGuardProxies");
    assert_eq!(
        proxies[0]["type"],
        "Microsoft.DataProtection/vaults/backupResourceGuardProxies"
    );
    let details = &proxies[0]["properties"]["resourceGuardOperationDetails"];
    assert_eq!(details.as_array().map(Vec::len), Some(9), "{details}");
    // By who may, it can be taken away, and then the guard too.
    let body =
        json!({"resourceGuardOperationRequests": requests(&guard, "deleteResourceGuardProxyRequests")});
    let_through(&world.post(&below_vault(&format!("{PROXY}/unlockDelete")), &body));
    let gone = world.delete(&below_vault(PROXY));
    assert_eq!((gone.status.as_u16(), gone.json_body()), (200, json!({})));
    assert_eq!(
        security(&mut world),
        (json!(false), json!("Adequate"), json!("Good"))
    );
    assert_eq!(world.delete(&guard).status, 200);
}

/// A deleted vault comes back as it was, its mapping with it.
#[test]
fn a_guard_that_a_deleted_vault_is_mapped_to_stays() {
    let (mut world, _) = guarded();
    world.put_vault("2024-04-01", "AlwaysOn");
    let guard = guard(&world);
    let own = requests(&guard, "deleteBackupInstanceRequests");
    let instance = format!("{}{}", world.group(), below_vault(ONE));
    let body = json!({"resourceGuardOperationRequests": own, "resourceToBeDeleted": instance});
    let_through(&world.post(&below_vault(&format!("{PROXY}/unlockDelete")), &body));
    assert_eq!(world.delete(&below_vault(ONE)).status, 202);
    world.settle();
    assert_eq!(world.delete(&below_vault("")).status, 202);
    world.settle();
    assert_eq!(world.get(&below_vault("")).status, 404);
    names(&world.delete(&guard), "MUA-IN-USE");
}

#[test]
fn a_vault_is_mapped_to_one_guard_of_its_region() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    let guard = guard(&world);
    names(&map(&mut world, &guard), "MUA-MAP");
    put_guard(&mut world, &json!([]));
    let account = world.account();
    names(&map(&mut world, &account), "MUA-MAP");
    let far = guard.replace("resourceGuards/guard", "resourceGuards/far");
    world.put(&far, &json!({"location": "northeurope"}));
    names(&map(&mut world, &far), "MUA-MAP");
    let_through(&map(&mut world, &guard));
    let_through(&map(&mut world, &guard));
    let second = below_vault("backupResourceGuardProxies/second");
    let body = json!({"properties": {"resourceGuardResourceId": guard}});
    names(&world.put(&second, &body), "MUA-MAP");
    let near = guard.replace("resourceGuards/guard", "resourceGuards/near");
    world.put(&near, &json!({"location": "westeurope"}));
    names(&map(&mut world, &near), "VLT-10");
}

/// What is critical: how it is asked for, below the vault.
fn critical(world: &mut World, what: &str) -> (Method, &'static str, Value) {
    let security = |place: &str, settings: Value| {
        let body = json!({"properties": {"securitySettings": {place: settings}}});
        (Method::PATCH, "", body)
    };
    match what {
        "stop" => (Method::POST, "backupInstances/one/stopProtection", json!({})),
        "suspend" => (Method::POST, "backupInstances/one/suspendBackups", json!({})),
        "restore" => (Method::POST, "backupInstances/one/restore", world.restore_body()),
        "policy" => {
            let mut body = world.instance_body();
            let policy = format!("{}{}", world.group(), below_vault("backupPolicies/other"));
            body["properties"]["policyInfo"]["policyId"] = json!(policy);
            (Method::PUT, ONE, body)
        }
        "soft delete" => security(
            "softDeleteSettings",
            json!({"state": "Off", "retentionDurationInDays": 30}),
        ),
        "retention" => security(
            "softDeleteSettings",
            json!({"state": "On", "retentionDurationInDays": 14}),
        ),
        _ => security("immutabilitySettings", json!({"state": "Disabled"})),
    }
}

/// The same body, naming requests of a guard.
fn naming(body: &Value, named: &Value) -> Value {
    let mut body = body.clone();
    let place = match body["properties"].is_object() {
        true => &mut body["properties"],
        false => &mut body,
    };
    place["resourceGuardOperationRequests"] = named.clone();
    body
}

/// Everything a guard protects: how it is asked for, by which requests, and that it goes through with them alone.
#[test]
fn what_is_critical_takes_the_guards_own_request() {
    for (what, segment) in [
        ("stop", "dppDisableStopProtectionRequests"),
        ("suspend", "dppDisableSuspendBackupsRequests"),
        ("restore", "dppTriggerRestoreRequests"),
        ("policy", "dppModifyPolicy"),
        ("soft delete", "dppReduceSoftDeleteSecurityRequests"),
        ("retention", "dppReduceSoftDeleteSecurityRequests"),
        ("immutability", "dppReduceImmutabilityStateRequests"),
    ] {
        let (mut world, admin) = guarded();
        let guard = guard(&world);
        let_through(&world.put(&below_vault("backupPolicies/other"), &policy_body()));
        let mut before = vault_body("On");
        before["properties"]["securitySettings"]["softDeleteSettings"]["retentionDurationInDays"] = json!(30);
        before["properties"]["securitySettings"]["immutabilitySettings"] = json!({"state": "Unlocked"});
        let_through(&world.put(&below_vault(""), &before));
        world.settle();
        let (method, below, body) = critical(&mut world, what);
        let target = format!("{}{}", world.group(), below_vault(below));
        let ask = |world: &mut World, body: &Value| world.arm_as(admin, method.clone(), &target, Some(body));
        let refused = ask(&mut world, &body);
        assert_eq!(
            refusal(&refused),
            (403, "SyntheticResourceGuardProtects".to_owned()),
            "{what}"
        );
        names(&refused, "VLT-10");
        let own = naming(&body, &requests(&guard, segment));
        let linked = ask(&mut world, &own);
        assert_eq!(
            refusal(&linked),
            (403, "LinkedAuthorizationFailed".to_owned()),
            "{what}"
        );
        names(&linked, "MUA-ACTION");
        world.give(&guard, MUA_OPERATOR, admin.0);
        world.settle();
        let other = naming(&body, &requests(&guard, "deleteBackupInstanceRequests"));
        names(&ask(&mut world, &other), "VLT-10");
        let_through(&ask(&mut world, &own));
        world.settle();
    }
}

/// Only a change is critical: the same again, another tag, a stronger setting, resuming are not.
#[test]
fn what_is_not_critical_is_not_asked_about() {
    let (mut world, admin) = guarded();
    let at = |world: &World, below: &str| format!("{}{}", world.group(), below_vault(below));
    let vault = at(&world, "");
    let tag = json!({"tags": {"by": "somebody"}});
    let_through(&world.arm_as(admin, Method::PATCH, &vault, Some(&tag)));
    world.settle();
    let stronger =
        json!({"properties": {"securitySettings": {"immutabilitySettings": {"state": "Unlocked"}}}});
    let_through(&world.arm_as(admin, Method::PATCH, &vault, Some(&stronger)));
    world.settle();
    let (target, body) = (at(&world, ONE), world.instance_body());
    let_through(&world.arm_as(admin, Method::PUT, &target, Some(&body)));
    world.settle();
    let backup = at(&world, &format!("{ONE}/backup"));
    let_through(&world.arm_as(admin, Method::POST, &backup, Some(&crate::bodies::backup_body())));
    world.settle();
}

#[test]
fn a_deletion_is_unlocked_for_half_an_hour_and_for_what_was_named() {
    let (mut world, _) = guarded();
    let (group, guard) = (world.group(), guard(&world));
    let refused = world.delete(&below_vault(ONE));
    assert_eq!(
        refusal(&refused),
        (403, "SyntheticResourceGuardProtects".to_owned())
    );
    names(&refused, "MUA-UNLOCK");
    let unlock = below_vault(&format!("{PROXY}/unlockDelete"));
    let own = requests(&guard, "deleteBackupInstanceRequests");
    let instance = format!("{group}{}", below_vault(ONE));
    let nobody = format!("{group}{}", below_vault("backupInstances/none"));
    let other = requests(&guard, "deleteResourceGuardProxyRequests");
    for (requests, resource) in [
        (&own, None),
        (&other, Some(instance.as_str())),
        (&own, Some(group.as_str())),
        (&json!([]), Some(instance.as_str())),
        (&json!(["nonsense"]), Some(instance.as_str())),
        (&own, Some(nobody.as_str())),
        (&other, Some("the mapping")),
    ] {
        let body = json!({"resourceGuardOperationRequests": requests, "resourceToBeDeleted": resource});
        names(&world.post(&unlock, &body), "DPP-GUARD-REQUEST");
    }
    let body = json!({"resourceGuardOperationRequests": own, "resourceToBeDeleted": instance});
    let unlocked = world.post(&unlock, &body);
    assert_eq!(
        unlocked.json_body()["unlockDeleteExpiryTime"]
            .as_str()
            .map(str::len),
        Some(28),
        "{unlocked:?}"
    );
    names(&world.delete(&below_vault(PROXY)), "MUA-UNLOCK");
    world.pass(SignedDuration::from_mins(31));
    world.sign_in_again();
    names(&world.delete(&below_vault(ONE)), "MUA-UNLOCK");
    world.post(&unlock, &body);
    world.pass(SignedDuration::from_mins(29));
    world.sign_in_again();
    assert_eq!(world.delete(&below_vault(ONE)).status, 202);
    world.settle();
    assert!(world.listed("backupInstances").is_empty());

    // It was unlocked for that time: what comes back is locked again.
    let back = world.post(&below_vault("deletedBackupInstances/one/undelete"), &json!({}));
    let_through(&back);
    names(&world.delete(&below_vault(ONE)), "MUA-UNLOCK");
}

/// What was unlocked goes with its vault, and no other's does.
#[test]
fn the_end_of_another_vault_locks_nothing_again() {
    let (mut world, _) = guarded();
    let other = below_vault("").replace("/vault", "/other");
    let target = format!("{other}?api-version=2024-04-01");
    assert!(world.put(&target, &vault_body("Off")).status.is_success());
    world.settle();
    let own = requests(&guard(&world), "deleteBackupInstanceRequests");
    let instance = format!("{}{}", world.group(), below_vault(ONE));
    let body = json!({"resourceGuardOperationRequests": own, "resourceToBeDeleted": instance});
    let_through(&world.post(&below_vault(&format!("{PROXY}/unlockDelete")), &body));
    let_through(&world.delete(&target));
    world.settle();
    assert_eq!(world.get(&target).status, 404);
    assert_eq!(world.delete(&below_vault(ONE)).status, 202);
}

#[test]
fn what_a_guard_leaves_out_is_let_through() {
    let (mut world, admin) = guarded();
    let target = format!("{}{}", world.group(), below_vault(ONE));
    names(&world.arm_as(admin, Method::DELETE, &target, None), "VLT-10");
    put_guard(
        &mut world,
        &json!(["Microsoft.DataProtection/backupVaults/backupInstances/delete"]),
    );
    assert_eq!(world.arm_as(admin, Method::DELETE, &target, None).status, 202);
    let proxy = world.get(&below_vault(PROXY)).json_body();
    let details = proxy["properties"]["resourceGuardOperationDetails"]
        .as_array()
        .map(Vec::len);
    assert_eq!(details, Some(8), "{proxy}");
    names(&world.delete(&below_vault(PROXY)), "VLT-10");
}
