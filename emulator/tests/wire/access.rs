//! Who may do what: custom roles, groups, and principals that do not exist.

use azdrill_emulator::authz::Assignment;
use azdrill_emulator::model::{Body, PrincipalId, Response, StoredBody};
use azdrill_emulator::state::IdentityKind;
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::callers::{BLOBS_HOST, READER, assignment, assignment_at, refusal};
use crate::world::World;

const CUSTOM: &str = "11111111-2222-4333-8444-555555555555";
const BLOBS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";

impl World {
    pub(crate) fn add_application(&mut self) -> PrincipalId {
        self.add_principal(0xa000, "application", IdentityKind::Application)
    }

    /// A request of somebody's about the storage account.
    fn account_as(&mut self, who: PrincipalId, method: Method, rest: &str) -> Response {
        let target = format!("{}{rest}", self.account());
        self.arm_as(who, method, &target, None)
    }

    /// The resource group as somebody reads it.
    pub(crate) fn group_as(&mut self, who: PrincipalId) -> Response {
        let group = self.group();
        self.arm_as(who, Method::GET, &group, None)
    }

    /// The status of a request of somebody's for a blob, or for its container.
    fn blob_as(&mut self, who: PrincipalId, method: Method, target: &str) -> u16 {
        let request = self
            .request_as(who, method, BLOBS_HOST, target)
            .with_header("x-ms-version", "2024-11-04");
        self.send(request).status.as_u16()
    }

    /// Put Blob of a block blob, or Append Block.
    fn write_as(&mut self, who: PrincipalId, target: &str, kind: &str) -> u16 {
        let mut request = self
            .request_as(who, Method::PUT, BLOBS_HOST, target)
            .with_header("x-ms-version", "2024-11-04")
            .with_header("x-ms-blob-type", kind);
        if target.ends_with("comp=appendblock") {
            request.body = Body::Stored(StoredBody::zeros(1));
        }
        self.send(request).status.as_u16()
    }

    pub(crate) fn assign(&mut self, name: u128, scope: &str, role: &str, who: &Value) -> Response {
        let target = assignment_at(scope, Uuid::from_u128(name));
        self.put(&target, &assignment(role, who))
    }

    fn put_role(&mut self, actions: &Value) -> Response {
        let mut permission =
            json!({"actions": [], "notActions": [], "dataActions": [], "notDataActions": []});
        for (key, value) in actions.as_object().expect("members") {
            permission[key] = value.clone();
        }
        let group = self.group();
        let body = json!({"properties": {
            "roleName": "Keeper of accounts",
            "description": "looks after accounts",
            "assignableScopes": [group],
            "permissions": [permission],
        }});
        self.put(&role(""), &body)
    }
}

fn role(rest: &str) -> String {
    format!("/providers/Microsoft.Authorization/roleDefinitions/{CUSTOM}{rest}")
}

fn refused(code: &str) -> (u16, String) {
    (403, code.to_owned())
}

const ACCOUNT: &str = "/providers/Microsoft.Storage/storageAccounts/target";

#[test]
fn a_custom_role_grants_what_it_lists_less_what_it_leaves_out() {
    let mut world = World::new();
    world.put_account();
    let who = world.add_application();
    let made = world.put_role(&json!({
        "actions": ["Microsoft.Storage/storageAccounts/*"],
        "notActions": ["Microsoft.Storage/storageAccounts/delete"],
        "dataActions": [format!("{BLOBS}/*")],
        "notDataActions": [format!("{BLOBS}/write")],
    }));
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.json_body()["properties"]["type"], "CustomRole");
    assert_eq!(
        refusal(&world.account_as(who, Method::GET, "")),
        refused("AuthorizationFailed")
    );

    let (group, account) = (world.group(), world.account());
    let given = world.assign(1, &account, CUSTOM, &json!({"principalId": who}));
    assert_eq!(given.status, 201, "{given:?}");
    assert_eq!(world.account_as(who, Method::GET, "").status, 200);
    assert_eq!(world.account_as(who, Method::POST, "/listKeys").status, 200);
    assert_eq!(
        refusal(&world.account_as(who, Method::DELETE, "")),
        refused("AuthorizationFailed")
    );
    assert_eq!(refusal(&world.group_as(who)), refused("AuthorizationFailed"));
    assert_eq!(world.blob_as(who, Method::GET, "/box/nothing"), 404);
    assert_eq!(world.blob_as(who, Method::DELETE, "/box/nothing"), 404);
    // Adding is left to it, so a new blob would do; but not changing one.
    assert_eq!(world.blob_as(who, Method::PUT, "/box/nothing"), 400);
    assert_eq!(world.blob_as(who, Method::PUT, "/box/nothing?comp=metadata"), 403);

    // A role that changes changes at once what its holders may do.
    let changed = world.put_role(&json!({"actions": ["*/read"]}));
    assert_eq!(changed.status, 201, "{changed:?}");
    assert_eq!(world.account_as(who, Method::GET, "").status, 200);
    assert_eq!(world.account_as(who, Method::POST, "/listKeys").status, 403);
    assert_eq!(world.blob_as(who, Method::GET, "/box/nothing"), 403);

    let listed = world.get(&format!(
        "{group}/providers/Microsoft.Authorization/roleDefinitions?$filter=type%20eq%20'CustomRole'"
    ));
    assert_eq!(listed.json_body()["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        refusal(&world.delete(&role(""))),
        (400, "RoleDefinitionHasAssignments".to_owned())
    );
}

