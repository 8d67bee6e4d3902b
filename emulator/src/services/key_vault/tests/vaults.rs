//! Vaults as resources: names, properties, soft delete, access policies.

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::world::{HOST, VAULT, World, refused};
use crate::model::Request;

fn deleted(world: &mut World, action: &str, method: Method) -> crate::model::Response {
    let subscription = world.operator.subscription.clone();
    let target = format!(
        "/subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/drill{action}?api-version=2023-07-01"
    );
    world.arm_at(method, &target, None)
}

/// What a vault's properties must have.
fn needed(world: &World) -> Value {
    json!({"tenantId": world.operator.tenant, "sku": {"family": "A", "name": "standard"}})
}

#[test]
fn a_vault_is_made_with_what_azure_adds() {
    let mut world = World::empty_with(&[]);
    let made = world.put_vault(
        json!({"publicnetworkaccess": "enabled", "sku": {"family": "A", "name": "standard"}, "x": 1}),
    );
    assert_eq!(made.status, 200);
    let mut body = made.json_body();
    assert_eq!(body["properties"]["provisioningState"], "RegisteringDns");
    assert_eq!(body["systemData"]["createdByType"], "Application");
    body["properties"]["provisioningState"] = json!("Succeeded");
    assert_eq!(body["properties"]["vaultUri"], "https://drill.vault.azure.net/");
    assert_eq!(body["properties"]["enableSoftDelete"], true);
    assert_eq!(body["properties"]["softDeleteRetentionInDays"], 90);
    assert_eq!(body["properties"]["enableRbacAuthorization"], false);
    assert_eq!(body["properties"]["publicNetworkAccess"], "Enabled");
    // The version does not have it.
    assert_eq!(body["properties"].get("x"), None);
    assert_eq!(body["properties"]["tenantId"], json!(world.operator.tenant));
    let again = world.put_vault(json!({"tenantId": world.operator.tenant}));
    assert_eq!(again.status, 200);
    let found = world.arm(Method::GET, VAULT, None);
    assert_eq!(found.json_body(), again.json_body());
    for target in ["/providers/Microsoft.KeyVault/vaults", "/resources"] {
        let list = world.arm(Method::GET, target, None).json_body();
        assert_eq!(list["value"].as_array().map(Vec::len), Some(1), "{target}");
    }
}

#[test]
fn from_a_version_on_new_vaults_have_azure_roles() {
    let mut world = World::empty_with(&[]);
    let target = format!("{}{VAULT}?api-version=2026-02-01", world.group());
    let body = json!({"location": "westeurope", "properties": needed(&world)});
    let made = world.arm_at(Method::PUT, &target, Some(body)).json_body();
    assert_eq!(made["properties"]["enableRbacAuthorization"], true);
}

#[test]
fn bad_bodies_are_refused() {
    let mut world = World::empty_with(&[]);
    let tenant = world.operator.tenant;
    let entry = |permissions: Value| json!({"accessPolicies": [{"tenantId": tenant, "objectId": tenant, "permissions": permissions}]});
    for (properties, code) in [
        (
            json!({"publicNetworkAccess": "open"}),
            "InvalidValuesForRequestParameters",
        ),
        (
            json!({"networkAcls": {"defaultAction": "Denied"}}),
            "InvalidValuesForRequestParameters",
        ),
        (
            json!({"networkAcls": {"bypass": "All"}}),
            "InvalidValuesForRequestParameters",
        ),
        (json!({"enableRbacAuthorization": "true"}), "BadRequest"),
        (json!({"softDeleteRetentionInDays": 6}), "BadRequest"),
        (json!({"softDeleteRetentionInDays": 91}), "BadRequest"),
        (json!({"enableSoftDelete": false}), "BadRequest"),
        (json!({"accessPolicies": {}}), "BadRequest"),
        (json!({"accessPolicies": [{}]}), "BadRequest"),
        (entry(json!({"secrets": ["read"]})), "BadRequest"),
        (entry(json!({"secrets": "get"})), "BadRequest"),
        (entry(json!(null)), "BadRequest"),
        (json!([]), "BadRequest"),
    ] {
        let answer = world.put_vault(properties.clone());
        assert_eq!(refused(&answer, 400), code, "{properties}");
    }
    assert_eq!(world.arm(Method::GET, VAULT, None).status, 404);
    // Permissions for what is not here are let through and grant nothing.
    let fine = world.put_vault(entry(
        json!({"secrets": ["Get", "List"], "storage": ["get"], "certificates": []}),
    ));
    assert_eq!(fine.status, 200, "{fine:?}");
}

