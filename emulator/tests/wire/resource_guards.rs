//! Multi-user authorization: what Resource Guards are and keep from being done, and whom they let.

use azdrill_emulator::model::{PrincipalId, ResourceId, Response, TenantId};
use azdrill_emulator::state::{IdentityKind, Subscription};
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bodies::{policy_body, vault_body};
use crate::callers::{CONTRIBUTOR, READER, assignment, assignment_at, refusal};
use crate::world::{ARM, World, below_vault};

const BACKUP_CONTRIBUTOR: &str = "5e467623-bb1f-42f4-a55d-6e525e11384b";
const MUA_ADMIN: &str = "c2a970b4-16a7-4a51-8c84-8a8ea6ee0bb8";
const MUA_OPERATOR: &str = "f54b6d04-23c6-443e-b462-9c16ab7b4a52";
const PROXY: &str = "backupResourceGuardProxies/DppResourceGuardProxy";
const ONE: &str = "backupInstances/one";

/// A group beside the vault's, so that roles of one are no roles of the other.
fn guard(world: &World) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/guards/providers/Microsoft.DataProtection/resourceGuards/guard",
        world.operator.subscription
    )
}

fn group_of(guard: &str) -> String {
    guard.split("/providers/").next().unwrap_or_default().to_owned()
}

