//! Private endpoint connections of a vault, which the endpoints themselves make.

use http::StatusCode;
use serde_json::{Value, json};

use super::VAULT;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::{Context, json_body, plain};
use crate::state::{Resource, field};

const CONNECTIONS: &str = "/properties/privateEndpointConnections";

fn connections(vault: &Resource) -> Vec<Value> {
    vault.at(CONNECTIONS).as_array().cloned().unwrap_or_default()
}

fn is_called(connection: &Value, name: &str) -> bool {
    let own = field(connection, "name").as_str().unwrap_or_default();
    own.eq_ignore_ascii_case(name)
}

pub(super) fn list(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let vault = super::vault_in_path(context, &permit.scope)?;
    Ok(Response::json(
        StatusCode::OK,
        &json!({"value": connections(vault)}),
    ))
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let vault = super::vault_in_path(context, &permit.scope)?;
    let name = permit.scope.name();
    match connections(vault).iter().find(|own| is_called(own, name)) {
        Some(connection) => Ok(Response::json(StatusCode::OK, connection)),
        None => Err(context.not_found(&permit.scope)),
    }
}

/// Approves or rejects a connection.
pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let vault = super::vault_in_path(context, &permit.scope)?;
    let id = vault.id.clone();
    let mut all = connections(vault);
    let name = permit.scope.name();
    let Some(connection) = all.iter_mut().find(|own| is_called(own, name)) else {
        return Err(context.not_found(&permit.scope));
    };
    let state = field(field(&sent, "properties"), "privateLinkServiceConnectionState");
    let change = json!({"properties": {"privateLinkServiceConnectionState": state}});
    plain::merge(connection, &change);
    let answer = connection.clone();
    write(context, &id, all);
    Ok(Response::json(StatusCode::OK, &answer))
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let vault = super::vault_in_path(context, &permit.scope)?;
    let id = vault.id.clone();
    let mut all = connections(vault);
    let before = all.len();
    all.retain(|own| !is_called(own, permit.scope.name()));
    let status = if all.len() < before {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    };
    write(context, &id, all);
    Ok(Response::new(status))
}

fn write(context: &mut Context<'_>, vault: &crate::model::ResourceId, connections: Vec<Value>) {
    if let Some(vault) = context.state.resources.get_mut(vault) {
        vault.set_property(&["privateEndpointConnections"], Value::Array(connections));
    }
}

/// What a private endpoint can be connected to.
pub(super) fn link_resources(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let vault = super::vault_in_path(context, &permit.scope)?;
    let link = &context.rules.key_vault.private_link;
    let only = json!({
        "id": vault.id.child(["privateLinkResources", &link.group]),
        "name": link.group,
        "type": format!("{VAULT}/privateLinkResources"),
        "properties": {
            "groupId": link.group,
            "requiredMembers": ["default"],
            "requiredZoneNames": [link.zone],
        },
    });
    Ok(Response::json(StatusCode::OK, &json!({"value": [only]})))
}
