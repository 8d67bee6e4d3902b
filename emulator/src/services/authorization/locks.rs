//! Management locks. What they forbid is decided at the front door.

use http::StatusCode;
use serde_json::{Value, json};

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::code;
use crate::services::arm_filter::ArmFilter;
use crate::services::{Context, json_body, page};
use crate::state::{Lock, LockLevel, field};

fn describe(lock: &Lock) -> Value {
    let mut properties = json!({"level": lock.level.as_str()});
    if let Some(notes) = &lock.notes {
        properties["notes"] = json!(notes);
    }
    if !lock.owners.is_null() {
        properties["owners"] = lock.owners.clone();
    }
    json!({
        "properties": properties,
        "id": lock.id,
        "type": "Microsoft.Authorization/locks",
        "name": lock.id.name(),
    })
}

fn id_of(permit: &Permit) -> ResourceId {
    super::scope::id_at(&permit.scope, "locks", permit.params.get("name"))
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    super::scope::require_scope(context, &permit.scope)?;
    let sent = json_body(request)?;
    let properties = field(&sent, "properties");
    let level = field(properties, "level").as_str().unwrap_or_default();
    let Some(level) = LockLevel::parse(level) else {
        let what = format!("the level of a lock is CanNotDelete or ReadOnly, and not '{level}'");
        return Err(Refusal::of(code::BodyIsNoObject, &[("what", &what)]));
    };
    let lock = Lock {
        id: id_of(permit),
        scope: permit.scope.clone(),
        level,
        notes: field(properties, "notes").as_str().map(str::to_owned),
        owners: field(properties, "owners").clone(),
    };
    let body = describe(&lock);
    let status = if context.state.locks.insert(lock) {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(Response::json(status, &body))
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    match context.state.locks.get(&id_of(permit)) {
        Some(lock) => Ok(Response::json(StatusCode::OK, &describe(lock))),
        None => {
            let fill = [("name", permit.params.get("name"))];
            Err(Refusal::of(code::LockNotFound, &fill))
        }
    }
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let removed = context.state.locks.remove(&id_of(permit)).is_some();
    Ok(Response::new(if removed {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    }))
}

/// The locks on a scope and below it; `atScope()` leaves out those below.
pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    super::scope::require_scope(context, &permit.scope)?;
    let filter = request.query_value("$filter").unwrap_or_default();
    let at_scope = ArmFilter::read(&filter, &["atScope()"])?.has("atScope()");
    let found: Vec<Value> = context
        .state
        .locks
        .iter()
        .filter(|lock| permit.scope.contains(&lock.scope))
        .filter(|lock| !at_scope || lock.scope == permit.scope)
        .map(describe)
        .collect();
    page::list(request, &found)
}
