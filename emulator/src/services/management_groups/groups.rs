//! Management groups. Anybody may make one below the root group, and owns it then.

use http::StatusCode;
use serde_json::{Value, json};

use super::shown::{brief, children, found, missing, whole};
use crate::authz::{Assignment, Hierarchy, ManagementGroup};
use crate::gateway::{Permit, Refusal};
use crate::model::{Action, Request, ResourceId, Response, TenantId};
use crate::rules::code;
use crate::services::{Context, LongRunning, json_body, page};
use crate::state::{OperationOutcome, field};

const OWNER: &str = "Owner";
/// What whoever puts something below a group needs there, unless it is the root group.
const WRITE: &str = "Microsoft.Management/managementGroups/write";

/// The groups that the caller may read.
pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let tenant = permit.caller.tenant;
    let root = tenant
        .map(Hierarchy::root)
        .and_then(|root| found(context, &root).ok());
    let others = context.state.access.hierarchy.iter().cloned();
    let found: Vec<Value> = root
        .into_iter()
        .chain(others)
        .filter(|own| Some(own.tenant) == tenant)
        .filter(|own| context.may_read(permit, &own.id, super::shown::GROUP))
        .map(|own| brief(&own))
        .collect();
    page::list(request, &found)
}

pub(super) fn get(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let own = found(context, &permit.scope)?;
    let mut body = whole(context, &own)?;
    let is = |option: &str, value: &str| {
        let sent = request.query_value(option);
        sent.is_some_and(|sent| sent.eq_ignore_ascii_case(value))
    };
    if is("$expand", "children") {
        body["properties"]["children"] = json!(children(context, &own.id, is("$recurse", "true")));
    }
    Ok(Response::json(StatusCode::OK, &body))
}

/// The group something is to be below: the one a request names, or the root group.
fn parent(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
    named: &str,
    tenant: TenantId,
) -> Result<ResourceId, Refusal> {
    let root = Hierarchy::root(tenant);
    if named.is_empty() {
        return Ok(root);
    }
    let none = || Refusal::of(code::ManagementGroupNotFound, &[("group", named)]);
    let id: ResourceId = named.parse().map_err(|_| none())?;
    let own = found(context, &id)?;
    if own.tenant != tenant {
        return Err(none());
    }
    if own.id != root {
        let action = Action::new(WRITE);
        context
            .gates()
            .linked(context.now, permit, request, &own.id, &action)?;
    }
    Ok(own.id)
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let sent = json_body(request)?;
    let properties = field(&sent, "properties");
    let details = field(field(properties, "details"), "parent");
    let named = field(details, "id").as_str().unwrap_or_default();
    let name = field(properties, "displayName").as_str().unwrap_or(id.name());
    if context.state.access.hierarchy.knows(&id) {
        context
            .gates()
            .also_allows(context.now, permit, "ManagementGroups_Update")?;
        let named = if named.is_empty() { None } else { Some(named) };
        return write(context, permit, request, Some(name), named);
    }
    let Some((tenant, principal)) = permit.caller.tenant.zip(permit.caller.principal) else {
        return Err(missing(&id));
    };
    let parent = parent(context, permit, request, named, tenant)?;
    let group = ManagementGroup {
        id: id.clone(),
        tenant,
        display_name: name.to_owned(),
        parent,
        version: 1,
        updated: context.now,
        updated_by: Some(principal),
    };
    let body = whole(context, &group)?;
    context.state.access.hierarchy.insert(group);
    if let Some(role) = context.rules.built_in_role(OWNER).map(|role| role.id) {
        let name = context.draw_uuid("management group owner").to_string();
        let owner = Assignment {
            kind: principal_kind(context, permit),
            ..Assignment::new(name, id, role, principal, context.now)
        };
        context.state.access.insert(owner);
    }
    Ok(Response::json(StatusCode::OK, &body))
}

fn principal_kind(context: &Context<'_>, permit: &Permit) -> crate::model::PrincipalKind {
    let found = permit
        .caller
        .principal
        .and_then(|id| context.state.directory.get(id));
    found.map_or(crate::model::PrincipalKind::User, crate::state::Principal::kind)
}

/// Changes a group that is there.
fn write(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    name: Option<&str>,
    named: Option<&str>,
) -> Result<Response, Refusal> {
    let mut group = found(context, &permit.scope)?;
    let is_root = group.parent == group.id;
    if let Some(named) = named {
        let parent = parent(context, permit, request, named, group.tenant)?;
        if is_root || context.state.access.hierarchy.covers(&group.id, &parent) {
            let fill = [("group", group.id.as_str()), ("parent", parent.as_str())];
            return Err(Refusal::of(code::SyntheticManagementGroupBelowItself, &fill));
        }
        group.parent = parent;
    }
    if let Some(name) = name {
        name.clone_into(&mut group.display_name);
    }
    group.version += 1;
    group.updated = context.now;
    group.updated_by = permit.caller.principal;
    let body = whole(context, &group)?;
    if !is_root {
        context.state.access.hierarchy.insert(group);
    }
    Ok(Response::json(StatusCode::OK, &body))
}

pub(super) fn patch(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let text = |name: &str| field(&sent, name).as_str().filter(|text| !text.is_empty());
    write(
        context,
        permit,
        request,
        text("displayName"),
        text("parentGroupId"),
    )
}

/// Takes a group away that has nothing in it, and what is assigned at it.
pub(super) fn delete(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    if context.state.access.hierarchy.get(&id).is_none() {
        return Ok(Response::new(StatusCode::NO_CONTENT));
    }
    if !children(context, &id, false).is_empty() {
        let fill = [("group", id.as_str())];
        return Err(Refusal::of(code::SyntheticManagementGroupNotEmpty, &fill));
    }
    context.state.access.hierarchy.remove(&id);
    context.state.access.remove_below(&id);
    context.state.policies.remove_below(&id);
    let operation = context.draw_uuid("management group delete").to_string();
    context.state.operations.begin(operation.clone(), context.now);
    context.end(&operation, OperationOutcome::Succeeded(json!(id)));
    let announced = LongRunning {
        id: operation.clone(),
        status: StatusCode::ACCEPTED,
        status_path: None,
        result_path: Some(format!(
            "/providers/Microsoft.Management/operationResults/delete/managementGroups/{operation}"
        )),
        retry_after_seconds: context.rules.retry_after("management_group_delete"),
    };
    Ok(context.accepted(request, &announced, None))
}

/// How a deletion has ended.
pub(super) fn operation(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let known = context.state.operations.get(permit.params.get("operation"));
    match known {
        Some(_) => Ok(Response::new(StatusCode::NO_CONTENT)),
        None => Err(missing(&permit.scope)),
    }
}
