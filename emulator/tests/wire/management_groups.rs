//! Management groups: what is assigned at one holds for every subscription below it, and data hears of it late.

use azdrill_emulator::model::{PrincipalId, Response};
use azdrill_emulator::state::IdentityKind;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::callers::{BLOBS_HOST, READER, assignment, assignment_at};
use crate::world::World;

const GROUPS: &str = "/providers/Microsoft.Management/managementGroups";
/// Storage Blob Data Contributor.
const BLOBS: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";

impl World {
    fn of_tenant(&mut self, method: Method, target: &str, body: Option<&Value>) -> Response {
        let request = self.request(method, &self.with_version(target));
        self.send_with(request, body)
    }

    /// Groups `platform` and below it `databases`, which the operator's subscription is in.
    #[track_caller]
    pub(crate) fn with_groups() -> Self {
        let mut world = Self::new();
        let platform = format!("{GROUPS}/platform");
        let body = json!({"properties": {"displayName": "Platform"}});
        let made = world.of_tenant(Method::PUT, &platform, Some(&body));
        assert_eq!(made.status, 200, "{made:?}");
        let parent = json!({"properties": {"details": {"parent": {"id": platform}}}});
        let databases = format!("{GROUPS}/databases");
        assert_eq!(
            world.of_tenant(Method::PUT, &databases, Some(&parent)).status,
            200
        );
        let placed = format!("{databases}/subscriptions/{}", world.operator.subscription);
        let answer = world.of_tenant(Method::PUT, &placed, Some(&json!({})));
        assert_eq!(answer.status, 200, "{answer:?}");
        world
    }

    fn give_at_group(&mut self, group: &str, number: u128, role: &str, to: PrincipalId) -> Response {
        let name = uuid::Uuid::from_u128(number);
        let to = json!({"principalId": to, "principalType": "ServicePrincipal"});
        let target = assignment_at(&format!("{GROUPS}/{group}"), name);
        self.of_tenant(Method::PUT, &target, Some(&assignment(role, &to)))
    }
}

#[test]
fn groups_are_shown_with_what_is_below_them() {
    let mut world = World::with_groups();
    let platform = format!("{GROUPS}/platform");
    let root = format!("{GROUPS}/{}", world.operator.tenant);
    let shown = world.of_tenant(Method::GET, &platform, None).json_body();
    assert_eq!(shown["properties"]["displayName"], "Platform");
    assert_eq!(shown["properties"]["details"]["parent"]["id"], json!(root));
    let deep = format!("{platform}?$expand=children&$recurse=true");
    let shown = world.of_tenant(Method::GET, &deep, None).json_body();
    let below = &shown["properties"]["children"][0];
    assert_eq!(below["name"], "databases");
    assert_eq!(below["children"][0]["type"], "/subscriptions");
    assert_eq!(below["children"][0]["name"], json!(world.operator.subscription));
    let names = |answer: Response| {
        let body = answer.json_body();
        let all = body["value"].as_array().cloned().unwrap_or_default();
        let names = all
            .iter()
            .map(|own| own["name"].as_str().unwrap_or_default().to_owned());
        names.collect::<Vec<_>>()
    };
    // The root group nobody has a role at is not among them.
    assert_eq!(
        names(world.of_tenant(Method::GET, GROUPS, None)),
        ["databases", "platform"]
    );
    let descendants = format!("{platform}/descendants");
    let own = world.operator.subscription.clone();
    assert_eq!(
        names(world.of_tenant(Method::GET, &descendants, None)),
        ["databases".to_owned(), own.clone()]
    );
    let subscriptions = format!("{GROUPS}/databases/subscriptions");
    assert_eq!(
        names(world.of_tenant(Method::GET, &subscriptions, None)),
        std::slice::from_ref(&own)
    );

    // What has something in it stays, and nothing is below itself.
    let databases = format!("{GROUPS}/databases");
    assert_eq!(world.of_tenant(Method::DELETE, &databases, None).status, 400);
    let below_itself = json!({"parentGroupId": databases});
    assert_eq!(
        world
            .of_tenant(Method::PATCH, &platform, Some(&below_itself))
            .status,
        400
    );
    let placed = format!("{subscriptions}/{own}");
    assert_eq!(world.of_tenant(Method::GET, &placed, None).status, 200);
    assert_eq!(world.of_tenant(Method::DELETE, &placed, None).status, 200);
    assert_eq!(world.of_tenant(Method::DELETE, &placed, None).status, 204);
    let deleted = world.of_tenant(Method::DELETE, &databases, None);
    assert_eq!(deleted.status, 202, "{deleted:?}");
    assert_eq!(world.follow(&deleted, "location").status, 204);
    assert_eq!(world.of_tenant(Method::GET, &databases, None).status, 403);
}

