//! Keys: real ones, checked with another library.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::world::{World, last, refused};
use crate::model::Response;

pub(super) const MESSAGE: &[u8] = b"restore drills";

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn bytes(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD
        .decode(value.as_str().expect("a text"))
        .expect("base64url")
}

pub(super) fn create(world: &mut World, name: &str, body: Value) -> Response {
    world.vault(Method::POST, &format!("/keys/{name}/create"), Some(body))
}

/// A key of a few milliseconds.
pub(super) fn curve(world: &mut World, name: &str) -> Value {
    let made = create(world, name, json!({"kty": "EC"}));
    assert_eq!(made.status, 200, "{made:?}");
    made.json_body()
}

pub(super) fn rsa(world: &mut World) -> Value {
    let made = create(world, "cmk", json!({"kty": "RSA", "key_size": 2048}));
    assert_eq!(made.status, 200, "{made:?}");
    made.json_body()
}

pub(super) fn operate(world: &mut World, target: &str, body: Value) -> Value {
    let answer = world.vault(Method::POST, target, Some(body));
    assert_eq!(answer.status, 200, "{target} {answer:?}");
    answer.json_body()
}

#[test]
fn what_is_wrapped_is_unwrapped_and_nothing_else_is() {
    let mut world = World::new();
    let made = rsa(&mut world);
    let secret = encode(&[42; 32]);
    for (there, back) in [("encrypt", "decrypt"), ("wrapkey", "unwrapkey")] {
        for algorithm in ["RSA-OAEP", "RSA-OAEP-256", "RSA1_5"] {
            let wrapped = operate(
                &mut world,
                &format!("/keys/cmk/{there}"),
                json!({"alg": algorithm, "value": secret}),
            );
            assert_ne!(wrapped["value"], json!(secret));
            assert_eq!(bytes(&wrapped["value"]).len(), 256);
            let target = format!("/keys/cmk/{}/{back}", last(&made["key"]["kid"]));
            let body = json!({"alg": algorithm, "value": wrapped["value"]});
            assert_eq!(
                operate(&mut world, &target, body)["value"],
                json!(secret),
                "{algorithm}"
            );
            // A client that names no version leaves its place empty.
            let body = json!({"alg": algorithm, "value": wrapped["value"]});
            assert_eq!(
                operate(&mut world, &format!("/keys/cmk//{back}"), body)["value"],
                json!(secret)
            );
            let mut spoilt = bytes(&wrapped["value"]);
            spoilt[10] ^= 1;
            let body = json!({"alg": algorithm, "value": encode(&spoilt)});
            let answer = world.vault(Method::POST, &target, Some(body));
            // Padding of the old kind may by chance be right; then it is another text.
            if answer.status == 200 {
                assert_ne!(answer.json_body()["value"], json!(secret));
            } else {
                assert_eq!(refused(&answer, 400), "BadParameter");
            }
        }
    }
}

