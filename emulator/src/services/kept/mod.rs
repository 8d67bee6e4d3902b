//! Resources that are kept and have no effect: what they would route, filter, watch or tell is not played.
//! Each type is a row of `kept_resources.toml`, and none has code of its own.

mod activity_log;
mod checks;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use rand::Rng;
use serde_json::{Map, Value, json};

use super::provider_operation::{self, Addresses};
use super::{Context, Handler, json_body, page, parts, plain, sent_body};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{KeptResource, Rules, Within};
use crate::state::Resource;

/// How long a key is, in bytes.
const KEY_BYTES: usize = 64;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    let (kind, verb) = operation.rsplit_once('_')?;
    Some(match (kind, verb) {
        ("ActivityLogs", "List") => activity_log::list,
        (_, "CreateOrUpdate") => put,
        (_, "Update") => patch,
        (_, "Get") => get,
        (_, "Delete") => delete,
        (_, "List" | "ListAll") => list,
        (_, "Keys") => keys,
        _ => return None,
    })
}

/// The row of what an operation is about.
fn row<'a>(context: &Context<'a>, permit: &Permit) -> &'a KeptResource {
    let kind = &permit.operation(context.rules).resource_type;
    let is = |row: &&KeptResource| {
        let keys = |action: &str| kind.eq_ignore_ascii_case(&format!("{}/{action}", row.kind));
        kind.eq_ignore_ascii_case(&row.kind) || row.keys.iter().any(|operation| keys(&operation.action))
    };
    let found = context.rules.kept.iter().find(is);
    found.expect("every operation of this service is made of a row")
}

/// The resource as it is shown: what the request says, what is added, what stays from before.
fn body(
    context: &mut Context<'_>,
    row: &KeptResource,
    id: &ResourceId,
    sent: &Value,
    before: Option<&Value>,
) -> Result<Value, Refusal> {
    let mut body = plain::resource_body(id, &row.kind, sent)?;
    if !body["properties"].is_object() {
        body["properties"] = json!({});
    }
    for name in &row.stays {
        let known = before.map(|before| before["properties"][name].clone());
        if let (true, Some(known)) = (body["properties"][name].is_null(), known) {
            body["properties"][name] = known;
        }
    }
    sent_body::fill(&mut body["properties"], &row.adds);
    if let (None, Some(location)) = (body["location"].as_str(), &row.location) {
        body["location"] = json!(location);
    }
    if body["location"].is_null()
        && let Some(members) = body.as_object_mut()
    {
        members.remove("location");
    }
    for name in &row.made {
        let known = before.map(|before| before["properties"][name].clone());
        body["properties"][name] = match known {
            Some(known) if !known.is_null() => known,
            _ => json!(context.draw_uuid(name).to_string()),
        };
    }
    body["properties"]["provisioningState"] = json!("Succeeded");
    describe_parts(context, row, id, &mut body, before)?;
    Ok(body)
}

/// What stands inside of it and is a resource of its own is shown as one.
fn describe_parts(
    context: &mut Context<'_>,
    row: &KeptResource,
    id: &ResourceId,
    body: &mut Value,
    before: Option<&Value>,
) -> Result<(), Refusal> {
    let rules = context.rules;
    let inside = rules.kept.iter().filter(|other| {
        let holder = other.kind.rsplit_once('/').map(|(holder, _)| holder);
        other.inside && holder.is_some_and(|holder| holder.eq_ignore_ascii_case(&row.kind))
    });
    for part in inside {
        let collection = parts::collection(&part.kind);
        let known = before.and_then(|before| before["properties"][collection].as_array());
        let known: BTreeMap<&str, &Value> = known
            .into_iter()
            .flatten()
            .filter_map(|item| Some((item["name"].as_str()?, item)))
            .collect();
        let Some(all) = body["properties"][collection].as_array_mut() else {
            continue;
        };
        for item in all {
            let name = item["name"].as_str().unwrap_or_default().to_owned();
            let known = known.get(name.as_str()).copied();
            *item = self::body(context, part, &id.child([collection, &name]), item, known)?;
        }
    }
    Ok(())
}

fn before(context: &Context<'_>, row: &KeptResource, id: &ResourceId) -> Result<Option<Value>, Refusal> {
    if row.inside {
        return parts::find(context, id, &row.kind);
    }
    Ok(context
        .state
        .resource(id)
        .map(|resource| resource.body.to_value()))
}

/// The resource an operation is about. What is put on others is asked for below them, where access to it is
/// decided.
fn id_of(row: &KeptResource, permit: &Permit) -> ResourceId {
    match row.within {
        Within::Group => permit.scope.clone(),
        Within::Scope => {
            let kind = std::iter::once("providers").chain(row.kind.split('/'));
            permit.scope.child(kind.chain([permit.params.get("name")]))
        }
    }
}

/// Whether what it stands on, or in, is there.
fn require_place(context: &Context<'_>, row: &KeptResource, permit: &Permit) -> Result<(), Refusal> {
    let holder = &permit.scope;
    context.require_group(holder)?;
    if row.within == Within::Group || holder.resource_type().is_none() {
        return Ok(());
    }
    // Parts that stand inside another's body, or that their service keeps, are not looked for.
    let mut whole = std::iter::successors(Some(holder.clone()), |id| Some(id.parent()))
        .take_while(|id| id.resource_type().is_some());
    if whole.any(|id| context.state.resources.contains_key(&id)) {
        Ok(())
    } else {
        Err(context.not_found(holder))
    }
}

