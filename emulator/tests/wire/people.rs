//! People who sign in.

use azdrill_emulator::model::{Response, TenantId};
use azdrill_emulator::state::IdentityKind;
use azdrill_emulator::world::add_subscription;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::callers::READER;
use crate::world::{ARM, World};

const CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const NAME: &str = "ada@drill.example";
const SCOPE: &str = "https%3A%2F%2Fmanagement.core.windows.net%2F%2F.default+openid+offline_access+profile";

impl World {
    /// With somebody who may read the resource group.
    fn with_ada() -> Self {
        let mut world = Self::new();
        let ada = world.add_principal(0xada, NAME, IdentityKind::User);
        let directory = &mut world.azure.state_mut().directory;
        let mut principal = directory.get(ada).expect("put there").clone();
        principal.secret = Some("correct horse".to_owned());
        directory.insert(principal);
        let group = world.group();
        let given = world.give(&group, READER, ada);
        assert_eq!(
            given.json_body()["properties"]["principalType"],
            "User",
            "{given:?}"
        );
        world
    }

    fn ask(&mut self, form: &str) -> Response {
        self.ask_token("/organizations/oauth2/v2.0/token", form)
    }

    fn password(&mut self, name: &str, password: &str) -> Response {
        self.ask(&format!(
            "grant_type=password&client_id={CLI}&username={name}&password={password}&scope={SCOPE}&client_info=1"
        ))
    }

    fn may_read(&mut self, answer: &Response) -> u16 {
        let token = answer.json_body()["access_token"]
            .as_str()
            .expect("a token")
            .to_owned();
        let target = format!("{}?api-version=2025-04-01", self.group());
        let request = azdrill_emulator::model::Request::new(Method::GET, ARM, &target)
            .with_header("authorization", &format!("Bearer {token}"));
        self.send(request).status.as_u16()
    }
}

fn claims(token: &Value) -> Value {
    let token = token.as_str().expect("a token");
    let part = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
}

#[track_caller]
fn refused(answer: &Response, error: &str, number: u32) {
    let body = answer.json_body();
    assert_eq!(
        (body["error"].as_str(), &body["error_codes"]),
        (Some(error), &json!([number])),
        "{body}"
    );
    let text = body["error_description"].as_str().unwrap_or_default();
    assert!(text.starts_with(&format!("AADSTS{number}: ")), "{text}");
}

#[test]
fn a_password_gives_everything_a_client_keeps() {
    let mut world = World::with_ada();
    let answer = world.password("ADA%40drill.example", "correct+horse");
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json_body();
    let access = claims(&body["access_token"]);
    assert_eq!(access["idtyp"], "user");
    assert_eq!(access["upn"], NAME);
    assert_eq!(access["appid"], CLI);
    assert_eq!(access["aud"], "https://management.core.windows.net/");
    let id = claims(&body["id_token"]);
    assert_eq!(
        (&id["aud"], &id["preferred_username"], &id["oid"]),
        (&json!(CLI), &json!(NAME), &access["oid"])
    );
    let info = URL_SAFE_NO_PAD
        .decode(body["client_info"].as_str().expect("there"))
        .expect("base64");
    let info: Value = serde_json::from_slice(&info).expect("JSON");
    assert_eq!((&info["uid"], &info["utid"]), (&access["oid"], &access["tid"]));
    assert!(body["refresh_token"].is_string() && body["expires_in"].is_u64());
    assert!(
        body["scope"]
            .as_str()
            .is_some_and(|scope| scope.contains("offline_access"))
    );
    assert_eq!(world.may_read(&answer), 200);
}

