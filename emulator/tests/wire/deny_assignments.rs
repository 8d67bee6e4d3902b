//! Deny assignments: they take from every role, and are read and not written.

use azdrill_emulator::authz::{DeniedPrincipal, DenyAssignment};
use azdrill_emulator::model::ActionPattern;
use azdrill_emulator::state::IdentityKind;
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::callers::{BLOBS_HOST, CONTRIBUTOR};
use crate::world::World;

const DENIED: &str = "/providers/Microsoft.Authorization/denyAssignments";

/// Of the account's group, but for what is in the account's own: no deletions and no writes.
fn stack(world: &World) -> DenyAssignment {
    DenyAssignment {
        id: Uuid::from_u128(7),
        name: "kept by a stack".to_owned(),
        scope: world.group().parse().expect("an id"),
        actions: vec![ActionPattern::new("*")],
        not_actions: vec![ActionPattern::new("*/read"), ActionPattern::new("*/action")],
        data_actions: Vec::new(),
        not_data_actions: Vec::new(),
        principals: vec![DeniedPrincipal::everybody()],
        exclude_principals: Vec::new(),
        do_not_apply_to_child_scopes: false,
    }
}

impl World {
    fn deny(&mut self, own: DenyAssignment) {
        self.azure.state_mut().access.deny_assignments = vec![own];
    }

    fn try_to_tag(&mut self) -> azdrill_emulator::model::Response {
        let account = self.account();
        self.arm(Method::PATCH, &account, Some(&json!({"tags": {"a": "b"}})))
    }
}

#[test]
fn what_is_denied_is_refused_to_an_owner_in_azures_words() {
    let mut world = World::new();
    world.put_account();
    let own = stack(&world);
    world.deny(own);
    let refused = world.try_to_tag();
    assert_eq!(refused.status, 403);
    assert_eq!(refused.header("x-azdrill-rules"), Some("RBAC-DENY"));
    let error = refused.json_body()["error"].clone();
    assert_eq!(error["code"], "DenyAssignmentAuthorizationFailed");
    let (account, group) = (world.account(), world.group());
    let expected = format!(
        "has permission to perform action 'Microsoft.Storage/storageAccounts/write' on scope '{account}'; however, the access is denied because of the deny assignment with name 'kept by a stack' and Id '00000000000000000000000000000007' at scope '{group}'."
    );
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.ends_with(&expected), "{message}");
    // What is not denied, and what is elsewhere.
    assert_eq!(world.get(&account).status, 200);
    assert_eq!(world.post(&format!("{account}/listKeys"), &json!({})).status, 200);
    let other = group.replace("/drill", "/other");
    assert_eq!(world.put(&other, &json!({"location": "westeurope"})).status, 201);
}

#[test]
fn who_is_excluded_or_below_may_do_it_all_the_same() {
    let mut world = World::new();
    world.put_account();
    let operator = world.operator.object_id;
    let excluded = DenyAssignment {
        exclude_principals: vec![DeniedPrincipal {
            id: operator,
            kind: "ServicePrincipal".to_owned(),
        }],
        ..stack(&world)
    };
    world.deny(excluded);
    assert_eq!(world.try_to_tag().status, 200);
    let who = world.add_principal(0x51, "somebody", IdentityKind::Application);
    let group = world.group();
    world.give(&group, CONTRIBUTOR, who.0);
    let tags = json!({"tags": {"a": "b"}});
    let account = world.account();
    assert_eq!(
        world.arm_as(who, Method::PATCH, &account, Some(&tags)).status,
        403
    );

    let at_the_group_alone = DenyAssignment {
        do_not_apply_to_child_scopes: true,
        ..stack(&world)
    };
    world.deny(at_the_group_alone);
    assert_eq!(world.try_to_tag().status, 200);
    assert_eq!(world.arm(Method::PATCH, &group, Some(&tags)).status, 403);

    let of_somebody = DenyAssignment {
        principals: vec![DeniedPrincipal {
            id: who,
            kind: "ServicePrincipal".to_owned(),
        }],
        ..stack(&world)
    };
    world.deny(of_somebody);
    assert_eq!(world.try_to_tag().status, 200);
    assert_eq!(
        world.arm_as(who, Method::PATCH, &account, Some(&tags)).status,
        403
    );
}

#[test]
fn they_are_listed_and_nobody_writes_one() {
    let mut world = World::new();
    world.put_account();
    let own = stack(&world);
    world.deny(own);
    let (group, account) = (world.group(), world.account());
    let target = format!("{group}{DENIED}/{}", Uuid::from_u128(7));
    let shown = world.get(&target).json_body();
    assert_eq!(
        shown["properties"]["principals"],
        json!([{"id": Uuid::nil(), "type": "SystemDefined"}])
    );
    assert_eq!(shown["properties"]["isSystemProtected"], true);
    assert_eq!(shown["properties"]["permissions"][0]["actions"], json!(["*"]));
    assert_eq!(shown["id"], json!(target));
    let count = |world: &mut World, scope: &str, filter: &str| {
        let listed = world
            .get(&format!("{scope}{DENIED}?$filter={filter}"))
            .json_body();
        listed["value"].as_array().map(Vec::len)
    };
    let nobody = Uuid::from_u128(8);
    let operator = world.operator.object_id;
    for (filter, expected) in [
        ("", 1),
        ("atScope()", 1),
        ("denyAssignmentName eq 'kept by a stack'", 1),
        ("denyAssignmentName eq 'other'", 0),
        (&*format!("principalId eq '{nobody}'"), 0),
        (&*format!("principalId eq '{}'", Uuid::nil()), 1),
        (&*format!("atScope() and assignedTo('{operator}')"), 1),
    ] {
        assert_eq!(count(&mut world, &account, filter), Some(expected), "{filter}");
    }
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    assert_eq!(count(&mut world, &subscription, ""), Some(1));
    assert_eq!(count(&mut world, &subscription, "atScope()"), Some(0));
    let missing = format!("{group}{DENIED}/{nobody}");
    assert_eq!(world.get(&missing).status, 404);
    // Azure has no such call; what it would say is not known.
    let body: Value = json!({"properties": {"denyAssignmentName": "mine"}});
    assert_eq!(world.put(&missing, &body).status, 501);
    assert_eq!(world.delete(&target).status, 501);
}

/// What the blob service says of a deny assignment nobody has told: it is refused as it would be without a role, and that
/// is marked.
#[test]
fn who_is_denied_blobs_is_refused_as_if_there_were_no_role() {
    let mut world = World::new();
    world.put_account();
    let who = world.add_principal(0x51, "somebody", IdentityKind::Application);
    let account = world.account();
    let ask = |world: &mut World| {
        let request = world
            .request_as(who, Method::GET, BLOBS_HOST, "/box/none")
            .with_header("x-ms-version", "2024-11-04");
        let answer = world.send(request);
        let mark = answer.header("x-azdrill-mark").map(str::to_owned);
        (answer.status.as_u16(), mark)
    };
    assert_eq!(ask(&mut world), (403, None));
    world.give(&account, "ba92f5b4-2d11-453d-a403-e96b0029c9fe", who);
    assert_eq!(ask(&mut world), (404, None));
    let data = DenyAssignment {
        actions: Vec::new(),
        data_actions: vec![ActionPattern::new("*")],
        ..stack(&world)
    };
    world.deny(data);
    assert_eq!(ask(&mut world), (403, Some("inferred".to_owned())));
}
