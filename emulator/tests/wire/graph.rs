//! The directory look-ups clients make.

use azdrill_emulator::model::{PrincipalId, Response};
use azdrill_emulator::state::IdentityKind;
use http::Method;
use serde_json::{Value, json};

use crate::world::World;

impl World {
    pub(crate) fn found(&mut self, target: &str) -> Vec<String> {
        let answer = self.graph(Method::GET, target, None);
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        names(&answer)
    }

    /// With a person in a group that is in a group, and an identity.
    pub(crate) fn peopled() -> Self {
        let mut world = Self::new();
        let ada = world.add_principal(0xada, "ada@drill.example", IdentityKind::User);
        let inner = world.add_principal(0xb1, "inner", IdentityKind::Group);
        let outer = world.add_principal(0xb2, "outer", IdentityKind::Group);
        world.add_principal(0xb3, "others", IdentityKind::Group);
        let directory = &mut world.azure.state_mut().directory;
        directory.add_member(inner, ada);
        directory.add_member(outer, inner);
        let made = world.put(
            "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id",
            &json!({"location": "westeurope"}),
        );
        assert_eq!(made.status, 201);
        world
    }

    fn identity(&mut self) -> Value {
        let target = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id";
        self.get(target).json_body()["properties"].clone()
    }
}

pub(crate) fn names(answer: &Response) -> Vec<String> {
    let body = answer.json_body();
    let all = body["value"].as_array().expect("a list").iter();
    all.map(|one| one["displayName"].as_str().expect("a name").to_owned())
        .collect()
}

fn guid(number: u128) -> String {
    PrincipalId(uuid::Uuid::from_u128(number)).to_string()
}

#[test]
fn a_service_principal_is_found_by_its_names_and_not_by_its_object_id() {
    let mut world = World::peopled();
    let (app, object) = (world.operator.client_id, world.operator.object_id);
    let names = |id: &dyn std::fmt::Display| {
        format!("/servicePrincipals?$filter=servicePrincipalNames/any(c:c%20eq%20'{id}')")
    };
    assert_eq!(world.found(&names(&app)), ["operator"]);
    assert_eq!(world.found(&names(&object)), Vec::<String>::new());
    let identity = world.identity();
    let own = identity["principalId"].as_str().expect("an id").to_owned();
    let client = identity["clientId"].as_str().expect("an id").to_owned();
    assert_eq!(world.found(&names(&own)), Vec::<String>::new());
    assert_eq!(world.found(&names(&client)), ["id"]);
    assert_eq!(
        world.found(&format!("/servicePrincipals?$filter=appId%20eq%20'{app}'")),
        ["operator"]
    );
    assert_eq!(
        world.found("/servicePrincipals?$filter=displayName%20eq%20'operator'"),
        ["operator"]
    );
    assert_eq!(
        world.found("/servicePrincipals?$filter=startswith(displayName,'oper')"),
        ["operator"]
    );
    let got = world.graph(Method::GET, &format!("/servicePrincipals/{own}"), None);
    assert_eq!(got.json_body()["servicePrincipalType"], "ManagedIdentity");
    assert_eq!(
        world
            .graph(Method::GET, &format!("/servicePrincipals/{}", guid(0xada)), None)
            .status,
        404
    );
}

/// What Graph would filter by and is not played is not Graph's own refusal, nor an empty list.
#[test]
fn a_filter_that_is_not_understood_is_refused() {
    let mut world = World::peopled();
    for (filter, status, code) in [
        ("foo%20eq%20'x'", 400, "BadRequest"),
        ("what%20is%20this", 400, "Request_UnsupportedQuery"),
        ("displayName%20eq%20x", 400, "Request_UnsupportedQuery"),
        ("accountEnabled%20eq%20true", 501, "NotImplementedByEmulator"),
        ("displayName%20in%20('x')", 501, "NotImplementedByEmulator"),
        (
            "not%20startswith(displayName,'x')",
            501,
            "NotImplementedByEmulator",
        ),
        (
            "createdDateTime%20eq%20'2026-01-01'",
            501,
            "NotImplementedByEmulator",
        ),
    ] {
        let answer = world.graph(Method::GET, &format!("/users?$filter={filter}"), None);
        let told = answer.json_body()["error"]["code"].clone();
        assert_eq!((answer.status.as_u16(), told), (status, json!(code)), "{filter}");
    }
    assert!(world.found("/users?$filter=usageLocation%20eq%20'GB'").is_empty());
}

/// A role in Azure gives no rights in the directory.
#[test]
fn an_application_without_a_role_of_the_directory_reads_itself() {
    let mut world = World::peopled();
    let who = world.add_principal(0xc000, "fresh", IdentityKind::Application);
    let operator = world.operator.object_id;
    let mut status = |target: &str| world.graph_as(who, Method::GET, target, None).status.as_u16();
    for target in ["/users", "/groups", "/servicePrincipals", "/applications"] {
        assert_eq!(status(target), 403, "{target}");
    }
    assert_eq!(status(&format!("/servicePrincipals/{operator}")), 403);
    assert_eq!(status(&format!("/servicePrincipals/{}", guid(0xffff))), 403);
    assert_eq!(status(&format!("/servicePrincipals/{who}")), 200);
    assert_eq!(status(&format!("/servicePrincipals/{who}/memberOf")), 200);
    for (id, wanted) in [(operator, 403), (who, 200)] {
        let body = json!({"ids": [id]});
        let answer = world.graph_as(who, Method::POST, "/directoryObjects/getByIds", Some(&body));
        assert_eq!(answer.status, wanted);
    }
    let answer = world.graph_as(who, Method::GET, "/users", None);
    assert_eq!(answer.json_body()["error"]["code"], "Authorization_RequestDenied");
}

