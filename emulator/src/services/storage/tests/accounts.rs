//! Storage accounts as resources.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;

use super::world::{HOST, World, refused};
use crate::machine::Core;
use crate::world::assign;

const ACCT: &str = "/providers/Microsoft.Storage/storageAccounts/acct";

fn body() -> serde_json::Value {
    json!({
        "location": "West Europe",
        "kind": "StorageV2",
        "sku": {"name": "Standard_GRS"},
        "tags": {"a": "1"},
        "properties": {"publicNetworkAccess": "Enabled", "minimumTlsVersion": "TLS1_2", "somethingNew": {"x": 1}},
    })
}

#[test]
fn a_new_account_takes_two_steps() {
    let mut world = World::empty();
    let answer = world.arm(Method::PUT, ACCT, Some(body()));
    assert_eq!(answer.status, 202);
    assert!(answer.body.is_empty());
    assert!(
        answer
            .header("content-type")
            .expect("typed")
            .starts_with("text/plain")
    );
    let location = answer.header("location").expect("a place to poll").to_owned();
    let target = location
        .strip_prefix("https://management.azure.com")
        .expect("at ARM")
        .to_owned();
    assert!(
        target.contains("/locations/westeurope/asyncoperations/"),
        "{target}"
    );
    assert!(target.contains("monitor=true"), "{target}");
    let running = world.arm_at(Method::GET, &target, None);
    assert_eq!(running.status, 202);
    assert_eq!(running.header("location"), Some(location.as_str()));
    assert_eq!(running.header("retry-after"), Some("1"));
    world.azure.tick(world.now);
    let done = world.arm_at(Method::GET, &target, None);
    assert_eq!(done.status, 200);
    assert_eq!(done.json_body(), world.arm(Method::GET, ACCT, None).json_body());
    let unknown = target.replace("asyncoperations/", "asyncoperations/0");
    assert_eq!(
        refused(&world.arm_at(Method::GET, &unknown, None), 404),
        "ResourceNotFound"
    );
}

#[test]
fn an_account_is_served_with_everything_clients_read() {
    let mut world = World::empty();
    world.arm(Method::PUT, ACCT, Some(body()));
    let account = world.arm(Method::GET, ACCT, None).json_body();
    assert_eq!(account["location"], "westeurope");
    assert_eq!(
        account["sku"],
        json!({"name": "Standard_GRS", "tier": "Standard"})
    );
    assert_eq!(account["type"], "Microsoft.Storage/storageAccounts");
    let properties = &account["properties"];
    assert_eq!(properties["provisioningState"], "Succeeded");
    assert_eq!(
        properties["primaryEndpoints"]["blob"],
        "https://acct.blob.core.windows.net/"
    );
    assert_eq!(properties["allowCrossTenantReplication"], false);
    assert_eq!(properties["publicNetworkAccess"], "Enabled");
    assert_eq!(properties.get("somethingNew"), None);
    assert_eq!(properties["networkAcls"]["defaultAction"], "Allow");
    assert_eq!(properties["privateEndpointConnections"], json!([]));
    assert_eq!(properties.get("allowSharedKeyAccess"), None);
    let mut bare = World::empty();
    bare.arm(Method::PUT, ACCT, Some(json!({"location": "westeurope"})));
    let account = bare.arm(Method::GET, ACCT, None).json_body();
    assert_eq!(account["properties"].get("publicNetworkAccess"), None);
}