#[test]
fn who_is_wrong_gets_the_number_that_says_how() {
    let mut world = World::with_ada();
    refused(
        &world.password("ada%40drill.example", "wrong"),
        "invalid_grant",
        50_126,
    );
    refused(
        &world.password("ada%40drill.example", ""),
        "invalid_grant",
        50_126,
    );
    refused(
        &world.password("bob%40drill.example", "correct+horse"),
        "invalid_grant",
        50_126,
    );
    // An application has a secret and is no person.
    let secret = world.operator.client_secret.replace('~', "%7E");
    refused(&world.password("operator", &secret), "invalid_grant", 50_126);
    let unknown = world.ask(&format!("grant_type=password&client_id=00000000-0000-0000-0000-000000000001&username=ada%40drill.example&password=correct+horse&scope={SCOPE}"));
    refused(&unknown, "unauthorized_client", 700_016);
    refused(
        &world.ask("grant_type=telepathy"),
        "unsupported_grant_type",
        70_003,
    );
}

/// A token that says who somebody is opens nothing.
#[test]
fn an_id_token_or_a_refresh_token_is_no_access_token() {
    let mut world = World::with_ada();
    let body = world.password("ada%40drill.example", "correct+horse").json_body();
    for name in ["id_token", "refresh_token"] {
        let shown = azdrill_emulator::model::Response::json(
            http::StatusCode::OK,
            &json!({"access_token": body[name]}),
        );
        assert_eq!(world.may_read(&shown), 401, "{name}");
    }
}

#[test]
fn a_refresh_token_is_for_its_client_and_for_ninety_days_after_its_last_use() {
    let mut world = World::with_ada();
    let first = world.password("ada%40drill.example", "correct+horse").json_body();
    let refresh = |world: &mut World, token: &Value, client: &str| {
        let token = token.as_str().expect("a token").to_owned();
        let scope = "https%3A%2F%2Fstorage.azure.com%2F.default";
        world.ask(&format!(
            "grant_type=refresh_token&client_id={client}&refresh_token={token}&scope={scope}"
        ))
    };
    world.now += SignedDuration::from_hours(24 * 89);
    let second = refresh(&mut world, &first["refresh_token"], CLI);
    assert_eq!(second.status, 200, "{second:?}");
    let second = second.json_body();
    assert_eq!(
        claims(&second["access_token"])["aud"],
        "https://storage.azure.com"
    );
    let operator = world.operator.client_id.to_string();
    refused(
        &refresh(&mut world, &second["refresh_token"], &operator),
        "invalid_grant",
        70_000,
    );
    refused(
        &refresh(&mut world, &json!("invented"), CLI),
        "invalid_grant",
        70_000,
    );
    world.now += SignedDuration::from_hours(24 * 89);
    assert_eq!(refresh(&mut world, &second["refresh_token"], CLI).status, 200);
    world.now += SignedDuration::from_hours(24 * 91);
    refused(
        &refresh(&mut world, &second["refresh_token"], CLI),
        "invalid_grant",
        700_082,
    );
}

#[test]
fn a_device_waits_until_its_code_is_entered() {
    let mut world = World::with_ada();
    let begun = world.ask_token(
        "/organizations/oauth2/v2.0/devicecode",
        &format!("client_id={CLI}&scope={SCOPE}"),
    );
    assert_eq!(begun.status, 200, "{begun:?}");
    let begun = begun.json_body();
    let (device, user) = (
        begun["device_code"].as_str().expect("there"),
        begun["user_code"].as_str().expect("there"),
    );
    let poll = format!(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id={CLI}&code={device}&device_code={device}"
    );
    refused(&world.ask(&poll), "authorization_pending", 70_016);
    let page = begun["verification_uri"]
        .as_str()
        .expect("there")
        .trim_start_matches("https://login.microsoftonline.com")
        .to_owned();
    let wrong = world.ask_token(
        &page,
        &format!("user_code={user}&username=ada%40drill.example&password=wrong"),
    );
    refused(&wrong, "invalid_grant", 50_126);
    refused(&world.ask(&poll), "authorization_pending", 70_016);
    let entered = world.ask_token(
        &page,
        &format!("user_code={user}&username=ada%40drill.example&password=correct+horse"),
    );
    assert_eq!(entered.status, 204, "{entered:?}");
    let answer = world.ask(&poll);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(world.may_read(&answer), 200);
    refused(&world.ask(&poll), "invalid_grant", 70_018);

    let late = world
        .ask_token(
            "/organizations/oauth2/v2.0/devicecode",
            &format!("client_id={CLI}&scope={SCOPE}"),
        )
        .json_body();
    let device = late["device_code"].as_str().expect("there").to_owned();
    world.now += SignedDuration::from_mins(16);
    let poll = format!(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id={CLI}&device_code={device}"
    );
    refused(&world.ask(&poll), "expired_token", 70_019);
}

