//! Tokens that are not what they should be.

use azdrill_emulator::model::{Request, Response, Scheme};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::callers::BLOBS_HOST;
use crate::world::{ARM, World};

fn show(world: &mut World, token: &str) -> Response {
    let target = format!("{}?api-version=2025-04-01", world.group());
    let request =
        Request::new(Method::GET, ARM, &target).with_header("authorization", &format!("Bearer {token}"));
    world.send(request)
}

#[track_caller]
fn refused(world: &mut World, token: &str, code: &str) {
    let answer = show(world, token);
    assert_eq!(answer.status, 401, "{token}");
    assert_eq!(answer.json_body()["error"]["code"], code, "{token}");
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(challenge.starts_with("Bearer authorization_uri="), "{challenge}");
}

fn token(world: &mut World, audience: &str) -> String {
    let answer = world.sign_in(&format!("{audience}/.default"));
    let body = answer.json_body();
    body["access_token"].as_str().expect("a token").to_owned()
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[test]
fn a_token_is_for_one_resource() {
    let mut world = World::new();
    let (arm, blobs) = (
        "https://management.azure.com/.default",
        "https://storage.azure.com/.default",
    );
    let answer = world.sign_in(&format!("{arm} {blobs}"));
    assert_eq!(answer.status, 400);
    let body = answer.json_body();
    assert_eq!(body["error"], "invalid_scope");
    assert_eq!(body["error_codes"][0], 70_011);
    // What is no resource may stand beside it, and it may be said twice.
    assert_eq!(world.sign_in(&format!("{arm} openid offline_access")).status, 200);
    assert_eq!(world.sign_in(&format!("{arm} {arm}")).status, 200);
}

#[test]
fn forged_tokens_open_nothing() {
    let mut world = World::new();
    let good = token(&mut world, "https://management.azure.com");
    assert_eq!(show(&mut world, &good).status, 200);
    let parts: Vec<&str> = good.split('.').collect();
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).expect("base64")).expect("JSON");
    let mut raised = claims.clone();
    raised["oid"] = json!("00000000-0000-0000-0000-000000000001");
    let mut longer = claims.clone();
    longer["exp"] = json!(claims["exp"].as_i64().expect("a number") + 86_400);
    let header = |alg: &str| part(&json!({"alg": alg, "typ": "JWT"}));
    for forged in [
        // No signature at all, in three spellings.
        format!("{}.{}.", header("none"), parts[1]),
        format!("{}.{}.{}", header("None"), parts[1], parts[2]),
        format!("{}.{}", parts[0], parts[1]),
        // Another algorithm: the public key as if it were a shared secret.
        format!("{}.{}.{}", header("HS256"), parts[1], parts[2]),
        // Somebody else's claims under this signature.
        format!("{}.{}.{}", parts[0], part(&raised), parts[2]),
        format!("{}.{}.{}", parts[0], part(&longer), parts[2]),
        String::new(),
        ".".repeat(3),
        "a.b.c".to_owned(),
        format!("{good}{good}"),
    ] {
        refused(&mut world, &forged, "InvalidAuthenticationToken");
    }
    assert_eq!(show(&mut world, &good).status, 200, "the good one is still good");
}

#[test]
fn a_token_is_for_one_service_and_for_its_time() {
    let mut world = World::new();
    for audience in [
        "https://storage.azure.com",
        "https://graph.microsoft.com",
        "https://vault.azure.net",
    ] {
        let other = token(&mut world, audience);
        refused(&mut world, &other, "InvalidAuthenticationTokenAudience");
    }
    let good = token(&mut world, "https://management.azure.com");
    let then = world.now;
    world.now = then - SignedDuration::from_secs(2);
    refused(&mut world, &good, "ExpiredAuthenticationToken");
    let answer = show(&mut world, &good);
    assert_eq!(answer.header("x-azdrill-rules"), Some("TOKEN-EXPIRED"));
    world.now = then + SignedDuration::from_secs(3_598);
    assert_eq!(show(&mut world, &good).status, 200);
    world.now = then + SignedDuration::from_secs(3_600);
    refused(&mut world, &good, "ExpiredAuthenticationToken");
}

/// Whoever was deleted is nobody, whatever their token says.
#[test]
fn a_token_of_a_principal_that_is_gone_is_worth_nothing() {
    let mut world = World::new();
    let good = token(&mut world, "https://management.azure.com");
    assert_eq!(show(&mut world, &good).status, 200);
    let operator = world.operator.object_id;
    world.azure.state_mut().directory.remove(operator);
    refused(&mut world, &good, "InvalidAuthenticationToken");
}

