//! Lists over a subscription, asked for by somebody who may read a part of it.

use azdrill_emulator::authz::Assignment;
use azdrill_emulator::model::{ActionPattern, Response};
use azdrill_emulator::rules::{RoleDefinition, RolePermission};
use azdrill_emulator::state::IdentityKind;
use http::Method;
use serde_json::{Value, json};

use crate::callers::READER;
use crate::world::World;

fn ids(answer: &Response) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json_body();
    let all = body["value"].as_array().expect("a list").iter();
    all.map(|one| one["id"].as_str().expect("an id").to_owned())
        .collect()
}

/// Every list there is of the kind: who may read one group is shown what is in it, who may read
/// nothing is refused, and who owns the subscription is shown everything.
#[test]
fn a_list_over_a_subscription_leaves_out_what_the_caller_may_not_read() {
    let mut world = World::backed_up();
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    let other = format!("{subscription}/resourceGroups/other");
    assert_eq!(world.put(&other, &json!({"location": "westeurope"})).status, 201);
    let bodies: [(&str, Value); 7] = [
        (
            "Microsoft.KeyVault/vaults",
            json!({"tenantId": world.operator.tenant, "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}),
        ),
        ("Microsoft.ManagedIdentity/userAssignedIdentities", json!({})),
        (
            "Microsoft.Network/virtualNetworks",
            json!({"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}),
        ),
        ("Microsoft.Network/networkSecurityGroups", json!({})),
        ("Microsoft.Network/publicIPAddresses", json!({})),
        ("Microsoft.Network/privateDnsZones", json!({})),
        ("Microsoft.Storage/storageAccounts", json!({})),
    ];
    for (group, letter) in [(world.group(), "a"), (other.clone(), "b")] {
        for (kind, properties) in &bodies {
            let mut body = json!({"location": "westeurope", "properties": properties});
            if kind.ends_with("storageAccounts") {
                body["kind"] = json!("StorageV2");
                body["sku"] = json!({"name": "Standard_LRS"});
            }
            let made = world.put(&format!("{group}/providers/{kind}/drill{letter}"), &body);
            assert!(made.status.is_success(), "{kind}: {made:?}");
        }
        world.settle();
        let account = format!("{group}/providers/Microsoft.Storage/storageAccounts/drill{letter}");
        let endpoint = json!({"location": "westeurope", "properties": {"privateLinkServiceConnections": [
            {"name": "c", "properties": {"privateLinkServiceId": account, "groupIds": ["blob"]}},
        ]}});
        let target = format!("{group}/providers/Microsoft.Network/privateEndpoints/drill{letter}");
        assert!(world.put(&target, &endpoint).status.is_success());
    }
    let reader = world.add_principal(0xa000, "reader", IdentityKind::Application);
    let nobody = world.add_principal(0xb000, "nobody", IdentityKind::Application);
    world.give(&other, READER, reader);
    let owner = world.operator.object_id;
    let lists: Vec<String> = world
        .azure
        .rules()
        .router
        .operations()
        .iter()
        .filter(|row| row.listing)
        .map(|row| row.example_path(&subscription))
        .map(|path| format!("{path}?api-version={}", world.version_of(&path)))
        .collect();
    assert!(lists.len() >= 13, "{lists:?}");
    let mut shown = 0;
    for list in lists {
        let everything = ids(&world.arm_as(owner, Method::GET, &list, None));
        let part = ids(&world.arm_as(reader, Method::GET, &list, None));
        let expected: Vec<String> = everything
            .into_iter()
            .filter(|id| id.to_lowercase().starts_with(&other.to_lowercase()))
            .collect();
        assert_eq!(part, expected, "{list}");
        shown += part.len();
        assert_eq!(
            world.arm_as(nobody, Method::GET, &list, None).status,
            403,
            "{list}"
        );
    }
    assert!(shown >= 17, "{shown}");
}

/// What is no list over a subscription stays as it was: a group's list is refused, and so is another
/// subscription's.
#[test]
fn a_role_below_is_not_a_role_at_the_group() {
    let mut world = World::new();
    world.put_account();
    let reader = world.add_principal(0xa000, "reader", IdentityKind::Application);
    let account = world.account();
    world.give(&account, READER, reader);
    let group = world.group();
    let target = format!("{group}/providers/Microsoft.Storage/storageAccounts?api-version=2025-08-01");
    assert_eq!(world.arm_as(reader, Method::GET, &target, None).status, 403);
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    let target = format!("{subscription}/providers/Microsoft.Storage/storageAccounts?api-version=2025-08-01");
    assert_eq!(ids(&world.arm_as(reader, Method::GET, &target, None)), [account]);
    let elsewhere = target.replace(
        &world.operator.subscription,
        "00000000-0000-0000-0000-000000000000",
    );
    assert_eq!(world.arm_as(reader, Method::GET, &elsewhere, None).status, 403);
}

/// Whoever may list a subscription's resources is shown all of them, whatever else it may do to one.
#[test]
fn who_may_list_everything_is_shown_everything() {
    let mut world = World::new();
    world.put_account();
    let who = world.add_application();
    let id = uuid::Uuid::from_u128(0x1157);
    let mut role = RoleDefinition::custom(id, "lists".to_owned(), Vec::new());
    role.permissions_mut().push(RolePermission {
        actions: vec![ActionPattern::new(
            "Microsoft.Resources/subscriptions/resources/read",
        )],
        ..RolePermission::default()
    });
    let scope = format!("/subscriptions/{}", world.operator.subscription);
    let now = world.now;
    let access = &mut world.azure.state_mut().access;
    access.custom_roles.insert(id, role);
    let scope_id = scope.parse().expect("an id");
    access.insert(Assignment::new("lists".to_owned(), scope_id, id, who, now));
    let account = world.account();
    assert_eq!(world.arm_as(who, Method::GET, &account, None).status, 403);
    let listed = world.arm_as(who, Method::GET, &format!("{scope}/resources"), None);
    assert_eq!(ids(&listed), [account]);
}
