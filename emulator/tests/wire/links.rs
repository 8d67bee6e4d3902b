//! What a write names of other resources: the caller must be allowed to put them to use.

use azdrill_emulator::state::IdentityKind;
use http::Method;
use serde_json::{Value, json};

use crate::callers::{CONTRIBUTOR, READER};
use crate::world::World;

const NETWORK: &str = "/providers/Microsoft.Network/virtualNetworks/net";
const ENDPOINT: &str = "/providers/Microsoft.Network/privateEndpoints/pe";
const ZONE: &str = "/providers/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net";
/// Network Contributor.
const NETWORKER: &str = "4d97b98b-1d4f-4787-a291-c67834d212e7";

/// A group of somebody's own beside what belongs to the operator: a network, a zone, an account.
fn with_somebody() -> (World, azdrill_emulator::model::PrincipalId, String) {
    let mut world = World::new();
    world.put_account();
    let net = json!({"location": "westeurope", "properties": {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        "subnets": [{"name": "s", "properties": {"addressPrefix": "10.0.0.0/24"}}],
    }});
    assert!(world.put(NETWORK, &net).status.is_success());
    world.settle();
    let theirs = world.group().replace("/drill", "/theirs");
    assert_eq!(world.put(&theirs, &json!({"location": "westeurope"})).status, 201);
    let who = world.add_principal(0x11aa, "somebody", IdentityKind::Application);
    world.give(&theirs, CONTRIBUTOR, who.0);
    let group = world.group();
    world.give(&group, READER, who.0);
    world.settle();
    (world, who, theirs)
}

fn endpoint(world: &World, kind: &str) -> Value {
    json!({"location": "westeurope", "properties": {
        "subnet": {"id": format!("{}{NETWORK}/subnets/s", world.group())},
        kind: [{"name": "c", "properties": {"privateLinkServiceId": world.account(), "groupIds": ["blob"]}}],
    }})
}

#[test]
fn whoever_may_not_join_a_subnet_nor_approve_makes_no_private_endpoint_there() {
    let (mut world, who, theirs) = with_somebody();
    let target = format!("{theirs}{ENDPOINT}");
    let body = endpoint(&world, "privateLinkServiceConnections");
    let told = world.arm_as(who, Method::PUT, &target, Some(&body));
    assert_eq!(told.status, 403, "{told:?}");
    assert_eq!(told.header("x-azdrill-rules"), Some("RBAC-LINKED,RBAC"));
    let error = told.json_body()["error"].clone();
    assert_eq!(error["code"], "LinkedAuthorizationFailed");
    let message = error["message"].as_str().unwrap_or_default();
    for part in [
        "has permission to perform action 'Microsoft.Network/privateEndpoints/write'",
        "Microsoft.Network/virtualNetworks/subnets/join/action",
        "subnets/join/action,PrivateEndpointConnectionsApproval/action",
        &world.account(),
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(world.get(&target).status, 404);

    // With the subnet alone, a connection that waits for approval.
    let net = format!("{}{NETWORK}", world.group());
    world.give(&net, NETWORKER, who.0);
    world.settle();
    let told = world.arm_as(who, Method::PUT, &target, Some(&body));
    assert_eq!(told.status, 403, "{told:?}");
    let message = told.json_body()["error"]["message"].to_string();
    assert!(!message.contains("subnets/join"), "{message}");
    let waiting = endpoint(&world, "manualPrivateLinkServiceConnections");
    let made = world.arm_as(who, Method::PUT, &target, Some(&waiting));
    assert!(made.status.is_success(), "{made:?}");
}

#[test]
fn networks_zones_rules_and_identities_are_asked_for_as_well() {
    let (mut world, who, theirs) = with_somebody();
    assert!(
        world
            .put(ZONE, &json!({"location": "global"}))
            .status
            .is_success()
    );
    let identity = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/own";
    assert!(
        world
            .put(identity, &json!({"location": "westeurope"}))
            .status
            .is_success()
    );
    world.settle();
    let own = |below: &str| format!("{}{below}", world.group());
    let zone = format!("{theirs}{ZONE}");
    let vault = format!("{theirs}/providers/Microsoft.DataProtection/backupVaults/theirvault");
    let link = json!({"location": "global", "properties": {"virtualNetwork": {"id": own(NETWORK)}, "registrationEnabled": false}});
    let account = json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {
        "networkAcls": {"defaultAction": "Deny", "virtualNetworkRules": [{"id": own(&format!("{NETWORK}/subnets/s"))}]},
    }});
    let mut with_identity = crate::bodies::vault_body("On");
    with_identity["identity"] =
        json!({"type": "UserAssigned", "userAssignedIdentities": {own(identity): {}}});
    let made = world.arm_as(who, Method::PUT, &zone, Some(&json!({"location": "global"})));
    assert!(made.status.is_success(), "{made:?}");
    world.settle();
    for (target, body, action) in [
        (
            format!("{zone}/virtualNetworkLinks/l"),
            link,
            "Microsoft.Network/virtualNetworks/join/action",
        ),
        (
            format!("{theirs}/providers/Microsoft.Storage/storageAccounts/theirstore"),
            account,
            "Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action",
        ),
        (
            vault,
            with_identity,
            "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
        ),
    ] {
        let told = world.arm_as(who, Method::PUT, &target, Some(&body));
        assert_eq!(told.status, 403, "{target}: {told:?}");
        let message = told.json_body()["error"]["message"].to_string();
        assert!(message.contains(&format!("action(s) '{action}'")), "{message}");
        // Whose it is may.
        let made = world.put(&target, &body);
        assert!(made.status.is_success(), "{target}: {made:?}");
        world.settle();
    }
}

#[test]
fn what_is_no_id_is_told_with_its_place_and_nothing_is_written() {
    let (mut world, _, theirs) = with_somebody();
    let target = format!("{theirs}{ENDPOINT}");
    let mut body = endpoint(&world, "privateLinkServiceConnections");
    let connection = "/properties/privateLinkServiceConnections/0/properties/privateLinkServiceId";
    for (pointer, at) in [
        ("/properties/subnet/id", "properties.subnet.id"),
        (
            connection,
            "properties.privateLinkServiceConnections[0].properties.privateLinkServiceId",
        ),
    ] {
        for wrong in ["", "drill-account", "/storageAccounts/{at}"] {
            let right = body.pointer(pointer).cloned();
            *body.pointer_mut(pointer).unwrap() = json!(wrong);
            let told = world.put(&target, &body);
            assert_eq!(told.status, 400, "{at}: {told:?}");
            let error = told.json_body()["error"].clone();
            assert_eq!(error["code"], "LinkedInvalidPropertyId", "{at}");
            let expected = format!(
                "Property id '{wrong}' at path '{at}' is invalid. Expect fully qualified resource Id that start with \
                 '/subscriptions/{{subscriptionId}}' or '/providers/{{resourceProviderNamespace}}/'."
            );
            assert_eq!(error["message"], expected, "{at}");
            *body.pointer_mut(pointer).unwrap() = right.unwrap();
        }
    }
    assert_eq!(world.get(&target).status, 404);
    assert!(world.put(&target, &body).status.is_success());
}
