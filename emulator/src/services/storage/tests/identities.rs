//! The identity of an account, which every resource gets in the same way, and its connections.

use http::Method;
use serde_json::{Value, json};

use super::world::{World, refused};
use crate::model::PrincipalId;

const ACCOUNT: &str = "/providers/Microsoft.Storage/storageAccounts/acct";
const USER: &str = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/helper";

fn set(world: &mut World, identity: Value) -> Value {
    let answer = world.arm(Method::PATCH, ACCOUNT, Some(json!({"identity": identity})));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json_body()["identity"].clone()
}

fn principal(identity: &Value) -> PrincipalId {
    PrincipalId(
        identity["principalId"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("a principal"),
    )
}

fn user_assigned(world: &mut World) -> Value {
    let body = json!({"location": "westeurope", "properties": {"isolationScope": "Regional"}});
    let made = world.arm(Method::PUT, USER, Some(body));
    assert_eq!(made.status, 201, "{made:?}");
    made.json_body()
}

#[test]
fn an_identity_of_its_own_is_a_principal_until_it_is_taken_away() {
    let mut world = World::empty();
    let account = json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "identity": {"type": "SystemAssigned"}});
    world.add_account("acct", account);
    let identity = world.arm(Method::GET, ACCOUNT, None).json_body()["identity"].clone();
    let first = principal(&identity);
    assert!(world.azure.state().directory.get(first).is_some());
    assert!(identity["tenantId"].is_string());
    // A change of something else leaves it, and so does asking for it again.
    let other = world.arm(Method::PATCH, ACCOUNT, Some(json!({"tags": {"a": "b"}})));
    assert_eq!(other.json_body()["identity"], identity);
    assert_eq!(set(&mut world, json!({"type": "SystemAssigned"})), identity);
    assert_eq!(set(&mut world, json!({"type": "None"})), json!({"type": "None"}));
    assert!(world.azure.state().directory.get(first).is_none());
    let second = principal(&set(&mut world, json!({"type": "SystemAssigned"})));
    assert_ne!(first, second, "the roles of the old one are of no use to it");
    assert_eq!(world.arm(Method::DELETE, ACCOUNT, None).status, 200);
    assert!(world.azure.state().directory.get(second).is_none());
}

#[test]
fn user_assigned_identities_come_and_go_by_name() {
    let mut world = World::new();
    let helper = user_assigned(&mut world);
    let id = helper["id"].as_str().expect("an id").to_owned();
    let both = set(
        &mut world,
        json!({"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {id.clone(): {}}}),
    );
    assert_eq!(both["type"], "SystemAssigned,UserAssigned");
    let shown = &both["userAssignedIdentities"][&id];
    assert_eq!(shown["principalId"], helper["properties"]["principalId"]);
    assert_eq!(shown["clientId"], helper["properties"]["clientId"]);
    let taken = set(
        &mut world,
        json!({"type": "SystemAssigned", "userAssignedIdentities": {id.clone(): null}}),
    );
    assert!(taken.get("userAssignedIdentities").is_none(), "{taken}");
    let nobody =
        json!({"identity": {"type": "UserAssigned", "userAssignedIdentities": {format!("{id}-x"): {}}}});
    let answer = world.arm(Method::PATCH, ACCOUNT, Some(nobody));
    assert_eq!(refused(&answer, 400), "FailedIdentityOperation");
    let kept = world.arm(Method::GET, ACCOUNT, None).json_body();
    assert_eq!(kept["identity"], taken, "what was refused changed nothing");
}

#[test]
fn where_an_identity_may_be_used_is_kept() {
    let mut world = World::empty();
    assert_eq!(
        user_assigned(&mut world)["properties"]["isolationScope"],
        "Regional"
    );
    let none = json!({"properties": {"isolationScope": "None"}});
    world.arm(Method::PATCH, USER, Some(none));
    let kept = world.arm(Method::GET, USER, None).json_body();
    assert_eq!(kept["properties"]["isolationScope"], "None");
    assert!(kept["properties"]["principalId"].is_string());
}

#[test]
fn a_connection_that_was_decided_stays_decided() {
    let mut world = World::new();
    let endpoint = json!({"location": "westeurope", "properties": {
        "subnet": {"id": format!("{}/providers/Microsoft.Network/virtualNetworks/n/subnets/s", world.group())},
        "privateLinkServiceConnections": [{"name": "c", "properties": {"privateLinkServiceId": world.account(), "groupIds": ["blob"]}}],
    }});
    let made = world.arm(
        Method::PUT,
        "/providers/Microsoft.Network/privateEndpoints/pe",
        Some(endpoint),
    );
    assert!(made.status.is_success(), "{made:?}");
    let all = world
        .arm(
            Method::GET,
            &format!("{ACCOUNT}/privateEndpointConnections"),
            None,
        )
        .json_body();
    let target = format!(
        "{ACCOUNT}/privateEndpointConnections/{}",
        all["value"][0]["name"].as_str().expect("a name")
    );
    let mut decide = |status: &str| {
        let state = json!({"properties": {"privateLinkServiceConnectionState": {"status": status, "description": "x"}}});
        world.arm(Method::PUT, &target, Some(state))
    };
    assert_eq!(
        refused(&decide("Approved"), 400),
        "InvalidValuesForRequestParameters"
    );
    assert_eq!(decide("Rejected").status, 200);
    for again in ["Rejected", "Approved"] {
        assert_eq!(refused(&decide(again), 400), "InvalidValuesForRequestParameters");
    }
}
