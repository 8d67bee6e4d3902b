//! Azure Policy: what an assignment forbids is refused before anything changes, and what is exempt is not.

use azdrill_emulator::model::Response;
use azdrill_emulator::state::IdentityKind;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::callers::{CONTRIBUTOR, assignment, assignment_at};
use crate::world::World;

pub(crate) const AUTHORIZATION: &str = "/providers/Microsoft.Authorization";
/// Storage accounts should disable public network access.
pub(crate) const NO_PUBLIC_ACCESS: &str = "b2982f36-99f2-4db5-8eff-283140c09693";
/// Storage accounts should prevent cross tenant object replication.
const NO_CROSS_TENANT: &str = "92a89a79-6c52-4a7e-a03f-61306fc49312";
/// Allowed locations.
pub(crate) const LOCATIONS: &str = "e56962a6-4747-49cd-b67b-bf8b01975c4c";
/// Storage Blob Data Contributor.
pub(crate) const BLOBS: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";

pub(crate) fn built_in(id: &str) -> String {
    format!("{AUTHORIZATION}/policyDefinitions/{id}")
}

impl World {
    pub(crate) fn subscription(&self) -> String {
        format!("/subscriptions/{}", self.operator.subscription)
    }

    pub(crate) fn assign_policy(&mut self, scope: &str, name: &str, properties: &Value) -> Response {
        let target = format!("{scope}{AUTHORIZATION}/policyAssignments/{name}");
        self.put(&target, &json!({"properties": properties}))
    }

    /// Assigns a definition with an effect.
    #[track_caller]
    pub(crate) fn assign_built_in(&mut self, scope: &str, name: &str, definition: &str, effect: &str) {
        let properties = json!({
            "displayName": format!("The {name} policy"),
            "policyDefinitionId": definition,
            "parameters": {"effect": {"value": effect}},
        });
        let made = self.assign_policy(scope, name, &properties);
        assert_eq!(made.status, 201, "{made:?}");
    }

    pub(crate) fn get_of_tenant(&mut self, target: &str) -> Response {
        let request = self.request(Method::GET, &self.with_version(target));
        self.send(request)
    }

    pub(crate) fn change_account(&mut self, properties: &Value) -> Response {
        let account = self.account();
        self.arm(Method::PATCH, &account, Some(&json!({"properties": properties})))
    }

    fn of_account(&mut self, property: &str) -> Value {
        let account = self.account();
        self.get(&account).json_body()["properties"][property].clone()
    }
}

#[track_caller]
pub(crate) fn assert_denied(answer: &Response, rules: &str) -> Value {
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(answer.header("x-azdrill-gate"), Some("policy"));
    assert_eq!(answer.header("x-azdrill-rules"), Some(rules));
    let error = answer.json_body()["error"].clone();
    assert_eq!(error["code"], "RequestDisallowedByPolicy");
    error
}

#[track_caller]
pub(crate) fn assert_code(answer: &Response, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.json_body()["error"]["code"], code);
}

