//! The directory is written: people, groups, applications and what they sign in with.

use azdrill_emulator::model::{PrincipalId, Request, Response};
use azdrill_emulator::rules::{DirectoryWriter, Endpoint};
use azdrill_emulator::state::IdentityKind;
use http::Method;
use serde_json::{Value, json};

use crate::callers::{READER, refusal};
use crate::world::World;

impl World {
    fn writes_as(&mut self, who: PrincipalId, method: Method, target: &str, body: &Value) -> Response {
        self.graph_as(who, method, target, (!body.is_null()).then_some(body))
    }

    fn writes(&mut self, method: Method, target: &str, body: &Value) -> Response {
        let who = self.operator.object_id;
        self.writes_as(who, method, target, body)
    }

    fn reads(&mut self, target: &str) -> Value {
        let answer = self.writes(Method::GET, target, &Value::Null);
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        answer.json_body()
    }

    /// An application with a service principal: its object id, its id, its principal's object id.
    fn make_application(&mut self, name: &str) -> (String, String, String) {
        let made = self.writes(Method::POST, "/applications", &json!({"displayName": name}));
        assert_eq!(made.status, 201, "{made:?}");
        let application = made.json_body();
        let app_id = text(&application["appId"]);
        let body = json!({"appId": app_id, "accountEnabled": true});
        let made = self.writes(Method::POST, "/servicePrincipals", &body);
        assert_eq!(made.status, 201, "{made:?}");
        (text(&application["id"]), app_id, text(&made.json_body()["id"]))
    }

    fn add_password(&mut self, object: &str, more: &Value) -> Value {
        let body = json!({"passwordCredential": more});
        let made = self.writes(Method::POST, &format!("{object}/addPassword"), &body);
        assert_eq!(made.status, 200, "{made:?}");
        made.json_body()
    }

    /// What an application that shows a secret is answered: nothing, or an error's number.
    fn shows(&mut self, app_id: &str, secret: &str) -> Result<String, u64> {
        self.token(&format!("grant_type=client_credentials&client_id={app_id}&client_secret={}&scope=https%3A%2F%2Fmanagement.azure.com%2F.default", encoded(secret)))
    }

    fn types(&mut self, name: &str, password: &str) -> Result<String, u64> {
        self.token(&format!("grant_type=password&client_id=04b07795-8ddb-461a-bbee-02f9e1bf7b46&username={}&password={}&scope=https%3A%2F%2Fmanagement.azure.com%2F.default", encoded(name), encoded(password)))
    }

    fn token(&mut self, form: &str) -> Result<String, u64> {
        let tenant = self.operator.tenant;
        let answer = self.ask_token(&format!("/{tenant}/oauth2/v2.0/token"), form);
        let body = answer.json_body();
        match body["access_token"].as_str() {
            Some(token) => Ok(token.to_owned()),
            None => Err(body["error_codes"][0].as_u64().expect("a number")),
        }
    }

