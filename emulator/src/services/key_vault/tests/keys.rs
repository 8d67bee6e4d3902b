//! Keys: real ones, checked with another library.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use jiff::SignedDuration;
use ring::signature;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::world::{World, last, refused};
use crate::model::Response;

const MESSAGE: &[u8] = b"restore drills";

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD
        .decode(value.as_str().expect("a text"))
        .expect("base64url")
}

fn create(world: &mut World, name: &str, body: Value) -> Response {
    world.vault(Method::POST, &format!("/keys/{name}/create"), Some(body))
}

/// A key of a few milliseconds.
fn curve(world: &mut World, name: &str) -> Value {
    let made = create(world, name, json!({"kty": "EC"}));
    assert_eq!(made.status, 200, "{made:?}");
    made.json_body()
}

fn rsa(world: &mut World) -> Value {
    let made = create(world, "cmk", json!({"kty": "RSA", "key_size": 2048}));
    assert_eq!(made.status, 200, "{made:?}");
    made.json_body()
}

fn operate(world: &mut World, target: &str, body: Value) -> Value {
    let answer = world.vault(Method::POST, target, Some(body));
    assert_eq!(answer.status, 200, "{target} {answer:?}");
    answer.json_body()
}

#[test]
fn rsa_signatures_are_what_another_library_says_they_are() {
    let mut world = World::new();
    let made = rsa(&mut world);
    assert_eq!(made["key"]["kty"], "RSA");
    assert_eq!(made["key"]["key_ops"].as_array().map(Vec::len), Some(6));
    assert_eq!(made["key"]["e"], "AQAB");
    let (n, e) = (bytes(&made["key"]["n"]), bytes(&made["key"]["e"]));
    assert_eq!(n.len(), 256);
    let public = signature::RsaPublicKeyComponents { n: &n, e: &e };
    let cases: [(&str, Vec<u8>, &signature::RsaParameters); 6] = [
        (
            "RS256",
            Sha256::digest(MESSAGE).to_vec(),
            &signature::RSA_PKCS1_2048_8192_SHA256,
        ),
        (
            "RS384",
            Sha384::digest(MESSAGE).to_vec(),
            &signature::RSA_PKCS1_2048_8192_SHA384,
        ),
        (
            "RS512",
            Sha512::digest(MESSAGE).to_vec(),
            &signature::RSA_PKCS1_2048_8192_SHA512,
        ),
        (
            "PS256",
            Sha256::digest(MESSAGE).to_vec(),
            &signature::RSA_PSS_2048_8192_SHA256,
        ),
        (
            "PS384",
            Sha384::digest(MESSAGE).to_vec(),
            &signature::RSA_PSS_2048_8192_SHA384,
        ),
        (
            "PS512",
            Sha512::digest(MESSAGE).to_vec(),
            &signature::RSA_PSS_2048_8192_SHA512,
        ),
    ];
    for (algorithm, digest, parameters) in cases {
        let signed = operate(
            &mut world,
            "/keys/cmk/sign",
            json!({"alg": algorithm, "value": encode(&digest)}),
        );
        assert_eq!(signed["kid"], made["key"]["kid"]);
        public
            .verify(parameters, MESSAGE, &bytes(&signed["value"]))
            .expect(algorithm);
        let verify = |world: &mut World, digest: &[u8]| {
            let body = json!({"alg": algorithm, "digest": encode(digest), "value": signed["value"]});
            operate(world, "/keys/cmk/verify", body)["value"].clone()
        };
        assert_eq!(verify(&mut world, &digest), true);
        let mut other = digest.clone();
        other[0] ^= 1;
        assert_eq!(verify(&mut world, &other), false);
    }
}

#[test]
fn curve_signatures_are_what_another_library_says_they_are() {
    let mut world = World::new();
    let cases: [(&str, &str, Vec<u8>, &signature::EcdsaVerificationAlgorithm); 2] = [
        (
            "P-256",
            "ES256",
            Sha256::digest(MESSAGE).to_vec(),
            &signature::ECDSA_P256_SHA256_FIXED,
        ),
        (
            "P-384",
            "ES384",
            Sha384::digest(MESSAGE).to_vec(),
            &signature::ECDSA_P384_SHA384_FIXED,
        ),
    ];
    for (curve, algorithm, digest, parameters) in cases {
        let made = create(&mut world, curve, json!({"kty": "EC", "crv": curve})).json_body();
        assert_eq!(
            (&made["key"]["kty"], &made["key"]["crv"]),
            (&json!("EC"), &json!(curve))
        );
        let point = [vec![4], bytes(&made["key"]["x"]), bytes(&made["key"]["y"])].concat();
        let target = format!("/keys/{curve}/{}", last(&made["key"]["kid"]));
        let signed = operate(
            &mut world,
            &format!("{target}/sign"),
            json!({"alg": algorithm, "value": encode(&digest)}),
        );
        signature::UnparsedPublicKey::new(parameters, point)
            .verify(MESSAGE, &bytes(&signed["value"]))
            .expect(algorithm);
        let body = json!({"alg": algorithm, "digest": encode(&digest), "value": signed["value"]});
        assert_eq!(
            operate(&mut world, &format!("{target}/verify"), body)["value"],
            true
        );
    }
}

