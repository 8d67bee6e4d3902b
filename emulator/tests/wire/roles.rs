//! Role definitions and assignments, as clients read and write them.

use azdrill_emulator::model::Response;
use azdrill_emulator::state::IdentityKind;
use http::Method;
use serde_json::{Value, json};

use crate::callers::{CONTRIBUTOR, READER, assignment, assignment_at, refusal};
use crate::world::World;

const CUSTOM: &str = "11111111-2222-4333-8444-555555555555";
const DEFINITIONS: &str = "/providers/Microsoft.Authorization/roleDefinitions";
const ASSIGNMENTS: &str = "/providers/Microsoft.Authorization/roleAssignments";
const NAME: &str = "00000000-0000-4000-8000-00000000000a";
const OTHER: &str = "00000000-0000-4000-8000-00000000000b";

impl World {
    fn put_custom(&mut self, scopes: &Value, more: &Value) -> Response {
        let mut properties = json!({"roleName": "Keeper", "assignableScopes": scopes, "permissions": [{"actions": ["*/read"]}]});
        for (key, value) in more.as_object().expect("members") {
            properties[key] = value.clone();
        }
        let group = self.group();
        self.put(
            &format!("{group}{DEFINITIONS}/{CUSTOM}"),
            &json!({"properties": properties}),
        )
    }

    fn put_assignment(&mut self, scope: &str, name: &str, role: &str, more: &Value) -> Response {
        let who = self.operator.object_id;
        let mut properties = more.clone();
        if properties["principalId"].is_null() {
            properties["principalId"] = json!(who);
        }
        self.put(&assignment_at(scope, name), &assignment(role, &properties))
    }
}

fn names(answer: &Response) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json_body();
    let all = body["value"].as_array().expect("a list").iter();
    all.map(|one| one["properties"]["roleName"].as_str().expect("a name").to_owned())
        .collect()
}