#[test]
fn ids_are_looked_up_by_type() {
    let mut world = World::peopled();
    let operator = world.operator.object_id.to_string();
    let ids = json!([operator, guid(0xada), guid(0xb1), guid(0xffff)]);
    let mut looked_up = |types: &Value| {
        let body = json!({"ids": ids, "types": types});
        let answer = world.graph(Method::POST, "/directoryObjects/getByIds", Some(&body));
        let mut found = names(&answer);
        found.sort();
        found
    };
    assert_eq!(
        looked_up(&json!([
            "user",
            "group",
            "servicePrincipal",
            "directoryObjectPartnerReference"
        ])),
        ["ada@drill.example", "inner", "operator"]
    );
    assert_eq!(looked_up(&json!(["group"])), ["inner"]);
    assert_eq!(looked_up(&json!([])), ["ada@drill.example", "inner", "operator"]);
}

#[test]
fn people_are_found_by_their_sign_in_names_and_ask_about_themselves() {
    let mut world = World::peopled();
    let got = world.graph(Method::GET, "/users/Ada@Drill.Example", None);
    assert_eq!(
        got.json_body()["userPrincipalName"],
        "ada@drill.example",
        "{got:?}"
    );
    assert_eq!(
        world.found("/users?$filter=userPrincipalName%20eq%20'ada@drill.example'"),
        ["ada@drill.example"]
    );
    let ada = PrincipalId(uuid::Uuid::from_u128(0xada));
    let me = world.graph_as(ada, Method::GET, "/me", None);
    assert_eq!(me.json_body()["id"], guid(0xada));
    let mine = world.graph_as(ada, Method::GET, "/me/memberOf", None);
    assert_eq!(names(&mine), ["inner"]);
    // An application has no self to ask about.
    let answer = world.graph(Method::GET, "/me", None);
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json_body()["error"]["message"],
        "/me request is only valid with delegated authentication flow."
    );
}

#[test]
fn membership_is_direct_or_through_groups() {
    let mut world = World::peopled();
    let (ada, inner, outer) = (guid(0xada), guid(0xb1), guid(0xb2));
    assert_eq!(world.found(&format!("/users/{ada}/memberOf")), ["inner"]);
    assert_eq!(
        world.found(&format!("/users/{ada}/transitiveMemberOf")),
        ["inner", "outer"]
    );
    assert_eq!(
        world.found(&format!("/groups/{inner}/members")),
        ["ada@drill.example"]
    );
    assert_eq!(world.found(&format!("/groups/{outer}/members")), ["inner"]);
    assert_eq!(
        world.found(&format!("/groups/{outer}/transitiveMembers")),
        ["inner", "ada@drill.example"]
    );
    let body = json!({"groupIds": [outer, guid(0xb3)]});
    let target = format!("/directoryObjects/{ada}/checkMemberGroups");
    let checked = world.graph(Method::POST, &target, Some(&body)).json_body();
    assert_eq!(checked["value"], json!([outer]));
    let target = format!("/users/{ada}/getMemberGroups");
    let all = world.graph(Method::POST, &target, Some(&json!({"securityEnabledOnly": true})));
    assert_eq!(all.json_body()["value"], json!([inner, outer]));
    assert_eq!(
        world.found("/groups?$filter=startswith(displayName,'o')"),
        ["outer", "others"]
    );
    assert_eq!(
        world
            .graph(Method::GET, &format!("/groups/{ada}/members"), None)
            .status,
        404
    );
}

#[test]
fn an_application_has_a_registration_with_an_id_of_its_own() {
    let mut world = World::peopled();
    let app = world.operator.client_id;
    let listed = world.graph(
        Method::GET,
        &format!("/applications?$filter=appId%20eq%20'{app}'"),
        None,
    );
    let body = listed.json_body();
    let id = body["value"][0]["id"].as_str().expect("an id").to_owned();
    assert_ne!(id, world.operator.object_id.to_string());
    let got = world.graph(Method::GET, &format!("/applications/{id}"), None);
    assert_eq!(got.json_body()["appId"], json!(app));
    let client = world.identity()["clientId"].as_str().expect("an id").to_owned();
    assert_eq!(
        world.found(&format!("/applications?$filter=appId%20eq%20'{client}'")),
        Vec::<String>::new(),
        "a managed identity has none"
    );
}

#[test]
fn another_tenant_s_principals_are_not_in_the_directory() {
    let mut world = World::new();
    let all = world.found("/servicePrincipals");
    assert!(!all.contains(&"Azure Backup".to_owned()), "{all:?}");
}

#[test]
fn long_lists_name_the_next_page() {
    let mut world = World::peopled();
    let first = world.graph(Method::GET, "/groups?$top=2", None);
    assert_eq!(names(&first).len(), 2);
    let next = first.json_body()["@odata.nextLink"]
        .as_str()
        .expect("a link")
        .to_owned();
    let target = next
        .strip_prefix("https://graph.microsoft.com/v1.0")
        .expect("at Graph");
    let second = world.graph(Method::GET, target, None);
    assert_eq!(names(&second).len(), 1);
    assert!(second.json_body()["@odata.nextLink"].is_null());
}
