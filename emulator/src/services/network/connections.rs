//! The connections of private endpoints as their targets show them: looked at, approved, rejected,
//! cut. The network gate reads them where they stand.

use serde_json::{Value, json};

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::code;
use crate::services::{Context, json_body, page, private_link};
use crate::state::{Resource, field};

const STORAGE_ACCOUNT: &str = "Microsoft.Storage/storageAccounts";

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
    if id.is_type(STORAGE_ACCOUNT) {
        check_undecided(context, permit, request)?;
    }
    private_link::put(context, permit, request, &id)
}

/// A storage account's connection that was rejected stays so, and none is decided twice the same way.
fn check_undecided(context: &Context<'_>, permit: &Permit, request: &Request) -> Result<(), Refusal> {
    const STATE: &str = "privateLinkServiceConnectionState";
    let sent = json_body(request)?;
    let wanted = field(field(field(&sent, "properties"), STATE), "status").as_str();
    let status = target(context, &permit.scope.parent())?
        .at("/properties/privateEndpointConnections")
        .as_array()
        .into_iter()
        .flatten()
        .find(|connection| {
            let name = field(connection, "name").as_str().unwrap_or_default();
            name.eq_ignore_ascii_case(permit.scope.name())
        })
        .and_then(|connection| field(field(field(connection, "properties"), STATE), "status").as_str());
    let is =
        |status: Option<&str>, word: &str| status.is_some_and(|status| status.eq_ignore_ascii_case(word));
    let same = status.is_some_and(|shown| is(wanted, shown)) && !is(status, "Pending");
    if same || is(status, "Rejected") {
        return Err(Refusal::of(code::ConnectionDecided, &[]));
    }
    Ok(())
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
    page::list(request, &found)
}
