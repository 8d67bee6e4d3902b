//! Private endpoint connections of a vault, and what an endpoint can be connected to.

use http::StatusCode;
use serde_json::json;

use super::super::VAULT;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::{Context, private_link};

pub(super) fn list(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    super::in_path::vault_in_path(context, &permit.scope).map(private_link::list)
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let vault = super::in_path::vault_in_path(context, &permit.scope)?;
    private_link::get(context, permit, vault)
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = super::in_path::vault_in_path(context, &permit.scope)?.id.clone();
    private_link::put(context, permit, request, &id)
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let id = super::in_path::vault_in_path(context, &permit.scope)?.id.clone();
    Ok(private_link::delete(context, permit, &id))
}

/// What a private endpoint can be connected to.
pub(super) fn link_resources(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let vault = super::in_path::vault_in_path(context, &permit.scope)?;
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
