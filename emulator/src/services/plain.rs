//! What resources without behaviour of their own have in common: bodies, reads, lists.

use http::StatusCode;
use serde_json::{Map, Value};

use super::{Context, page};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, region_name};
use crate::rules::code;
use crate::state::Resource;

pub(super) use crate::model::{change, merge};

/// The body of a resource as served: `id`, `name`, `type` first, then what the request said.
/// Read-only members of the request are tolerated and replaced, unknown ones kept.
///
/// # Errors
///
/// 400 if the request's body is not a JSON object.
pub(super) fn resource_body(id: &ResourceId, kind: &str, sent: &Value) -> Result<Value, Refusal> {
    let empty = Map::new();
    let sent = match sent {
        Value::Object(sent) => sent,
        Value::Null => &empty,
        _ => {
            return Err(Refusal::of(
                code::BodyIsNoObject,
                &[("what", "a JSON object is expected")],
            ));
        }
    };
    let mut body = head(id, kind);
    for (key, value) in sent {
        let known = ["id", "name", "type", "systemdata"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(key));
        if !known && !value.is_null() {
            // Services look for secrets below `properties`, however a client spells it.
            let key = if key.eq_ignore_ascii_case("properties") {
                "properties"
            } else {
                key
            };
            body.insert(key.to_owned(), value.clone());
        }
    }
    Ok(Value::Object(body))
}

/// What every resource's body begins with.
fn head(id: &ResourceId, kind: &str) -> Map<String, Value> {
    let mut body = Map::with_capacity(8);
    body.insert("id".to_owned(), Value::from(id.as_str()));
    body.insert("name".to_owned(), Value::from(id.name()));
    body.insert("type".to_owned(), Value::from(kind));
    body
}

/// The region a request names.
///
/// # Errors
///
/// 400 if there is none.
pub(super) fn required_location(sent: &Value) -> Result<String, Refusal> {
    match crate::state::field(sent, "location").as_str() {
        Some(location) if !location.is_empty() => Ok(region_name(location)),
        _ => Err(Refusal::of(code::LocationRequired, &[])),
    }
}

/// Puts a resource and answers it: 201 if it is new, 200 if it was there.
pub(super) fn put(context: &mut Context<'_>, id: ResourceId, body: Value) -> Response {
    let status = if context.state.resources.contains_key(&id) {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    keep(context, id, body, status)
}

/// Answers a resource and keeps it, in this order: its body is written before it is given away, and
/// not copied.
pub(super) fn keep(context: &mut Context<'_>, id: ResourceId, body: Value, status: StatusCode) -> Response {
    let response = Response::json(status, &body);
    let resource = Resource::new(id.clone(), body, context.now);
    context.state.resources.insert(id, resource);
    response
}

/// Answers a resource.
pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    match context.state.resource(&permit.scope) {
        Some(resource) => Ok(Response::json(StatusCode::OK, &resource.body)),
        None => Err(context.not_found(&permit.scope)),
    }
}

/// Deletes a resource: 204 if there is none.
pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let removed = context.state.remove(&permit.scope).is_some();
    Ok(Response::new(if removed {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    }))
}

/// Answers the resources of a type below the permit's scope.
pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    kind: &str,
) -> Result<Response, Refusal> {
    context.require_group(&permit.scope)?;
    let found: Vec<&Value> = context
        .state
        .resources_below(&permit.scope, kind)
        .filter(|resource| context.shows(permit, &resource.id, kind))
        .map(|resource| &*resource.body)
        .collect();
    page::list(request, &found)
}
