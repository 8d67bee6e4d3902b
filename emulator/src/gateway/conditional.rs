//! Writes over Azure Resource Manager that are to happen only if a resource is as the client knows it.

use http::Method;
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use serde_json::Value;

use super::{Permit, Refusal};
use crate::model::{Request, ResourceId};
use crate::rules::{Code, Endpoint, Operation, Rules};
use crate::state::{State, field};

/// What a resource or a part of one is like now: `None` if it is not there.
fn etag_of(state: &State, id: &ResourceId) -> Option<String> {
    let etag = |body: &Value| field(body, "etag").as_str().unwrap_or_default().to_owned();
    if let Some(own) = state.resource(id) {
        return Some(etag(&own.body));
    }
    let holder = state.resource(&id.parent())?;
    let kind = id.resource_type()?;
    let collection = kind.rsplit('/').next()?;
    let parts = field(field(&holder.body, "properties"), collection).as_array()?;
    let is_it = |part: &&Value| {
        let name = field(part, "name").as_str();
        name.is_some_and(|name| name.eq_ignore_ascii_case(id.name()))
    };
    parts.iter().find(is_it).map(etag)
}

/// An etag without what marks it as weak, and without quotes: clients add them.
fn bare(etag: &str) -> &str {
    let etag = etag.trim();
    etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"')
}

/// Whether a condition names the etag.
fn names(condition: &str, etag: &str) -> bool {
    condition.trim() == "*" || condition.split(',').any(|own| bare(own) == bare(etag))
}

/// Checks the conditions of a write. Answers with the headers that are passed over.
///
/// # Errors
///
/// 412 if a condition does not hold.
pub(crate) fn check(
    rules: &Rules,
    state: &State,
    operation: &Operation,
    permit: &Permit,
    request: &Request,
) -> Result<Vec<String>, Refusal> {
    let writes = [Method::PUT, Method::PATCH, Method::DELETE].contains(&request.method);
    if operation.endpoint != Endpoint::Arm || !writes {
        return Ok(Vec::new());
    }
    let said = |name: &HeaderName| {
        let value = request.headers.get(name)?.to_str().ok()?;
        (!value.trim().is_empty()).then(|| value.to_owned())
    };
    let (matches, differs) = (said(&IF_MATCH), said(&IF_NONE_MATCH));
    if matches.is_none() && differs.is_none() {
        return Ok(Vec::new());
    }
    let kind = &operation.resource_type;
    let row = rules.conditional_writes.iter().find(|row| row.covers(kind));
    let own = etag_of(state, &permit.scope);
    let refuse = |code: Code, sent: &str| {
        let fill = [
            ("sent", sent),
            ("own", own.as_deref().unwrap_or_default()),
            ("id", permit.scope.as_str()),
            ("name", permit.scope.name()),
            ("kind", row.map_or("", |row| row.called.as_str())),
        ];
        let mut refusal = Refusal::of(code, &fill);
        refusal.mark = refusal.mark.max(row.map_or(refusal.mark, |row| row.mark));
        Err(refusal)
    };
    let mut ignored = Vec::new();
    match (&matches, row.and_then(|row| row.if_match)) {
        (Some(_), None) => ignored.push(IF_MATCH.to_string()),
        // What is not there is not deleted twice.
        (Some(_), Some(_)) if own.is_none() && request.method == Method::DELETE => {}
        (Some(sent), Some(code)) if !own.as_ref().is_some_and(|own| names(sent, own)) => {
            return refuse(code, sent);
        }
        _ => {}
    }
    match (&differs, row.and_then(|row| row.if_none_match)) {
        (Some(_), None) => ignored.push(IF_NONE_MATCH.to_string()),
        (Some(sent), Some(code)) if own.as_ref().is_some_and(|own| names(sent, own)) => {
            return refuse(code, sent);
        }
        _ => {}
    }
    Ok(ignored)
}
