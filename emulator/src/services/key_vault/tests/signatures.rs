//! Signatures, checked with another library.

use http::Method;
use ring::signature;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::keys::{MESSAGE, bytes, create, encode, operate, rsa};
use super::world::{World, last, refused};

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
