//! An operator who signs in with a certificate.

use azdrill_emulator::entropy::Entropy;
use azdrill_emulator::model::Response;
use azdrill_emulator::world::admit_certificate;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rand::Rng;
use rand_chacha::ChaCha12Rng;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, date_time_ymd};
use rsa::RsaPrivateKey;
use rsa::pkcs8::EncodePrivateKey;
use serde_json::{Value, json};

use crate::managed_identities::owner;
use crate::world::World;

/// Seeded numbers, for a crate that knows an older interface of them.
struct Draws(ChaCha12Rng);

impl rsa::rand_core::RngCore for Draws {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl rsa::rand_core::CryptoRng for Draws {}

/// A key, and its certificate.
struct Own {
    key: EncodingKey,
    certificate: Vec<u8>,
}

/// A certificate that is good for the years given.
fn make(seed: u64, years: (i32, i32)) -> Own {
    let mut draws = Draws(Entropy::from_seed(seed).rng());
    let private = RsaPrivateKey::new(&mut draws, 2048).expect("a key");
    let pkcs8 = private.to_pkcs8_der().expect("encoded");
    let pair = KeyPair::try_from(pkcs8.as_bytes()).expect("a key pair");
    assert!(pair.is_compatible(&PKCS_RSA_SHA256));
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.not_before = date_time_ymd(years.0, 1, 1);
    params.not_after = date_time_ymd(years.1, 1, 1);
    let pkcs1 = rsa::pkcs1::EncodeRsaPrivateKey::to_pkcs1_der(&private).expect("encoded");
    Own {
        key: EncodingKey::from_rsa_der(pkcs1.as_bytes()),
        certificate: params.self_signed(&pair).expect("signed").der().to_vec(),
    }
}

impl World {
    /// What MSAL says: issuer and subject are the application, the audience is the token endpoint.
    fn claims(&self) -> Value {
        let now = self.now.as_second();
        json!({
            "aud": format!("https://login.microsoftonline.com/{}/oauth2/v2.0/token", self.operator.tenant),
            "iss": self.operator.client_id,
            "sub": self.operator.client_id,
            "nbf": now,
            "exp": now + 600,
            "jti": "5a2d9a8e",
        })
    }

    fn show(&mut self, algorithm: Algorithm, claims: &Value, key: &EncodingKey) -> Response {
        let assertion = jsonwebtoken::encode(&Header::new(algorithm), claims, key).expect("signed");
        self.show_text(&assertion)
    }

    fn show_text(&mut self, assertion: &str) -> Response {
        let (tenant, client) = (self.operator.tenant, self.operator.client_id);
        let form = format!(
            "grant_type=client_credentials&client_id={client}&client_assertion={assertion}&scope=https%3A%2F%2Fmanagement.azure.com%2F.default&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
        );
        self.ask_token(&format!("/{tenant}/oauth2/v2.0/token"), &form)
    }
}

#[track_caller]
fn refused(answer: &Response, number: u32, says: &str) {
    assert_eq!(answer.status, 401, "{answer:?}");
    let body = answer.json_body();
    assert_eq!(body["error"], "invalid_client");
    assert_eq!(body["error_codes"], json!([number]), "{body}");
    let text = body["error_description"].as_str().unwrap_or_default();
    assert!(text.contains(says), "{text}");
}

#[test]
fn an_operator_signs_in_with_a_certificate_or_not_at_all() {
    let mut world = World::new();
    let (own, other) = (make(1, (2026, 2028)), make(2, (2026, 2028)));
    let claims = world.claims();
    refused(
        &world.show(Algorithm::RS256, &claims, &own.key),
        700_027,
        "The key was not found.",
    );
    let operator = world.operator.clone();
    admit_certificate(&mut world.azure, &operator, own.certificate.clone());
    for algorithm in [Algorithm::RS256, Algorithm::PS256] {
        let answer = world.show(algorithm, &claims, &own.key);
        assert_eq!(owner(&answer), operator.object_id.to_string());
    }
    refused(
        &world.show(Algorithm::RS256, &claims, &other.key),
        700_027,
        "The key was not found.",
    );
    refused(&world.show(Algorithm::RS512, &claims, &own.key), 700_027, "RS256");
    refused(&world.show_text("a.b.c"), 700_027, "not a JWT");
    refused(&world.show_text(""), 700_027, "not a JWT");
    assert_eq!(world.sign_in("https://management.azure.com/.default").status, 200);

    let mut as_python = claims.clone();
    as_python["exp"] = json!(world.now.as_second() as f64 + 600.25);
    assert_eq!(world.show(Algorithm::PS256, &as_python, &own.key).status, 200);

    let with = |name: &str, value: Value| {
        let mut changed = claims.clone();
        changed[name] = value;
        changed
    };
    let now = world.now.as_second();
    let stranger = json!("00000000-0000-0000-0000-000000000001");
    let elsewhere =
        "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000001/oauth2/v2.0/token";
    for (changed, number, says) in [
        (with("iss", stranger.clone()), 700_021, "'client_id'"),
        (with("sub", stranger), 700_021, "'client_id'"),
        (with("iss", Value::Null), 700_027, ""),
        (with("aud", json!(elsewhere)), 700_023, "audience"),
        (
            with("aud", json!("https://management.azure.com/")),
            700_023,
            "audience",
        ),
        (with("exp", json!(now)), 700_024, "time range"),
        (with("nbf", json!(now + 301)), 700_024, "time range"),
    ] {
        refused(&world.show(Algorithm::RS256, &changed, &own.key), number, says);
    }
}

#[test]
fn a_certificate_out_of_its_time_counts_no_more() {
    let mut world = World::new();
    let old = make(3, (2020, 2025));
    let operator = world.operator.clone();
    admit_certificate(&mut world.azure, &operator, old.certificate.clone());
    admit_certificate(&mut world.azure, &operator, b"no certificate".to_vec());
    let claims = world.claims();
    refused(
        &world.show(Algorithm::RS256, &claims, &old.key),
        700_027,
        "The key used is expired.",
    );
}