#[test]
fn a_scope_of_another_resource_beside_the_first_is_not_passed_over() {
    let mut world = World::new();
    let arm = "https://management.azure.com/.default";
    for (beside, number) in [
        ("https://vault.azure.net/user_impersonation", 1_002_012),
        ("https://vault.azure.net/.default", 70_011),
        ("banana", 1_002_012),
    ] {
        let answer = world.sign_in(&format!("{arm} {beside}"));
        let body = answer.json_body();
        assert_eq!(
            (answer.status.as_u16(), &body["error"]),
            (400, &json!("invalid_scope"))
        );
        assert_eq!(body["error_codes"][0], number, "{beside}");
    }
    // A slash more or less names the same.
    assert_eq!(
        world
            .sign_in(&format!("{arm} https://management.azure.com//.default"))
            .status,
        200
    );
}

#[test]
fn a_token_is_for_a_resource_the_tenant_has() {
    let mut world = World::new();
    for known in [
        "https://management.core.windows.net/",
        "https://vault.azure.net",
        "https://anybody.blob.core.windows.net",
        "https://ossrdbms-aad.database.windows.net",
        "https://localhost:8443",
    ] {
        assert_eq!(world.sign_in(&format!("{known}/.default")).status, 200, "{known}");
    }
    for unknown in [
        "https://nobody.example",
        "api://nobody",
        "https://management.azure.com.nobody.example",
    ] {
        let answer = world.sign_in(&format!("{unknown}/.default"));
        let body = answer.json_body();
        assert_eq!(
            (answer.status.as_u16(), &body["error"]),
            (400, &json!("invalid_resource"))
        );
        assert_eq!(body["error_codes"][0], 500_011, "{unknown}");
        let text = body["error_description"].as_str().expect("a text");
        assert!(
            text.contains(unknown) && text.contains(&world.operator.tenant.to_string()),
            "{text}"
        );
    }
    // An application of the tenant is a resource by its id.
    let own = world.operator.client_id;
    assert_eq!(world.sign_in(&format!("{own}/.default")).status, 200);
    // The older way to say it is no way around.
    let (secret, tenant) = (world.operator.client_secret.clone(), world.operator.tenant);
    let form = format!(
        "grant_type=client_credentials&client_id={own}&client_secret={secret}&resource=https%3A%2F%2Fnobody.example"
    );
    let answer = world.ask_token(&format!("/{tenant}/oauth2/token"), &form);
    assert_eq!(answer.json_body()["error"], "invalid_resource", "{answer:?}");
}

/// A key vault takes tokens for Key Vault, and none for itself.
#[test]
fn a_key_vault_is_no_audience() {
    let mut world = World::new();
    world.put_key_vault(false);
    let host = "azdrillkeys.vault.azure.net";
    let operator = world.operator.object_id;
    for (audience, status) in [
        ("https://vault.azure.net".to_owned(), 200),
        (format!("https://{host}"), 401),
    ] {
        let principal = world.azure.state().directory.get(operator).expect("the operator");
        let token = world.azure.tokens().issue(world.now, principal, &audience).0;
        let request = Request::new(Method::GET, host, "/secrets?api-version=7.4")
            .with_header("authorization", &format!("Bearer {token}"));
        let answer = world.send(request);
        assert_eq!(answer.status, status, "{audience}: {answer:?}");
    }
}

/// Who shows something is not taken for somebody who shows nothing, not even where anybody may read.
#[test]
fn an_unknown_scheme_is_refused_where_nobody_need_sign_in() {
    let mut world = World::new();
    world.put_account();
    let changed = world.change_account(&json!({"allowBlobPublicAccess": true}));
    assert_eq!(changed.status, 200, "{changed:?}");
    let container = format!("{}/blobServices/default/containers/open", world.account());
    let made = world.put(&container, &json!({"properties": {"publicAccess": "Container"}}));
    assert!(made.status.is_success(), "{made:?}");
    for (shown, status) in [(None, 404), (Some("Basic eDp5"), 403)] {
        let mut request =
            Request::new(Method::GET, BLOBS_HOST, "/open/none").with_header("x-ms-version", "2024-11-04");
        if let Some(shown) = shown {
            request = request.with_header("authorization", shown);
        }
        let answer = world.send(request);
        assert_eq!(answer.status, status, "{shown:?}: {answer:?}");
    }
}

/// What an account says of plain text is said of its own hosts, whatever it is called.
#[test]
fn an_account_of_a_famous_name_asks_nothing_of_resource_manager() {
    let mut world = World::new();
    let body = json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
    let made = world.put("/providers/Microsoft.Storage/storageAccounts/management", &body);
    assert!(made.status.is_success(), "{made:?}");
    world.settle();
    let target = format!("{}?api-version=2025-04-01", world.group());
    let mut request = world.request(Method::GET, &target);
    request.scheme = Scheme::Http;
    let answer = world.send(request);
    assert_eq!(answer.status, 200, "{answer:?}");
}