    fn status_with(&mut self, token: &str, target: &str) -> u16 {
        let target = format!("{target}?api-version=2021-04-01");
        let request = Request::new(Method::GET, "management.azure.com", &target)
            .with_header("authorization", &format!("Bearer {token}"));
        self.send(request).status.as_u16()
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn person(name: &str) -> Value {
    json!({
        "accountEnabled": true,
        "displayName": "Ada Lovelace",
        "mailNickname": "ada",
        "userPrincipalName": name,
        "passwordProfile": {"password": "Not-a-secret-1!", "forceChangePasswordNextSignIn": false},
    })
}

fn group(name: &str) -> Value {
    json!({"displayName": name, "mailNickname": name, "mailEnabled": false, "securityEnabled": true})
}

fn reference(id: &str) -> Value {
    json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}")})
}

/// What `az ad sp create-for-rbac` does.
#[test]
fn a_new_application_signs_in_and_may_do_what_it_is_assigned() {
    let mut world = World::new();
    let (object, app_id, principal) = world.make_application("pipeline");
    assert_ne!(object, principal);
    assert_eq!(world.shows(&app_id, "anything"), Err(7_000_215));
    let made = world.add_password(
        &format!("/applications/{object}"),
        &json!({"displayName": "rbac"}),
    );
    let secret = text(&made["secretText"]);
    assert_eq!((secret.len(), &made["displayName"]), (40, &json!("rbac")));
    assert_eq!(made["hint"], secret[..3]);
    let token = world.shows(&app_id, &secret).expect("a token");
    let scope = world.group();
    assert_eq!(world.status_with(&token, &scope), 403);
    world.give(&scope, READER, &principal);
    assert_eq!(world.status_with(&token, &scope), 200);

    let shown = world.reads(&format!("/applications/{object}"));
    let shown = &shown["passwordCredentials"][0];
    assert_eq!(
        (&shown["secretText"], &shown["keyId"]),
        (&Value::Null, &made["keyId"])
    );
    let removed = world.writes(
        Method::POST,
        &format!("/applications/{object}/removePassword"),
        &json!({"keyId": made["keyId"]}),
    );
    assert_eq!(removed.status, 204);
    assert_eq!(world.shows(&app_id, &secret), Err(7_000_215));

    // With the application goes its service principal, and with that what its tokens are good for.
    assert_eq!(
        world
            .writes(Method::DELETE, &format!("/applications/{object}"), &Value::Null)
            .status,
        204
    );
    assert_eq!(world.status_with(&token, &scope), 401);
    assert_eq!(world.shows(&app_id, &secret), Err(700_016));
    let answer = world.writes(
        Method::GET,
        &format!("/servicePrincipals/{principal}"),
        &Value::Null,
    );
    assert_eq!(answer.status, 404);
}

#[test]
fn passwords_are_good_in_their_time_and_secrets_are_others_each_time() {
    let mut world = World::new();
    let (object, app_id, principal) = world.make_application("pipeline");
    let times = json!({"startDateTime": "2026-03-01T00:00:00Z", "endDateTime": "2026-03-03T00:00:00Z"});
    let one = world.add_password(&format!("/applications/{object}"), &times);
    let other = world.add_password(&format!("/servicePrincipals/{principal}"), &json!({}));
    let (one, other) = (text(&one["secretText"]), text(&other["secretText"]));
    assert_ne!(one, other);
    assert!(world.shows(&app_id, &one).is_ok());
    assert!(world.shows(&app_id, &other).is_ok());
    world.now += jiff::SignedDuration::from_hours(24);
    assert_eq!(world.shows(&app_id, &one), Err(7_000_222));
    assert!(world.shows(&app_id, &other).is_ok());
    let disabled = json!({"accountEnabled": false});
    let target = format!("/servicePrincipals/{principal}");
    assert_eq!(world.writes(Method::PATCH, &target, &disabled).status, 204);
    assert_eq!(world.shows(&app_id, &other), Err(7_000_112));
    let wrong = json!({"passwordCredential": {"endDateTime": "tomorrow"}});
    let answer = world.writes(Method::POST, &format!("{target}/addPassword"), &wrong);
    assert_eq!(refusal(&answer), (400, "Request_BadRequest".to_owned()));
}

/// `az ad app credential reset` of the application a world began with.
#[test]
fn the_secret_a_world_began_with_can_be_taken_away() {
    let mut world = World::new();
    let (app_id, secret) = (
        world.operator.client_id.to_string(),
        world.operator.client_secret.clone(),
    );
    let found = world.reads(&format!("/applications?$filter=appId%20eq%20'{app_id}'"));
    let application = &found["value"][0];
    let key = &application["passwordCredentials"][0]["keyId"];
    let target = format!("/applications/{}/removePassword", text(&application["id"]));
    assert!(world.shows(&app_id, &secret).is_ok());
    assert_eq!(
        world.writes(Method::POST, &target, &json!({"keyId": key})).status,
        204
    );
    assert_eq!(world.shows(&app_id, &secret), Err(7_000_215));
    let again = world.writes(Method::POST, &target, &json!({"keyId": key}));
    assert_eq!(refusal(&again), (400, "Request_BadRequest".to_owned()));
}

#[test]
fn a_person_is_made_signs_in_and_has_their_groups_roles() {
    let mut world = World::new();
    let made = world.writes(Method::POST, "/users", &person("ada@drill.example"));
    assert_eq!(made.status, 201, "{made:?}");
    let body = made.json_body();
    assert_eq!(body["displayName"], "Ada Lovelace");
    assert!(!body.to_string().contains("Not-a-secret"), "{body}");
    let ada = text(&body["id"]);
    let read = world.reads("/users/ada@drill.example");
    assert_eq!((&read["id"], read.get("passwordProfile")), (&body["id"], None));
    let token = world
        .types("ada@drill.example", "Not-a-secret-1!")
        .expect("a token");

    let team = text(&world.writes(Method::POST, "/groups", &group("team")).json_body()["id"]);
    let members = format!("/groups/{team}/members");
    let add = |world: &mut World| world.writes(Method::POST, &format!("{members}/$ref"), &reference(&ada));
    assert_eq!(add(&mut world).status, 204);
    assert_eq!(refusal(&add(&mut world)), (400, "Request_BadRequest".to_owned()));
    assert_eq!(world.reads(&members)["value"][0]["id"], ada);
    let scope = world.group();
    world.give(&scope, READER, &team);
    assert_eq!(world.status_with(&token, &scope), 200);
    let member = format!("{members}/{ada}/$ref");
    assert_eq!(world.writes(Method::DELETE, &member, &Value::Null).status, 204);
    assert_eq!(world.writes(Method::DELETE, &member, &Value::Null).status, 404);
    assert_eq!(world.status_with(&token, &scope), 403);

    let changed = json!({"displayName": "Countess", "passwordProfile": {"password": "Another-1!", "forceChangePasswordNextSignIn": true}});
    assert_eq!(
        world
            .writes(Method::PATCH, &format!("/users/{ada}"), &changed)
            .status,
        204
    );
    assert_eq!(world.types("ada@drill.example", "Not-a-secret-1!"), Err(50_126));
    assert_eq!(world.types("ada@drill.example", "Another-1!"), Err(50_055));
    let changed = json!({"accountEnabled": false});
    assert_eq!(
        world
            .writes(Method::PATCH, &format!("/users/{ada}"), &changed)
            .status,
        204
    );
    assert_eq!(world.types("ada@drill.example", "Another-1!"), Err(50_057));
    let selected = world.reads(&format!("/users/{ada}?$select=id,accountEnabled"));
    assert_eq!(selected["accountEnabled"], false);
    assert_eq!(selected.get("displayName"), None);
    assert_eq!(
        world
            .writes(Method::DELETE, &format!("/users/{ada}"), &Value::Null)
            .status,
        204
    );
    assert_eq!(world.status_with(&token, &scope), 401);
}

#[test]
fn what_cannot_be_written_is_refused_and_changes_nothing() {
    let mut world = World::new();
    assert_eq!(
        world
            .writes(Method::POST, "/users", &person("ada@drill.example"))
            .status,
        201
    );
    let changed = |member: &str, value: Value| {
        let mut body = person("eve@drill.example");
        body[member] = value;
        body
    };
    let mut short = person("eve@drill.example");
    short.as_object_mut().expect("members").remove("mailNickname");
    let weak = json!({"password": "weak"});
    for body in [
        json!([]),
        json!({}),
        short,
        person("ada@drill.example"),
        person("nobody"),
        changed("accountEnabled", json!("true")),
        changed("passwordProfile", weak),
        changed("passwordProfile", json!({})),
        changed("businessPhones", json!([1])),
        changed("unheardOf", json!(1)),
    ] {
        let answer = world.writes(Method::POST, "/users", &body);
        assert_eq!(refusal(&answer), (400, "Request_BadRequest".to_owned()), "{body}");
    }
    let all = world.reads("/users");
    assert_eq!(all["value"].as_array().map(Vec::len), Some(1), "{all}");
    for body in [
        json!({"displayName": "a", "mailNickname": "a", "mailEnabled": true, "securityEnabled": true}),
        json!({"displayName": "a", "mailNickname": "a", "mailEnabled": false, "securityEnabled": true, "groupTypes": ["Unified"]}),
    ] {
        assert_eq!(world.writes(Method::POST, "/groups", &body).status, 501, "{body}");
    }
    let unknown = json!({"appId": uuid::Uuid::from_u128(7)});
    let answer = world.writes(Method::POST, "/servicePrincipals", &unknown);
    assert_eq!(refusal(&answer), (400, "Request_BadRequest".to_owned()));
    let (_, app_id, _) = world.make_application("pipeline");
    let answer = world.writes(Method::POST, "/servicePrincipals", &json!({"appId": app_id}));
    assert_eq!(
        refusal(&answer),
        (409, "Request_MultipleObjectsWithSameKeyValue".to_owned())
    );
    let (object, ..) = world.make_application("other");
    for keys in [
        json!([{"key": "AAAA", "type": "AsymmetricX509Cert", "usage": "Verify"}]),
        json!([{}]),
    ] {
        let answer = world.writes(
            Method::PATCH,
            &format!("/applications/{object}"),
            &json!({"keyCredentials": keys}),
        );
        assert_eq!(answer.status, 400, "{keys}");
    }
}

/// Every operation that writes, with a request for it.
const WRITES: &str = "Users_Create POST /users
Users_Update PATCH /users/ADA
Users_Delete DELETE /users/ADA
Groups_Create POST /groups
Groups_Update PATCH /groups/TEAM
Groups_Delete DELETE /groups/TEAM
Groups_AddMember POST /groups/TEAM/members/$ref
Groups_RemoveMember DELETE /groups/TEAM/members/ADA/$ref
Groups_AddOwner POST /groups/TEAM/owners/$ref
Groups_RemoveOwner DELETE /groups/TEAM/owners/ADA/$ref
Applications_Create POST /applications
Applications_Update PATCH /applications/OBJECT
Applications_Delete DELETE /applications/OBJECT
Applications_AddPassword POST /applications/OBJECT/addPassword
Applications_RemovePassword POST /applications/OBJECT/removePassword
Applications_AddOwner POST /applications/OBJECT/owners/$ref
Applications_RemoveOwner DELETE /applications/OBJECT/owners/ADA/$ref
ServicePrincipals_Create POST /servicePrincipals
ServicePrincipals_Update PATCH /servicePrincipals/PRINCIPAL
ServicePrincipals_Delete DELETE /servicePrincipals/PRINCIPAL
ServicePrincipals_AddPassword POST /servicePrincipals/PRINCIPAL/addPassword
ServicePrincipals_RemovePassword POST /servicePrincipals/PRINCIPAL/removePassword";

/// A body that an operation would take of who may.
fn body_of(operation: &str, ada: &str, app_id: &str) -> Value {
    match operation {
        "Users_Create" => person("eve@drill.example"),
        "Groups_Create" => group("mine"),
        "Applications_Create" => json!({"displayName": "mine"}),
        "ServicePrincipals_Create" => json!({"appId": app_id}),
        _ if operation.contains("_Add") && !operation.ends_with("Password") => reference(ada),
        _ if operation.contains("Delete")
            || operation.contains("_RemoveO")
            || operation.contains("_RemoveM") =>
        {
            Value::Null
        }
        _ => json!({}),
    }
}

/// A role in Azure, Owner included, gives no rights in the directory.
#[test]
fn who_may_write_nothing_is_refused_whatever_role_they_have() {
    let mut world = World::new();
    let (object, app_id, principal) = world.make_application("pipeline");
    let team = text(&world.writes(Method::POST, "/groups", &group("team")).json_body()["id"]);
    let ada = text(
        &world
            .writes(Method::POST, "/users", &person("ada@drill.example"))
            .json_body()["id"],
    );
    let other = world.add_principal(0xa000, "other", IdentityKind::Application);
    let scope = world.group();
    world.give(&scope, READER, other);
    let denied = (403, "Authorization_RequestDenied".to_owned());
    let targets = WRITES
        .replace("ADA", &ada)
        .replace("TEAM", &team)
        .replace("OBJECT", &object)
        .replace("PRINCIPAL", &principal);
    let rows: Vec<Vec<&str>> = targets.lines().map(|line| line.split(' ').collect()).collect();
    let reading = ["CheckMemberGroups", "GetMemberGroups", "GetByIds"];
    let written: Vec<String> = {
        let all = world.azure.rules().router.operations().iter();
        all.filter(|row| row.endpoint == Endpoint::Graph && row.method != Method::GET)
            .filter(|row| !reading.iter().any(|name| row.id.ends_with(name)))
            .map(|row| row.id.to_string())
            .collect()
    };
    let mut tried: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let mut written: Vec<&str> = written.iter().map(String::as_str).collect();
    tried.sort_unstable();
    written.sort_unstable();
    assert_eq!(tried, written);
    for row in &rows {
        let (id, method, target) = (row[0], row[1].parse().expect("a method"), row[2]);
        let (writers, _) = world.azure.rules().directory.writers(id);
        assert!(writers.contains(&DirectoryWriter::Administrator), "{id}");
        let answer = world.writes_as(other, method, target, &body_of(id, &ada, &app_id));
        assert_eq!(refusal(&answer), denied, "{id}");
    }
}

#[test]
fn a_person_registers_applications_and_changes_those_they_own() {
    let mut world = World::new();
    let mut make = |name: &str| {
        let made = world.writes(Method::POST, "/users", &person(name));
        text(&made.json_body()["id"])
    };
    let (ada, eve) = (make("ada@drill.example"), make("eve@drill.example"));
    let id = |text: &str| PrincipalId(text.parse().expect("an id"));
    let made = world.writes_as(
        id(&ada),
        Method::POST,
        "/applications",
        &json!({"displayName": "hers"}),
    );
    assert_eq!(made.status, 201, "{made:?}");
    let application = made.json_body();
    let target = format!("/applications/{}", text(&application["id"]));
    let change = json!({"displayName": "changed"});
    assert_eq!(
        world.writes_as(id(&eve), Method::PATCH, &target, &change).status,
        403
    );
    assert_eq!(
        world.writes_as(id(&ada), Method::PATCH, &target, &change).status,
        204
    );
    let body = json!({"appId": application["appId"]});
    assert_eq!(
        world
            .writes_as(id(&eve), Method::POST, "/servicePrincipals", &body)
            .status,
        403
    );
    let principal = world.writes_as(id(&ada), Method::POST, "/servicePrincipals", &body);
    assert_eq!(
        (principal.status.as_u16(), &principal.json_body()["displayName"]),
        (201, &json!("changed"))
    );
    let owners = format!("{target}/owners");
    assert_eq!(world.reads(&owners)["value"][0]["id"], ada);
    let share = world.writes_as(
        id(&ada),
        Method::POST,
        &format!("{owners}/$ref"),
        &reference(&eve),
    );
    assert_eq!(share.status, 204);
    assert_eq!(
        world.writes_as(id(&eve), Method::PATCH, &target, &change).status,
        204
    );
    let gone = world.writes_as(
        id(&eve),
        Method::DELETE,
        &format!("{owners}/{ada}/$ref"),
        &Value::Null,
    );
    assert_eq!(gone.status, 204);
    assert_eq!(
        world.writes_as(id(&ada), Method::PATCH, &target, &change).status,
        403
    );
}
