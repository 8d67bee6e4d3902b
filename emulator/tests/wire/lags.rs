//! What was written is seen late, and not by everybody at the same time.

use azdrill_emulator::model::PrincipalId;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::callers::{READER, refusal};
use crate::world::World;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn principal(id: &str) -> PrincipalId {
    PrincipalId(id.parse().expect("an id"))
}

impl World {
    fn in_graph(&mut self, method: Method, target: &str, body: &Value) -> Value {
        let who = self.operator.object_id;
        let answer = self.graph_as(who, method, target, (!body.is_null()).then_some(body));
        assert!(answer.status.is_success(), "{target}: {answer:?}");
        answer.json_body()
    }
}

/// `E1-GROUP-TOKENS`: a role of a group reaches a managed identity that joins it when its cached token has run out, and
/// leaves it as late.
#[test]
fn a_managed_identity_goes_on_with_the_groups_its_token_says() {
    let mut world = World::new();
    world.azure.settings_mut().lags.identity_groups = HOUR * 24;
    let (_, object) = world.put_identity("runner");
    let runner = principal(&object);
    let person = world.add_application();
    let body =
        json!({"displayName": "team", "mailNickname": "team", "mailEnabled": false, "securityEnabled": true});
    let team = world.in_graph(Method::POST, "/groups", &body)["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let scope = world.group();
    assert_eq!(
        world
            .assign(1, &scope, READER, &json!({"principalId": team}))
            .status,
        201
    );
    for member in [object.clone(), person.to_string()] {
        let at = format!("https://graph.microsoft.com/v1.0/directoryObjects/{member}");
        world.in_graph(
            Method::POST,
            &format!("/groups/{team}/members/$ref"),
            &json!({"@odata.id": at}),
        );
    }
    assert_eq!(
        world.group_as(person).status,
        200,
        "only managed identities have such tokens"
    );
    let denied = world.group_as(runner);
    assert_eq!(refusal(&denied), (403, "AuthorizationFailed".to_owned()));
    let rules = denied.header("x-azdrill-rules").unwrap_or_default().to_owned();
    assert!(rules.contains("E1-GROUP-TOKENS"), "{rules}");
    let members = world.in_graph(Method::GET, &format!("/groups/{team}/members"), &Value::Null);
    assert_eq!(
        members["value"].as_array().map(Vec::len),
        Some(2),
        "the directory knows at once"
    );
    world.now += HOUR * 24;
    assert_eq!(world.group_as(runner).status, 200);

    let gone = format!("/groups/{team}/members/{object}/$ref");
    world.in_graph(Method::DELETE, &gone, &Value::Null);
    world.now += HOUR * 23;
    assert_eq!(world.group_as(runner).status, 200, "its token is from before");
    world.now += HOUR;
    assert_eq!(world.group_as(runner).status, 403);
}

/// `E1-NEW-PRINCIPAL`: not found at once, unless the request says what it is.
#[test]
fn a_principal_that_was_just_made_is_not_found_at_once() {
    let mut world = World::new();
    world.azure.settings_mut().lags.new_principals = HOUR;
    let (_, object) = world.put_identity("runner");
    let scope = world.group();
    let early = world.assign(1, &scope, READER, &json!({"principalId": object}));
    assert_eq!(refusal(&early), (400, "PrincipalNotFound".to_owned()));
    assert_eq!(early.header("x-azdrill-rules"), Some("E1-NEW-PRINCIPAL"));
    let said = json!({"principalId": object, "principalType": "ServicePrincipal"});
    assert_eq!(world.assign(1, &scope, READER, &said).status, 201);
    let (_, other) = world.put_identity("other");
    world.now += HOUR;
    assert_eq!(
        world
            .assign(2, &scope, READER, &json!({"principalId": other}))
            .status,
        201
    );
}

/// `E1-PLANES` and `E1-FRONT-ENDS`: in the time an assignment takes, which answer a caller gets is drawn for each
/// request, the same under the same seed; then everybody sees it.
#[test]
fn front_ends_see_an_assignment_one_after_the_other() {
    let play = || {
        let mut world = World::new();
        let settings = world.azure.settings_mut();
        settings.role_propagation = HOUR;
        settings.lags.front_ends = 4;
        settings.lags.data = Some(HOUR * 2);
        let who = world.add_application();
        let scope = world.group();
        assert_eq!(
            world
                .assign(1, &scope, READER, &json!({"principalId": who}))
                .status,
            201
        );
        let first = world.group_as(who);
        assert_eq!(first.status, 403, "nobody sees it at once");
        let rules = first.header("x-azdrill-rules").unwrap_or_default().to_owned();
        assert!(
            rules.contains("E1-FRONT-ENDS") && rules.contains("E1-PLANES"),
            "{rules}"
        );
        world.now += HOUR / 2;
        let told: Vec<u16> = (0..24).map(|_| world.group_as(who).status.as_u16()).collect();
        world.now += HOUR / 2;
        assert!(
            (0..24).all(|_| world.group_as(who).status == 200),
            "everybody sees it"
        );
        told
    };
    let told = play();
    let let_in = told.iter().filter(|status| **status == 200).count();
    assert!(
        (4..=20).contains(&let_in),
        "half of the front ends see it: {told:?}"
    );
    assert_eq!(told, play());
}
