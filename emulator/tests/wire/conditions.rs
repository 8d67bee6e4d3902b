//! Conditions of role assignments: what must hold of a request besides its action.

use azdrill_emulator::model::{PrincipalId, Response};
use azdrill_emulator::state::IdentityKind;
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::callers::{BLOBS_HOST, CONTRIBUTOR, READER, assignment, assignment_at, refusal};
use crate::world::World;

const ASSIGNER: &str = "f58310d9-a9f6-439a-9e8d-f62e7b41a168";
const DATA: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
const TYPE: &str = "Microsoft.Authorization/roleAssignments";
const BLOBS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";

impl World {
    fn assigns(
        &mut self,
        who: PrincipalId,
        name: u128,
        role: &str,
        to: PrincipalId,
        more: &Value,
    ) -> Response {
        let mut properties = more.clone();
        properties["principalId"] = json!(to);
        let target = assignment_at(&self.group(), Uuid::from_u128(name));
        self.arm_as(who, Method::PUT, &target, Some(&assignment(role, &properties)))
    }

    fn unassigns(&mut self, who: PrincipalId, name: u128) -> Response {
        let target = assignment_at(&self.group(), Uuid::from_u128(name));
        self.arm_as(who, Method::DELETE, &target, None)
    }

    fn blob(&mut self, who: PrincipalId, method: Method, target: &str) -> u16 {
        let request = self
            .request_as(who, method, BLOBS_HOST, target)
            .with_header("x-ms-version", "2024-11-04")
            .with_header("x-ms-blob-type", "BlockBlob");
        self.send(request).status.as_u16()
    }
}

fn condition(text: &str) -> Value {
    json!({"condition": text, "conditionVersion": "2.0"})
}

/// As the portal writes it for whom assigning one role is left to.
fn only_reader() -> String {
    let part = |action: &str, side: &str| {
        format!(
            "((!(ActionMatches{{'{TYPE}/{action}'}})) OR (@{side}[{TYPE}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals{{{READER}}}))"
        )
    };
    format!("{} AND {}", part("write", "Request"), part("delete", "Resource"))
}

#[test]
fn whom_assigning_one_role_is_left_to_assigns_no_other() {
    let mut world = World::new();
    let owner = world.operator.object_id;
    let helper = world.add_principal(0xa000, "helper", IdentityKind::Application);
    let other = world.add_principal(0xb000, "other", IdentityKind::Application);
    let given = world.assigns(owner, 1, ASSIGNER, helper, &condition(&only_reader()));
    assert_eq!(given.status, 201, "{given:?}");
    let properties = given.json_body()["properties"].clone();
    assert_eq!(
        (&properties["condition"], &properties["conditionVersion"]),
        (&json!(only_reader()), &json!("2.0"))
    );
    let none = Value::Null;
    assert_eq!(world.assigns(helper, 2, READER, other, &none).status, 201);
    let denied = (403, "AuthorizationFailed".to_owned());
    assert_eq!(
        refusal(&world.assigns(helper, 3, CONTRIBUTOR, other, &none)),
        denied
    );
    assert_eq!(
        refusal(&world.assigns(helper, 4, ASSIGNER, helper, &none)),
        denied
    );
    assert_eq!(world.assigns(owner, 5, CONTRIBUTOR, other, &none).status, 201);
    // Nor takes away what it may not give.
    assert_eq!(refusal(&world.unassigns(helper, 5)), denied);
    assert_eq!(world.unassigns(helper, 2).status, 200);
}

#[test]
fn a_condition_on_blobs_keeps_to_their_container_and_path() {
    let mut world = World::new();
    world.put_account();
    let owner = world.operator.object_id;
    let who = world.add_principal(0xa000, "who", IdentityKind::Application);
    let only = format!(
        "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'box' AND @Resource[{BLOBS}:path] StringLike 'mine/*'"
    );
    let only = format!(
        "((!(ActionMatches{{'{BLOBS}/write'}}) AND !(ActionMatches{{'{BLOBS}/add/action'}})) OR ({only}))"
    );
    let given = world.assigns(owner, 1, DATA, who, &condition(&only));
    assert_eq!(given.status, 201, "{given:?}");
    assert_eq!(world.blob(who, Method::PUT, "/box/mine/one"), 201);
    assert_eq!(world.blob(who, Method::PUT, "/box/others/one"), 403);
    assert_eq!(world.blob(who, Method::GET, "/box/others/one"), 404);
}

