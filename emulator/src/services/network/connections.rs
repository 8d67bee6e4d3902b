//! The connections of private endpoints as their targets show them: looked at, approved, rejected,
//! cut. The network gate reads them where they stand.

use http::StatusCode;
use serde_json::{Value, json};

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::services::{Context, json_body, page};
use crate::state::field;

/// The connections of a target; ARM's 404 if it is not there.
fn all(context: &Context<'_>, target: &ResourceId) -> Result<Vec<Value>, Refusal> {
    let target = context
        .state
        .resource(target)
        .ok_or_else(|| context.not_found(target))?;
    let connections = target.at("/properties/privateEndpointConnections").as_array();
    Ok(connections.cloned().unwrap_or_default())
}

fn is_named(connection: &Value, name: &str) -> bool {
    connection["name"]
        .as_str()
        .is_some_and(|own| own.eq_ignore_ascii_case(name))
}

fn find(context: &Context<'_>, id: &ResourceId) -> Result<(Vec<Value>, usize), Refusal> {
    let connections = all(context, &id.parent())?;
    let at = connections
        .iter()
        .position(|connection| is_named(connection, id.name()))
        .ok_or_else(|| context.not_found(id))?;
    Ok((connections, at))
}

fn keep(context: &mut Context<'_>, target: &ResourceId, connections: Vec<Value>) {
    if let Some(target) = context.state.resources.get_mut(target) {
        target.set_property(&["privateEndpointConnections"], Value::Array(connections));
    }
}

pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let found = all(context, &permit.scope)?;
    page::list(context.rules, request, &found)
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let (connections, at) = find(context, &permit.scope)?;
    Ok(Response::json(StatusCode::OK, &connections[at]))
}

/// Approves or rejects: nothing else of a connection is its target's to change.
pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let (mut connections, at) = find(context, &permit.scope)?;
    let sent = json_body(request)?;
    let wanted = field(field(&sent, "properties"), "privateLinkServiceConnectionState");
    let own = &mut connections[at]["properties"]["privateLinkServiceConnectionState"];
    for name in ["status", "description"] {
        if let Some(text) = field(wanted, name).as_str() {
            own[name] = json!(text);
        }
    }
    let answer = connections[at].clone();
    keep(context, &permit.scope.parent(), connections);
    Ok(Response::json(StatusCode::OK, &answer))
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let Ok((mut connections, at)) = find(context, &permit.scope) else {
        return Ok(Response::new(StatusCode::NO_CONTENT));
    };
    connections.remove(at);
    keep(context, &permit.scope.parent(), connections);
    Ok(Response::new(StatusCode::OK))
}

/// The parts of a resource that a private endpoint can be connected to.
pub(super) fn list_link_resources(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let target = context
        .state
        .resource(&permit.scope)
        .ok_or_else(|| context.not_found(&permit.scope))?;
    let found: Vec<Value> = context
        .rules
        .network_resources
        .private_links
        .iter()
        .filter(|link| target.is_type(&link.kind))
        .map(|link| {
            json!({
                "id": target.id.child(["privateLinkResources", &link.group]),
                "name": link.group,
                "type": format!("{}/privateLinkResources", link.kind),
                "properties": {"groupId": link.group, "requiredMembers": [link.group], "requiredZoneNames": [link.zone]},
            })
        })
        .collect();
    page::list(context.rules, request, &found)
}
