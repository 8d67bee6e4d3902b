//! What becomes of a write that is only planned, before anybody acts on it.

use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::Refusal;
use super::sent_body::version;
use crate::model::{Request, ResourceId, change};
use crate::rules::{Endpoint, Operation, Rules, without_empty_parent};
use crate::state::State;

/// The operation that a write over Azure Resource Manager would be, at the version it asks for.
///
/// # Errors
///
/// What the front door answers if there is none, or if its provider does not have the version.
pub(crate) fn planned<'a>(rules: &'a Rules, request: &Request) -> Result<&'a Operation, Refusal> {
    let endpoint = Endpoint::Arm;
    let routed = rules
        .router
        .route(endpoint, &request.method, &request.path, [None; 3])
        .map_err(|_| Refusal::bad_path(endpoint, &request.path))?
        .ok_or_else(|| Refusal::unknown_operation(endpoint, request))?;
    let operation = &rules.router.operations()[routed.operation];
    version(rules, operation, request)?;
    Ok(operation)
}

/// What a PUT, PATCH or DELETE is about: the whole path. The scope of a permit stops short of it where
/// access is decided on what something is attached to.
pub(super) fn target_of(request: &Request) -> Result<ResourceId, Refusal> {
    let bad = || Refusal::bad_path(Endpoint::Arm, &request.path);
    let path = percent_decode_str(&request.path)
        .decode_utf8()
        .map_err(|_| bad())?;
    without_empty_parent(Endpoint::Arm, &path)
        .parse()
        .map_err(|_| bad())
}

/// The resource as a PUT or a PATCH would have it, as far as Resource Manager knows: what a PUT does not say its provider
/// may add, and what a PATCH does not say stays.
pub(super) fn planned_body(state: &State, target: &ResourceId, kind: &str, request: &Request) -> Value {
    let sent = request.json.clone().unwrap_or(Value::Null);
    let mut body = match state.resource(target) {
        Some(there) if request.method == Method::PATCH => there.body.to_value(),
        _ => json!({}),
    };
    change(&mut body, sent);
    for (name, value) in [("id", target.as_str()), ("name", target.name()), ("type", kind)] {
        body[name] = json!(value);
    }
    body
}
