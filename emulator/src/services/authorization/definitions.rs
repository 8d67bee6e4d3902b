//! Role definitions: Azure's own and custom ones.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::role_body;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, wire_hundred_nanoseconds};
use crate::rules::{RoleDefinition, RolePermission, code};
use crate::services::arm_filter::ArmFilter;
use crate::services::{Context, json_body, page};
use crate::state::field;

const TYPE: &str = "Microsoft.Authorization/roleDefinitions";
/// The language of a built-in role's condition.
const CONDITION_VERSION: &str = "2.0";

fn describe_permission(permission: &RolePermission) -> Value {
    let mut described = json!({
        "actions": permission.actions,
        "notActions": permission.not_actions,
        "dataActions": permission.data_actions,
        "notDataActions": permission.not_data_actions,
    });
    if let Some(condition) = &permission.condition {
        described["condition"] = json!(condition.as_str());
        described["conditionVersion"] = json!(CONDITION_VERSION);
    }
    described
}

fn describe(role: &RoleDefinition, scope: &ResourceId) -> Value {
    let id = match scope.subscription() {
        Some(subscription) => format!("/subscriptions/{subscription}/providers/{TYPE}/{}", role.id),
        None => format!("/providers/{TYPE}/{}", role.id),
    };
    let assignable = if role.is_built_in() {
        json!(["/"])
    } else {
        json!(role.assignable_scopes)
    };
    let permissions: Vec<Value> = role.permissions().iter().map(describe_permission).collect();
    json!({
        "properties": {
            "roleName": role.name,
            "type": if role.is_built_in() { "BuiltInRole" } else { "CustomRole" },
            "description": role.description.as_deref().unwrap_or_default(),
            "assignableScopes": assignable,
            "permissions": permissions,
            "createdOn": role.created_on,
            "updatedOn": role.updated_on,
            "createdBy": role.created_by,
            "updatedBy": role.updated_by,
        },
        "id": id,
        "type": TYPE,
        "name": role.id,
    })
}

/// Lists Azure's own roles, and the custom ones that can be assigned at the scope; with
/// `atScopeAndBelow()` those too that can be assigned below it.
pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let scope = &permit.scope;
    let filter = filter(request)?;
    let below = filter.has("atScopeAndBelow()");
    let hierarchy = &context.state.access.hierarchy;
    let reaches =
        |fence: &ResourceId| hierarchy.covers(fence, scope) || below && hierarchy.covers(scope, fence);
    let custom = context.state.access.custom_roles.values();
    let custom = custom.filter(|role| role.assignable_scopes.iter().any(reaches));
    let all = context.rules.built_in_roles.iter().chain(custom);
    answer(scope, &filter, request, all)
}

/// Azure's own roles, which anybody may read. Custom ones are not among them.
pub(super) fn list_at_root(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let filter = filter(request)?;
    let all = context.rules.built_in_roles.iter();
    answer(&permit.scope, &filter, request, all)
}

fn filter(request: &Request) -> Result<ArmFilter, Refusal> {
    let text = request.query_value("$filter").unwrap_or_default();
    ArmFilter::read(&text, &["roleName eq", "type eq", "atScopeAndBelow()"])
}

fn answer<'a>(
    scope: &ResourceId,
    filter: &ArmFilter,
    request: &Request,
    roles: impl Iterator<Item = &'a RoleDefinition>,
) -> Result<Response, Refusal> {
    let (name, kind) = (filter.value("roleName eq"), filter.value("type eq"));
    let found: Vec<Value> = roles
        .filter(|role| name.is_none_or(|name| role.name.eq_ignore_ascii_case(name)))
        .filter(|role| {
            let shown = if role.is_built_in() {
                "BuiltInRole"
            } else {
                "CustomRole"
            };
            kind.is_none_or(|kind| shown.eq_ignore_ascii_case(kind))
        })
        .map(|role| describe(role, scope))
        .collect();
    page::list(request, &found)
}

