//! Who gets in: the challenge, the network, the two permission models.

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{HOST, World, refused};
use crate::machine::{Admission, Core};
use crate::model::{NetworkPath, PrincipalId, Request, TenantId};

#[test]
fn what_brings_no_body_passes_the_gates_once_when_it_is_called() {
    let mut world = World::new();
    let request = world.request(world.stranger, Method::DELETE, "/secrets/db");
    let admission = world.azure.admit(world.now, &NetworkPath::internet(), &request);
    assert!(matches!(admission, Admission::Buffer { .. }));
    assert_eq!(refused(&world.send(request.clone()), 403), "ForbiddenByRbac");
    // Whoever has one is told before it is read.
    let with_body = request.with_header("content-length", "7");
    let admission = world.azure.admit(world.now, &NetworkPath::internet(), &with_body);
    assert!(matches!(admission, Admission::Refuse(_)));
}

#[test]
fn the_first_request_is_challenged_before_its_body_is_looked_at() {
    let mut world = World::new();
    let tenant = world.operator.tenant;
    let request = Request::new(Method::PUT, HOST, "/secrets/db?api-version=7.4")
        .with_header("content-length", "20")
        .with_header("x-ms-client-request-id", "mine");
    let Admission::Refuse(answer) = world.azure.admit(world.now, &NetworkPath::internet(), &request) else {
        panic!("not refused on its headers");
    };
    assert_eq!(answer.status, 401);
    let expected = format!(
        "Bearer authorization=\"https://login.microsoftonline.com/{tenant}\", resource=\"https://vault.azure.net\""
    );
    assert_eq!(answer.header("www-authenticate"), Some(expected.as_str()));
    assert_eq!(
        answer.json_body(),
        json!({"error": {"code": "Unauthorized", "message": "AKV10000: Request is missing a Bearer or PoP token."}})
    );
    assert_eq!(answer.header("x-ms-keyvault-region"), Some("westeurope"));
    assert!(answer.header("x-ms-keyvault-service-version").is_some());
    assert_eq!(answer.header("x-ms-client-request-id"), Some("mine"));
    assert!(answer.header("x-ms-request-id").is_some());
    // A host name is the same in any letters.
    let request = Request::new(Method::GET, "DRILL.Vault.Azure.NET", "/secrets?api-version=7.4");
    assert_eq!(world.send(request).status, 401);
}