#[test]
fn what_a_policy_forbids_is_refused_whole_and_changes_nothing() {
    let mut world = World::new();
    world.put_account();
    let group = world.group();
    assert_eq!(
        world
            .change_account(&json!({"publicNetworkAccess": "Disabled"}))
            .status,
        200
    );
    world.assign_built_in(&group, "closed", &built_in(NO_PUBLIC_ACCESS), "Deny");
    let refused = world.change_account(&json!({"publicNetworkAccess": "Enabled"}));
    let error = assert_denied(&refused, "POLICY");
    assert_eq!(error["target"], "target");
    let id = format!("{group}{AUTHORIZATION}/policyAssignments/closed");
    let name = "Storage accounts should disable public network access";
    let identifiers = json!([{
        "policyAssignment": {"name": "The closed policy", "id": id},
        "policyDefinition": {"name": name, "id": built_in(NO_PUBLIC_ACCESS)},
    }]);
    assert_eq!(
        error["message"],
        format!("Resource 'target' was disallowed by policy. Policy identifiers: '{identifiers}'.")
    );
    assert_eq!(
        error["additionalInfo"],
        json!([{"type": "PolicyViolation", "info": {
            "policyDefinitionDisplayName": name,
            "evaluationDetails": {"evaluatedExpressions": [
                {
                    "result": "True",
                    "expressionKind": "Field",
                    "expression": "type",
                    "path": "type",
                    "expressionValue": "Microsoft.Storage/storageAccounts",
                    "targetValue": "Microsoft.Storage/storageAccounts",
                    "operator": "Equals",
                },
                {
                    "result": "True",
                    "expressionKind": "Field",
                    "expression": "Microsoft.Storage/storageAccounts/publicNetworkAccess",
                    "path": "properties.publicNetworkAccess",
                    "expressionValue": "Enabled",
                    "targetValue": "Disabled",
                    "operator": "NotEquals",
                },
            ]},
            "policyDefinitionId": built_in(NO_PUBLIC_ACCESS),
            "policyDefinitionName": NO_PUBLIC_ACCESS,
            "policyDefinitionEffect": "Deny",
            "policyAssignmentId": id,
            "policyAssignmentName": "closed",
            "policyAssignmentDisplayName": "The closed policy",
            "policyAssignmentScope": group,
            "policyAssignmentParameters": {"effect": {"value": "Deny"}},
        }}])
    );
    assert_eq!(world.of_account("publicNetworkAccess"), "Disabled");
    // What a PATCH does not say stays as it is, and nobody asks about tags.
    assert_eq!(
        world
            .change_account(&json!({"allowSharedKeyAccess": false}))
            .status,
        200
    );
    let account = world.account();
    let tags = json!({"tags": {"a": "b"}});
    assert_eq!(world.arm(Method::PATCH, &account, Some(&tags)).status, 200);
}

#[test]
fn what_a_put_leaves_out_is_not_there_for_a_policy() {
    let mut world = World::new();
    world.put_account();
    world.change_account(&json!({"publicNetworkAccess": "Disabled"}));
    let group = world.group();
    world.assign_built_in(&group, "closed", &built_in(NO_PUBLIC_ACCESS), "Deny");
    world.assign_built_in(&group, "own", &built_in(NO_CROSS_TENANT), "Deny");
    let account = world.account();
    let mut body = json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
    let refused = world.put(&account, &body);
    assert_denied(&refused, "POLICY,POLICY-UNSAID");
    // Nor does it see what the provider would make of it.
    body["properties"] = json!({"publicNetworkAccess": "Disabled"});
    assert!(world.put(&account, &body).status.is_success());
    body["properties"]["allowCrossTenantReplication"] = json!(true);
    let error = assert_denied(&world.put(&account, &body), "POLICY");
    assert_eq!(error["additionalInfo"].as_array().map(Vec::len), Some(1));
    // All that forbid it are named.
    body["properties"]["publicNetworkAccess"] = json!("Enabled");
    let error = assert_denied(&world.put(&account, &body), "POLICY");
    assert_eq!(error["additionalInfo"].as_array().map(Vec::len), Some(2));
}