fn put_guard(world: &mut World, excluded: &Value) -> Response {
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

fn map(world: &mut World, guard: &str) -> Response {
    let body = json!({"properties": {"resourceGuardResourceId": guard}});
    world.put(&below_vault(PROXY), &body)
}

/// A vault that is mapped to a guard, with a recovery point, and somebody who looks after its backups.
fn guarded() -> (World, PrincipalId) {
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

fn requests(guard: &str, requests: &str) -> Value {
    json!([format!("{guard}/{requests}/default")])
}

#[track_caller]
fn names(answer: &Response, rule: &str) {
    let rules = answer.header("x-azdrill-rules").unwrap_or_default();
    assert!(rules.split(',').any(|own| own == rule), "{rule}: {answer:?}");
}

#[track_caller]
fn let_through(answer: &Response) {
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

#[test]
fn who_maps_a_vault_reads_the_guard() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    put_guard(&mut world, &json!([]));
    let (group, guard) = (world.group(), guard(&world));
    let admin = world.add_principal(0xbac0, "backup admin", IdentityKind::Application);
    world.give(&group, BACKUP_CONTRIBUTOR, admin.0);
    world.settle();
    let target = format!("{group}{}", below_vault(PROXY));
    let body = json!({"properties": {"resourceGuardResourceId": guard}});
    let refused = world.arm_as(admin, Method::PUT, &target, Some(&body));
    assert_eq!(refusal(&refused), (403, "LinkedAuthorizationFailed".to_owned()));
    names(&refused, "MUA-MAP-READER");
    let message = refused.json_body()["error"]["message"].to_string();
    let vault = message.find("backupResourceGuardProxies/write' on scope '");
    let linked = message.find(&format!("on the linked scope(s) '{guard}'"));
    assert!(vault.is_some() && linked > vault, "{message}");
    world.give(&guard, READER, admin.0);
    world.settle();
    let_through(&world.arm_as(admin, Method::PUT, &target, Some(&body)));
}

/// Everything a guard protects: how it is asked for, by which requests, and that it goes through with them alone.
#[test]
fn what_is_critical_takes_the_guards_own_request() {
    let policy = |world: &World| format!("{}{}", world.group(), below_vault("backupPolicies/other"));
    for (critical, segment) in [
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
        let security =
            |place: &str, settings: &Value| json!({"properties": {"securitySettings": {place: settings}}});
        let (method, target, body) = match critical {
            "stop" => (Method::POST, format!("{ONE}/stopProtection"), json!({})),
            "suspend" => (Method::POST, format!("{ONE}/suspendBackups"), json!({})),
            "restore" => (Method::POST, format!("{ONE}/restore"), world.restore_body()),
            "policy" => {
                let mut body = world.instance_body();
                body["properties"]["policyInfo"]["policyId"] = json!(policy(&world));
                (Method::PUT, ONE.to_owned(), body)
            }
            "soft delete" => {
                let settings = json!({"state": "Off", "retentionDurationInDays": 30});
                (
                    Method::PATCH,
                    String::new(),
                    security("softDeleteSettings", &settings),
                )
            }
            "retention" => {
                let settings = json!({"state": "On", "retentionDurationInDays": 14});
                (
                    Method::PATCH,
                    String::new(),
                    security("softDeleteSettings", &settings),
                )
            }
            _ => {
                let settings = json!({"state": "Disabled"});
                (
                    Method::PATCH,
                    String::new(),
                    security("immutabilitySettings", &settings),
                )
            }
        };
        let target = format!("{}{}", world.group(), below_vault(&target));
        let with = |named: &Value| {
            let mut body = body.clone();
            let place = if body["properties"].is_object() {
                &mut body["properties"]
            } else {
                &mut body
            };
            place["resourceGuardOperationRequests"] = named.clone();
            body
        };
        let refused = world.arm_as(admin, method.clone(), &target, Some(&body));
        assert_eq!(
            refusal(&refused),
            (403, "SyntheticResourceGuardProtects".to_owned()),
            "{critical}"
        );
        names(&refused, "VLT-10");
        let own = with(&requests(&guard, segment));
        let linked = world.arm_as(admin, method.clone(), &target, Some(&own));
        assert_eq!(
            refusal(&linked),
            (403, "LinkedAuthorizationFailed".to_owned()),
            "{critical}"
        );
        names(&linked, "MUA-ACTION");
        world.give(&guard, MUA_OPERATOR, admin.0);
        world.settle();
        let other = with(&requests(&guard, "deleteBackupInstanceRequests"));
        let refused = world.arm_as(admin, method.clone(), &target, Some(&other));
        names(&refused, "VLT-10");
        let_through(&world.arm_as(admin, method, &target, Some(&own)));
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
fn roles_at_the_vault_are_none_at_the_guard_and_a_reader_does_not_act() {
    for (role, acts) in [
        (None, false),
        (Some(READER), false),
        (Some(MUA_ADMIN), false),
        (Some(BACKUP_CONTRIBUTOR), false),
        (Some(MUA_OPERATOR), true),
        (Some(CONTRIBUTOR), true),
    ] {
        let (mut world, admin) = guarded();
        let guard = guard(&world);
        if let Some(role) = role {
            world.give(&guard, role, admin.0);
            world.settle();
        }
        let target = format!(
            "{}{}",
            world.group(),
            below_vault(&format!("{ONE}/stopProtection"))
        );
        let body =
            json!({"resourceGuardOperationRequests": requests(&guard, "dppDisableStopProtectionRequests")});
        let answer = world.arm_as(admin, Method::POST, &target, Some(&body));
        assert_eq!(answer.status.is_success(), acts, "{role:?}: {answer:?}");
    }
}

/// A grant for a time, taken back: what was let through before is refused again.
#[test]
fn a_role_that_was_taken_back_counts_no_more() {
    let (mut world, admin) = guarded();
    let guard = guard(&world);
    let name = Uuid::from_u128(0x71e);
    let target = assignment_at(&guard, name);
    let_through(&world.put(
        &target,
        &assignment(MUA_OPERATOR, &json!({"principalId": admin.0})),
    ));
    let suspend = format!(
        "{}{}",
        world.group(),
        below_vault(&format!("{ONE}/suspendBackups"))
    );
    let stop = suspend.replace("suspendBackups", "stopProtection");
    let body =
        json!({"resourceGuardOperationRequests": requests(&guard, "dppDisableSuspendBackupsRequests")});
    let_through(&world.arm_as(admin, Method::POST, &suspend, Some(&body)));
    world.settle();
    let_through(&world.delete(&target));
    let body =
        json!({"resourceGuardOperationRequests": requests(&guard, "dppDisableStopProtectionRequests")});
    names(
        &world.arm_as(admin, Method::POST, &stop, Some(&body)),
        "MUA-ACTION",
    );
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
    let other = requests(&guard, "deleteResourceGuardProxyRequests");
    for (requests, resource) in [
        (&own, None),
        (&other, Some(instance.as_str())),
        (&own, Some(group.as_str())),
        (&json!([]), Some(instance.as_str())),
        (&json!(["nonsense"]), Some(instance.as_str())),
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

/// The other tenant's subscription, and somebody who owns it.
fn other_tenant(world: &mut World) -> (String, PrincipalId) {
    let subscription = Uuid::from_u128(0x7e18).to_string();
    let tenant = TenantId(Uuid::from_u128(0x7e17));
    let security = world.add_principal(0x5ec0, "security admin", IdentityKind::Application);
    let state = world.azure.state_mut();
    let mut principal = state.directory.get(security).expect("in the directory").clone();
    principal.tenant = tenant;
    state.directory.insert(principal);
    state.subscriptions.insert(
        subscription.clone(),
        Subscription {
            id: subscription.clone(),
            name: "security".to_owned(),
            tenant,
            hidden: false,
        },
    );
    let scope: ResourceId = format!("/subscriptions/{subscription}").parse().expect("an id");
    let owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635".parse().expect("an id");
    let granted =
        azdrill_emulator::authz::Assignment::new("owner".to_owned(), scope, owner, security, world.now);
    world.azure.state_mut().access.insert(granted);
    (subscription, security)
}

#[test]
fn a_guard_in_another_tenant_takes_a_token_of_it() {
    let mut world = World::backed_up();
    let (subscription, security) = other_tenant(&mut world);
    let group = format!("/subscriptions/{subscription}/resourceGroups/guards");
    let guard = format!("{group}/providers/Microsoft.DataProtection/resourceGuards/guard");
    for target in [&group, &guard] {
        let body = json!({"location": "westeurope"});
        let_through(&world.arm_as(security, Method::PUT, target, Some(&body)));
    }
    let operator = world.operator.object_id;
    let audience = "https://management.azure.com";
    let ask = |world: &mut World, below: &str, method: Method, body: &Value, beside: Option<PrincipalId>| {
        let target = world.with_version(&format!("{}{}", world.group(), below_vault(below)));
        let mut request = world.request_as(operator, method, ARM, &target);
        if let Some(beside) = beside {
            let principal = world
                .azure
                .state()
                .directory
                .get(beside)
                .expect("in the directory");
            let token = world.azure.tokens().issue(world.now, principal, audience).0;
            request = request.with_header("x-ms-authorization-auxiliary", &format!("Bearer {token}"));
        }
        world.send_with(request, Some(body))
    };
    let mapping = json!({"properties": {"resourceGuardResourceId": guard}});
    let alone = ask(&mut world, PROXY, Method::PUT, &mapping, None);
    assert_eq!(refusal(&alone), (403, "LinkedAuthorizationFailed".to_owned()));
    let message = alone.json_body()["error"]["message"].clone();
    assert!(
        message.as_str().is_some_and(|text| text.contains(&subscription)),
        "{message}"
    );
    let_through(&ask(&mut world, PROXY, Method::PUT, &mapping, Some(security)));
    let stop = format!("{ONE}/stopProtection");
    let body =
        json!({"resourceGuardOperationRequests": requests(&guard, "dppDisableStopProtectionRequests")});
    let alone = ask(&mut world, &stop, Method::POST, &body, None);
    names(&alone, "MUA-TENANT");
    // A token of one's own tenant says nothing in the other.
    names(
        &ask(&mut world, &stop, Method::POST, &body, Some(operator)),
        "MUA-TENANT",
    );
    let_through(&ask(&mut world, &stop, Method::POST, &body, Some(security)));
}

#[test]
fn a_token_beside_the_requests_own_that_is_none_is_refused() {
    let mut world = World::backed_up();
    let (subscription, _) = other_tenant(&mut world);
    let guard = format!(
        "/subscriptions/{subscription}/resourceGroups/guards/providers/Microsoft.DataProtection/resourceGuards/guard"
    );
    let target = world.with_version(&format!("{}{}", world.group(), below_vault(PROXY)));
    let body = json!({"properties": {"resourceGuardResourceId": guard}});
    for shown in ["Bearer x.y.z", "nonsense", "", "Bearer"] {
        let request = world
            .request(Method::PUT, &target)
            .with_header("x-ms-authorization-auxiliary", shown);
        let answer = world.send_with(request, Some(&body));
        let wanted = if shown.starts_with("Bearer ") { 401 } else { 403 };
        assert_eq!(answer.status, wanted, "{shown}: {answer:?}");
    }
}