#[test]
fn bad_requests_are_refused() {
    let mut world = World::new();
    curve(&mut world, "ec");
    let digest = encode(&[1; 32]);
    for (target, body) in [
        ("/keys/a_b/create", json!({"kty": "EC"})),
        ("/keys/new/create", json!({"kty": "oct"})),
        ("/keys/new/create", json!({})),
        ("/keys/new/create", json!({"kty": "RSA", "key_size": 1024})),
        ("/keys/new/create", json!({"kty": "RSA", "key_size": "2048"})),
        ("/keys/new/create", json!({"kty": "EC", "crv": "P-224"})),
        ("/keys/new/create", json!({"kty": "EC", "key_ops": ["encrypt"]})),
        ("/keys/new/create", json!({"kty": "EC-HSM"})),
        (
            "/keys/ec/sign",
            json!({"alg": "ES384", "value": encode(&[1; 48])}),
        ),
        (
            "/keys/ec/sign",
            json!({"alg": "ES256", "value": encode(&[1; 31])}),
        ),
        ("/keys/ec/sign", json!({"alg": "RS256", "value": digest})),
        ("/keys/ec/sign", json!({"alg": "E", "value": digest})),
        ("/keys/ec/sign", json!({"alg": "ES256", "value": "*"})),
        ("/keys/ec/sign", json!({"alg": "ES256"})),
        ("/keys/ec/verify", json!({"alg": "ES256", "value": "AAAA"})),
    ] {
        assert_eq!(
            refused(&world.vault(Method::POST, target, Some(body.clone())), 400),
            "BadParameter",
            "{body}"
        );
    }
    // A signature of no form is wrong, not a wrong request.
    let body = json!({"alg": "ES256", "digest": digest, "value": "AAAA"});
    assert_eq!(operate(&mut world, "/keys/ec/verify", body)["value"], false);
    let answer = world.vault(
        Method::POST,
        "/keys/ec/encrypt",
        Some(json!({"alg": "RSA-OAEP", "value": "AAAA"})),
    );
    assert_eq!(refused(&answer, 403), "KeyOperationForbidden");
    assert_eq!(
        refused(&world.vault(Method::GET, "/keys/new", None), 404),
        "KeyNotFound"
    );
    world.patch_vault(json!({"sku": {"family": "A", "name": "premium"}}));
    let made = create(&mut world, "new", json!({"kty": "EC-HSM"})).json_body();
    assert_eq!(made["key"]["kty"], "EC-HSM");
}

#[test]
fn a_key_is_used_for_what_it_is_for_and_in_its_time() {
    let mut world = World::new();
    let start = world.now.as_second();
    let attributes = json!({"nbf": start + 10, "exp": start + 20});
    let made = create(
        &mut world,
        "ec",
        json!({"kty": "EC", "attributes": attributes, "tags": {"a": "b"}}),
    )
    .json_body();
    assert_eq!(made["tags"], json!({"a": "b"}));
    let digest = encode(&[1; 32]);
    let sign = json!({"alg": "ES256", "value": digest});
    let expect = |world: &mut World, code: &str| {
        let answer = world.vault(Method::POST, "/keys/ec/sign", Some(sign.clone()));
        if code.is_empty() {
            assert_eq!(answer.status, 200, "{answer:?}");
        } else {
            assert_eq!(refused(&answer, 403), code);
        }
        // Verifying goes on all the time.
        let verify = json!({"alg": "ES256", "digest": digest, "value": "AAAA"});
        assert_eq!(
            world.vault(Method::POST, "/keys/ec/verify", Some(verify)).status,
            200
        );
    };
    expect(&mut world, "KeyNotYetValid");
    world.pass(SignedDuration::from_secs(10));
    expect(&mut world, "");
    let only = json!({"key_ops": ["verify"]});
    assert_eq!(world.vault(Method::PATCH, "/keys/ec/", Some(only)).status, 200);
    expect(&mut world, "KeyOperationForbidden");
    let both = json!({"key_ops": ["verify", "sign"]});
    assert_eq!(world.vault(Method::PATCH, "/keys/ec", Some(both)).status, 200);
    world.pass(SignedDuration::from_secs(10));
    expect(&mut world, "SyntheticKeyExpired");
    let off = json!({"attributes": {"enabled": false}});
    assert_eq!(world.vault(Method::PATCH, "/keys/ec", Some(off)).status, 200);
    let answer = world.vault(
        Method::POST,
        "/keys/ec/verify",
        Some(json!({"alg": "ES256", "digest": digest, "value": "AAAA"})),
    );
    assert_eq!(refused(&answer, 403), "KeyDisabled");
    let looked_at = world.vault(Method::GET, "/keys/ec", None);
    assert_eq!(looked_at.status, 200, "its public half is no secret");
    let attributes = &looked_at.json_body()["attributes"];
    assert_eq!(
        (&attributes["enabled"], &attributes["exportable"]),
        (&json!(false), &json!(false))
    );
}

