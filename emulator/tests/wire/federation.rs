//! Tokens of outside issuers, for user-assigned identities.

use azdrill_emulator::model::{Request, Response};
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::managed_identities::{identity, owner};
use crate::world::World;

const ISSUER: &str = "https://token.actions.githubusercontent.com";
const SUBJECT: &str = "repo:drill/restores:ref:refs/heads/main";
const AUDIENCE: &str = "api://AzureADTokenExchange";

fn credential(name: &str) -> String {
    format!("{}/federatedIdentityCredentials/{name}", identity("runner"))
}

fn trust(issuer: &str, subject: &str) -> Value {
    json!({"properties": {"issuer": issuer, "subject": subject, "audiences": [AUDIENCE]}})
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

impl World {
    fn trusting() -> (Self, String, String) {
        let mut world = Self::new();
        let (client, object) = world.put_identity("runner");
        let made = world.put(&credential("pipeline"), &trust(ISSUER, SUBJECT));
        assert_eq!(made.status, 201, "{made:?}");
        (world, client, object)
    }

    fn assertion(&mut self, more: &str) -> Response {
        let target = format!("/_azdrill/assertion?{more}");
        self.send(Request::new(Method::GET, "localhost", &target))
    }

    fn assert_of(&mut self, issuer: &str, subject: &str, audience: &str) -> String {
        let (issuer, subject, audience) = (encode(issuer), encode(subject), encode(audience));
        let made = self.assertion(&format!("issuer={issuer}&subject={subject}&audience={audience}"));
        assert_eq!(made.status, 200, "{made:?}");
        String::from_utf8(made.body.bytes().to_vec()).expect("text")
    }

    fn exchange(&mut self, client: &str, assertion: &str) -> Response {
        let tenant = self.operator.tenant;
        let form = format!(
            "grant_type=client_credentials&client_id={client}&client_assertion={assertion}&scope={}&client_assertion_type={}",
            encode("https://management.azure.com/.default"),
            encode("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        );
        self.ask_token(&format!("/{tenant}/oauth2/v2.0/token"), &form)
    }
}

#[track_caller]
fn refused(answer: &Response, number: u32) -> String {
    assert_eq!(answer.status, 401, "{answer:?}");
    let body = answer.json_body();
    assert_eq!(body["error"], "invalid_client");
    assert_eq!(body["error_codes"], json!([number]), "{body}");
    body["error_description"].as_str().expect("text").to_owned()
}

#[test]
fn an_outside_token_is_exchanged_for_one_of_the_identity() {
    let (mut world, client, object) = World::trusting();
    let assertion = world.assert_of(ISSUER, SUBJECT, AUDIENCE);
    let answer = world.exchange(&client, &assertion);
    assert_eq!(owner(&answer), object);
    assert_eq!(answer.json_body()["token_type"], "Bearer");
}

#[test]
fn what_does_not_match_is_named() {
    let (mut world, client, _) = World::trusting();
    let no_slash = format!("{ISSUER}/");
    for (issuer, subject, audience, number, says) in [
        (
            "https://example.com",
            SUBJECT,
            AUDIENCE,
            700_211,
            "issuer 'https://example.com'",
        ),
        (&*no_slash, SUBJECT, AUDIENCE, 700_211, "githubusercontent.com/'"),
        (ISSUER, SUBJECT, "api://other", 700_212, "audience 'api://other'"),
        (
            ISSUER,
            "repo:drill/other",
            AUDIENCE,
            700_213,
            "subject 'repo:drill/other'",
        ),
        (
            ISSUER,
            "REPO:drill/restores:ref:refs/heads/main",
            AUDIENCE,
            7_002_138,
            "case-insensitive",
        ),
        (
            "https://sts.windows.net/x/",
            SUBJECT,
            AUDIENCE,
            700_222,
            "AAD-issued",
        ),
    ] {
        let assertion = world.assert_of(issuer, subject, audience);
        let text = refused(&world.exchange(&client, &assertion), number);
        assert!(text.contains(says), "{text}");
    }
}

/// The emulator can fetch nobody's keys, so what the real issuer has signed is as good as forged.
#[test]
fn only_what_the_emulator_signed_counts_and_only_in_its_time() {
    let (mut world, client, _) = World::trusting();
    let good = world.assert_of(ISSUER, SUBJECT, AUDIENCE);
    let parts: Vec<&str> = good.split('.').collect();
    let other = world.assert_of(ISSUER, "other", AUDIENCE);
    let foreign = format!(
        "{}.{}.{}",
        parts[0],
        parts[1],
        other.rsplit('.').next().unwrap_or_default()
    );
    let text = refused(&world.exchange(&client, &foreign), 7_000_272);
    assert!(text.contains(ISSUER), "{text}");
    for nonsense in ["", "a.b.c", "nonsense"] {
        refused(&world.exchange(&client, nonsense), 700_027);
    }
    let access = world.sign_in("https://management.azure.com/.default").json_body();
    let token = access["access_token"].as_str().expect("a token").to_owned();
    refused(&world.exchange(&client, &token), 700_222);
    let then = world.now;
    world.now = then + SignedDuration::from_secs(3_599);
    assert_eq!(world.exchange(&client, &good).status, 200);
    world.now = then + SignedDuration::from_secs(3_601);
    refused(&world.exchange(&client, &good), 700_024);
}

/// An assertion is for the token endpoint, and opens nothing else.
#[test]
fn an_assertion_is_no_access_token() {
    let (mut world, _, _) = World::trusting();
    let assertion = world.assert_of(ISSUER, SUBJECT, "https://management.azure.com/");
    let target = format!("{}?api-version=2025-04-01", world.group());
    let request = Request::new(Method::GET, crate::world::ARM, &target)
        .with_header("authorization", &format!("Bearer {assertion}"));
    assert_eq!(world.send(request).status, 401);
}

#[test]
fn a_credential_that_was_taken_away_counts_no_more() {
    let (mut world, client, _) = World::trusting();
    let assertion = world.assert_of(ISSUER, SUBJECT, AUDIENCE);
    assert_eq!(
        world.arm(Method::DELETE, &credential("pipeline"), None).status,
        200
    );
    assert_eq!(
        world.arm(Method::DELETE, &credential("pipeline"), None).status,
        204
    );
    refused(&world.exchange(&client, &assertion), 700_211);
    assert_eq!(
        world.put(&credential("pipeline"), &trust(ISSUER, SUBJECT)).status,
        201
    );
    assert_eq!(world.exchange(&client, &assertion).status, 200);
    assert_eq!(world.arm(Method::DELETE, &identity("runner"), None).status, 200);
    refused_as_unknown(&world.exchange(&client, &assertion));
    let (again, _) = world.put_identity("runner");
    refused(&world.exchange(&again, &assertion), 700_211);
}

#[track_caller]
fn refused_as_unknown(answer: &Response) {
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json_body()["error_codes"], json!([700_016]));
}

#[test]
fn credentials_are_resources_below_their_identity() {
    let (mut world, _, _) = World::trusting();
    let got = world.get(&credential("pipeline")).json_body();
    assert_eq!(got["properties"]["audiences"], json!([AUDIENCE]));
    assert_eq!(got["name"], "pipeline");
    let changed = world.put(&credential("pipeline"), &trust(ISSUER, "other"));
    assert_eq!(changed.status, 200);
    let list = format!("{}/federatedIdentityCredentials", identity("runner"));
    let listed = world.get(&list).json_body();
    assert_eq!(listed["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["value"][0]["properties"]["subject"], "other");
    let identities = world
        .get("/providers/Microsoft.ManagedIdentity/userAssignedIdentities")
        .json_body();
    assert_eq!(
        identities["value"].as_array().map(Vec::len),
        Some(1),
        "{identities}"
    );
}

#[test]
fn what_a_credential_must_have() {
    let (mut world, _, _) = World::trusting();
    let mut put = |name: &str, body: &Value| {
        let answer = world.put(&credential(name), body);
        let text = answer.json_body()["error"]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        (answer.status.as_u16(), text)
    };
    let exists = "Issuer and subject combination already exists for this Managed Identity.";
    assert_eq!(put("second", &trust(ISSUER, SUBJECT)), (400, exists.to_owned()));
    for incomplete in [
        json!({}),
        trust("", "x"),
        trust("https://example.com", ""),
        json!({"properties": {"issuer": "https://example.com", "subject": "x"}}),
    ] {
        let (status, text) = put("second", &incomplete);
        assert_eq!(status, 400, "{incomplete}");
        assert!(
            text.ends_with("has empty properties") || text.contains("` is missing."),
            "{text}"
        );
    }
    for audiences in [json!([]), json!(["a", "b"]), json!([1])] {
        let mut body = trust("https://example.com", "x");
        body["properties"]["audiences"] = audiences;
        let (status, text) = put("second", &body);
        assert_eq!(status, 400);
        assert!(
            text.ends_with("exactly one audience.") || text.contains("must be of the kind `string`"),
            "{text}"
        );
    }
    let (status, text) = put("a", &trust("https://example.com", "x"));
    assert_eq!(
        (status, &*text),
        (400, "Federated Identity Credential name 'a' is invalid.")
    );
    for number in 1..20 {
        assert_eq!(
            put(&format!("more-{number}"), &trust(ISSUER, &number.to_string())).0,
            201
        );
    }
    assert_eq!(put("one-too-many", &trust(ISSUER, "x")).0, 400);
    assert_eq!(
        put("more-1", &trust(ISSUER, "changed")).0,
        200,
        "one of the twenty"
    );
    let orphan = format!("{}/federatedIdentityCredentials/abc", identity("none"));
    assert_eq!(world.put(&orphan, &trust(ISSUER, "x")).status, 404);
}

#[test]
fn assertions_are_made_for_files_and_for_pipelines() {
    let (mut world, client, _) = World::trusting();
    let asked = format!("issuer={}&subject={}", encode(ISSUER), encode(SUBJECT));
    let request = Request::new(Method::GET, "localhost", &format!("/_azdrill/assertion?{asked}"))
        .with_header("accept", "application/json; api-version=2.0");
    let answer = world.send(request).json_body();
    let assertion = answer["value"].as_str().expect("an assertion").to_owned();
    assert_eq!(
        world.exchange(&client, &assertion).status,
        200,
        "the usual audience"
    );
    let short = world.assertion(&format!("{asked}&lifetime=10"));
    let short = String::from_utf8(short.body.bytes().to_vec()).expect("text");
    world.now += SignedDuration::from_secs(11);
    refused(&world.exchange(&client, &short), 700_024);
    for incomplete in ["", "issuer=x", "subject=x", "issuer=&subject=x"] {
        assert_eq!(world.assertion(incomplete).status, 400, "{incomplete}");
    }
    for lifetime in ["-1", "x", "99999999999"] {
        assert_eq!(
            world.assertion(&format!("{asked}&lifetime={lifetime}")).status,
            400
        );
    }
}
