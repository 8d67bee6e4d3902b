//! Parts that stand inside another resource's body: subnets of a virtual network, rules of a network
//! security group. Their collection is the last word of their type.

use http::StatusCode;
use serde_json::{Value, json};

use super::simple;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::services::{Context, json_body, page, plain};
use crate::state::field;

/// The part as its holder shows it.
pub(super) fn describe(id: &ResourceId, kind: &str, sent: &Value) -> Result<Value, Refusal> {
    let mut body = plain::resource_body(id, kind, sent)?;
    if !body["properties"].is_object() {
        body["properties"] = json!({});
    }
    body["properties"]["provisioningState"] = json!("Succeeded");
    Ok(body)
}

fn collection(kind: &str) -> &str {
    kind.rsplit('/').next().unwrap_or_default()
}

/// What a holder has of a collection; ARM's 404 if it is not there itself.
fn parts(context: &Context<'_>, holder: &ResourceId, kind: &str) -> Result<Vec<Value>, Refusal> {
    let found = context
        .state
        .resource(holder)
        .ok_or_else(|| context.not_found(holder))?;
    let parts = field(found.at("/properties"), collection(kind)).as_array();
    Ok(parts.cloned().unwrap_or_default())
}

fn keep(context: &mut Context<'_>, holder: &ResourceId, kind: &str, parts: Vec<Value>) {
    if let Some(holder) = context.state.resources.get_mut(holder) {
        holder.set_property(&[collection(kind)], Value::Array(parts));
    }
}

fn is_named(part: &Value, name: &str) -> bool {
    part["name"]
        .as_str()
        .is_some_and(|own| own.eq_ignore_ascii_case(name))
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let (id, kind) = (&permit.scope, simple::type_of(context, permit));
    let holder = id.parent();
    let mut all = parts(context, &holder, kind)?;
    let body = describe(id, kind, &*json_body(request)?)?;
    let status = match all.iter_mut().find(|part| is_named(part, id.name())) {
        Some(part) => {
            *part = body.clone();
            StatusCode::OK
        }
        None => {
            all.push(body.clone());
            StatusCode::CREATED
        }
    };
    keep(context, &holder, kind, all);
    Ok(Response::json(status, &body))
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let (id, kind) = (&permit.scope, simple::type_of(context, permit));
    let all = parts(context, &id.parent(), kind)?;
    match all.iter().find(|part| is_named(part, id.name())) {
        Some(part) => Ok(Response::json(StatusCode::OK, part)),
        None => Err(context.not_found(id)),
    }
}

pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let kind = simple::type_of(context, permit);
    let all = parts(context, &permit.scope, kind)?;
    page::list(context.rules, request, &all)
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let (id, kind) = (&permit.scope, simple::type_of(context, permit));
    let holder = id.parent();
    let Ok(mut all) = parts(context, &holder, kind) else {
        return Ok(Response::new(StatusCode::NO_CONTENT));
    };
    let before = all.len();
    all.retain(|part| !is_named(part, id.name()));
    let found = all.len() < before;
    keep(context, &holder, kind, all);
    Ok(Response::new(if found {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    }))
}
