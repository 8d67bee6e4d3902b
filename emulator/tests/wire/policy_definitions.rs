//! Policy definitions: how they are listed, and what their mode says they are for.

use http::Method;
use serde_json::json;

use crate::azure_policy::{
    AUTHORIZATION, BLOBS, LOCATIONS, NO_PUBLIC_ACCESS, assert_code, assert_denied, built_in,
};
use crate::callers::{BLOBS_HOST, assignment, assignment_at};
use crate::world::{World, below_vault};

/// A definition of the mode Indexed is for types with tags and a location only, and a role assignment has neither.
#[test]
fn an_indexed_definition_is_not_for_what_has_no_tags() {
    for (mode, status) in [("Indexed", 201), ("All", 403)] {
        let mut world = World::new();
        let (group, subscription) = (world.group(), world.subscription());
        let definition = format!("{subscription}{AUTHORIZATION}/policyDefinitions/no-roles");
        let body = json!({"properties": {
            "mode": mode,
            "policyRule": {
                "if": {"field": "type", "equals": "Microsoft.Authorization/roleAssignments"},
                "then": {"effect": "deny"},
            },
        }});
        assert_eq!(world.put(&definition, &body).status, 201);
        let made = world.assign_policy(&group, "closed", &json!({"policyDefinitionId": definition}));
        assert_eq!(made.status, 201, "{made:?}");
        let who = json!({"principalId": world.operator.object_id});
        let target = assignment_at(&group, "11111111-2222-4333-8444-000000000009");
        let answer = world.put(&target, &assignment(BLOBS, &who));
        assert_eq!(answer.status, status, "{mode}: {answer:?}");
    }
}

/// Nor is it for what has tags and no location, as a backup instance.
#[test]
fn an_indexed_definition_is_not_for_what_has_no_location() {
    for (mode, refused) in [("Indexed", false), ("All", true)] {
        let mut world = World::protected();
        let (group, subscription) = (world.group(), world.subscription());
        let definition = format!("{subscription}{AUTHORIZATION}/policyDefinitions/no-instances");
        let body = json!({"properties": {
            "mode": mode,
            "policyRule": {
                "if": {"field": "type", "equals": "Microsoft.DataProtection/backupVaults/backupInstances"},
                "then": {"effect": "deny"},
            },
        }});
        assert_eq!(world.put(&definition, &body).status, 201);
        let made = world.assign_policy(&group, "closed", &json!({"policyDefinitionId": definition}));
        assert_eq!(made.status, 201, "{made:?}");
        let instance = world.instance_body();
        let answer = world.put(&below_vault("backupInstances/one"), &instance);
        assert_eq!(answer.status == 403, refused, "{mode}: {answer:?}");
        assert_eq!(answer.status.is_success(), !refused, "{mode}: {answer:?}");
    }
}

#[test]
fn definitions_are_listed_and_locations_are_as_azure_spells_them() {
    let mut world = World::new();
    let (group, subscription) = (world.group(), world.subscription());
    let shown = world.get_of_tenant(&built_in(NO_PUBLIC_ACCESS)).json_body();
    assert_eq!(shown["properties"]["policyType"], "BuiltIn");
    assert_eq!(
        shown["properties"]["parameters"]["effect"]["defaultValue"],
        "Audit"
    );
    let unknown = built_in("ffffffff-0000-4000-8000-000000000000");
    assert_eq!(world.get_of_tenant(&unknown).status, 501);
    assert_code(
        &world.get_of_tenant(&built_in("none")),
        404,
        "PolicyDefinitionNotFound",
    );
    let listed = |world: &mut World, target: &str| {
        let all = world.get_of_tenant(target).json_body();
        all["value"].as_array().map_or(0, Vec::len)
    };
    let all = listed(&mut world, &format!("{AUTHORIZATION}/policyDefinitions"));
    assert!(all > 10);
    let own = format!("{subscription}{AUTHORIZATION}/policyDefinitions");
    assert_eq!(listed(&mut world, &own), all);
    assert_eq!(
        listed(&mut world, &format!("{own}?$filter=policyType eq 'Custom'")),
        0
    );

    let locations = json!({
        "policyDefinitionId": built_in(LOCATIONS),
        "parameters": {"listOfAllowedLocations": {"value": ["northeurope"]}},
    });
    assert_eq!(
        world.assign_policy(&subscription, "where", &locations).status,
        201
    );
    let assignments = format!("{AUTHORIZATION}/policyAssignments");
    assert_eq!(listed(&mut world, &format!("{group}{assignments}")), 1);
    assert_eq!(
        listed(
            &mut world,
            &format!("{group}{assignments}?$filter=atExactScope()")
        ),
        0
    );
    // Groups are not among what has tags and a location.
    let other = format!("{subscription}/resourceGroups/other");
    assert_eq!(world.put(&other, &json!({"location": "westeurope"})).status, 201);
    let account = format!("{other}/providers/Microsoft.Storage/storageAccounts/elsewhere");
    let body = json!({"location": "West Europe", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
    assert_denied(&world.put(&account, &body), "POLICY");
}

/// Policies are Resource Manager's: what is written into an account is none of theirs.
#[test]
fn blobs_are_written_whatever_policies_there_are() {
    let mut world = World::new();
    world.put_account();
    let (group, subscription) = (world.group(), world.subscription());
    let definition = format!("{subscription}{AUTHORIZATION}/policyDefinitions/nothing");
    let body = json!({"properties": {
        "mode": "All",
        "policyRule": {"if": {"field": "name", "like": "*"}, "then": {"effect": "deny"}},
    }});
    assert_eq!(world.put(&definition, &body).status, 201);
    let who = world.add_application();
    world.give(&group, BLOBS, who);
    let made = world.assign_policy(&group, "closed", &json!({"policyDefinitionId": definition}));
    assert_eq!(made.status, 201, "{made:?}");
    let request = world
        .request_as(who, Method::PUT, BLOBS_HOST, "/box/b")
        .with_header("x-ms-version", "2024-11-04")
        .with_header("x-ms-blob-type", "BlockBlob");
    let answer = world.send(request);
    assert_eq!(answer.status, 201, "{answer:?}");
    let table = format!("{group}/providers/Microsoft.Network/routeTables/r");
    let refused = world.put(&table, &json!({"location": "westeurope"}));
    assert_eq!(refused.status, 403, "{refused:?}");
}