#[test]
fn who_moves_a_subscription_must_be_allowed_to_on_both_sides() {
    let mut world = World::with_groups();
    let who = world.add_principal(0x41, "mover", IdentityKind::Application);
    let target = format!("{GROUPS}/theirs");
    let made = world.arm_as(who, Method::PUT, &target, Some(&json!({})));
    assert_eq!(made.status, 200, "{made:?}");
    let placed = format!("{target}/subscriptions/{}", world.operator.subscription);
    let refused = world.arm_as(who, Method::PUT, &placed, Some(&json!({})));
    assert_eq!(refused.status, 403);
    assert_eq!(refused.json_body()["error"]["code"], "LinkedAuthorizationFailed");
    // Whose group it is not may not write it, nor see it.
    let platform = format!("{GROUPS}/platform");
    let body = json!({"properties": {"displayName": "Mine"}});
    assert_eq!(world.arm_as(who, Method::PUT, &platform, Some(&body)).status, 403);
    assert_eq!(world.arm_as(who, Method::GET, &platform, None).status, 403);
}

#[test]
fn a_role_at_a_group_is_inherited_and_data_sees_it_hours_later() {
    let mut world = World::with_groups();
    world.put_account();
    let who = world.add_principal(0x42, "vault", IdentityKind::Application);
    let group = world.group();
    assert_eq!(world.arm_as(who, Method::GET, &group, None).status, 403);
    assert_eq!(world.give_at_group("platform", 1, READER, who).status, 201);
    assert_eq!(world.arm_as(who, Method::GET, &group, None).status, 200);
    assert_eq!(world.give_at_group("platform", 2, BLOBS, who).status, 201);
    let put = |world: &World| {
        world
            .request_as(who, Method::PUT, BLOBS_HOST, "/box/one")
            .with_header("x-ms-version", "2023-11-03")
            .with_header("x-ms-blob-type", "BlockBlob")
            .with_header("content-length", "0")
    };
    let refused = world.send(put(&world));
    assert_eq!(refused.status, 403, "{refused:?}");
    assert_eq!(refused.header("x-azdrill-rules"), Some("RBAC,RBAC-MG-DATA"));
    world.pass(SignedDuration::from_hours(5));
    let taken = world.send(put(&world));
    assert_eq!(taken.status, 201, "{taken:?}");

    // Lists have what is inherited, and what is below a group.
    world.sign_in_again();
    let count = |world: &mut World, target: &str| {
        let all = world.of_tenant(Method::GET, target, None).json_body();
        let of_who = |own: &&Value| own["properties"]["principalId"] == json!(who);
        all["value"]
            .as_array()
            .map_or(0, |all| all.iter().filter(of_who).count())
    };
    let assignments = "/providers/Microsoft.Authorization/roleAssignments";
    let at_scope = format!("{group}{assignments}?$filter=atScope()");
    assert_eq!(count(&mut world, &at_scope), 2);
    world.give(&group, READER, who.0);
    let at_group = format!("{GROUPS}/platform{assignments}");
    assert_eq!(count(&mut world, &at_group), 3);
    assert_eq!(count(&mut world, &format!("{at_group}?$filter=atScope()")), 2);
    let missing = format!("{GROUPS}/none{assignments}");
    assert_eq!(world.of_tenant(Method::GET, &missing, None).status, 403);
}