/// A container has no path: what a condition asks of one does not hold of it, whatever it asks.
#[test]
fn a_container_is_at_no_path_at_all() {
    let mut world = World::new();
    world.put_account();
    let owner = world.operator.object_id;
    let who = world.add_principal(0xa000, "who", IdentityKind::Application);
    let only = format!("@Resource[{BLOBS}:path] StringNotLike 'mine/*'");
    let given = world.assigns(owner, 1, DATA, who, &condition(&only));
    assert_eq!(given.status, 201, "{given:?}");
    assert_eq!(world.blob(who, Method::GET, "/box/others/one"), 404);
    assert_eq!(world.blob(who, Method::GET, "/box/mine/one"), 403);
    assert_eq!(world.blob(who, Method::GET, "/box?restype=container"), 403);
}

/// What is not played would let through what it forbids.
#[test]
fn a_condition_that_is_not_played_is_refused_by_name() {
    let mut world = World::new();
    let owner = world.operator.object_id;
    let who = world.add_principal(0xa000, "who", IdentityKind::Application);
    let tags = format!("@Resource[{BLOBS}/tags:Project<$key_case_sensitive$>] StringEquals 'x'");
    let plain = format!("@Resource[{BLOBS}:path] StringEquals 'x'");
    for body in [
        condition(&tags),
        condition("true"),
        json!({"condition": plain}),
        json!({"condition": plain, "conditionVersion": "1.0"}),
    ] {
        let answer = world.assigns(owner, 1, DATA, who, &body);
        assert_eq!(
            refusal(&answer),
            (501, "NotImplementedByEmulator".to_owned()),
            "{body}"
        );
    }
    let kept = assignment_at(&world.group(), Uuid::from_u128(1));
    assert_eq!(world.get(&kept).status, 404);
}

/// What a custom role's permission is bound to binds whoever holds the role, and is told back.
#[test]
fn a_condition_inside_a_custom_role_is_kept_to() {
    let mut world = World::new();
    world.put_account();
    let owner = world.operator.object_id;
    let who = world.add_principal(0xa000, "who", IdentityKind::Application);
    let name = Uuid::from_u128(0xd000);
    let target = format!(
        "{}/providers/Microsoft.Authorization/roleDefinitions/{name}?api-version=2022-04-01",
        world.group()
    );
    let only = format!("@Resource[{BLOBS}:path] StringLike 'mine/*'");
    let role = |condition: &str| {
        json!({"properties": {
            "roleName": "Writes what is mine", "type": "CustomRole", "assignableScopes": [world.group()],
            "permissions": [{
                "actions": [], "dataActions": [format!("{BLOBS}/write"), format!("{BLOBS}/read")],
                "condition": condition, "conditionVersion": "2.0",
            }],
        }})
    };
    let (right, unplayed) = (role(&only), role("true"));
    let answer = world.arm_as(owner, Method::PUT, &target, Some(&unplayed));
    assert_eq!(refusal(&answer), (501, "NotImplementedByEmulator".to_owned()));
    assert_eq!(world.get(&target).status, 404);
    let made = world.arm_as(owner, Method::PUT, &target, Some(&right));
    assert_eq!(made.status, 201, "{made:?}");
    let told = world.get(&target).json_body()["properties"]["permissions"][0].clone();
    assert_eq!(
        (&told["condition"], &told["conditionVersion"]),
        (&json!(only), &json!("2.0"))
    );
    let given = world.assigns(owner, 1, &name.to_string(), who, &Value::Null);
    assert_eq!(given.status, 201, "{given:?}");
    assert_eq!(world.blob(who, Method::PUT, "/box/mine/one"), 201);
    assert_eq!(world.blob(who, Method::PUT, "/box/others/one"), 403);
    assert_eq!(world.blob(who, Method::GET, "/box/others/one"), 403);
}

/// What holds data knows an account by its name; what Resource Manager is asked has no attributes at all.
#[test]
fn resource_manager_knows_no_attributes_of_an_account() {
    let mut world = World::new();
    world.put_account();
    let owner = world.operator.object_id;
    let who = world.add_principal(0xa000, "who", IdentityKind::Application);
    let own = "@Resource[Microsoft.Storage/storageAccounts:name] StringEquals 'target'";
    let given = world.assigns(owner, 1, READER, who, &condition(own));
    assert_eq!(given.status, 201, "{given:?}");
    let account = world.account();
    assert_eq!(world.arm_as(who, Method::GET, &account, None).status, 403);
    let given = world.assigns(owner, 2, DATA, who, &condition(own));
    assert_eq!(given.status, 201, "{given:?}");
    assert_eq!(world.blob(who, Method::GET, "/box/none"), 404);
}