#[test]
fn every_curve_signs_and_verifies_and_no_curve_named_means_the_usual_one() {
    let mut world = World::new();
    for (curve, algorithm, digest_bytes, coordinate_bytes) in [
        ("P-256", "ES256", 32, 32),
        ("P-384", "ES384", 48, 48),
        ("P-521", "ES512", 64, 66),
        ("P-256K", "ES256K", 32, 32),
    ] {
        let made = create(&mut world, curve, json!({"kty": "EC", "crv": curve})).json_body();
        assert_eq!(made["key"]["crv"], curve);
        assert_eq!(bytes(&made["key"]["x"]).len(), coordinate_bytes);
        assert_eq!(bytes(&made["key"]["y"]).len(), coordinate_bytes);
        let digest = encode(&vec![9; digest_bytes]);
        let sign = json!({"alg": algorithm, "value": digest});
        let signed = operate(&mut world, &format!("/keys/{curve}/sign"), sign);
        assert_eq!(bytes(&signed["value"]).len(), 2 * coordinate_bytes);
        for (wanted, digest) in [(true, digest), (false, encode(&vec![8; digest_bytes]))] {
            let body = json!({"alg": algorithm, "digest": digest, "value": signed["value"]});
            let verified = operate(&mut world, &format!("/keys/{curve}/verify"), body);
            assert_eq!(verified["value"], wanted, "{curve}");
        }
        let key = json!({"kty": "EC", "crv": curve, "d": encode(&vec![1; coordinate_bytes])});
        let brought = world.vault(Method::PUT, "/keys/own", Some(json!({"key": key})));
        assert_eq!(brought.status, 200, "{brought:?}");
        assert_eq!(brought.json_body()["key"]["crv"], curve);
    }
    for unnamed in [json!({"kty": "EC"}), json!({"kty": "EC", "crv": ""})] {
        let made = create(&mut world, "usual", unnamed).json_body();
        assert_eq!(made["key"]["crv"], "P-256");
    }
}

/// The example of RFC 7515, A.2: a key and a signature everybody can check.
#[test]
fn a_known_key_gives_the_known_signature() {
    let mut world = World::new();
    let key = json!({
        "kty": "RSA", "e": "AQAB",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        "d": "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ",
        "p": "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc",
        "q": "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc",
    });
    let made = world.vault(Method::PUT, "/keys/rfc7515", Some(json!({"key": key})));
    assert_eq!(made.status, 200, "{made:?}");
    assert_eq!(made.json_body()["key"]["n"], key["n"]);
    assert_eq!(made.json_body()["key"]["d"], Value::Null);
    let input = b"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let digest = encode(&Sha256::digest(input));
    let signed = operate(
        &mut world,
        "/keys/rfc7515/sign",
        json!({"alg": "RS256", "value": digest}),
    );
    assert_eq!(
        signed["value"],
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    );
    for (member, value) in [
        ("n", json!("AQAB")),
        ("p", json!("AQAB")),
        ("d", Value::Null),
        ("kty", json!("oct")),
    ] {
        let mut spoilt = key.clone();
        spoilt[member] = value;
        let answer = world.vault(Method::PUT, "/keys/spoilt", Some(json!({"key": spoilt})));
        assert_eq!(refused(&answer, 400), "BadParameter", "{member}");
        assert!(!String::from_utf8_lossy(answer.body.bytes()).contains("Eq5xpGn"));
    }
    let key = json!({"kty": "EC", "crv": "P-256", "d": encode(&[7; 32])});
    let made = world.vault(Method::PUT, "/keys/own", Some(json!({"key": key})));
    assert_eq!(made.status, 200, "{made:?}");
    // The public part may be left out; if it is sent, it is the private part's own.
    for (x, status) in [
        (made.json_body()["key"]["x"].clone(), 200),
        (made.json_body()["key"]["y"].clone(), 400),
    ] {
        let mut whole = key.clone();
        whole["x"] = x;
        let answer = world.vault(Method::PUT, "/keys/whole", Some(json!({"key": whole})));
        assert_eq!(answer.status, status, "{answer:?}");
    }
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
