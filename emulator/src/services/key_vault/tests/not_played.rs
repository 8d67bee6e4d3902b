//! Keys and vaults as they cannot be: refused, and not made into something else.

use http::Method;
use serde_json::json;

use super::world::{World, refused};

#[test]
fn a_key_is_what_was_asked_for_or_is_refused() {
    let mut world = World::new();
    for (name, body) in [
        (
            "release_policy",
            json!({"kty": "EC", "release_policy": {"data": "e30"}}),
        ),
        (
            "exportable",
            json!({"kty": "EC", "attributes": {"exportable": true}}),
        ),
        ("public_exponent", json!({"kty": "RSA", "public_exponent": 3})),
    ] {
        let answer = world.vault(Method::POST, "/keys/other/create", Some(body));
        assert_eq!(refused(&answer, 501), "NotImplementedByEmulator");
        let what = answer.header("x-azdrill-not-implemented").unwrap_or_default();
        assert!(what.contains(name), "{what}");
    }
    let usual = json!({"kty": "EC", "attributes": {"exportable": false}, "public_exponent": null});
    assert_eq!(
        world
            .vault(Method::POST, "/keys/other/create", Some(usual))
            .status,
        200
    );
    let answer = world.vault(Method::PATCH, "/keys/other", Some(json!({"attributes": []})));
    assert_eq!(refused(&answer, 400), "BadParameter");
    // A key nobody gave a rotation policy has one, and it is no version of the key.
    let policy = world.vault(Method::GET, "/keys/other/rotationpolicy", None);
    assert_eq!(policy.status, 200, "{policy:?}");
    let policy = policy.json_body();
    assert_eq!(policy["lifetimeActions"][0]["action"]["type"], "Notify");
    assert!(
        policy["id"]
            .as_str()
            .expect("an id")
            .ends_with("/keys/other/rotationpolicy")
    );
    let answer = world.vault(Method::GET, "/keys/none/rotationpolicy", None);
    assert_eq!(refused(&answer, 404), "KeyNotFound");
}

#[test]
fn a_vault_is_not_made_of_what_cannot_be() {
    let mut world = World::empty_with(&[]);
    let answer = world.put_vault(json!({"enablePurgeProtection": false}));
    assert_eq!(refused(&answer, 400), "BadRequest");
    let rules = json!({"networkAcls": {"virtualNetworkRules": [{"id": "/nope"}]}});
    assert_eq!(refused(&world.put_vault(rules), 400), "LinkedInvalidPropertyId");
    let group = format!("/subscriptions/{}/resourceGroups/rg", world.operator.subscription);
    let rules = json!({"networkAcls": {"virtualNetworkRules": [{"id": group}]}});
    assert_eq!(refused(&world.put_vault(rules), 400), "BadRequest");
    assert_eq!(
        world.put_vault(json!({"enablePurgeProtection": null})).status,
        200
    );
}
