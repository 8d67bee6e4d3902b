//! Role definitions: Azure's own and custom ones.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::filter_value;
use crate::gateway::{Permit, Refusal};
use crate::model::{ActionPattern, Request, ResourceId, Response};
use crate::rules::{Mark, RoleDefinition};
use crate::services::{Context, json_body, page};
use crate::state::field;

fn describe(role: &RoleDefinition, scope: &ResourceId) -> Value {
    let built_in = role.assignable_scopes.is_empty();
    let id = match scope.subscription() {
        Some(subscription) => format!(
            "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{}",
            role.id
        ),
        None => format!("/providers/Microsoft.Authorization/roleDefinitions/{}", role.id),
    };
    let assignable = if built_in {
        json!(["/"])
    } else {
        json!(role.assignable_scopes)
    };
    json!({
        "properties": {
            "roleName": role.name,
            "type": if built_in { "BuiltInRole" } else { "CustomRole" },
            "description": "",
            "assignableScopes": assignable,
            "permissions": [{
                "actions": role.actions,
                "notActions": role.not_actions,
                "dataActions": role.data_actions,
                "notDataActions": role.not_data_actions,
            }],
        },
        "id": id,
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role.id,
    })
}

pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let filter = request.query_value("$filter").unwrap_or_default();
    let wanted_name = filter_value(&filter, "roleName");
    let wanted_kind = filter_value(&filter, "type");
    let custom = context.state.access.custom_roles.values().filter(|role| {
        role.assignable_scopes
            .iter()
            .any(|scope| scope.contains(&permit.scope) || permit.scope.contains(scope))
    });
    let found: Vec<Value> = context
        .rules
        .built_in_roles
        .iter()
        .chain(custom)
        .filter(|role| {
            wanted_name.as_ref().is_none_or(|name| {
                role.name.eq_ignore_ascii_case(name)
                    || context
                        .rules
                        .built_in_role(name)
                        .is_some_and(|known| known.id == role.id)
            })
        })
        .map(|role| describe(role, &permit.scope))
        .filter(|role| {
            wanted_kind.as_ref().is_none_or(|kind| {
                role["properties"]["type"]
                    .as_str()
                    .is_some_and(|own| own.eq_ignore_ascii_case(kind))
            })
        })
        .collect();
    page::list(context.rules, request, &found)
}

fn find<'a>(context: &'a Context<'_>, name: &str) -> Result<&'a RoleDefinition, Refusal> {
    name.parse::<Uuid>()
        .ok()
        .and_then(|id| context.state.access.role(&context.rules.built_in_roles, id))
        .ok_or_else(|| {
            let text = format!("The specified role definition with ID '{name}' does not exist.");
            Refusal::arm(StatusCode::NOT_FOUND, "RoleDefinitionDoesNotExist", text)
        })
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let role = find(context, permit.params.get("name"))?;
    Ok(Response::json(StatusCode::OK, &describe(role, &permit.scope)))
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let name = permit.params.get("name");
    let bad = |text: String| Refusal::arm(StatusCode::BAD_REQUEST, "InvalidRoleDefinition", text);
    let id: Uuid = name.parse().map_err(|_| {
        Refusal::arm(
            StatusCode::BAD_REQUEST,
            "InvalidRoleDefinitionId",
            format!("The role definition ID '{name}' is not valid. The role definition ID must be a GUID."),
        )
    })?;
    if context.rules.built_in_roles.iter().any(|role| role.id == id) {
        return Err(bad("A built-in role cannot be changed.".to_owned()));
    }
    let body = json_body(request)?;
    let properties = field(&body, "properties");
    let permission = &field(properties, "permissions")[0];
    let patterns = |key: &str| -> Vec<ActionPattern> {
        field(permission, key)
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|pattern| pattern.as_str().map(ActionPattern::new))
            .collect()
    };
    let scopes: Vec<ResourceId> = field(properties, "assignableScopes")
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|scope| scope.as_str()?.parse().ok())
        .collect();
    let role_name = field(properties, "roleName")
        .as_str()
        .unwrap_or_default()
        .to_owned();
    if role_name.is_empty() || scopes.is_empty() {
        return Err(bad(
            "A custom role needs a roleName and assignableScopes.".to_owned()
        ));
    }
    let role = RoleDefinition {
        id,
        name: role_name,
        mark: Mark::Doc,
        sources: Vec::new(),
        actions: patterns("actions"),
        not_actions: patterns("notActions"),
        data_actions: patterns("dataActions"),
        not_data_actions: patterns("notDataActions"),
        assignable_scopes: scopes,
    };
    let answer = describe(&role, &permit.scope);
    context.state.access.custom_roles.insert(id, role);
    Ok(Response::json(StatusCode::CREATED, &answer))
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let Ok(id) = permit.params.get("name").parse::<Uuid>() else {
        return Ok(Response::new(StatusCode::NO_CONTENT));
    };
    if context
        .state
        .access
        .assignments()
        .any(|assignment| assignment.role == id)
    {
        return Err(Refusal::arm(
            StatusCode::BAD_REQUEST,
            "RoleDefinitionHasAssignments",
            "There are existing role assignments referencing role. Please make sure that there are no assignments for the role and then retry.",
        ));
    }
    match context.state.access.custom_roles.remove(&id) {
        Some(role) => Ok(Response::json(StatusCode::OK, &describe(&role, &permit.scope))),
        None => Ok(Response::new(StatusCode::NO_CONTENT)),
    }
}