/// Terraform asks so before it assigns a role by name.
#[test]
fn anybody_may_read_what_azure_s_own_roles_are() {
    let mut world = World::new();
    let nobody = world.add_principal(0xa000, "nobody", IdentityKind::Application);
    let list = format!("/{DEFINITIONS}?$filter=roleName%20eq%20'Reader'");
    let answer = world.arm_as(nobody, Method::GET, &list, None);
    assert_eq!(names(&answer), ["Reader"]);
    let role = &answer.json_body()["value"][0];
    assert_eq!(role["id"], format!("{DEFINITIONS}/{READER}"));
    let properties = json!({
        "roleName": "Reader",
        "type": "BuiltInRole",
        "description": "",
        "assignableScopes": ["/"],
        "permissions": [{"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}],
        "createdOn": "2015-02-02T21:55:09.8806423Z",
        "updatedOn": "2021-11-11T20:13:47.8628684Z",
        "createdBy": null,
        "updatedBy": null,
    });
    assert_eq!(role["properties"], properties);
    let one = world.arm_as(nobody, Method::GET, &format!("{DEFINITIONS}/{READER}"), None);
    assert_eq!((one.status.as_u16(), &one.json_body()), (200, role));
    let all = world.arm_as(nobody, Method::GET, DEFINITIONS, None);
    let roles = world.azure.rules().built_in_roles.iter().count();
    assert_eq!(names(&all).len(), roles);
    for name in [
        "AcrPull",
        "Monitoring Reader",
        "Virtual Machine User Login",
        "Disk Restore Operator",
    ] {
        assert!(names(&all).iter().any(|own| own == name), "{name}");
    }
    // Below the root it takes a role, as anything does.
    let group = world.group();
    let answer = world.arm_as(nobody, Method::GET, &format!("{group}{DEFINITIONS}"), None);
    assert_eq!(refusal(&answer), (403, "AuthorizationFailed".to_owned()));
}

#[test]
fn a_custom_role_is_in_no_list_at_the_root_and_shown_to_who_may_read_it() {
    let mut world = World::new();
    let (group, owner) = (world.group(), world.operator.object_id);
    let nobody = world.add_principal(0xa000, "nobody", IdentityKind::Application);
    assert_eq!(world.put_custom(&json!([group]), &json!({})).status, 201);
    let named = "?$filter=roleName%20eq%20'Keeper'";
    let root = world.arm_as(owner, Method::GET, &format!("{DEFINITIONS}{named}"), None);
    assert_eq!(names(&root), Vec::<String>::new());
    let one = format!("{DEFINITIONS}/{CUSTOM}");
    assert_eq!(world.arm_as(owner, Method::GET, &one, None).status, 200);
    let hidden = world.arm_as(nobody, Method::GET, &one, None);
    assert_eq!(refusal(&hidden), (404, "RoleDefinitionDoesNotExist".to_owned()));
    // It can be assigned at the group and below, and a list of what can be at the subscription lacks it.
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    let at = |scope: &str, more: &str| format!("{scope}{DEFINITIONS}{named}{more}");
    assert_eq!(
        names(&world.arm_as(owner, Method::GET, &at(&group, ""), None)),
        ["Keeper"]
    );
    assert!(names(&world.arm_as(owner, Method::GET, &at(&subscription, ""), None)).is_empty());
    let below = at(&subscription, "%20and%20atScopeAndBelow()");
    assert_eq!(names(&world.arm_as(owner, Method::GET, &below, None)), ["Keeper"]);
    let odd = world.arm_as(
        owner,
        Method::GET,
        &format!("{DEFINITIONS}?$filter=roleName%20ne%20'x'"),
        None,
    );
    assert_eq!(refusal(&odd), (501, "NotImplementedByEmulator".to_owned()));
}

#[test]
fn a_custom_role_is_kept_whole_and_remembers_when_it_was_made() {
    let mut world = World::new();
    let group = world.group();
    let sent = json!({"description": "looks after things", "permissions": [{"actions": ["*"]}]});
    let made = world.put_custom(&json!([group]), &sent).json_body()["properties"].clone();
    let operator = json!(world.operator.object_id);
    assert_eq!(made["description"], "looks after things");
    assert_eq!(made["permissions"][0]["actions"], json!(["*"]));
    assert_eq!((&made["createdBy"], &made["updatedBy"]), (&operator, &operator));
    assert_eq!(made["createdOn"], "2026-03-02T06:00:00.1234567Z");
    assert_eq!(made["updatedOn"], made["createdOn"]);

    world.now += jiff::SignedDuration::from_mins(5);
    let two = json!([{"actions": ["*/read"]}, {"dataActions": ["a/b/c"], "notDataActions": ["a/b/d"]}]);
    let changed = world.put_custom(&json!([group]), &json!({"permissions": two}));
    let changed = changed.json_body()["properties"].clone();
    assert_eq!(changed["createdOn"], made["createdOn"]);
    assert_eq!(changed["updatedOn"], "2026-03-02T06:05:00.1234567Z");
    let whole = json!([
        {"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []},
        {"actions": [], "notActions": [], "dataActions": ["a/b/c"], "notDataActions": ["a/b/d"]},
    ]);
    assert_eq!(changed["permissions"], whole);
}

/// Whoever may write roles in one group could otherwise change those of another.
#[test]
fn a_role_is_changed_by_who_may_at_every_scope_of_it() {
    let mut world = World::new();
    let group = world.group();
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    let other = format!("{subscription}/resourceGroups/other");
    assert_eq!(world.put(&other, &json!({"location": "westeurope"})).status, 201);
    let keeper = world.add_principal(0xa000, "keeper", IdentityKind::Application);
    let owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
    let given = world.put_assignment(&group, NAME, owner, &json!({"principalId": keeper}));
    assert_eq!(given.status, 201, "{given:?}");
    assert_eq!(world.put_custom(&json!([other]), &json!({})).status, 201);
    let target = format!("{group}{DEFINITIONS}/{CUSTOM}");
    let body = |scope: &str| json!({"properties": {"roleName": "Mine", "assignableScopes": [scope], "permissions": [{"actions": ["*"]}]}});
    for (method, body) in [(Method::PUT, Some(body(&group))), (Method::DELETE, None)] {
        let answer = world.arm_as(keeper, method, &target, body.as_ref());
        assert_eq!(refusal(&answer), (403, "AuthorizationFailed".to_owned()));
    }
    let own = target.replace(CUSTOM, OTHER);
    assert_eq!(
        world
            .arm_as(keeper, Method::PUT, &own, Some(&body(&subscription)))
            .status,
        403
    );
    assert_eq!(
        world
            .arm_as(keeper, Method::PUT, &own, Some(&body(&group)))
            .status,
        201
    );
}

#[test]
fn an_assignment_written_again_is_the_same_and_no_other() {
    let mut world = World::new();
    let group = world.group();
    let first = world.put_assignment(&group, NAME, READER, &json!({"description": "for drills"}));
    assert_eq!(first.status, 201, "{first:?}");
    let properties = first.json_body()["properties"].clone();
    let operator = json!(world.operator.object_id);
    assert_eq!(properties["description"], "for drills");
    assert_eq!(
        (&properties["createdBy"], &properties["updatedBy"]),
        (&Value::Null, &operator)
    );
    world.now += jiff::SignedDuration::from_mins(5);
    let again = world.put_assignment(&group, NAME, READER, &json!({"description": "for drills"}));
    assert_eq!(
        (again.status.as_u16(), again.json_body()),
        (201, first.json_body())
    );
    let changed = world.put_assignment(&group, NAME, READER, &json!({"description": "for more"}));
    assert_eq!(
        changed.json_body()["properties"]["updatedOn"],
        "2026-03-02T06:05:00.1234567Z"
    );
    let read = world.get(&format!("{group}{ASSIGNMENTS}/{NAME}")).json_body();
    assert_eq!(read["properties"]["createdBy"], operator);
    assert_eq!(read["properties"]["description"], "for more");
    assert_eq!(read["properties"]["createdOn"], properties["createdOn"]);

    let who = world.add_principal(0xa000, "somebody", IdentityKind::Application);
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    let refused = (400, "RoleAssignmentUpdateNotPermitted".to_owned());
    for (scope, role, more) in [
        (&group, READER, json!({"principalId": who})),
        (&group, CONTRIBUTOR, json!({})),
        (&subscription, READER, json!({})),
    ] {
        assert_eq!(refusal(&world.put_assignment(scope, NAME, role, &more)), refused);
    }
    let twin = world.put_assignment(&group, OTHER, READER, &json!({}));
    assert_eq!(refusal(&twin), (409, "RoleAssignmentExists".to_owned()));
}

#[test]
fn a_filter_of_assignments_that_is_not_heeded_is_refused() {
    let mut world = World::new();
    let group = world.group();
    let list = |filter: &str| format!("{group}{ASSIGNMENTS}?$filter={filter}");
    let nobody = list("assignedTo('nobody')");
    assert_eq!(world.get(&nobody).json_body()["value"], json!([]));
    let odd = world.get(&list("roleDefinitionId%20eq%20'x'"));
    assert_eq!(refusal(&odd), (501, "NotImplementedByEmulator".to_owned()));
}

#[test]
fn a_role_is_not_made_of_what_there_is_not() {
    let mut world = World::new();
    let group = world.group();
    let blobs = "Microsoft.Storage/storageAccounts/blobServices/containers";
    for (sent, status, code) in [
        (
            json!({"roleName": "reader"}),
            409,
            "RoleDefinitionWithSameNameExists",
        ),
        (json!({"roleName": "x".repeat(513)}), 400, "BadRequestFormat"),
        (json!({"permissions": []}), 400, "SyntheticRoleWithoutPermissions"),
        (
            json!({"permissions": [{"actions": ["foo"]}]}),
            400,
            "InvalidActionOrNotAction",
        ),
        (
            json!({"permissions": [{"notActions": [format!("{blobs}/blobs/read")]}]}),
            400,
            "InvalidActionOrNotAction",
        ),
        (
            json!({"permissions": [{"dataActions": [format!("{blobs}/read")]}]}),
            400,
            "InvalidDataActionOrNotDataAction",
        ),
    ] {
        let answer = world.put_custom(&json!([group]), &sent);
        assert_eq!(refusal(&answer), (status, code.to_owned()), "{sent}");
    }
    // What both planes have, and what nobody here knows, may stand in either.
    let keys = "Microsoft.KeyVault/vaults/keys/read";
    let both = json!([{"actions": [keys, "Microsoft.Web/sites/read"], "dataActions": [keys]}]);
    let answer = world.put_custom(&json!([group]), &json!({"permissions": both}));
    assert_eq!(answer.status, 201, "{answer:?}");
    // Its own name is no other's.
    let again = world.put_custom(&json!([group]), &json!({}));
    assert_eq!(again.status, 201, "{again:?}");
}

#[test]
fn an_assignment_calls_its_principal_what_it_is() {
    let mut world = World::new();
    let group = world.group();
    let who = world.add_principal(0xa000, "who", IdentityKind::Application);
    for (more, status, code) in [
        (json!({"principalType": "Group"}), 400, "UnmatchedPrincipalType"),
        (json!({"principalType": "Foo"}), 400, "BadRequestFormat"),
        (
            json!({"principalType": "ForeignGroup"}),
            501,
            "NotImplementedByEmulator",
        ),
        (
            json!({"delegatedManagedIdentityResourceId": group}),
            501,
            "NotImplementedByEmulator",
        ),
    ] {
        let mut sent = more.clone();
        sent["principalId"] = json!(who);
        let answer = world.put_assignment(&group, NAME, READER, &sent);
        assert_eq!(refusal(&answer), (status, code.to_owned()), "{more}");
    }
}

/// Who holds nothing is told of nothing held; who holds something of no use is told what.
#[test]
fn the_reason_names_the_roles_that_do_not_grant_it() {
    let mut world = World::new();
    let group = world.group();
    let who = world.add_principal(0xabc, "somebody", IdentityKind::Application);
    let reason = |world: &mut World| {
        let answer = world.arm_as(who, Method::PUT, &group, Some(&json!({"location": "westeurope"})));
        assert_eq!(answer.status, 403, "{answer:?}");
        let log = world.azure.log();
        let last = log.since(log.count() - 1).next().expect("an exchange");
        last.refused.as_ref().expect("it was refused").reason.clone()
    };
    let nothing = reason(&mut world);
    assert!(!nothing.contains("it holds"), "{nothing}");
    world.give(&group, READER, who.0);
    let reader = reason(&mut world);
    assert!(reader.ends_with("; it holds Reader, which does not"), "{reader}");
}
