//! Multi-user authorization: whom Resource Guards let, and what that takes of callers of another tenant.

use azdrill_emulator::model::{PrincipalId, ResourceId, TenantId};
use azdrill_emulator::state::{IdentityKind, Subscription};
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::callers::{CONTRIBUTOR, READER, assignment, assignment_at, refusal};
use crate::resource_guards::{
    MUA_OPERATOR, ONE, PROXY, guard, guarded, let_through, names, put_guard, requests,
};
use crate::world::{ARM, World, below_vault};

const BACKUP_CONTRIBUTOR: &str = "5e467623-bb1f-42f4-a55d-6e525e11384b";
const MUA_ADMIN: &str = "c2a970b4-16a7-4a51-8c84-8a8ea6ee0bb8";

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
    let beside = ask(&mut world, PROXY, Method::PUT, &mapping, Some(operator));
    assert_eq!(beside.json_body(), alone.json_body());
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
    // One of that tenant, but for somebody else than Resource Manager.
    let security = world.add_principal(0x5ec1, "of security", IdentityKind::Application);
    let mut security = world
        .azure
        .state()
        .directory
        .get(security)
        .expect("in the directory")
        .clone();
    security.tenant = world
        .azure
        .state()
        .subscription(&subscription)
        .expect("it is there")
        .tenant;
    let (storage, _) = world
        .azure
        .tokens()
        .issue(world.now, &security, "https://storage.azure.com");
    for shown in [
        "Bearer x.y.z",
        &format!("Bearer {storage}"),
        "nonsense",
        "",
        "Bearer",
    ] {
        let request = world
            .request(Method::PUT, &target)
            .with_header("x-ms-authorization-auxiliary", shown);
        let answer = world.send_with(request, Some(&body));
        let wanted = if shown.starts_with("Bearer ") { 401 } else { 403 };
        assert_eq!(answer.status, wanted, "{shown}: {answer:?}");
    }
}
