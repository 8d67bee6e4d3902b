//! Tokens of managed identities, at every endpoint a process may find in its environment.

use azdrill_emulator::model::{Body, Request, Response, Scheme};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::{Value, json};

use crate::callers::READER;
use crate::world::{ARM, World, below_vault};

const RESOURCE: &str = "resource=https%3A%2F%2Fmanagement.azure.com%2F";

impl World {
    /// Makes a user-assigned identity and answers with its client and object ids.
    pub(crate) fn put_identity(&mut self, name: &str) -> (String, String) {
        let made = self.put(&identity(name), &json!({"location": "westeurope"}));
        assert_eq!(made.status, 201, "{made:?}");
        let properties = &made.json_body()["properties"];
        let text = |name: &str| properties[name].as_str().expect("an id").to_owned();
        (text("clientId"), text("principalId"))
    }

    fn local(&mut self, method: Method, target: &str, header: (&'static str, &str), form: &str) -> Response {
        let mut request = Request::new(method, "127.0.0.1", target).with_header(header.0, header.1);
        request.scheme = Scheme::Http;
        request.port = Some(8443);
        if !form.is_empty() {
            request.body = Body::Bytes(bytes::Bytes::from(form.to_owned()));
        }
        self.send(request)
    }
}

pub(crate) fn identity(name: &str) -> String {
    format!("/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}")
}

/// Whose token it is.
#[track_caller]
pub(crate) fn owner(answer: &Response) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json_body();
    let token = body["access_token"].as_str().expect("a token");
    let part = token.split('.').nth(1).expect("claims");
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON");
    claims["oid"].as_str().expect("an object id").to_owned()
}

#[track_caller]
fn nobody(answer: &Response, says: &str) {
    assert_eq!(answer.status, 400, "{answer:?}");
    let body = answer.json_body();
    assert_eq!(body["error"], "invalid_request");
    let text = body["error_description"].as_str().unwrap_or_default();
    assert!(text.contains(says), "{text}");
}

#[test]
fn every_endpoint_answers_in_its_own_way_of_asking() {
    let mut world = World::new();
    let (client, object) = world.put_identity("runner");
    let asked = format!("/msi/token?api-version=2019-08-01&{RESOURCE}");
    let app_service = world.local(Method::GET, &asked, ("x-identity-header", "anything"), "");
    assert_eq!(owner(&app_service), object);
    let asked = format!("/msi/token?api-version=2017-09-01&{RESOURCE}&clientid={client}");
    let machine_learning = world.local(Method::GET, &asked, ("secret", "anything"), "");
    assert_eq!(owner(&machine_learning), object);
    let cloud_shell = world.local(Method::POST, "/msi/token", ("metadata", "true"), RESOURCE);
    assert_eq!(owner(&cloud_shell), object);
    let expires = cloud_shell.json_body()["expires_on"].clone();
    assert!(
        expires.as_str().is_some_and(|text| text.parse::<i64>().is_ok()),
        "{expires}"
    );

    let asked = format!("/msi/token?{RESOURCE}");
    let without = world.local(Method::GET, &asked, ("accept", "*/*"), "");
    nobody(&without, "X-IDENTITY-HEADER");
    let without = world.local(Method::POST, "/msi/token", ("accept", "*/*"), RESOURCE);
    nobody(&without, "metadata header");
    let without = world.local(Method::POST, "/msi/token", ("metadata", "true"), "x=y");
    nobody(&without, "'resource' is missing");
}

#[test]
fn an_identity_is_found_by_each_of_its_names_and_by_no_other() {
    let mut world = World::new();
    let (client, object) = world.put_identity("one");
    world.put_identity("two");
    let id = format!("{}{}", world.group(), identity("one"));
    let mut ask = |name: &str, value: &str| {
        let value = value.replace('/', "%2F");
        let asked = format!("/msi/token?{RESOURCE}&{name}={value}");
        world.local(Method::GET, &asked, ("x-identity-header", "anything"), "")
    };
    for (name, value) in [
        ("client_id", &client),
        ("clientid", &client),
        ("object_id", &object),
        ("principal_id", &object),
        ("mi_res_id", &id),
        ("msi_res_id", &id),
    ] {
        assert_eq!(owner(&ask(name, value)), object, "{name}");
    }
    for wrong in [
        "",
        "nobody",
        "00000000-0000-0000-0000-000000000001",
        "/subscriptions/x",
    ] {
        nobody(&ask("client_id", wrong), "");
    }
    nobody(&ask("ignored", "x"), "Multiple user assigned identities");
}

#[test]
fn the_environment_may_say_which_identity_a_process_has() {
    let mut world = World::new();
    let (client, object) = world.put_identity("one");
    let (other, other_object) = world.put_identity("two");
    assert_eq!(world.put_vault("2024-04-01", "On").status, 201);
    let vault = world.get(&below_vault("")).json_body();
    let system_assigned = vault["identity"]["principalId"]
        .as_str()
        .expect("an id")
        .to_owned();
    let id = format!("{}{}", world.group(), identity("one"));
    let asked = format!("/msi/token?{RESOURCE}");
    for (secret, wanted) in [
        (&client, &object),
        (&object, &object),
        (&id, &object),
        (&other, &other_object),
        (&system_assigned, &system_assigned),
    ] {
        for header in ["x-identity-header", "secret"] {
            let answer = world.local(Method::GET, &asked, (header, secret), "");
            assert_eq!(&owner(&answer), wanted, "{header}: {secret}");
        }
    }
    let named = format!("{asked}&client_id={client}");
    let answer = world.local(Method::GET, &named, ("x-identity-header", &other), "");
    assert_eq!(owner(&answer), object, "the request has the last word");
    let operator = world.operator.client_id.to_string();
    let answer = world.local(Method::GET, &asked, ("x-identity-header", &operator), "");
    nobody(&answer, "Multiple user assigned identities");
}

#[test]
fn a_token_opens_what_its_identity_may() {
    let mut world = World::new();
    let (_, object) = world.put_identity("runner");
    let asked = format!("/msi/token?{RESOURCE}");
    let answer = world.local(Method::GET, &asked, ("x-identity-header", "anything"), "");
    let body = answer.json_body();
    let bearer = format!("Bearer {}", body["access_token"].as_str().expect("a token"));
    let target = format!("{}?api-version=2025-04-01", world.group());
    let read = || Request::new(Method::GET, ARM, &target).with_header("authorization", &bearer);
    assert_eq!(world.send(read()).status, 403);
    let group = world.group();
    world.give(&group, READER, &object);
    assert_eq!(world.send(read()).status, 200);
    assert_eq!(world.arm(Method::DELETE, &identity("runner"), None).status, 200);
    assert_eq!(world.send(read()).status, 401, "the identity is gone");
    let answer = world.local(Method::GET, &asked, ("x-identity-header", "anything"), "");
    nobody(&answer, "Identity not found");
}

#[test]
fn tags_can_be_changed_and_the_identity_stays_the_same() {
    let mut world = World::new();
    let (client, _) = world.put_identity("runner");
    let changed = world.arm(
        Method::PATCH,
        &identity("runner"),
        Some(&json!({"tags": {"a": "b"}})),
    );
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.json_body()["tags"]["a"], "b");
    assert_eq!(changed.json_body()["properties"]["clientId"], json!(client));
    let missing = world.arm(Method::PATCH, &identity("none"), Some(&json!({"tags": {}})));
    assert_eq!(missing.status, 404);
}
