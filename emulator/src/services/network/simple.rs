//! Resources without behaviour of their own: put, read, listed, deleted. Their type follows from the
//! action their row names.

use http::StatusCode;
use serde_json::json;

use super::zone_records;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::services::{Context, json_body, plain};

/// The type of the resources an operation is about.
pub(super) fn type_of<'a>(context: &Context<'a>, permit: &Permit) -> &'a str {
    let action = permit.operation(context.rules).action.as_ref();
    action
        .and_then(|action| action.as_str().rsplit_once('/'))
        .map_or("", |(kind, _)| kind)
}

/// Makes sure that what a resource is a part of is there, and the group.
pub(super) fn require_holder(context: &Context<'_>, id: &ResourceId) -> Result<(), Refusal> {
    context.require_group(id)?;
    let part = id.resource_type().is_some_and(|kind| kind.split('/').count() > 2);
    let holder = id.parent();
    if part && !context.state.resources.contains_key(&holder) {
        return Err(context.not_found(&holder));
    }
    Ok(())
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    require_holder(context, &id)?;
    let mut body = plain::resource_body(&id, type_of(context, permit), &*json_body(request)?)?;
    if !body["properties"].is_object() {
        body["properties"] = json!({});
    }
    body["properties"]["provisioningState"] = json!("Succeeded");
    body["etag"] = json!(format!("W/\"{}\"", context.draw_uuid("etag")));
    let response = plain::put(context, id.clone(), body);
    zone_records::count(context, &id.parent());
    Ok(response)
}

pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    if permit.scope.resource_type().is_some() && !context.state.resources.contains_key(&permit.scope) {
        return Err(context.not_found(&permit.scope));
    }
    let kind = type_of(context, permit);
    plain::list(context, permit, request, kind)
}

/// Deletes a resource with its parts.
pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let id = &permit.scope;
    let below: Vec<ResourceId> = context
        .state
        .resources
        .keys()
        .filter(|other| id.contains(other))
        .cloned()
        .collect();
    for part in &below {
        context.state.remove(part);
    }
    zone_records::count(context, &id.parent());
    Ok(Response::new(if below.is_empty() {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::OK
    }))
}
