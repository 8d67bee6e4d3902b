//! A token is taken by what is in its own tenant, and by nothing else, whatever its principal was given.

use azdrill_emulator::model::{PrincipalId, ResourceId, TenantId, Timestamp};
use azdrill_emulator::state::{IdentityKind, Resource, Subscription};
use http::Method;
use serde_json::json;
use uuid::Uuid;

use crate::callers::{BLOBS_HOST, READER, assignment, assignment_at};
use crate::world::World;

/// Somebody of another tenant.
fn stranger(world: &mut World) -> PrincipalId {
    let id = world.add_principal(0x7e57, "stranger", IdentityKind::Application);
    let directory = &mut world.azure.state_mut().directory;
    let mut stranger = directory.get(id).expect("in the directory").clone();
    stranger.tenant = TenantId(Uuid::from_u128(0x7e17));
    directory.insert(stranger);
    id
}

#[test]
fn resource_manager_names_the_tenant_a_token_should_be_of() {
    let mut world = World::new();
    let stranger = stranger(&mut world);
    let group = world.group();
    let target = assignment_at(&group, Uuid::from_u128(0x7e19));
    // Who is in another directory is not found there; who says what it is, is believed.
    let unfound = world.put(&target, &assignment(READER, &json!({"principalId": stranger.0})));
    assert_eq!(unfound.status, 400, "{unfound:?}");
    assert_eq!(unfound.json_body()["error"]["code"], "PrincipalNotFound");
    let said = json!({"principalId": stranger.0, "principalType": "ServicePrincipal"});
    assert_eq!(world.put(&target, &assignment(READER, &said)).status, 201);
    let answer = world.arm_as(stranger, Method::GET, &group, None);
    assert_eq!(answer.status, 401, "{answer:?}");
    let error = &answer.json_body()["error"];
    assert_eq!(error["code"], "InvalidAuthenticationTokenTenant");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.contains(&world.operator.tenant.to_string()), "{message}");
    assert_eq!(answer.header("x-azdrill-gate"), Some("authentication"));
    // What is in no subscription may be asked by anybody, who is told of what is theirs.
    let own = world.arm_as(stranger, Method::GET, "/subscriptions", None);
    assert_eq!(
        (own.status.as_u16(), own.json_body()["value"].to_string()),
        (200, "[]".to_owned())
    );
    let query = json!({"query": "resourcecontainers"});
    let found = world.arm_as(
        stranger,
        Method::POST,
        "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01",
        Some(&query),
    );
    assert_eq!(found.status, 200, "{found:?}");
    assert_eq!(found.json_body()["totalRecords"], 0);
}

/// A management group is in a tenant as a subscription is.
#[test]
fn a_management_group_takes_no_token_of_another_tenant() {
    let mut world = World::with_groups();
    let stranger = stranger(&mut world);
    let target = "/providers/Microsoft.Management/managementGroups/platform";
    let answer = world.arm_as(stranger, Method::GET, target, None);
    assert_eq!(answer.status, 401, "{answer:?}");
    let code = &answer.json_body()["error"]["code"];
    assert_eq!(code, "InvalidAuthenticationTokenTenant");
}

#[test]
fn a_blob_service_refuses_it_as_it_refuses_who_is_not_known() {
    let mut world = World::new();
    world.put_account();
    let stranger = stranger(&mut world);
    let request = world
        .request_as(
            stranger,
            Method::GET,
            BLOBS_HOST,
            "/box?restype=container&comp=list",
        )
        .with_header("x-ms-version", "2021-08-06");
    let answer = world.send(request);
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(
        answer.header("x-ms-error-code"),
        Some("InvalidAuthenticationInfo")
    );
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(
        challenge.contains(&world.operator.tenant.to_string()),
        "{challenge}"
    );
}

#[test]
fn an_identity_of_another_tenant_is_out_of_reach_and_what_is_none_is_not_found() {
    let mut world = World::new();
    let elsewhere = Uuid::from_u128(0x7e18).to_string();
    let other = Subscription {
        id: elsewhere.clone(),
        name: "elsewhere".to_owned(),
        tenant: TenantId(Uuid::from_u128(0x7e17)),
        hidden: false,
    };
    let identity = "providers/Microsoft.ManagedIdentity/userAssignedIdentities/theirs";
    let theirs: ResourceId = format!("/subscriptions/{elsewhere}/resourceGroups/g/{identity}")
        .parse()
        .expect("an id");
    let state = world.azure.state_mut();
    state.subscriptions.insert(elsewhere, other);
    let there = Resource::new(
        theirs.clone(),
        json!({"location": "westeurope"}),
        Timestamp::UNIX_EPOCH,
    );
    state.resources.insert(theirs.clone(), there);
    world.put_account();
    let account = world.account();
    for (id, status) in [(theirs.to_string(), 403), (account.clone(), 400)] {
        let body = json!({"location": "westeurope", "identity": {
            "type": "UserAssigned",
            "userAssignedIdentities": {id: {}},
        }});
        let answer = world.arm(Method::PATCH, &account, Some(&body));
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

/// A blob may be called after a subscription, as Azure's own logs are: that moves it to no other tenant.
#[test]
fn a_blobs_name_says_nothing_of_its_tenant() {
    let mut world = World::new();
    world.put_account();
    let elsewhere = Uuid::from_u128(0x7e18);
    let other = Subscription {
        id: elsewhere.to_string(),
        name: "elsewhere".to_owned(),
        tenant: TenantId(Uuid::from_u128(0x7e17)),
        hidden: false,
    };
    let state = world.azure.state_mut();
    state.subscriptions.insert(elsewhere.to_string(), other);
    let stranger = stranger(&mut world);
    let blob = format!("/box/resourceId=/subscriptions/{elsewhere}/log");
    let request = world.request_as(stranger, Method::GET, BLOBS_HOST, &blob);
    let answer = world.send(request.with_header("x-ms-version", "2021-08-06"));
    assert_eq!(
        answer.header("x-ms-error-code"),
        Some("InvalidAuthenticationInfo"),
        "{answer:?}"
    );
    let operator = world.operator.object_id;
    let request = world.request_as(operator, Method::GET, BLOBS_HOST, &blob);
    let answer = world.send(request.with_header("x-ms-version", "2021-08-06"));
    assert_ne!(answer.status, 401, "{answer:?}");
}