/// Which subscriptions somebody sees: those in which, above which or below which they have a role that has propagated.
#[test]
fn a_subscription_is_listed_for_whom_a_role_reaches() {
    let mut world = World::with_groups();
    let aside = format!("{GROUPS}/aside");
    assert_eq!(world.of_tenant(Method::PUT, &aside, Some(&json!({}))).status, 200);
    let listed = |world: &mut World, who: PrincipalId| {
        let all = world.arm_as(who, Method::GET, "/subscriptions", None).json_body();
        all["value"].as_array().map_or(0, Vec::len)
    };
    let above = world.add_principal(0x42, "above", IdentityKind::Application);
    assert_eq!(listed(&mut world, above), 0);
    assert_eq!(world.give_at_group("platform", 1, READER, above).status, 201);
    assert_eq!(listed(&mut world, above), 1);
    let elsewhere = world.add_principal(0x43, "elsewhere", IdentityKind::Application);
    assert_eq!(world.give_at_group("aside", 2, READER, elsewhere).status, 201);
    assert_eq!(listed(&mut world, elsewhere), 0);
    let below = world.add_principal(0x44, "below", IdentityKind::Application);
    world.azure.settings_mut().role_propagation = SignedDuration::from_mins(10);
    let group = world.group();
    world.give(&group, READER, below.0);
    assert_eq!(listed(&mut world, below), 0);
    world.pass(SignedDuration::from_mins(10));
    assert_eq!(listed(&mut world, below), 1);
}

#[test]
fn a_policy_at_a_group_holds_below_it() {
    let mut world = World::with_groups();
    world.put_account();
    let platform = format!("{GROUPS}/platform");
    let definition = format!("{platform}/providers/Microsoft.Authorization/policyDefinitions/closed");
    let body = json!({"properties": {"mode": "All", "policyRule": {
        "if": {"allOf": [
            {"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
            {"field": "Microsoft.Storage/storageAccounts/publicNetworkAccess", "notEquals": "Disabled"},
        ]},
        "then": {"effect": "deny"},
    }}});
    let made = world.of_tenant(Method::PUT, &definition, Some(&body));
    assert_eq!(made.status, 201, "{made:?}");
    let assigned = format!("{platform}/providers/Microsoft.Authorization/policyAssignments/closed");
    let mut properties = json!({"policyDefinitionId": definition});
    let put = |world: &mut World, properties: &Value| {
        let body = json!({"properties": properties});
        world
            .of_tenant(Method::PUT, &assigned, Some(&body))
            .status
            .as_u16()
    };
    assert_eq!(put(&mut world, &properties), 201);
    let account = world.account();
    let open = json!({"properties": {"publicNetworkAccess": "Enabled"}});
    let refused = world.arm(Method::PATCH, &account, Some(&open));
    assert_eq!(refused.json_body()["error"]["code"], "RequestDisallowedByPolicy");
    let group = world.group();
    let listed = world.get(&format!(
        "{group}/providers/Microsoft.Authorization/policyAssignments?$filter=atScope()"
    ));
    assert_eq!(listed.json_body()["value"][0]["name"], "closed");
    // An exemption takes a right at the group.
    let exemption = format!("{account}/providers/Microsoft.Authorization/policyExemptions/drill");
    let waiver = json!({"properties": {"policyAssignmentId": assigned, "exemptionCategory": "Waiver"}});
    assert_eq!(world.put(&exemption, &waiver).status, 201);
    assert_eq!(world.arm(Method::PATCH, &account, Some(&open)).status, 200);
    assert_eq!(world.delete(&exemption).status, 200);
    // So does a group below it that is left out.
    properties["notScopes"] = json!([format!("{GROUPS}/databases")]);
    assert_eq!(put(&mut world, &properties), 201);
    assert_eq!(world.arm(Method::PATCH, &account, Some(&open)).status, 200);
}