fn find<'a>(context: &'a Context<'_>, name: &str) -> Result<&'a RoleDefinition, Refusal> {
    name.parse::<Uuid>()
        .ok()
        .and_then(|id| context.state.access.role(&context.rules.built_in_roles, id))
        .ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Refusal {
    Refusal::of(code::RoleDefinitionDoesNotExist, &[("role", name)])
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let role = find(context, permit.params.get("name"))?;
    Ok(Response::json(StatusCode::OK, &describe(role, &permit.scope)))
}

/// A role by its GUID alone. A custom one is shown to whoever may read it somewhere it can be assigned.
pub(super) fn get_at_root(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let name = permit.params.get("name");
    let role = find(context, name)?;
    let may_read = |scope: &ResourceId| context.may_read(permit, scope, TYPE);
    if role.is_built_in() || role.assignable_scopes.iter().any(may_read) {
        return Ok(Response::json(StatusCode::OK, &describe(role, &permit.scope)));
    }
    Err(missing(name))
}

/// Whoever changes a role must be allowed to at every scope it can be assigned at.
fn require_everywhere(context: &Context<'_>, permit: &Permit, scopes: &[ResourceId]) -> Result<(), Refusal> {
    let operation = &permit.operation(context.rules).id;
    for scope in scopes {
        let mut elsewhere = permit.clone();
        elsewhere.scope = scope.clone();
        context.gates().also_allows(context.now, &elsewhere, operation)?;
    }
    Ok(())
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let name = permit.params.get("name");
    let bad = |text: &str| Refusal::of(code::InvalidRoleDefinition, &[("what", text)]);
    let id: Result<Uuid, _> = name.parse();
    let id = id.map_err(|_| Refusal::of(code::InvalidRoleDefinitionId, &[("role", name)]))?;
    if context.rules.built_in_roles.get(id).is_some() {
        return Err(bad("A built-in role cannot be changed."));
    }
    let body = json_body(request)?;
    let properties = field(&body, "properties");
    let scopes = field(properties, "assignableScopes").as_array();
    let scopes: Vec<ResourceId> = scopes
        .into_iter()
        .flatten()
        .map(|scope| scope.as_str().unwrap_or_default().parse())
        .collect::<Result<_, _>>()
        .map_err(|_| bad("An assignable scope is the id of a subscription, a group or a resource."))?;
    let role_name = field(properties, "roleName").as_str().unwrap_or_default();
    if role_name.is_empty() || scopes.is_empty() {
        return Err(bad("A custom role needs a roleName and assignableScopes."));
    }
    let permissions = role_body::permissions(context.rules, properties)?;
    role_body::check_name(context, id, role_name)?;
    require_everywhere(context, permit, &scopes)?;
    let before = context.state.access.custom_roles.get(&id).cloned();
    if let Some(before) = &before {
        require_everywhere(context, permit, &before.assignable_scopes)?;
    }
    let now = wire_hundred_nanoseconds(context.now);
    let mut role = RoleDefinition::custom(id, role_name.to_owned(), scopes);
    role.description = field(properties, "description").as_str().map(str::to_owned);
    (role.updated_on, role.updated_by) = (now.clone().into(), permit.caller.principal);
    (role.created_on, role.created_by) = match before {
        Some(before) => (before.created_on, before.created_by),
        None => (now.into(), permit.caller.principal),
    };
    *role.permissions_mut() = permissions;
    let answer = describe(&role, &permit.scope);
    context.state.access.custom_roles.insert(id, role);
    Ok(Response::json(StatusCode::CREATED, &answer))
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let nothing = Response::new(StatusCode::NO_CONTENT);
    let Ok(id) = permit.params.get("name").parse::<Uuid>() else {
        return Ok(nothing);
    };
    if context.rules.built_in_roles.get(id).is_some() {
        let what = "A built-in role cannot be deleted.";
        return Err(Refusal::of(code::InvalidRoleDefinition, &[("what", what)]));
    }
    let Some(role) = context.state.access.custom_roles.get(&id).cloned() else {
        return Ok(nothing);
    };
    require_everywhere(context, permit, &role.assignable_scopes)?;
    if context
        .state
        .access
        .assignments()
        .any(|assignment| assignment.role == id)
    {
        return Err(Refusal::of(code::RoleDefinitionHasAssignments, &[]));
    }
    context.state.access.custom_roles.remove(&id);
    Ok(Response::json(StatusCode::OK, &describe(&role, &permit.scope)))
}