fn put(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let row = row(context, permit);
    let id = id_of(row, permit);
    require_place(context, row, permit)?;
    let before = before(context, row, &id)?;
    let body = body(context, row, &id, &*json_body(request)?, before.as_ref())?;
    write(context, request, row, &id, body, before.is_some())
}

fn patch(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let row = row(context, permit);
    let id = id_of(row, permit);
    let known = before(context, row, &id)?.ok_or_else(|| context.not_found(&id))?;
    let mut changed = known.clone();
    plain::change(&mut changed, json_body(request)?.into_owned());
    let body = body(context, row, &id, &changed, Some(&known))?;
    write(context, request, row, &id, body, true)
}

fn write(
    context: &mut Context<'_>,
    request: &Request,
    row: &KeptResource,
    id: &ResourceId,
    mut body: Value,
    known: bool,
) -> Result<Response, Refusal> {
    checks::check(context, row, id, &body)?;
    let etag = row.etag.then(|| new_etag(context));
    if let Some(etag) = &etag {
        set_etag(context.rules, &row.kind, &mut body, etag);
    }
    let status = if known {
        StatusCode::OK
    } else {
        StatusCode::from_u16(row.created).unwrap_or(StatusCode::CREATED)
    };
    if row.inside {
        parts::keep(context, id, &row.kind, body.clone())?;
        if let Some(etag) = &etag {
            renew_holder(context, row, id, etag);
        }
    } else {
        let resource = Resource::new(id.clone(), body.clone(), context.now);
        context.state.resources.insert(id.clone(), resource);
    }
    Ok(if row.asynchronous {
        provider_operation::put(context, request, id, status, &body)
    } else {
        Response::json(status, &body)
    })
}

fn new_etag(context: &mut Context<'_>) -> String {
    format!("W/\"{}\"", context.draw_uuid("etag"))
}

/// A resource and its parts have one etag.
fn set_etag(rules: &Rules, kind: &str, body: &mut Value, etag: &str) {
    body["etag"] = json!(etag);
    for row in rules.kept.iter().filter(|row| row.inside && row.etag) {
        let of_this = row
            .kind
            .rsplit_once('/')
            .is_some_and(|(holder, _)| holder == kind);
        let all = body["properties"].get_mut(parts::collection(&row.kind));
        let all = all.filter(|_| of_this).and_then(Value::as_array_mut);
        for part in all.into_iter().flatten() {
            part["etag"] = json!(etag);
        }
    }
}

/// A part that changes changes what it stands in.
fn renew_holder(context: &mut Context<'_>, row: &KeptResource, id: &ResourceId, etag: &str) {
    let kind = row.kind.rsplit_once('/').map_or("", |(holder, _)| holder);
    if let Some(holder) = context.state.resources.get_mut(&id.parent()) {
        set_etag(context.rules, kind, &mut holder.body, etag);
    }
}

fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let row = row(context, permit);
    let id = id_of(row, permit);
    match before(context, row, &id)? {
        Some(found) => Ok(Response::json(StatusCode::OK, &found)),
        None if row.inside => Err(parts::missing(&id)),
        None => Err(context.not_found(&id)),
    }
}

fn delete(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let row = row(context, permit);
    let id = id_of(row, permit);
    checks::require_unused(context, &row.kind, &id)?;
    let gone = if row.inside {
        let gone = parts::remove(context, &id, &row.kind);
        if gone && row.etag {
            let etag = new_etag(context);
            renew_holder(context, row, &id, &etag);
        }
        gone
    } else {
        context.state.remove(&id).is_some()
    };
    Ok(match row.deleted {
        _ if !gone => Response::new(StatusCode::NO_CONTENT),
        202 => provider_operation::accepted(context, request, &id, Addresses::InRegion),
        _ => Response::new(StatusCode::OK),
    })
}

fn list(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let row = row(context, permit);
    if row.inside {
        let found = parts::all(context, &permit.scope, &row.kind)?;
        return page::list(request, &found);
    }
    if row.within == Within::Group {
        return plain::list(context, permit, request, &row.kind);
    }
    // Not what is put on its parts.
    let depth = permit.scope.segments().count() + 4;
    let found: Vec<&Value> = context
        .state
        .resources_below(&permit.scope, &row.kind)
        .filter(|resource| resource.id.segments().count() == depth)
        .map(|resource| &*resource.body)
        .collect();
    page::list(request, &found)
}

/// Keys, the same each time: nobody takes them.
fn keys(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let (row, id) = (row(context, permit), &permit.scope);
    if !context.state.resources.contains_key(id) {
        return Err(context.not_found(id));
    }
    let kind = &permit.operation(context.rules).resource_type;
    let action = kind.rsplit('/').next().unwrap_or_default();
    let names = row
        .keys
        .iter()
        .filter(|operation| operation.action.eq_ignore_ascii_case(action));
    let mut found = Map::new();
    for name in names.flat_map(|operation| &operation.names) {
        let mut bytes = [0; KEY_BYTES];
        context
            .entropy
            .fork(id.key())
            .fork(name)
            .rng()
            .fill_bytes(&mut bytes);
        found.insert(name.clone(), json!(STANDARD.encode(bytes)));
    }
    Ok(Response::json(StatusCode::OK, &Value::Object(found)))
}
