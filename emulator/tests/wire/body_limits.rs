//! What services refuse although the published types would take it, and how sure that is.

use azdrill_emulator::server::Core;
use http::Method;
use serde_json::json;

use crate::bodies::{policy_body, vault_body};
use crate::world::{World, below_vault};

/// That a setting of another word is refused is inferred, and the answer says so; a range of days is
/// documented, and what is unsure there is the code alone.
#[test]
fn an_answer_is_as_sure_as_the_limit_it_comes_of() {
    let mut world = World::new();
    let mut body = vault_body("On");
    body["properties"]["securitySettings"]["softDeleteSettings"]["state"] = json!("Maybe");
    let answer = world.put(&below_vault(""), &body);
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("x-azdrill-mark"), Some("inferred"));
    let mut body = vault_body("On");
    body["properties"]["securitySettings"]["softDeleteSettings"]["retentionDurationInDays"] = json!(5);
    let answer = world.put(&below_vault(""), &body);
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("x-azdrill-mark"), None);
}

#[test]
fn a_retention_is_measured_in_days() {
    let mut world = World::protected();
    for (duration, taken) in [
        ("P3653D", true),
        ("P10Y", true),
        ("P3654D", false),
        ("P0D", false),
    ] {
        let mut body = policy_body();
        let place = "/properties/policyRules/1/lifecycles/0/deleteAfter/duration";
        *body.pointer_mut(place).expect("it is there") = json!(duration);
        let answer = world.put(&below_vault(&format!("backupPolicies/{duration}")), &body);
        assert_eq!(answer.status != 400, taken, "{duration}: {answer:?}");
        let last = world.azure.log().since(0).last().expect("an exchange");
        let why = last.refused.as_ref().map(|no| no.reason.as_str());
        let too_long = why.is_some_and(|why| why.contains("at most 3653 days"));
        assert_eq!(too_long, duration == "P3654D", "{why:?}");
    }
}

/// A template with comments is a body like any other: its kinds are checked, and nothing is ignored unsaid.
#[test]
fn a_template_with_comments_is_of_its_type_as_well() {
    let mut world = World::new();
    let target = format!(
        "{}/providers/Microsoft.Resources/deployments/d/validate?api-version=2024-03-01",
        world.group()
    );
    let mut send = |mode: &str| {
        let text = format!("{{properties: {{mode: {mode}, /* nothing */ template: {{}}}}}}");
        let mut request = world
            .request(Method::POST, &target)
            .with_header("content-type", "application/json");
        request.body = azdrill_emulator::model::Body::Bytes(text.into());
        world.send(request).json_body()["error"]["code"].clone()
    };
    assert_eq!(send("7"), "InvalidRequestContent");
    assert_eq!(send("\"Sometimes\""), "InvalidRequestContent");
    assert_eq!(send("\"Incremental\""), "InvalidTemplate");
}

#[test]
fn resource_manager_takes_four_megabytes() {
    let mut world = World::new();
    let most = world.azure.rules().limits.request_bytes.most;
    let most = usize::try_from(most).expect("it fits");
    let group = format!("{}?api-version=2022-09-01", world.group());
    let mut send = |length: usize| {
        let mut text = r#"{"location": "westeurope"}"#.to_owned();
        text.extend(std::iter::repeat_n(' ', length - text.len()));
        let mut request = world
            .request(Method::PUT, &group)
            .with_header("content-type", "application/json");
        request.body = azdrill_emulator::model::Body::Bytes(text.into());
        world.send(request)
    };
    assert_eq!(send(most).status, 200);
    let answer = send(most + 1);
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json_body()["error"]["code"], "RequestContentTooLarge");
    // The same where nobody has read it to its end, and nobody but Resource Manager says it like that.
    let request = world.request(Method::PUT, &group);
    let path = azdrill_emulator::model::NetworkPath::internet();
    let answer = world
        .azure
        .too_long(world.now, &path, &request)
        .expect("its own words");
    assert_eq!(answer.json_body()["error"]["code"], "RequestContentTooLarge");
    let noted = world.azure.log().since(0).last().expect("an exchange");
    assert_eq!(noted.status, 413);
    let elsewhere = azdrill_emulator::model::Request::new(Method::PUT, "x.vault.azure.net", "/secrets/s");
    assert!(world.azure.too_long(world.now, &path, &elsewhere).is_none());
}