#[test]
fn a_key_is_rotated_listed_deleted_recovered_and_restored() {
    let mut world = World::new();
    let first = last(&curve(&mut world, "ec")["key"]["kid"]);
    let rotated = operate(&mut world, "/keys/ec/rotate", json!({}));
    let second = last(&rotated["key"]["kid"]);
    assert_ne!(first, second);
    let versions = world.vault(Method::GET, "/keys/ec/versions", None).json_body();
    let ids: Vec<String> = versions["value"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| last(&item["kid"]))
        .collect();
    assert_eq!(ids, [first.clone(), second]);
    assert_eq!(
        world.vault(Method::GET, "/keys", None).json_body()["value"][0]["kid"],
        "https://drill.vault.azure.net/keys/ec"
    );
    assert_eq!(
        world
            .vault(Method::GET, &format!("/keys/ec/{first}"), None)
            .status,
        200
    );
    let backup = world.vault(Method::POST, "/keys/ec/backup", None).json_body();
    let deleted = world.vault(Method::DELETE, "/keys/ec", None).json_body();
    assert_eq!(
        deleted["recoveryId"],
        "https://drill.vault.azure.net/deletedkeys/ec"
    );
    assert_eq!(deleted["key"]["kid"], rotated["key"]["kid"]);
    let answer = create(&mut world, "ec", json!({"kty": "EC"}));
    assert_eq!(refused(&answer, 409), "ObjectIsDeletedButRecoverable");
    assert!(
        answer.json_body()["error"]["message"]
            .to_string()
            .contains("the key can only be recovered")
    );
    assert_eq!(
        world.vault(Method::POST, "/deletedkeys/ec/recover", None).status,
        200
    );
    assert_eq!(
        world.vault(Method::GET, "/keys/ec", None).json_body()["key"],
        rotated["key"]
    );
    world.vault(Method::DELETE, "/keys/ec", None);
    assert_eq!(world.vault(Method::DELETE, "/deletedkeys/ec", None).status, 204);
    assert_eq!(
        refused(&world.vault(Method::GET, "/deletedkeys/ec", None), 404),
        "KeyNotFound"
    );
    assert_eq!(
        world.vault(Method::POST, "/keys/restore", Some(backup)).status,
        200
    );
    assert_eq!(
        world.vault(Method::GET, "/keys/ec", None).json_body()["key"],
        rotated["key"]
    );
}

#[test]
fn the_same_seed_gives_the_same_keys_and_no_key_twice() {
    let keys = || {
        let mut world = World::new();
        let one = curve(&mut world, "one")["key"]["x"].clone();
        let two = curve(&mut world, "two")["key"]["x"].clone();
        (rsa(&mut world)["key"]["n"].clone(), one, two)
    };
    let (first, second) = (keys(), keys());
    assert_eq!(first, second);
    assert_ne!(first.1, first.2);
}

#[test]
fn the_encryption_user_wraps_and_does_not_sign() {
    let mut world = World::new();
    rsa(&mut world);
    let stranger = world.stranger;
    world.give(stranger, "Key Vault Crypto Service Encryption User", "/keys/cmk");
    let ask = |world: &mut World, target: &str, body: Value| {
        let request = world.request(stranger, Method::POST, target).with_json(&body);
        world.send(request).status.as_u16()
    };
    let value = encode(&[1; 32]);
    assert_eq!(
        ask(
            &mut world,
            "/keys/cmk/wrapkey",
            json!({"alg": "RSA-OAEP-256", "value": value})
        ),
        200
    );
    assert_eq!(
        ask(
            &mut world,
            "/keys/cmk/sign",
            json!({"alg": "RS256", "value": value})
        ),
        403
    );
    assert_eq!(
        ask(
            &mut world,
            "/keys/cmk/encrypt",
            json!({"alg": "RSA-OAEP", "value": value})
        ),
        403
    );
    let get = world.request(stranger, Method::GET, "/keys/cmk");
    assert_eq!(world.send(get).status, 200);
}