#[test]
fn names_are_the_whole_worlds() {
    let mut world = World::new();
    for bad in ["ab", "a_b", "abcdefghijklmnopqrstuvwxy", "a.b"] {
        let target = format!("/providers/Microsoft.KeyVault/vaults/{bad}");
        let body = json!({"location": "westeurope", "properties": needed(&world)});
        let answer = world.arm(Method::PUT, &target, Some(body));
        assert_eq!(refused(&answer, 400), "VaultNameNotValid", "{bad}");
    }
    let group = format!(
        "/subscriptions/{}/resourceGroups/other",
        world.operator.subscription
    );
    let body = Some(json!({"location": "westeurope"}));
    assert_eq!(
        world
            .arm_at(
                Method::PUT,
                &format!("{group}?api-version=2022-12-01"),
                body.clone()
            )
            .status,
        201
    );
    let target = format!("{group}/providers/Microsoft.KeyVault/vaults/DRILL?api-version=2023-07-01");
    let body = Some(json!({"location": "westeurope", "properties": needed(&world)}));
    assert_eq!(
        refused(&world.arm_at(Method::PUT, &target, body), 409),
        "VaultAlreadyExists"
    );
    let available = |world: &mut World, name: &str| {
        let target = format!(
            "/subscriptions/{}/providers/Microsoft.KeyVault/checkNameAvailability?api-version=2023-07-01",
            world.operator.subscription
        );
        let body = json!({"name": name, "type": "Microsoft.KeyVault/vaults"});
        world.arm_at(Method::POST, &target, Some(body)).json_body()
    };
    assert_eq!(available(&mut world, "free-one")["nameAvailable"], true);
    assert_eq!(available(&mut world, "Drill")["reason"], "AlreadyExists");
    assert_eq!(available(&mut world, "-")["reason"], "AccountNameInvalid");
    world.arm(Method::DELETE, VAULT, None);
    assert_eq!(available(&mut world, "drill")["reason"], "AlreadyExists");
}

#[test]
fn a_deleted_vault_keeps_its_name_and_what_is_inside_until_it_is_recovered() {
    let mut world = World::new();
    world.set("db", "x");
    assert_eq!(world.arm(Method::DELETE, VAULT, None).status, 200);
    assert_eq!(world.arm(Method::DELETE, VAULT, None).status, 204);
    assert_eq!(world.vault(Method::GET, "/secrets/db", None).status, 404);
    let found = deleted(&mut world, "", Method::GET).json_body();
    assert_eq!(found["properties"]["deletionDate"], "2026-03-02T06:00:00Z");
    assert_eq!(found["properties"]["scheduledPurgeDate"], "2026-05-31T06:00:00Z");
    assert_eq!(
        found["properties"]["vaultId"],
        json!(format!("{}{VAULT}", world.group()))
    );
    let target = format!(
        "/subscriptions/{}/providers/Microsoft.KeyVault/deletedVaults?api-version=2023-07-01",
        world.operator.subscription
    );
    assert_eq!(
        world.arm_at(Method::GET, &target, None).json_body()["value"][0],
        found
    );
    let answer = world.put_vault(json!({}));
    assert_eq!(refused(&answer, 409), "ConflictError");
    assert!(
        answer.json_body()["error"]["message"]
            .to_string()
            .contains("deleted state")
    );
    let recovered = world.put_vault(json!({"createMode": "recover"}));
    assert_eq!(recovered.status, 200, "{recovered:?}");
    // Its role assignments are gone for good.
    assert_eq!(
        refused(&world.vault(Method::GET, "/secrets/db", None), 403),
        "ForbiddenByRbac"
    );
    world.give(world.operator.object_id, "Key Vault Secrets User", "");
    assert_eq!(
        world.vault(Method::GET, "/secrets/db", None).json_body()["value"],
        "x"
    );
    assert_eq!(deleted(&mut world, "", Method::GET).status, 404);
    // Recovering what is not deleted.
    world.arm(Method::DELETE, VAULT, None);
    assert_eq!(deleted(&mut world, "/purge", Method::POST).status, 202);
    let nothing = world.put_vault(json!({"createMode": "recover"}));
    assert_eq!(refused(&nothing, 404), "DeletedVaultNotFound");
}

