//! A flexible server as the service answers it: every member in its order, and its region by the name
//! people call it.

use http::StatusCode;
use serde_json::{Value, json};

use super::resource_types::SERVER;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::{Context, page, plain};
use crate::state::Resource;

/// The order in which Azure writes a server and its properties.
const ORDER: [&str; 9] = [
    "sku",
    "identity",
    "systemData",
    "properties",
    "location",
    "tags",
    "id",
    "name",
    "type",
];
const PROPERTIES_ORDER: [&str; 18] = [
    "dataEncryption",
    "replica",
    "storage",
    "network",
    "privateEndpointConnections",
    "authConfig",
    "fullyQualifiedDomainName",
    "version",
    "minorVersion",
    "administratorLogin",
    "state",
    "availabilityZone",
    "backup",
    "highAvailability",
    "maintenanceWindow",
    "replicationRole",
    "replicaCapacity",
    "cluster",
];

/// The server as it is answered.
pub(super) fn shown(context: &Context<'_>, server: &Resource) -> Value {
    let mut body = server.body.to_value();
    if let Some(name) = context.rules.region_display_name(server.location()) {
        body["location"] = json!(name);
    }
    let properties = body["properties"].take();
    body["properties"] = in_order(properties, &PROPERTIES_ORDER);
    in_order(body, &ORDER)
}

/// The object with the members named first, in that order.
pub(super) fn in_order(mut object: Value, order: &[&str]) -> Value {
    let mut ordered = json!({});
    for name in order {
        if let Some(value) = object
            .as_object_mut()
            .and_then(|members| members.shift_remove(*name))
        {
            ordered[name] = value;
        }
    }
    plain::merge(&mut ordered, &object);
    ordered
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    match context.state.resource(&permit.scope) {
        Some(server) => Ok(Response::json(StatusCode::OK, &shown(context, server))),
        None => Err(context.not_found(&permit.scope)),
    }
}

pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    context.require_group(&permit.scope)?;
    let found: Vec<Value> = context
        .state
        .resources_below(&permit.scope, SERVER)
        .filter(|server| context.shows(permit, &server.id, SERVER))
        .map(|server| shown(context, server))
        .collect();
    page::list(request, &found)
}