/// A person's token is for one resource as well, and for one that is there.
#[test]
fn a_persons_scope_names_one_resource_of_the_tenant() {
    let mut world = World::with_ada();
    let mut ask = |scope: &str| {
        world
            .ask(&format!(
                "grant_type=password&client_id={CLI}&username={NAME}&password=correct+horse&scope={scope}"
            ))
            .json_body()
    };
    let two = ask(
        "https%3A%2F%2Fmanagement.azure.com%2F.default+https%3A%2F%2Fvault.azure.net%2Fuser_impersonation",
    );
    assert_eq!(
        (&two["error"], &two["error_codes"][0]),
        (&json!("invalid_scope"), &json!(28_000))
    );
    let nobody = ask("https%3A%2F%2Fnobody.example%2F.default");
    assert_eq!(
        (&nobody["error"], &nobody["error_codes"][0]),
        (&json!("invalid_resource"), &json!(500_011))
    );
    let read = "https%3A%2F%2Fgraph.microsoft.com%2FUser.Read";
    let one = ask(&format!(
        "openid+{read}+https%3A%2F%2Fgraph.microsoft.com%2FUser.ReadWrite"
    ));
    assert!(one["access_token"].is_string(), "{one}");
}

/// An address that all tenants share takes whoever signs in to where they live, whichever tenant is the first.
#[test]
fn a_shared_address_leads_to_the_home_of_the_account() {
    for first in [true, false] {
        let mut world = World::with_ada();
        let elsewhere = TenantId(Uuid::from_u128(if first { 1 } else { u128::MAX }));
        let subscription = elsewhere.to_string();
        add_subscription(&mut world.azure, &subscription, "theirs", elsewhere);
        let bob = world.add_principal(0xb0b, "bob@other.example", IdentityKind::User);
        let directory = &mut world.azure.state_mut().directory;
        let mut person = directory.get(bob).expect("put there").clone();
        (person.tenant, person.secret) = (elsewhere, Some("battery".to_owned()));
        directory.insert(person);

        let ada = world.password(NAME, "correct+horse").json_body();
        let home = world.operator.tenant.to_string();
        assert_eq!(claims(&ada["access_token"])["tid"], *home, "{ada}");
        let bob = world.password("bob@other.example", "battery").json_body();
        assert_eq!(
            claims(&bob["access_token"])["tid"],
            *elsewhere.to_string(),
            "{bob}"
        );
        let theirs = format!("/{home}/oauth2/v2.0/token");
        let form = format!(
            "grant_type=password&client_id={CLI}&username=bob@other.example&password=battery&scope={SCOPE}"
        );
        refused(&world.ask_token(&theirs, &form), "invalid_grant", 50_126);
    }
}

/// What signs in without a person says whose directory it means.
#[test]
fn an_application_names_its_tenant() {
    let mut world = World::with_ada();
    let form = format!(
        "grant_type=client_credentials&client_id={CLI}&client_secret=x&scope=https://management.azure.com/.default"
    );
    for shared in ["common", "organizations"] {
        let answer = world.ask_token(&format!("/{shared}/oauth2/v2.0/token"), &form);
        refused(&answer, "invalid_request", 50_059);
    }
}
