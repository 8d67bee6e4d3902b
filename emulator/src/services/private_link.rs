//! Private endpoint connections of a resource, which the endpoints themselves make.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Context, json_body, plain};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::state::{Resource, field};

const CONNECTIONS: &str = "/properties/privateEndpointConnections";

fn connections(resource: &Resource) -> Vec<Value> {
    resource.at(CONNECTIONS).as_array().cloned().unwrap_or_default()
}

fn is_called(connection: &Value, name: &str) -> bool {
    let called = field(connection, "name").as_str().unwrap_or_default();
    called.eq_ignore_ascii_case(name)
}

/// The connections of a resource that exists.
pub(super) fn list(resource: &Resource) -> Response {
    Response::json(StatusCode::OK, &json!({"value": connections(resource)}))
}

/// The connection in the path.
pub(super) fn get(context: &Context<'_>, permit: &Permit, resource: &Resource) -> Result<Response, Refusal> {
    let name = permit.scope.name();
    match connections(resource)
        .iter()
        .find(|connection| is_called(connection, name))
    {
        Some(connection) => Ok(Response::json(StatusCode::OK, connection)),
        None => Err(context.not_found(&permit.scope)),
    }
}

/// Approves or rejects a connection of this resource.
pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    id: &ResourceId,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let mut all = context.state.resource(id).map(connections).unwrap_or_default();
    let name = permit.scope.name();
    let Some(connection) = all.iter_mut().find(|connection| is_called(connection, name)) else {
        return Err(context.not_found(&permit.scope));
    };
    let state = field(field(&sent, "properties"), "privateLinkServiceConnectionState");
    let change = json!({"properties": {"privateLinkServiceConnectionState": state}});
    plain::merge(connection, &change);
    let answer = connection.clone();
    write(context, id, all);
    Ok(Response::json(StatusCode::OK, &answer))
}

/// Removes a connection of this resource.
pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, id: &ResourceId) -> Response {
    let mut all = context.state.resource(id).map(connections).unwrap_or_default();
    let before = all.len();
    all.retain(|connection| !is_called(connection, permit.scope.name()));
    let status = if all.len() < before {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    };
    write(context, id, all);
    Response::new(status)
}

fn write(context: &mut Context<'_>, id: &ResourceId, connections: Vec<Value>) {
    if let Some(resource) = context.state.resources.get_mut(id) {
        resource.set_property(&["privateEndpointConnections"], Value::Array(connections));
    }
}