/// The scopes of a custom role are a fence: it can be assigned inside and nowhere else.
#[test]
fn a_custom_role_is_assigned_at_its_scopes_only() {
    let mut world = World::new();
    world.put_account();
    let who = world.add_application();
    assert_eq!(world.put_role(&json!({"actions": ["*"]})).status, 201);
    let (subscription, account) = (world.operator.subscription.clone(), world.account());
    let principal = json!({"principalId": who});
    let above = world.assign(1, &format!("/subscriptions/{subscription}"), CUSTOM, &principal);
    assert_eq!(
        refusal(&above),
        (400, "RoleAssignmentScopeNotAssignableToRoleDefinition".to_owned())
    );
    assert_eq!(world.group_as(who).status, 403);
    assert_eq!(world.assign(2, &account, CUSTOM, &principal).status, 201);
}

#[test]
fn a_role_that_lists_no_actions_or_is_no_role_is_worth_nothing() {
    let mut world = World::new();
    let who = world.add_application();
    assert_eq!(world.put_role(&json!({})).status, 201);
    let group = world.group();
    assert_eq!(
        world
            .assign(1, &group, CUSTOM, &json!({"principalId": who}))
            .status,
        201
    );
    assert_eq!(world.group_as(who).status, 403);
    let unknown = world.assign(
        2,
        &group,
        "99999999-2222-4333-8444-555555555555",
        &json!({"principalId": who}),
    );
    assert_eq!(refusal(&unknown), (400, "RoleDefinitionDoesNotExist".to_owned()));
    let built_in = format!("/providers/Microsoft.Authorization/roleDefinitions/{READER}");
    let body = json!({"properties": {"roleName": "Reader", "assignableScopes": ["/"], "permissions": [{"actions": ["*"]}]}});
    assert_eq!(world.put(&built_in, &body).status, 400);
    assert_eq!(world.delete(&built_in).status, 400);
    let own = "/providers/Microsoft.Authorization/roleDefinitions/99999999-2222-4333-8444-000000000001";
    let nowhere = json!({"properties": {
        "roleName": "Nowhere", "assignableScopes": [group, "the vaults"], "permissions": [{"actions": ["*/read"]}],
    }});
    assert_eq!(
        refusal(&world.put(own, &nowhere)),
        (400, "InvalidRoleDefinition".to_owned())
    );
}

#[test]
fn a_role_of_a_group_is_its_members_as_long_as_they_are_in_it() {
    let mut world = World::new();
    let who = world.add_application();
    let team = world.add_principal(0xb000, "team", IdentityKind::Group);
    let department = world.add_principal(0xc000, "department", IdentityKind::Group);
    let group = world.group();
    let given = world.assign(1, &group, READER, &json!({"principalId": department}));
    assert_eq!(
        given.json_body()["properties"]["principalType"],
        "Group",
        "{given:?}"
    );
    assert_eq!(world.group_as(who).status, 403);
    let directory = &mut world.azure.state_mut().directory;
    directory.add_member(department, team);
    directory.add_member(team, who);
    // Groups in a circle hold nobody up.
    directory.add_member(team, department);
    assert_eq!(world.group_as(who).status, 200);
    let filter =
        format!("{group}/providers/Microsoft.Authorization/roleAssignments?$filter=assignedTo('{who}')");
    assert_eq!(
        world.get(&filter).json_body()["value"].as_array().map(Vec::len),
        Some(1)
    );

    world.azure.state_mut().directory.remove_member(team, who);
    assert_eq!(refusal(&world.group_as(who)), refused("AuthorizationFailed"));
    world.azure.state_mut().directory.add_member(team, who);
    world.azure.state_mut().directory.remove_member(department, team);
    assert_eq!(refusal(&world.group_as(who)), refused("AuthorizationFailed"));
}

