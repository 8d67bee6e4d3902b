//! The status of every answer: each is the one that all clients take for the operation.

use azdrill_emulator::model::Response;
use http::Method;
use serde_json::{Value, json};

use crate::bodies::backup_body;
use crate::world::{World, below_vault};

/// Status and whether the two addresses of a long-running operation are there.
fn long(answer: &Response) -> (u16, bool, bool) {
    let has = |name: &str| answer.header(name).is_some();
    (
        answer.status.as_u16(),
        has("azure-asyncoperation"),
        has("location"),
    )
}

#[test]
fn resource_groups() {
    let mut world = World::new();
    let group = world.group();
    assert_eq!(world.put("", &json!({"location": "westeurope"})).status, 200);
    assert_eq!(world.arm(Method::HEAD, "", None).status, 204);
    let deleted = world.delete("");
    assert_eq!(long(&deleted), (202, false, true));
    assert_eq!(world.follow(&deleted, "location").status, 202);
    world.settle();
    assert_eq!(world.follow(&deleted, "location").status, 200);
    assert_eq!(world.arm(Method::HEAD, &group, None).status, 404);
}

#[test]
fn storage_accounts_and_containers() {
    let mut world = World::new();
    let made = world.put_account();
    // 201 is an error to the Python SDK.
    assert_eq!(long(&made), (202, false, true));
    assert!(made.body.is_empty());
    assert!(
        made.header("content-type")
            .is_some_and(|kind| kind.starts_with("text/plain"))
    );
    assert!(
        made.header("location")
            .is_some_and(|address| address.contains("monitor=true"))
    );
    let polled = world.follow(&made, "location");
    assert_eq!(polled.status, 200);
    assert_eq!(polled.json_body()["properties"]["provisioningState"], "Succeeded");
    assert_eq!(world.put_account().status, 200);
    let account = world.account();
    let container = format!("{account}/blobServices/default/containers/another");
    assert_eq!(world.put(&container, &json!({})).status, 201);
    assert_eq!(world.put(&container, &json!({})).status, 200);
    assert_eq!(world.delete(&container).status, 200);
    assert_eq!(world.delete(&container).status, 204);
    let keys = world.arm(Method::POST, &format!("{account}/listKeys?$expand=kerb"), None);
    assert_eq!(keys.status, 200);
    assert_eq!(world.delete(&account).status, 200);
    assert_eq!(world.delete(&account).status, 204);
}

