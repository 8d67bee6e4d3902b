//! Resource Guards: written, read and deleted at once.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::refused;
use super::super::vault::not_found_inside;
use super::guard::{self, DEFAULT, GUARD};
use super::proxy::{self, PROXY};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{GuardedOperation, rule};
use crate::services::{Context, json_body, page, plain};
use crate::state::{Resource, field};

/// What the actions of guards are called after.
const READ: &str = "Microsoft.DataProtection/subscriptions/resourceGroups/providers/resourceGuards";

fn guard_of<'a>(context: &'a Context<'_>, id: &ResourceId) -> Result<&'a Resource, Refusal> {
    context.state.resource(id).ok_or_else(|| context.not_found(id))
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    context.require_group(&permit.scope)?;
    let sent = json_body(request)?;
    let existing = context.state.resource(&permit.scope);
    // It stays where it is, and spelled as it was first written.
    let (id, location) = match existing {
        Some(guard) => (guard.id.clone(), guard.location().to_owned()),
        None => (permit.scope.clone(), plain::required_location(&sent)?),
    };
    let created = existing.map_or(context.now, |guard| guard.created);
    let excluded = field(field(&sent, "properties"), "vaultCriticalOperationExclusionList");
    check_excluded(context, excluded)?;
    let excluded = excluded.as_array().cloned().unwrap_or_default();
    let mut body = json!({"location": location});
    if !field(&sent, "tags").is_null() {
        body["tags"] = field(&sent, "tags").clone();
    }
    body["properties"] = json!({
        "provisioningState": "Succeeded",
        "resourceGuardOperations": [],
        "vaultCriticalOperationExclusionList": excluded,
        "allowAutoApprovals": true,
    });
    body["id"] = json!(id);
    body["name"] = json!(id.name());
    body["type"] = json!(GUARD);
    let shown = guard::shown(context.rules, request, &body);
    let response = Response::json(StatusCode::OK, &shown);
    let guard = Resource::new(id.clone(), shown, created);
    context.state.resources.insert(id, guard);
    Ok(response)
}

/// Only what is known can be left out, and not all of that.
fn check_excluded(context: &Context<'_>, excluded: &Value) -> Result<(), Refusal> {
    let refuse = |why: String| Err(refused::by(context, rule::MUA_MANDATORY).because(why));
    for name in excluded
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        let mut rows = context.rules.resource_guard.operations().iter();
        match rows.find(|row| row.operation.eq_ignore_ascii_case(name)) {
            None => {
                return refuse(format!(
                    "`{name}` is none of the operations a Resource Guard protects"
                ));
            }
            Some(row) if row.mandatory => {
                return refuse(format!("`{name}` cannot be left out"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Tags are all that a PATCH changes.
pub(super) fn patch(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let mut guard = guard_of(context, &permit.scope)?.clone();
    let mut body = guard.body.to_value();
    let tags = field(&sent, "tags");
    if !tags.is_null() {
        body["tags"] = tags.clone();
    }
    let shown = guard::shown(context.rules, request, &body);
    let mut response = Response::json(StatusCode::OK, &shown);
    if !field(&sent, "properties").is_null() {
        response = response.with_header("x-azdrill-ignored", "properties");
    }
    guard = Resource::new(guard.id.clone(), shown, guard.created);
    context.state.resources.insert(guard.id.clone(), guard);
    Ok(response)
}

pub(super) fn get(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let guard = guard_of(context, &permit.scope)?;
    let shown = guard::shown(context.rules, request, &guard.body);
    Ok(Response::json(StatusCode::OK, &shown))
}

pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    context.require_group(&permit.scope)?;
    let guards = context.state.resources_below(&permit.scope, GUARD);
    let found: Vec<Value> = guards
        .filter(|guard| context.shows(permit, &guard.id, READ))
        .map(|guard| guard::shown(context.rules, request, &guard.body))
        .collect();
    page::list(request, &found)
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    // A vault that comes back is mapped as it was.
    let deleted = context.own.data_protection.deleted_vaults.values();
    let deleted = deleted.flat_map(|vault| &vault.parts);
    let mut proxies = context
        .state
        .resources
        .values()
        .chain(deleted)
        .filter(|resource| resource.is_type(PROXY));
    let mapped = proxies.find(|own| proxy::guard_id(own).as_ref() == Some(&permit.scope));
    if let Some(proxy) = mapped {
        let vault = proxy.id.parent();
        return Err(refused::with(
            context,
            rule::MUA_IN_USE,
            &[("vault", vault.as_str())],
        ));
    }
    let removed = context.state.remove(&permit.scope).is_some();
    Ok(Response::new(if removed {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    }))
}

/// The operation whose requests were asked for, if the guard protects it.
fn asked<'a>(
    context: &'a Context<'_>,
    request: &Request,
) -> Result<Option<(ResourceId, &'a GuardedOperation)>, Refusal> {
    let path: ResourceId = request.path.parse().map_err(|_| not_found_inside())?;
    let segments: Vec<&str> = path.segments().collect();
    let place = segments
        .iter()
        .position(|segment| segment.eq_ignore_ascii_case("resourceGuards"));
    let Some((guard, rest)) = place.and_then(|place| segments.split_at_checked(place + 2)) else {
        return Err(not_found_inside());
    };
    let guard = guard_of(context, &ResourceId::from_segments(guard.iter().copied()))?;
    let collection = rest.first().copied().unwrap_or_default();
    let mut rows = context.rules.resource_guard.operations().iter();
    let row = rows.find(|row| row.requests.eq_ignore_ascii_case(collection));
    let row = row.filter(|row| guard::protects(Some(guard), row));
    Ok(row.map(|row| (guard.id.clone(), row)))
}

fn described(guard: &ResourceId, row: &GuardedOperation) -> Value {
    json!({
        "id": guard::default_request(guard, row),
        "name": DEFAULT,
        "type": format!("{GUARD}/{}", row.requests),
    })
}

pub(super) fn requests(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let found = asked(context, request)?.map(|(guard, row)| described(&guard, row));
    let found: Vec<Value> = found.into_iter().collect();
    page::list(request, &found)
}

pub(super) fn default_request(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let is_default = permit.params.get("name").eq_ignore_ascii_case(DEFAULT);
    match asked(context, request)? {
        Some((guard, row)) if is_default => Ok(Response::json(StatusCode::OK, &described(&guard, row))),
        _ => Err(not_found_inside()),
    }
}