/// With `principalType` ARM takes the client's word that the principal will be there.
#[test]
fn a_principal_nobody_knows_is_not_found_unless_the_request_says_what_it_is() {
    let mut world = World::new();
    let group = world.group();
    let nobody = Uuid::from_u128(0xd000);
    let missing = world.assign(1, &group, READER, &json!({"principalId": nobody}));
    assert_eq!(refusal(&missing), (400, "PrincipalNotFound".to_owned()));
    let said = json!({"principalId": nobody, "principalType": "ServicePrincipal"});
    assert_eq!(world.assign(1, &group, READER, &said).status, 201);
    let malformed = world.assign(2, &group, READER, &json!({"principalId": "nobody"}));
    assert_eq!(refusal(&malformed), (400, "InvalidPrincipalId".to_owned()));
    // The role is there already when the principal comes.
    let who = world.add_principal(0xd000, "late", IdentityKind::Application);
    assert_eq!(world.group_as(who).status, 200);
}

/// A role on one container opens no way into another.
#[test]
fn dots_and_slashes_in_a_path_lead_nowhere_else() {
    let mut world = World::new();
    world.put_account();
    let other = format!("{ACCOUNT}/blobServices/default/containers/other");
    assert_eq!(world.put(&other, &json!({})).status, 201);
    let who = world.add_application();
    let data = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
    let container = format!("{}/blobServices/default/containers/box", world.account());
    assert_eq!(
        world
            .assign(1, &container, data, &json!({"principalId": who}))
            .status,
        201
    );
    assert_eq!(world.blob_as(who, Method::GET, "/box/x"), 404);
    assert_eq!(world.blob_as(who, Method::GET, "/other/x"), 403);
    for target in [
        "/box/../other/x",
        "/box/%2E%2E/other/x",
        "/box%2F..%2Fother/x",
        "/box/..%2Fother/x",
    ] {
        let status = world.blob_as(who, Method::GET, target);
        assert!(matches!(status, 400 | 403 | 404), "{target}: {status}");
    }
    assert_eq!(world.blob_as(who, Method::GET, "/%2E/other/x"), 403);
    let reader = world.add_principal(0xe000, "reader", IdentityKind::Application);
    let account = world.account();
    assert_eq!(
        world
            .assign(2, &account, READER, &json!({"principalId": reader}))
            .status,
        201
    );
    assert_eq!(world.account_as(reader, Method::GET, "").status, 200);
    for trick in [
        "/..",
        "/../..",
        "/%2e%2e",
        "/%2E%2E/other",
        "%2F..%2Fother",
        "/a%5Cb",
        "/a%00b",
        "//x",
    ] {
        let status = world.account_as(reader, Method::GET, trick).status;
        assert_eq!(status, 400, "{trick}");
    }
}

#[test]
fn a_role_that_only_adds_makes_blobs_and_overwrites_none() {
    let mut world = World::new();
    world.put_account();
    let who = world.add_application();
    let made = world.put_role(&json!({"dataActions": [format!("{BLOBS}/add/action")]}));
    assert_eq!(made.status, 201, "{made:?}");
    let account = world.account();
    let given = world.assign(1, &account, CUSTOM, &json!({"principalId": who}));
    assert_eq!(given.status, 201, "{given:?}");
    assert_eq!(world.write_as(who, "/box/new", "BlockBlob"), 201);
    assert_eq!(world.write_as(who, "/box/new", "BlockBlob"), 403);
    assert_eq!(world.write_as(who, "/box/log", "AppendBlob"), 201);
    let append = "/box/log?comp=appendblock";
    assert_eq!(world.write_as(who, append, "AppendBlob"), 201);
    assert_eq!(world.write_as(who, append, "AppendBlob"), 201);
    assert_eq!(world.blob_as(who, Method::GET, "/box/new"), 403);
}

/// Operations are asked about at their region, below the subscription: a role anywhere in it is enough, and one in another
/// is not.
#[test]
fn an_operation_is_told_to_whom_a_role_in_its_subscription_lets_ask() {
    const LTR: &str = "c088a766-074b-43ba-90d4-1fb21feae531";
    let mut world = World::new();
    world.put_server();
    world.settle();
    let here = world.add_application();
    let elsewhere = world.add_principal(0xe15e, "of another", IdentityKind::Application);
    let server = world.server();
    world.give(&server, LTR, here);
    let other = "/subscriptions/00000000-0000-4000-8000-00000000e15e/resourceGroups/g";
    let now = world.now;
    world.azure.state_mut().access.insert(Assignment::new(
        "elsewhere".to_owned(),
        other.parse().expect("an id"),
        LTR.parse().expect("a role"),
        elsewhere,
        now,
    ));
    let target = format!(
        "/subscriptions/{}/providers/Microsoft.DBforPostgreSQL/locations/westeurope/azureAsyncOperation/none",
        world.operator.subscription
    );
    let mut ask = |who| world.arm_as(who, Method::GET, &target, None).status.as_u16();
    assert_eq!((ask(here), ask(elsewhere)), (404, 403));
}