#[test]
fn an_update_changes_what_it_names_and_keeps_private_endpoints() {
    let mut world = World::empty();
    world.arm(Method::PUT, ACCT, Some(body()));
    let endpoint = json!({
        "location": "westeurope",
        "properties": {"privateLinkServiceConnections": [{"properties": {"privateLinkServiceId": world.account(), "groupIds": ["blob"]}}]},
    });
    let target = "/providers/Microsoft.Network/privateEndpoints/pe";
    assert_eq!(world.arm(Method::PUT, target, Some(endpoint)).status, 201);

    let mut again = body();
    again["properties"] = json!({"privateEndpointConnections": [], "creationTime": "1999-01-01T00:00:00Z", "networkAcls": {"defaultAction": "Deny", "ipRules": [{"value": "203.0.113.0/24"}]}});
    let answer = world.arm(Method::PUT, ACCT, Some(again));
    assert_eq!(answer.status, 200);
    let patched = world.arm(
        Method::PATCH,
        ACCT,
        Some(
            json!({"tags": {"b": "2"}, "sku": {"name": "Standard_RAGRS"}, "properties": {"networkAcls": {"ipRules": []}, "publicNetworkAccess": "disabled"}}),
        ),
    );
    assert_eq!(patched.status, 200);
    let account = patched.json_body();
    assert_eq!(account["tags"], json!({"b": "2"}));
    assert_eq!(
        account["sku"],
        json!({"name": "Standard_RAGRS", "tier": "Standard"})
    );
    let properties = &account["properties"];
    assert_eq!(
        properties["privateEndpointConnections"].as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(properties["networkAcls"]["defaultAction"], "Deny");
    assert_eq!(properties["networkAcls"]["ipRules"], json!([]));
    assert_eq!(properties["publicNetworkAccess"], "Disabled");
    assert_eq!(properties["minimumTlsVersion"], "TLS1_2");
    assert_ne!(properties["creationTime"], "1999-01-01T00:00:00Z");
}

#[test]
fn names_locations_and_words_are_checked() {
    let mut world = World::empty();
    let at = |name: &str| format!("/providers/Microsoft.Storage/storageAccounts/{name}");
    let mut put = |name: &str, body: serde_json::Value| world.arm(Method::PUT, &at(name), Some(body));
    assert_eq!(refused(&put("Acct", body()), 400), "AccountNameInvalid");
    assert_eq!(refused(&put("ac", body()), 400), "AccountNameInvalid");
    let without = json!({"kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
    assert_eq!(refused(&put("acct", without), 400), "LocationRequired");
    let mut wrong = body();
    wrong["properties"]["networkAcls"] = json!({"defaultAction": "Closed"});
    assert_eq!(
        refused(&put("acct", wrong), 400),
        "InvalidValuesForRequestParameters"
    );
    assert_eq!(put("acct", body()).status, 202);
    let mut elsewhere = body();
    elsewhere["location"] = json!("uksouth");
    assert_eq!(refused(&put("acct", elsewhere), 409), "InvalidResourceLocation");
    assert_eq!(
        refused(&world.arm(Method::PATCH, &at("none"), Some(json!({}))), 404),
        "ResourceNotFound"
    );
    let subscription = world.operator.subscription.clone();
    let elsewhere = format!("/subscriptions/{subscription}/resourceGroups/other");
    let group = format!("{elsewhere}?api-version=2025-04-01");
    world.arm_at(Method::PUT, &group, Some(json!({"location": "uksouth"})));
    let other = format!("{elsewhere}{ACCT}?api-version=2025-08-01");
    assert_eq!(
        refused(&world.arm_at(Method::PUT, &other, Some(body())), 409),
        "StorageAccountAlreadyTaken"
    );
    let none = other.replace("/other/", "/none/");
    assert_eq!(
        refused(&world.arm_at(Method::PUT, &none, Some(body())), 404),
        "ResourceGroupNotFound"
    );
}

#[test]
fn names_can_be_asked_about() {
    let mut world = World::new();
    let target = format!(
        "/subscriptions/{}/providers/Microsoft.Storage/checkNameAvailability?api-version=2025-08-01",
        world.operator.subscription
    );
    let mut ask = |name: &str| {
        let sent = json!({"name": name, "type": "Microsoft.Storage/storageAccounts"});
        world.arm_at(Method::POST, &target, Some(sent)).json_body()
    };
    assert_eq!(ask("free"), json!({"nameAvailable": true}));
    assert_eq!(ask("acct")["reason"], "AlreadyExists");
    assert_eq!(ask("a-b")["reason"], "AccountNameInvalid");
}

#[test]
fn keys_are_listed_and_renewed_one_at_a_time() {
    let mut world = World::new();
    let list = |world: &mut World| {
        world
            .arm(Method::POST, &format!("{ACCT}/listKeys"), None)
            .json_body()["keys"]
            .clone()
    };
    let before = list(&mut world);
    assert_eq!(before[0]["keyName"], "key1");
    assert_eq!(before[1]["permissions"], "FULL");
    assert_ne!(before[0]["value"], before[1]["value"]);
    assert_eq!(before[0]["value"].as_str().map(str::len), Some(88));
    let target = format!("{ACCT}/regenerateKey");
    let answer = world.arm(Method::POST, &target, Some(json!({"keyName": "key2"})));
    assert_eq!(answer.status, 200);
    let after = list(&mut world);
    assert_eq!(answer.json_body()["keys"], after);
    assert_eq!(before[0], after[0]);
    assert_ne!(before[1]["value"], after[1]["value"]);
    let answer = world.arm(Method::POST, &target, Some(json!({"keyName": "key3"})));
    assert_eq!(refused(&answer, 400), "InvalidValuesForRequestParameters");
    let none = "/providers/Microsoft.Storage/storageAccounts/none/listKeys";
    assert_eq!(
        refused(&world.arm(Method::POST, none, None), 404),
        "ResourceNotFound"
    );
}

#[test]
fn accounts_are_listed_and_deleted_with_all_that_is_theirs() {
    let mut world = World::new();
    world.put("/box/b", &[], "hello");
    let account = world.account();
    let operator = world.operator.object_id;
    world.azure.with_context(world.now, |context| {
        assign(context, operator, "Reader", &account, SignedDuration::ZERO);
    });
    let list = "/providers/Microsoft.Storage/storageAccounts";
    let found = world.arm(Method::GET, list, None).json_body();
    assert_eq!(found["value"].as_array().map(Vec::len), Some(1));
    let whole = format!(
        "/subscriptions/{}{list}?api-version=2025-08-01",
        world.operator.subscription
    );
    let found = world.arm_at(Method::GET, &whole, None).json_body();
    assert_eq!(found["value"][0]["name"], "acct");

    let before = world.azure.state().access.assignments().count();
    assert_eq!(world.arm(Method::DELETE, ACCT, None).status, 200);
    assert_eq!(world.arm(Method::DELETE, ACCT, None).status, 204);
    assert_eq!(world.released, world.came_in);
    assert_eq!(world.azure.state().access.assignments().count(), before - 1);
    assert!(world.azure.state().storage_accounts.is_empty());
    assert!(world.azure.state().account_keys.is_empty());
    assert_eq!(
        refused(&world.arm(Method::GET, ACCT, None), 404),
        "ResourceNotFound"
    );
    let answer = world.blob(Method::GET, "/box/b", &[]);
    assert_eq!(answer.status, 404, "no host {HOST} any more");
    // The name is free again, and nothing of the old account shows.
    assert_eq!(world.arm(Method::PUT, ACCT, Some(body())).status, 202);
    assert_eq!(
        refused(&world.blob(Method::GET, "/box/b", &[]), 404),
        "ContainerNotFound"
    );
}