#[test]
fn flexible_servers_answer_every_write_with_202() {
    let mut world = World::new();
    let made = world.put_server();
    assert_eq!(long(&made), (202, true, true));
    let status = world.follow(&made, "azure-asyncoperation");
    assert_eq!(status.json_body()["status"], "InProgress");
    world.settle();
    let status = world.follow(&made, "azure-asyncoperation");
    assert_eq!(status.json_body()["status"], "Succeeded");
    assert_eq!(long(&world.put_server()), (202, true, true), "an update");
    world.settle();
    let server = world.server();
    let tags = json!({"tags": {"a": "b"}});
    assert_eq!(
        long(&world.arm(Method::PATCH, &server, Some(&tags))),
        (202, true, true)
    );
    world.settle();
    for (child, body) in [
        ("databases/shop", json!({"properties": {}})),
        (
            "firewallRules/all",
            json!({"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}}),
        ),
    ] {
        let child = format!("{server}/{child}");
        assert_eq!(long(&world.put(&child, &body)), (202, true, true), "{child}");
        world.settle();
        assert_eq!(
            long(&world.put(&child, &body)),
            (202, true, true),
            "{child} again"
        );
        world.settle();
        assert_eq!(world.get(&child).status, 200);
        assert_eq!(long(&world.delete(&child)), (202, true, true), "{child}");
        world.settle();
        assert_eq!(world.delete(&child).status, 204);
    }
    assert_eq!(long(&world.delete(&server)), (202, true, true));
    world.settle();
    assert_eq!(world.delete(&server).status, 204);
}

#[test]
fn backup_vaults_and_policies() {
    let mut world = World::new();
    assert_eq!(world.delete(&below_vault("")).status, 204);
    let made = world.put_vault("2024-04-01", "On");
    // A PUT names the status only.
    assert_eq!(long(&made), (201, true, false));
    let tags = json!({"tags": {"a": "b"}});
    let patched = world.arm(Method::PATCH, &below_vault(""), Some(&tags));
    assert_eq!(patched.status, 202);
    assert!(patched.header("azure-asyncoperation").is_some());
    world.settle();
    assert_eq!(world.put_policy().status, 200);
    assert_eq!(world.put_policy().status, 200);
    assert_eq!(world.delete(&below_vault("backupPolicies/weekly")).status, 200);
    assert_eq!(world.delete(&below_vault("backupPolicies/weekly")).status, 204);
    let deleted = world.delete(&below_vault(""));
    assert_eq!(long(&deleted), (202, true, true));
    assert!(
        deleted
            .header("azure-asyncoperation")
            .is_some_and(|address| address.contains("/resourceGroups/drill/providers/Microsoft.DataProtection/locations/westeurope/operationStatus/"))
    );
    world.settle();
    let ended = world.follow(&deleted, "azure-asyncoperation");
    assert_eq!(
        ended.json_body()["status"],
        "Succeeded",
        "after the vault is gone"
    );
    let missing = world.get(&below_vault(""));
    assert_eq!(missing.status, 404);
    assert_eq!(missing.json_body()["error"]["code"], "ResourceNotFound");
}

#[test]
fn backup_instances_and_their_actions() {
    let mut world = World::protected();
    let one = below_vault("backupInstances/one");
    let again = world.put(&one, &world.instance_body());
    assert_eq!(long(&again), (201, true, false), "nothing new");
    world.settle();
    let taken = json!({"backupInstance": world.instance_body()["properties"]});
    assert_eq!(world.post(&below_vault("validateForBackup"), &taken).status, 400);
    assert_eq!(
        long(&world.post(&format!("{one}/backup"), &backup_body())),
        (202, true, true)
    );
    world.settle();
    let restore = world.restore_body();
    let wrapped = json!({"restoreRequestObject": restore});
    assert_eq!(
        long(&world.post(&format!("{one}/validateRestore"), &wrapped)),
        (202, true, true)
    );
    assert_eq!(
        long(&world.post(&format!("{one}/restore"), &restore)),
        (202, true, true)
    );
    world.settle();
    for action in [
        "stopProtection",
        "resumeProtection",
        "suspendBackups",
        "resumeBackups",
    ] {
        let target = format!("{one}/{action}");
        assert_eq!(
            long(&world.post(&target, &Value::Null)),
            (202, true, true),
            "{action}"
        );
        world.settle();
        // What is so already is answered with 200, no body and no operation.
        let idle = world.post(&target, &Value::Null);
        assert_eq!(long(&idle), (200, false, false), "{action} again");
        assert!(idle.body.is_empty());
    }
    assert_eq!(long(&world.delete(&one)), (202, true, true));
    world.settle();
    assert_eq!(world.delete(&one).status, 204);
}

#[test]
fn role_assignments() {
    let mut world = World::new();
    let subscription = world.operator.subscription.clone();
    let body = json!({"properties": {
        "roleDefinitionId": format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"),
        "principalId": world.operator.object_id,
        "principalType": "ServicePrincipal",
    }});
    let target = "/providers/Microsoft.Authorization/roleAssignments/2e0f5b3c-9c1f-4b60-8a59-3a1c6e0e9d01";
    assert_eq!(world.put(target, &body).status, 201);
    assert_eq!(world.get(target).status, 200);
    assert_eq!(world.delete(target).status, 200);
    assert_eq!(world.delete(target).status, 204);
}

/// A group whose resources take time to go and need no outside work: it waits for them, and ends.
#[test]
fn a_group_with_a_vault_goes_when_the_vault_has_gone() {
    let mut world = World::new();
    assert_eq!(world.put_vault("2024-04-01", "Off").status, 201);
    let group = world.group();
    let begun = world.delete(&group);
    assert_eq!(begun.status, 202, "{begun:?}");
    world.settle();
    assert_eq!(world.follow(&begun, "location").status, 200);
    assert_eq!(world.get(&group).status, 404);
}

#[test]
fn a_resource_group_is_called_what_it_can_be() {
    let mut world = World::new();
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    for (name, code) in [
        ("bad!", "InvalidResourceGroup"),
        ("dot.", "SyntheticResourceGroupName"),
    ] {
        let target = format!("{subscription}/resourceGroups/{name}");
        let answer = world.put(&target, &json!({"location": "westeurope"}));
        assert_eq!(answer.json_body()["error"]["code"], code, "{answer:?}");
        assert_eq!(world.get(&target).status, 404);
    }
}