#[test]
fn what_is_not_enforced_not_in_scope_or_exempt_is_not_refused() {
    let mut world = World::new();
    world.put_account();
    let (group, account) = (world.group(), world.account());
    let open = json!({"publicNetworkAccess": "Enabled"});
    let refuses = |world: &mut World| world.change_account(&open).status == 403;
    world.assign_built_in(&group, "closed", &built_in(NO_PUBLIC_ACCESS), "Deny");
    assert!(refuses(&mut world));
    for effect in ["Audit", "Disabled"] {
        world.assign_built_in(&group, "closed", &built_in(NO_PUBLIC_ACCESS), effect);
        assert!(!refuses(&mut world), "{effect}");
    }
    let mut properties = json!({
        "policyDefinitionId": built_in(NO_PUBLIC_ACCESS),
        "parameters": {"effect": {"value": "Deny"}},
        "enforcementMode": "DoNotEnforce",
        "nonComplianceMessages": [{"message": "Accounts stay closed."}],
    });
    assert_eq!(world.assign_policy(&group, "closed", &properties).status, 201);
    assert!(!refuses(&mut world));
    properties["enforcementMode"] = json!("Default");
    properties["notScopes"] = json!([account]);
    assert_eq!(world.assign_policy(&group, "closed", &properties).status, 201);
    assert!(!refuses(&mut world));
    // What names no scope leaves nothing out without a word.
    properties["notScopes"] = json!(["accounts of ours"]);
    assert_eq!(world.assign_policy(&group, "closed", &properties).status, 400);
    assert!(!refuses(&mut world), "what was there stands");
    properties["notScopes"] = json!([]);
    assert_eq!(world.assign_policy(&group, "closed", &properties).status, 201);
    let error = assert_denied(&world.change_account(&open), "POLICY");
    assert_eq!(
        error["message"],
        "Resource 'target' was disallowed by policy. Reasons: 'Accounts stay closed.'. See error details for policy resource IDs."
    );

    let id = format!("{group}{AUTHORIZATION}/policyAssignments/closed");
    let exemption = format!("{account}{AUTHORIZATION}/policyExemptions/drill");
    let waiver = json!({"properties": {
        "policyAssignmentId": id, "exemptionCategory": "Waiver", "expiresOn": "2026-03-02T08:00:00Z",
    }});
    let made = world.put(&exemption, &waiver);
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(world.put(&exemption, &waiver).status, 200);
    assert!(!refuses(&mut world));
    world.pass(SignedDuration::from_hours(3));
    world.sign_in_again();
    assert!(refuses(&mut world), "it was for a time");
    let listed = format!("{group}{AUTHORIZATION}/policyExemptions");
    let count = |world: &mut World, query: &str| {
        let all = world.get(&format!("{listed}{query}")).json_body();
        all["value"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(count(&mut world, ""), 1);
    assert_eq!(count(&mut world, "?$filter=excludeExpired()"), 0);
    assert_eq!(count(&mut world, "?$filter=atScope()"), 0);
    let elsewhere = format!("{group}{AUTHORIZATION}/policyAssignments/other");
    let mut wrong = waiver.clone();
    wrong["properties"]["policyAssignmentId"] = json!(elsewhere);
    assert_eq!(world.put(&exemption, &wrong).status, 404);
    // With the assignment what was exempt from it goes as well.
    assert_eq!(world.delete(&id).status, 200);
    assert_eq!(world.get(&exemption).status, 404);
    assert!(!refuses(&mut world));
}

#[test]
fn who_exempts_must_be_allowed_to_at_the_assignment() {
    let mut world = World::new();
    world.put_account();
    let (group, account) = (world.group(), world.account());
    world.assign_built_in(&group, "closed", &built_in(NO_PUBLIC_ACCESS), "Deny");
    let who = world.add_principal(0x31, "keeper", IdentityKind::User);
    // Resource Policy Contributor, at the account alone.
    world.give(&account, "36243c78-bf99-498c-9df9-86d9f8d28608", who.0);
    let id = format!("{group}{AUTHORIZATION}/policyAssignments/closed");
    let waiver = json!({"properties": {"policyAssignmentId": id, "exemptionCategory": "Waiver"}});
    let exemption = format!("{account}{AUTHORIZATION}/policyExemptions/drill");
    let refused = world.arm_as(who, Method::PUT, &exemption, Some(&waiver));
    assert_code(&refused, 403, "LinkedAuthorizationFailed");
    world.give(&group, "36243c78-bf99-498c-9df9-86d9f8d28608", who.0);
    assert_eq!(
        world.arm_as(who, Method::PUT, &exemption, Some(&waiver)).status,
        201
    );
}

/// Definitions of one's own, about roles: nobody who may give them, an owner included, goes past.
#[test]
fn a_definition_of_ones_own_keeps_roles_from_being_given() {
    let mut world = World::new();
    world.put_account();
    let (group, subscription) = (world.group(), world.subscription());
    let definition = format!("{subscription}{AUTHORIZATION}/policyDefinitions/no-blob-roles");
    let body = json!({"properties": {
        "displayName": "No blob roles",
        "mode": "All",
        "parameters": {"roles": {"type": "Array"}},
        "policyRule": {
            "if": {"allOf": [
                {"field": "type", "equals": "Microsoft.Authorization/roleAssignments"},
                {"field": "Microsoft.Authorization/roleAssignments/roleDefinitionId", "in": "[parameters('roles')]"},
            ]},
            "then": {"effect": "deny"},
        },
    }});
    for wrong in [
        json!({"type": "Array", "defaultValue": "one"}),
        json!({"type": "String", "defaultValue": "c", "allowedValues": ["a", "b"]}),
        json!({"type": "Banana"}),
    ] {
        let mut mistaken = body.clone();
        mistaken["properties"]["parameters"]["more"] = wrong.clone();
        assert_eq!(world.put(&definition, &mistaken).status, 400, "{wrong}");
    }
    let made = world.put(&definition, &body);
    assert_eq!(made.status, 201, "{made:?}");
    let shown = world.get(&definition).json_body();
    assert_eq!(shown["properties"]["policyType"], "Custom");
    assert_eq!(shown["properties"]["metadata"]["updatedOn"], Value::Null);
    // A policy sees an id as it is written.
    let role = format!("{AUTHORIZATION}/roleDefinitions/{BLOBS}");
    let mut properties = json!({"policyDefinitionId": definition});
    let missing = world.assign_policy(&group, "roles", &properties);
    assert_code(&missing, 400, "MissingPolicyParameter");
    properties["parameters"] = json!({"roles": {"value": role}});
    let one = world.assign_policy(&group, "roles", &properties);
    assert_code(&one, 400, "SyntheticPolicyParameterOfOtherType");
    properties["parameters"] = json!({"roles": {"value": [role]}, "more": {"value": 1}});
    let undefined = world.assign_policy(&group, "roles", &properties);
    assert_code(&undefined, 400, "UndefinedPolicyParameter");
    properties["parameters"] = json!({"roles": {"value": [role]}});
    assert_eq!(world.assign_policy(&group, "roles", &properties).status, 201);
    let who = world.add_principal(0x32, "vault", IdentityKind::Application);
    let name = "00000000-0000-4000-8000-000000000001";
    let given = |role: &str| {
        let to = json!({"principalId": who.0, "principalType": "ServicePrincipal"});
        assignment(role, &to)
    };
    let at = assignment_at(&group, name);
    let error = assert_denied(&world.put(&at, &given(BLOBS)), "POLICY");
    assert_eq!(error["target"], name);
    assert_eq!(world.get(&at).status, 404);
    assert_eq!(world.put(&at, &given(CONTRIBUTOR)).status, 201);

    // What is assigned is not deleted, and stays what it can be assigned as.
    assert_code(
        &world.delete(&definition),
        400,
        "InvalidDeletePolicyDefinitionRequest",
    );
    let mut changed = body.clone();
    changed["properties"]["parameters"]["more"] = json!({"type": "String"});
    assert_code(&world.put(&definition, &changed), 400, "MissingPolicyParameter");
    let id = format!("{group}{AUTHORIZATION}/policyAssignments/roles");
    assert_eq!(world.delete(&id).status, 200);
    assert_eq!(world.delete(&id).status, 204);
    assert_code(&world.get(&id), 404, "PolicyAssignmentNotFound");
    assert_eq!(world.delete(&definition).status, 200);
    assert_eq!(world.delete(&definition).status, 204);
    assert_code(&world.get(&definition), 404, "PolicyDefinitionNotFound");
}

#[test]
fn a_template_is_refused_before_its_first_resource() {
    let mut world = World::new();
    let group = world.group();
    world.assign_built_in(&group, "closed", &built_in(NO_PUBLIC_ACCESS), "Deny");
    let account = |name: &str, properties: Value| {
        json!({
            "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": name,
            "location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": properties,
        })
    };
    let template = |open: Value| {
        json!({"properties": {"mode": "Incremental", "template": {
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0",
            "resources": [account("firstone", json!({"publicNetworkAccess": "Disabled"})), open],
        }}})
    };
    let deployment = format!("{group}/providers/Microsoft.Resources/deployments/d");
    let open = account("second", json!({"publicNetworkAccess": "Enabled"}));
    let refused = world.put(&deployment, &template(open));
    assert_code(&refused, 400, "InvalidTemplateDeployment");
    assert_eq!(refused.header("x-azdrill-rules"), Some("POLICY"));
    let error = refused.json_body()["error"].clone();
    assert_eq!(
        error["message"],
        "The template deployment failed because of policy violation. Please see details for more information."
    );
    let detail = &error["details"][0];
    assert_eq!(detail["code"], "RequestDisallowedByPolicy");
    assert_eq!(detail["target"], "second");
    assert_eq!(detail["additionalInfo"][0]["type"], "PolicyViolation");
    let first = format!("{group}/providers/Microsoft.Storage/storageAccounts/firstone");
    assert_eq!(world.get(&first).status, 404);
    let mut wrong = account("second", json!({"publicNetworkAccess": "Enabled"}));
    wrong["name"] = json!("Not a name");
    let both = json!([wrong, account("third", json!({"publicNetworkAccess": "Enabled"}))]);
    let mut body = template(Value::Null);
    body["properties"]["template"]["resources"] = both;
    let error = world.put(&deployment, &body).json_body()["error"].clone();
    assert_eq!(
        error["message"],
        "The template deployment failed with multiple errors. Please see details for more information."
    );
    assert_eq!(error["details"][1]["code"], "PreflightValidationCheckFailed");
}

#[test]
fn what_is_not_played_of_a_policy_is_refused_by_name() {
    let mut world = World::new();
    let (group, subscription) = (world.group(), world.subscription());
    let own = format!("{subscription}{AUTHORIZATION}/policyDefinitions");
    let unknown = built_in("ffffffff-0000-4000-8000-000000000000");
    let locations = json!({
        "policyDefinitionId": built_in(LOCATIONS),
        "parameters": {"listOfAllowedLocations": {"value": ["northeurope"]}},
    });
    let refused = |world: &mut World, member: &str, value: Value| {
        let mut properties = locations.clone();
        properties[member] = value;
        world.assign_policy(&group, "x", &properties).status.as_u16()
    };
    let initiative = format!("{AUTHORIZATION}/policySetDefinitions/x");
    for (member, value, status) in [
        ("policyDefinitionId", json!(initiative), 501),
        ("policyDefinitionId", json!(unknown), 501),
        ("policyDefinitionId", json!(format!("{own}/none")), 400),
        ("policyDefinitionId", json!(group), 400),
        ("enforcementMode", json!("Enroll"), 501),
        ("overrides", json!([{"kind": "policyEffect"}]), 501),
    ] {
        assert_eq!(refused(&mut world, member, value), status, "{member}");
    }
    let with_identity =
        json!({"identity": {"type": "SystemAssigned"}, "location": "westeurope", "properties": locations});
    let target = format!("{group}{AUTHORIZATION}/policyAssignments/x");
    assert_eq!(world.put(&target, &with_identity).status, 501);
    let wrong_value = json!({
        "policyDefinitionId": built_in(NO_PUBLIC_ACCESS), "parameters": {"effect": {"value": "deny"}},
    });
    let answer = world.assign_policy(&group, "x", &wrong_value);
    assert_code(&answer, 400, "PolicyParameterValueNotAllowed");
    for (rule, status) in [
        (
            json!({"if": {"field": "tags['a']", "exists": true}, "then": {"effect": "deny"}}),
            501,
        ),
        (
            json!({"if": {"field": "name", "exists": true}, "then": {"effect": "modify"}}),
            501,
        ),
        (json!({"if": {"field": "name"}, "then": {"effect": "deny"}}), 400),
    ] {
        let body = json!({"properties": {"policyRule": rule}});
        let answer = world.put(&format!("{own}/mine"), &body);
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

/// A change of tags alone is not looked at; one that has tags besides is.
#[test]
fn tags_hide_nothing_from_a_policy() {
    let mut world = World::new();
    world.put_account();
    let (group, account) = (world.group(), world.account());
    world.change_account(&json!({"publicNetworkAccess": "Disabled"}));
    world.assign_built_in(&group, "closed", &built_in(NO_PUBLIC_ACCESS), "Deny");
    let both = json!({"tags": {"a": "b"}, "properties": {"publicNetworkAccess": "Enabled"}});
    assert_denied(&world.arm(Method::PATCH, &account, Some(&both)), "POLICY");
    let tags = json!({"tags": {"a": "b"}});
    assert_eq!(world.arm(Method::PATCH, &account, Some(&tags)).status, 200);
}