#[test]
fn a_purge_takes_the_vault_and_frees_its_name() {
    let mut world = World::new();
    world.set("db", "x");
    world.arm(Method::DELETE, VAULT, None);
    let purged = deleted(&mut world, "/purge", Method::POST);
    assert_eq!(purged.status, 202);
    let address = purged.header("location").expect("an address").to_owned();
    let target = address
        .strip_prefix("https://management.azure.com")
        .expect("ARM")
        .to_owned();
    assert_eq!(world.arm_at(Method::GET, &target, None).status, 200);
    assert_eq!(deleted(&mut world, "", Method::GET).status, 404);
    assert_eq!(
        world.put_vault(json!({"enableRbacAuthorization": true})).status,
        200
    );
    world.give(world.operator.object_id, "Key Vault Administrator", "");
    assert_eq!(
        refused(&world.vault(Method::GET, "/secrets/db", None), 404),
        "SecretNotFound"
    );
}

#[test]
fn purge_protection_cannot_be_undone() {
    let mut world = World::with(
        json!({"enableRbacAuthorization": true, "enablePurgeProtection": true, "softDeleteRetentionInDays": 7}),
    );
    let off = json!({"properties": {"enablePurgeProtection": false}});
    let answer = world.arm(Method::PATCH, VAULT, Some(off));
    assert_eq!(refused(&answer, 400), "BadRequest");
    let answer = world.arm(
        Method::PATCH,
        VAULT,
        Some(json!({"properties": {"softDeleteRetentionInDays": 8}})),
    );
    assert!(
        answer.json_body()["error"]["message"]
            .to_string()
            .contains("can't be modified")
    );
    let bundle = world.set("db", "x");
    assert_eq!(bundle["attributes"]["recoveryLevel"], "CustomizedRecoverable");
    assert_eq!(bundle["attributes"]["recoverableDays"], 7);
    world.vault(Method::DELETE, "/secrets/db", None);
    let answer = world.vault(Method::DELETE, "/deletedsecrets/db", None);
    assert_eq!(refused(&answer, 403), "Forbidden");
    world.arm(Method::DELETE, VAULT, None);
    assert_eq!(
        refused(&deleted(&mut world, "/purge", Method::POST), 405),
        "MethodNotAllowed"
    );
    assert_eq!(
        deleted(&mut world, "", Method::GET).json_body()["properties"]["purgeProtectionEnabled"],
        true
    );
    world.pass(SignedDuration::from_hours(7 * 24) - SignedDuration::from_secs(1));
    assert_eq!(deleted(&mut world, "", Method::GET).status, 200);
    world.pass(SignedDuration::from_secs(1));
    assert_eq!(deleted(&mut world, "", Method::GET).status, 404);
}

/// A vault recovered and deleted again is not purged when the first deletion's time is over.
#[test]
fn the_time_of_a_purge_is_that_of_the_last_deletion() {
    let mut world = World::with(json!({"enableRbacAuthorization": true, "softDeleteRetentionInDays": 7}));
    world.arm(Method::DELETE, VAULT, None);
    world.pass(SignedDuration::from_hours(5 * 24));
    assert_eq!(world.put_vault(json!({"createMode": "recover"})).status, 200);
    world.arm(Method::DELETE, VAULT, None);
    world.pass(SignedDuration::from_hours(3 * 24));
    assert_eq!(deleted(&mut world, "", Method::GET).status, 200);
    world.pass(SignedDuration::from_hours(4 * 24));
    assert_eq!(deleted(&mut world, "", Method::GET).status, 404);
}