#[test]
fn tokens_must_be_for_key_vault_and_of_the_vaults_tenant() {
    let mut world = World::new();
    world.set("db", "x");
    let ask = |world: &mut World, token: &str| {
        let request = Request::new(Method::GET, HOST, "/secrets/db?api-version=7.4")
            .with_header("authorization", &format!("Bearer {token}"));
        let answer = world.send(request);
        assert_eq!(answer.status, 401, "{answer:?}");
        assert!(answer.header("www-authenticate").is_some());
        answer.json_body()["error"]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let operator = world.operator.object_id;
    let other = world.token(operator, "https://management.azure.com/");
    assert!(ask(&mut world, &other).starts_with("AKV10022: Invalid audience."));
    assert!(ask(&mut world, "not.a.token").contains("not valid"));
    // With a slash too many it is the same audience.
    let fine = world.token(operator, "https://vault.azure.net/");
    let request = Request::new(Method::GET, HOST, "/secrets/db?api-version=7.4")
        .with_header("authorization", &format!("Bearer {fine}"));
    assert_eq!(world.send(request).status, 200);
    let old = world.token(operator, "https://vault.azure.net");
    world.pass(SignedDuration::from_hours(2));
    assert!(ask(&mut world, &old).contains("expired"));
    let mut foreign = world
        .azure
        .state()
        .directory
        .get(operator)
        .expect("somebody")
        .clone();
    foreign.tenant = TenantId(Uuid::from_u128(5));
    let foreign = world
        .azure
        .tokens()
        .issue(world.now, &foreign, "https://vault.azure.net")
        .0;
    assert!(ask(&mut world, &foreign).starts_with("AKV10032: Invalid issuer."));
}

#[test]
fn a_vault_that_is_not_there_has_no_name() {
    let mut world = World::empty_with(&[]);
    let answer = world.vault(Method::GET, "/secrets/db", None);
    assert_eq!(refused(&answer, 404), "SyntheticKeyVaultNotFound");
    assert_eq!(answer.header("x-azdrill-gate"), Some("route"));
    assert!(world.azure.knows_host("anything.vault.azure.net"));
    assert!(!world.azure.knows_host("vault.azure.net.example.com"));
}

fn get(world: &mut World, who: PrincipalId) -> crate::model::Response {
    let request = world.request(who, Method::GET, "/secrets/db");
    world.send(request)
}

#[test]
fn with_azure_roles_a_data_role_counts_and_where_it_was_given() {
    let mut world = World::new();
    world.set("db", "x");
    let stranger = world.stranger;
    let answer = get(&mut world, stranger);
    assert_eq!(refused(&answer, 403), "ForbiddenByRbac");
    assert_eq!(answer.json_body()["error"]["code"], "Forbidden");
    assert_eq!(answer.header("x-azdrill-gate"), Some("authorization"));
    // Nothing of what a vault's identity needs: this is somebody else.
    assert_eq!(answer.header("x-azdrill-rules"), Some("RBAC"));
    let message = answer.json_body()["error"]["message"].to_string();
    assert!(
        message.contains("Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'"),
        "{message}"
    );
    assert!(message.contains("vaults/drill/secrets/db'"), "{message}");
    // Neither owning the vault nor seeing what it holds is reading a secret.
    for role in [
        "Owner",
        "Key Vault Contributor",
        "Key Vault Reader",
        "Key Vault Crypto User",
    ] {
        world.give(stranger, role, "");
        assert_eq!(
            refused(&get(&mut world, stranger), 403),
            "ForbiddenByRbac",
            "{role}"
        );
    }
    // A role on one secret opens that one.
    world.give(stranger, "Key Vault Secrets User", "/secrets/db2");
    assert_eq!(get(&mut world, stranger).status, 403);
    world.give(stranger, "Key Vault Secrets User", "/secrets/DB");
    assert_eq!(get(&mut world, stranger).status, 200);
    let list = world.request(stranger, Method::GET, "/secrets");
    assert_eq!(world.send(list).status, 200, "Key Vault Reader lists");
    let set = world
        .request(stranger, Method::PUT, "/secrets/db")
        .with_json(&json!({"value": "y"}));
    assert_eq!(refused(&world.send(set), 403), "ForbiddenByRbac");
    world.give(stranger, "Key Vault Secrets Officer", "");
    let set = world
        .request(stranger, Method::PUT, "/secrets/db")
        .with_json(&json!({"value": "y"}));
    assert_eq!(world.send(set).status, 200);
}

fn policy(world: &World, object: PrincipalId, permissions: Value) -> Value {
    json!({"tenantId": world.operator.tenant, "objectId": object, "permissions": permissions})
}

#[test]
fn with_access_policies_a_policy_counts_for_its_permissions() {
    let mut world = World::with(json!({"enableRbacAuthorization": false}));
    let (operator, stranger) = (world.operator.object_id, world.stranger);
    // The operator holds Key Vault Administrator, which counts for nothing here.
    let answer = world.vault(Method::PUT, "/secrets/db", Some(json!({"value": "x"})));
    assert_eq!(refused(&answer, 403), "ForbiddenByPolicy");
    let rules = answer.header("x-azdrill-rules").expect("rules").to_owned();
    assert!(
        rules.contains("KV-POLICY") && rules.contains("SS-B-04"),
        "{rules}"
    );
    let message = answer.json_body()["error"]["message"].to_string();
    assert!(
        message.contains("does not have secrets set permission on key vault 'drill;location=westeurope'"),
        "{message}"
    );
    let all = policy(&world, operator, json!({"secrets": ["ALL"]}));
    let one = policy(&world, stranger, json!({"Secrets": ["Get"]}));
    world.patch_vault(json!({"accessPolicies": [all, one]}));
    world.set("db", "x");
    assert_eq!(get(&mut world, stranger).status, 200);
    let list = world.request(stranger, Method::GET, "/secrets");
    assert_eq!(refused(&world.send(list), 403), "ForbiddenByPolicy");
    // Permissions for keys are none for secrets.
    let keys = policy(&world, stranger, json!({"keys": ["get", "all"], "secrets": []}));
    world.patch_vault(json!({"accessPolicies": [keys]}));
    assert_eq!(refused(&get(&mut world, stranger), 403), "ForbiddenByPolicy");
    // Another tenant's entry is not this principal's, and one with an application is for a user.
    let mut foreign = policy(&world, stranger, json!({"secrets": ["get"]}));
    foreign["tenantId"] = json!(Uuid::from_u128(5));
    let mut through = policy(&world, stranger, json!({"secrets": ["get"]}));
    through["applicationId"] = json!(Uuid::from_u128(6));
    world.patch_vault(json!({"accessPolicies": [foreign, through]}));
    assert_eq!(refused(&get(&mut world, stranger), 403), "ForbiddenByPolicy");
    // A group's policy is its members'.
    let group = PrincipalId(Uuid::from_u128(99));
    let for_group = policy(&world, group, json!({"secrets": ["get"]}));
    world.patch_vault(json!({"accessPolicies": [for_group]}));
    assert_eq!(get(&mut world, stranger).status, 403);
    world.azure.state_mut().directory.add_member(group, stranger);
    assert_eq!(get(&mut world, stranger).status, 200);
}

#[test]
fn changing_the_permission_model_takes_access_away() {
    let mut world = World::new();
    world.set("db", "x");
    let stranger = world.stranger;
    let granted = policy(&world, stranger, json!({"secrets": ["get"]}));
    world.patch_vault(json!({"accessPolicies": [granted]}));
    let answer = get(&mut world, stranger);
    assert_eq!(refused(&answer, 403), "ForbiddenByRbac");
    assert!(
        answer
            .header("x-azdrill-rules")
            .expect("rules")
            .contains("SS-B-04")
    );
    world.patch_vault(json!({"enableRbacAuthorization": false}));
    assert_eq!(get(&mut world, stranger).status, 200);
    assert_eq!(
        refused(&world.vault(Method::GET, "/secrets/db", None), 403),
        "ForbiddenByPolicy"
    );
    // Back again, and the policies are still there, untouched and of no effect.
    world.patch_vault(json!({"enableRbacAuthorization": true}));
    assert_eq!(get(&mut world, stranger).status, 403);
    assert_eq!(world.vault(Method::GET, "/secrets/db", None).status, 200);
}

/// With several things wrong the first gate is the one that speaks.
#[test]
fn gates_are_asked_in_their_order() {
    let mut world = World::with(json!({"enableRbacAuthorization": true, "publicNetworkAccess": "Disabled"}));
    let stranger = world.stranger;
    let anonymous = Request::new(Method::GET, HOST, "/secrets/db?api-version=7.4");
    assert_eq!(world.send(anonymous).status, 401);
    assert_eq!(refused(&get(&mut world, stranger), 403), "ForbiddenByConnection");
    world.patch_vault(json!({"publicNetworkAccess": "Enabled"}));
    assert_eq!(refused(&get(&mut world, stranger), 403), "ForbiddenByRbac");
}

/// What clients ask for today is known, and nothing else: no request is answered at a version nobody named.
#[test]
fn a_version_is_asked_for_and_known() {
    let mut world = World::new();
    world.set("db", "x");
    let token = world.token(world.operator.object_id, "https://vault.azure.net");
    let mut ask = |query: &str| {
        let request = Request::new(Method::GET, HOST, &format!("/secrets/db{query}"))
            .with_header("authorization", &format!("Bearer {token}"));
        world.send(request)
    };
    for known in [
        "7.4",
        "7.1",
        "2016-10-01",
        "2025-07-01",
        "2026-04-01",
        "7.6-Preview.2",
    ] {
        assert_eq!(ask(&format!("?api-version={known}")).status, 200, "{known}");
    }
    assert_eq!(ask("?api%2Dversion=7.4").status, 200);
    for (query, mark) in [
        ("", Some("inferred")),
        ("?api-version=", Some("inferred")),
        ("?api-version=banana", None),
        ("?api-version=2099-01-01", None),
    ] {
        let answer = ask(query);
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.json_body()["error"]["code"], "BadParameter", "{query}");
        assert_eq!(answer.header("x-azdrill-mark"), mark, "{query}");
    }
    // Who has no token learns where to get one; the version is looked at behind that.
    let anonymous = Request::new(Method::GET, HOST, "/secrets/db");
    assert_eq!(world.send(anonymous).status, 401);
    let root = Request::new(Method::GET, HOST, "/");
    assert_ne!(world.send(root).status, 400);
}
