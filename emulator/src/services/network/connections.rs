//! The connections of private endpoints as their targets show them: looked at, approved, rejected,
//! cut. The network gate reads them where they stand.

use serde_json::{Value, json};

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::services::{Context, page, private_link};
use crate::state::Resource;

/// What the connections are of; ARM's 404 if it is not there.
fn target<'a>(context: &'a Context<'_>, id: &ResourceId) -> Result<&'a Resource, Refusal> {
    context.state.resource(id).ok_or_else(|| context.not_found(id))
}

pub(super) fn list(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    target(context, &permit.scope).map(private_link::list)
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let target = target(context, &permit.scope.parent())?;
    private_link::get(context, permit, target)
}

/// Approves or rejects: nothing else of a connection is its target's to change.
pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = target(context, &permit.scope.parent())?.id.clone();
    private_link::put(context, permit, request, &id)
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    Ok(private_link::delete(context, permit, &permit.scope.parent()))
}

/// The parts of a resource that a private endpoint can be connected to.
pub(super) fn list_link_resources(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let target = target(context, &permit.scope)?;
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