#[test]
fn access_policies_are_added_replaced_and_removed() {
    let mut world = World::with(json!({"enableRbacAuthorization": false}));
    let (tenant, object) = (world.operator.tenant, world.stranger);
    let change = |world: &mut World, change: &str, words: &[&str]| {
        let body = json!({"properties": {"accessPolicies": [{"tenantId": tenant, "objectId": object, "permissions": {"secrets": words}}]}});
        let answer = world.arm(
            Method::PUT,
            &format!("{VAULT}/accessPolicies/{change}"),
            Some(body),
        );
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json_body()["properties"]["accessPolicies"].clone()
    };
    let secrets = |policies: &Value| policies[0]["permissions"]["secrets"].clone();
    assert_eq!(secrets(&change(&mut world, "add", &["get"])), json!(["get"]));
    assert_eq!(
        secrets(&change(&mut world, "add", &["GET", "list"])),
        json!(["get", "list"])
    );
    assert_eq!(secrets(&change(&mut world, "replace", &["set"])), json!(["set"]));
    assert_eq!(
        secrets(&change(&mut world, "add", &["get"])),
        json!(["set", "get"])
    );
    assert_eq!(secrets(&change(&mut world, "remove", &["set"])), json!(["get"]));
    let vault = world.arm(Method::GET, VAULT, None).json_body();
    assert_eq!(secrets(&vault["properties"]["accessPolicies"]), json!(["get"]));
    assert_eq!(change(&mut world, "remove", &["get"]), json!([]));
    let wrong = json!({"properties": {"accessPolicies": [{"tenantId": tenant, "objectId": object, "permissions": {}}]}});
    let answer = world.arm(Method::PUT, &format!("{VAULT}/accessPolicies/grant"), Some(wrong));
    assert_eq!(refused(&answer, 400), "BadRequest");
}

#[test]
fn a_private_endpoints_connection_stands_on_the_vault() {
    let mut world = World::new();
    let group = world.group();
    let body = json!({"location": "westeurope", "properties": {"privateLinkServiceConnections": [{"name": "v", "properties": {"privateLinkServiceId": format!("{group}{VAULT}"), "groupIds": ["vault"]}}]}});
    world.arm(
        Method::PUT,
        "/providers/Microsoft.Network/privateEndpoints/pe",
        Some(body),
    );
    let list = world
        .arm(Method::GET, &format!("{VAULT}/privateEndpointConnections"), None)
        .json_body();
    let name = list["value"][0]["name"].as_str().expect("a name").to_owned();
    let target = format!("{VAULT}/privateEndpointConnections/{name}");
    assert_eq!(
        world.arm(Method::GET, &target, None).json_body(),
        list["value"][0]
    );
    let reject = json!({"properties": {"privateLinkServiceConnectionState": {"status": "Rejected"}}});
    let answer = world.arm(Method::PUT, &target, Some(reject)).json_body();
    assert_eq!(
        answer["properties"]["privateLinkServiceConnectionState"]["status"],
        "Rejected"
    );
    assert_eq!(world.arm(Method::DELETE, &target, None).status, 200);
    assert_eq!(world.arm(Method::DELETE, &target, None).status, 204);
    assert_eq!(world.arm(Method::GET, &target, None).status, 404);
    let links = world
        .arm(Method::GET, &format!("{VAULT}/privateLinkResources"), None)
        .json_body();
    assert_eq!(links["value"][0]["properties"]["groupId"], "vault");
}

#[test]
fn a_client_can_ask_whether_the_name_resolves() {
    let mut world = World::new();
    let answer = world.send(Request::new(Method::GET, HOST, "/"));
    assert_eq!(answer.status, 200);
    let answer = world.vault(Method::GET, "/certificates/contacts", None);
    assert_eq!(refused(&answer, 404), "SyntheticContactsNotFound");
    assert_eq!(answer.header("x-azdrill-synthetic"), Some("true"));
    let answer = world.vault(Method::GET, "/certificates/one/two/three", None);
    assert_eq!(answer.status, 501);
}

#[test]
fn deleting_the_group_deletes_the_vault_softly() {
    let mut world = World::new();
    assert_eq!(world.arm(Method::DELETE, "", None).status, 202);
    world.pass(SignedDuration::ZERO);
    assert_eq!(world.arm(Method::GET, VAULT, None).status, 404);
    assert_eq!(deleted(&mut world, "", Method::GET).status, 200);
}
