//! Secrets: versions, attributes, soft delete, backups; and that their values stay inside.

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::world::{VAULT, World, last, refused};
use crate::model::Response;

/// Reads what is at a path, as the operator.
pub(super) fn get(world: &mut World, target: &str) -> Response {
    world.vault(Method::GET, target, None)
}

#[test]
fn each_set_makes_a_version_and_the_newest_is_what_a_plain_name_means() {
    let mut world = World::new();
    let one = world.set("Db-Auth", "one");
    let first = last(&one["id"]);
    assert_eq!(first.len(), 32);
    assert!(first.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(
        one["id"],
        json!(format!("https://drill.vault.azure.net/secrets/Db-Auth/{first}"))
    );
    assert_eq!(
        one["attributes"],
        json!({"enabled": true, "created": 1_772_431_200, "updated": 1_772_431_200, "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90})
    );
    world.pass(SignedDuration::from_secs(5));
    let second = last(&world.set("db-auth", "two")["id"]);
    assert_ne!(first, second);
    for (target, value) in [
        ("/secrets/db-auth".to_owned(), "two"),
        ("/secrets/DB-AUTH/".to_owned(), "two"),
        (format!("/secrets/db-auth/{second}"), "two"),
        (format!("/secrets/db-auth/{first}"), "one"),
        (format!("//secrets/db-auth/{first}"), "one"),
    ] {
        assert_eq!(get(&mut world, &target).json_body()["value"], value, "{target}");
    }
    assert_eq!(
        refused(&get(&mut world, "/secrets/db-auth/0000"), 404),
        "SecretNotFound"
    );
    assert_eq!(
        refused(&get(&mut world, "/secrets/nothing"), 404),
        "SecretNotFound"
    );
    let versions = get(&mut world, "/secrets/db-auth/versions").json_body();
    let ids: Vec<String> = versions["value"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| last(&item["id"]))
        .collect();
    assert_eq!(ids, [first, second]);
    assert!(!versions.to_string().contains("\"value\":\"one\""));
    let list = get(&mut world, "/secrets").json_body();
    assert_eq!(
        list["value"][0]["id"],
        "https://drill.vault.azure.net/secrets/Db-Auth"
    );
    assert_eq!(list["nextLink"], Value::Null);
}

#[test]
fn lists_come_in_pages() {
    let mut world = World::new();
    for number in 0..5 {
        world.set(&format!("s{number}"), "x");
    }
    let mut target = "/secrets?maxresults=2".to_owned();
    let mut sizes = Vec::new();
    loop {
        let page = get(&mut world, &target).json_body();
        sizes.push(page["value"].as_array().map_or(0, Vec::len));
        match page["nextLink"].as_str() {
            Some(next) => next
                .strip_prefix("https://drill.vault.azure.net")
                .expect("here")
                .clone_into(&mut target),
            None => break,
        }
    }
    assert_eq!(sizes, [2, 2, 1]);
    for wrong in [
        "/secrets?maxresults=0",
        "/secrets?maxresults=26",
        "/secrets?$skiptoken=!",
    ] {
        assert_eq!(refused(&get(&mut world, wrong), 400), "BadParameter", "{wrong}");
    }
}

#[test]
fn a_version_is_switched_off_and_on() {
    let mut world = World::new();
    let version = last(&world.set("db", "one")["id"]);
    let off = json!({"attributes": {"enabled": false}, "tags": {"a": "b"}, "contentType": "text/plain"});
    let answer = world.vault(Method::PATCH, "/secrets/db/", Some(off));
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json_body();
    assert_eq!(body["value"], Value::Null);
    assert_eq!(
        (&body["tags"], &body["contentType"]),
        (&json!({"a": "b"}), &json!("text/plain"))
    );
    let answer = get(&mut world, "/secrets/db");
    assert_eq!(refused(&answer, 403), "SecretDisabled");
    assert_eq!(answer.header("x-azdrill-gate"), Some("service"));
    // It can still be seen.
    assert_eq!(
        get(&mut world, "/secrets").json_body()["value"][0]["attributes"]["enabled"],
        false
    );
    let on = json!({"attributes": {"enabled": true}});
    assert_eq!(
        world
            .vault(Method::PATCH, &format!("/secrets/db/{version}"), Some(on))
            .status,
        200
    );
    let body = get(&mut world, "/secrets/db").json_body();
    assert_eq!(
        (&body["value"], &body["tags"]),
        (&json!("one"), &json!({"a": "b"}))
    );
    assert_eq!(
        refused(&world.vault(Method::PATCH, "/secrets/no", Some(json!({}))), 404),
        "SecretNotFound"
    );
}

#[test]
fn a_secret_outside_its_time_is_refused_or_given_out_as_the_rule_is_taken() {
    for (taken, early, late) in [
        ("refused", "SyntheticSecretNotYetValid", "SyntheticSecretExpired"),
        ("given_out", "", ""),
    ] {
        let mut world = World::assuming(&[("KV-EXPIRY", taken)], json!({"enableRbacAuthorization": true}));
        let start = world.now.as_second();
        let body = json!({"value": "x", "attributes": {"nbf": start + 10, "exp": start + 20}});
        assert_eq!(world.vault(Method::PUT, "/secrets/db", Some(body)).status, 200);
        let expect = |world: &mut World, code: &str| {
            let answer = get(world, "/secrets/db");
            if code.is_empty() {
                assert_eq!(answer.status, 200, "{answer:?}");
            } else {
                assert_eq!(refused(&answer, 403), code);
                assert_eq!(answer.header("x-azdrill-rules"), Some("KV-EXPIRY"));
            }
        };
        expect(&mut world, early);
        world.pass(SignedDuration::from_secs(10));
        expect(&mut world, "");
        world.pass(SignedDuration::from_secs(9));
        expect(&mut world, "");
        world.pass(SignedDuration::from_secs(1));
        expect(&mut world, late);
    }
}

#[test]
fn bad_requests_change_nothing_and_are_not_quoted() {
    let mut world = World::new();
    let long = "x".repeat(25_601);
    let many: serde_json::Map<String, Value> =
        (0..16).map(|number| (number.to_string(), json!("x"))).collect();
    for (target, body) in [
        ("/secrets/a_b", json!({"value": "x"})),
        ("/secrets/db", json!({"value": 1})),
        ("/secrets/db", json!({})),
        ("/secrets/db", json!({"value": long})),
        (
            "/secrets/db",
            json!({"value": "x", "attributes": {"enabled": "yes"}}),
        ),
        (
            "/secrets/db",
            json!({"value": "x", "attributes": {"exp": "tomorrow"}}),
        ),
        (
            "/secrets/db",
            json!({"value": "x", "attributes": {"nbf": 2, "exp": 1}}),
        ),
        ("/secrets/db", json!({"value": "x", "tags": many})),
        (
            "/secrets/db",
            json!({"value": "x", "contentType": "x".repeat(256)}),
        ),
        ("/secrets/db", json!(["value"])),
    ] {
        assert_eq!(
            refused(&world.vault(Method::PUT, target, Some(body.clone())), 400),
            "BadParameter",
            "{body}"
        );
    }
    assert_eq!(get(&mut world, "/secrets").json_body()["value"], json!([]));
    let mut request = world.request(world.operator.object_id, Method::PUT, "/secrets/db");
    request.body = crate::model::Body::Bytes(bytes::Bytes::from_static(b"{\"value\": \"hunter2"));
    let answer = world.send(request);
    assert_eq!(refused(&answer, 400), "BadParameter");
    assert!(!String::from_utf8_lossy(answer.body.bytes()).contains("hunter2"));
}

#[test]
fn a_secret_goes_in_through_the_control_plane_and_does_not_come_out() {
    let mut world = World::with(json!({"enableRbacAuthorization": true, "publicNetworkAccess": "Disabled"}));
    let target = format!("{VAULT}/secrets/db");
    let body = json!({"tags": {"a": "b"}, "properties": {"value": "hunter2", "contentType": "text/plain"}});
    let made = world.arm(Method::PUT, &target, Some(body.clone()));
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(world.arm(Method::PUT, &target, Some(body)).status, 200);
    let found = world.arm(Method::GET, &target, None);
    assert_eq!(
        found.json_body()["properties"]["secretUri"],
        "https://drill.vault.azure.net/secrets/db"
    );
    let list = world.arm(Method::GET, &format!("{VAULT}/secrets"), None);
    for answer in [&made, &found, &list] {
        assert!(!String::from_utf8_lossy(answer.body.bytes()).contains("hunter2"));
    }
    assert_eq!(
        world
            .arm(Method::GET, &format!("{VAULT}/secrets/no"), None)
            .status,
        404
    );
    let wrong = world.arm(
        Method::PUT,
        &format!("{VAULT}/secrets/x"),
        Some(json!({"properties": {}})),
    );
    assert_eq!(refused(&wrong, 400), "BadParameter");
    world.patch_vault(json!({"publicNetworkAccess": "Enabled"}));
    assert_eq!(get(&mut world, "/secrets/db").json_body()["value"], "hunter2");
}

#[test]
fn the_value_of_a_secret_reaches_no_log() {
    let mut world = World::new();
    world.set("db", "hunter2");
    get(&mut world, "/secrets/db");
    world.vault(
        Method::PUT,
        "/secrets/db",
        Some(json!({"value": "hunter2", "tags": 1})),
    );
    let log = format!("{:?}", world.azure.log().since(0).collect::<Vec<_>>());
    assert!(log.contains("Secrets_Set"), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}

/// Of two values the last is set, letter case aside; tags are as they are spelled.
#[test]
fn the_last_of_two_values_is_set() {
    let mut world = World::new();
    for (text, value) in [
        (r#"{"value": "one", "value": "two"}"#, "two"),
        (r#"{"value": "one", "Value": "two"}"#, "two"),
        (
            r#"{"Value": "one", "value": "two", "tags": {"a": "1", "A": "2"}}"#,
            "two",
        ),
    ] {
        let mut request = world
            .request(world.operator.object_id, Method::PUT, "/secrets/db")
            .with_header("content-type", "application/json");
        request.body = crate::model::Body::Bytes(text.into());
        let answer = world.send(request).json_body();
        assert_eq!(answer["value"], value, "{text}: {answer}");
    }
    let kept = world.vault(Method::GET, "/secrets/db", None).json_body();
    assert_eq!(kept["tags"], serde_json::json!({"a": "1", "A": "2"}));
}
