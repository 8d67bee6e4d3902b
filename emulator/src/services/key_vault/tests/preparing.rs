//! What is worked out beforehand comes to the same as what is worked out in the call.

use http::Method;
use serde_json::{Value, json};

use super::world::World;
use crate::machine::Core;
use crate::model::{NetworkPath, Request, Response};
use crate::state::field;

/// Calls the vault the way the front door does.
fn prepared(world: &mut World, target: &str, body: &Value) -> Response {
    let mut request = request(world, target, body);
    let path = NetworkPath::internet();
    let mut count = 0;
    while let Some(preparation) = world.azure.prepare(world.now, &path, &request) {
        request.prepared.push(preparation.carry_out());
        count += 1;
    }
    assert!(count > 0, "{target} takes long");
    world.send(request)
}

fn request(world: &World, target: &str, body: &Value) -> Request {
    let import = field(body, "key").is_object();
    let method = if import { Method::PUT } else { Method::POST };
    world
        .request(world.operator.object_id, method, target)
        .with_json(body)
}

#[test]
fn keys_and_what_is_done_with_them_are_the_same_either_way() {
    let (mut one, mut two) = (World::new(), World::new());
    let value = "A".repeat(43);
    for (target, body) in [
        ("/keys/k/create", json!({"kty": "RSA", "key_size": 2048})),
        ("/keys/k/sign", json!({"alg": "PS256", "value": value})),
        ("/keys/k/encrypt", json!({"alg": "RSA-OAEP", "value": value})),
        ("/keys/k/decrypt", json!({"alg": "RSA-OAEP", "value": value})),
        ("/keys/e/create", json!({"kty": "EC", "crv": "P-384"})),
        ("/keys/e/rotate", json!({})),
        ("/keys/i", json!({"key": {"kty": "RSA", "n": "AQAB"}})),
    ] {
        let beforehand = prepared(&mut one, target, &body);
        let plain = request(&two, target, &body);
        let within = two.send(plain);
        assert_eq!(beforehand.status, within.status, "{target}");
        assert_eq!(beforehand.json_body(), within.json_body(), "{target}");
    }
}

#[test]
fn who_is_refused_has_nothing_worked_out() {
    let mut world = World::new();
    for (who, target, body) in [
        (
            world.stranger,
            "/keys/k/create",
            json!({"kty": "RSA", "key_size": 4096}),
        ),
        (
            world.operator.object_id,
            "/keys/k/create",
            json!({"kty": "RSA", "key_size": 4097}),
        ),
        (
            world.operator.object_id,
            "/keys/none/sign",
            json!({"alg": "RS256", "value": ""}),
        ),
        (world.operator.object_id, "/keys/none/rotate", json!({})),
    ] {
        let request = world.request(who, Method::POST, target).with_json(&body);
        let preparation = world.azure.prepare(world.now, &NetworkPath::internet(), &request);
        assert!(preparation.is_none(), "{target}");
    }
}

/// Numbers that would take for ever to multiply.
#[test]
fn a_key_of_numbers_too_long_is_none() {
    let mut world = World::new();
    let long = "B".repeat(300_000);
    let key = json!({"kty": "RSA", "n": long, "e": "AQAB", "d": long, "p": long, "q": long});
    let answer = prepared(&mut world, "/keys/k", &json!({"key": key}));
    assert_eq!(answer.status, 400);
}
