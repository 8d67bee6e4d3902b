//! Resource providers, and what is not played.

use http::Method;
use serde_json::json;

use crate::world::World;

#[test]
fn a_provider_shows_its_types_and_can_be_unregistered() {
    let mut world = World::new();
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    let target = format!("{subscription}/providers/Microsoft.DataProtection");
    let shown = world.get(&target).json_body();
    assert_eq!(shown["registrationState"], "Registered");
    let kinds: Vec<&str> = shown["resourceTypes"]
        .as_array()
        .expect("types")
        .iter()
        .map(|kind| kind["resourceType"].as_str().expect("a type"))
        .collect();
    assert!(kinds.contains(&"backupVaults/backupInstances"), "{kinds:?}");
    // `…/backupInstances/restore/action` is an action, and no type.
    assert!(
        !kinds.contains(&"backupVaults/backupInstances/restore"),
        "{kinds:?}"
    );
    assert!(
        shown["resourceTypes"][0]["apiVersions"]
            .as_array()
            .is_some_and(|versions| versions.contains(&json!("2024-04-01")))
    );
    let gone = world.post(&format!("{target}/unregister"), &json!({}));
    assert_eq!(gone.json_body()["registrationState"], "Unregistered");
    let back = world.post(&format!("{target}/register"), &json!({}));
    assert_eq!(back.json_body()["registrationState"], "Registered");
    let free = world.get(&format!("{subscription}/providers/microsoft.resources"));
    assert_eq!(free.json_body()["registrationPolicy"], "RegistrationFree");
    let listed = world.get(&format!("{subscription}/providers")).json_body();
    assert!(listed["value"].as_array().is_some_and(|all| all.len() >= 10));
    assert_eq!(
        world.get(&format!("{subscription}/providers/No.Such")).status,
        404
    );
}

#[test]
fn operations_of_a_provider_are_listed_with_what_they_act_on() {
    let mut world = World::new();
    let request = world.request(
        Method::GET,
        "/providers/Microsoft.Storage/operations?api-version=2025-08-01",
    );
    let listed = world.send(request).json_body();
    let all = listed["value"].as_array().expect("operations");
    let find = |name: &str| {
        all.iter()
            .find(|operation| operation["name"] == name)
            .unwrap_or_else(|| panic!("no {name}"))
    };
    let keys = find("Microsoft.Storage/storageAccounts/listKeys/action");
    assert_eq!(keys["isDataAction"], false);
    assert_eq!(keys["display"]["resource"], "storageAccounts");
    let blobs = find("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read");
    assert_eq!(blobs["isDataAction"], true);
    let request = world.request(
        Method::GET,
        "/providers/Microsoft.Authorization/providerOperations/Microsoft.Storage?api-version=2022-04-01",
    );
    let listed = world.send(request).json_body();
    assert_eq!(listed["name"], "Microsoft.Storage");
    let accounts = listed["resourceTypes"]
        .as_array()
        .expect("types")
        .iter()
        .find(|kind| kind["name"] == "storageAccounts")
        .expect("accounts");
    assert!(
        accounts["operations"]
            .as_array()
            .is_some_and(|all| all.len() >= 4)
    );
}

/// What the emulator has not is told apart from what it refuses.
#[test]
fn what_is_not_implemented_is_named_and_logged() {
    let mut world = World::new();
    let answer = world.post(
        "/providers/Microsoft.Compute/virtualMachines/one/start",
        &json!({}),
    );
    assert_eq!(answer.status, 501);
    let what = "POST Microsoft.Compute/virtualMachines/start";
    assert_eq!(answer.header("x-azdrill-not-implemented"), Some(what));
    let error = answer.json_body()["error"].clone();
    assert_eq!(error["code"], "NotImplementedByEmulator");
    assert!(error["message"].as_str().is_some_and(|text| text.contains(what)));
    world.get("/providers/Microsoft.Storage/storageAccounts/none");
    world.send(azdrill_emulator::model::Request::new(
        Method::GET,
        "example.com",
        "/",
    ));
    let told: Vec<String> = world
        .azure
        .log()
        .since(0)
        .filter_map(azdrill_emulator::log::Exchange::not_implemented)
        .collect();
    assert_eq!(told, [what]);
}

/// Clients of the generic operations leave an empty segment where a parent would be.
#[test]
fn an_empty_parent_changes_nothing() {
    let mut world = World::new();
    world.put_account();
    let account = world.account();
    let odd = account.replace("Microsoft.Storage/", "Microsoft.Storage//");
    assert_eq!(world.get(&odd).json_body(), world.get(&account).json_body());
    let lock = format!("{account}/providers/Microsoft.Authorization/locks/l");
    world.put(&lock, &json!({"properties": {"level": "CanNotDelete"}}));
    assert_eq!(
        world.delete(&odd).json_body()["error"]["code"],
        "ScopeLocked",
        "and is no way round a lock"
    );
}

/// The CLI sends a template as it was written: with comments, and without quotes round its own name.
#[test]
fn a_template_may_be_written_with_comments() {
    let mut world = World::new();
    let text = r#"{"properties": {"mode": "Incremental", "parameters": {}, template:{
        // what there is to be
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0", /* nothing */ "resources": [],
    }}}"#;
    let target = format!(
        "{}/providers/Microsoft.Resources/deployments/d/validate?api-version=2024-03-01",
        world.group()
    );
    let mut send = |text: String| {
        let mut request = world
            .request(Method::POST, &target)
            .with_header("content-type", "application/json");
        request.body = azdrill_emulator::model::Body::Bytes(text.into());
        world.send(request)
    };
    let answer = send(text.to_owned());
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(send("{properties: [}".to_owned()).status, 400);
    for depth in [400, 100_000] {
        let deep = format!("{{properties: {{template: {{resources: {}", "[".repeat(depth));
        assert_eq!(send(deep).status, 400);
        let whole = format!(
            "{{properties: {{template: {{resources: {}{}}}}}}}",
            "[".repeat(depth),
            "]".repeat(depth)
        );
        assert_eq!(send(whole).status, 400);
    }
}
