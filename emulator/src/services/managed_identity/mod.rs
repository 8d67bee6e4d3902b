//! User-assigned identities, and whose tokens stand for them.

mod federated_credentials;

use http::StatusCode;
use serde_json::{Value, json};

use super::{Context, Handler, json_body, plain};
use crate::gateway::{Permit, Refusal};
use crate::model::{PrincipalId, Request, Response};
use crate::state::{IdentityKind, Resource, field};
use federated_credentials::IDENTITY;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "UserAssignedIdentities_CreateOrUpdate" => put,
        "UserAssignedIdentities_Update" => update,
        "UserAssignedIdentities_Get" | "FederatedIdentityCredentials_Get" => plain::get,
        "UserAssignedIdentities_Delete" => delete,
        "UserAssignedIdentities_ListByResourceGroup" | "UserAssignedIdentities_ListBySubscription" => {
            |context, permit, request| plain::list(context, permit, request, IDENTITY)
        }
        "FederatedIdentityCredentials_CreateOrUpdate" => federated_credentials::put,
        "FederatedIdentityCredentials_Delete" => plain::delete,
        "FederatedIdentityCredentials_List" => federated_credentials::list,
        _ => return None,
    })
}

fn put(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    context.require_group(&id)?;
    let mut body = plain::resource_body(&id, IDENTITY, &*json_body(request)?)?;
    let tenant = context.tenant_of(&id)?;
    let sent = body["properties"].take();
    let existing = context
        .state
        .resource(&id)
        .map(|resource| resource.at("/properties").clone());
    let status = if existing.is_some() {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    body["properties"] = existing.unwrap_or_else(|| {
        let principal = context.create_identity(id.name(), tenant, IdentityKind::UserAssigned(id.clone()));
        let app_id = context
            .state
            .directory
            .get(principal)
            .and_then(|principal| principal.app_id);
        json!({"tenantId": tenant, "principalId": principal, "clientId": app_id})
    });
    keep_isolation(&mut body, &sent);
    let now = context.now;
    context
        .state
        .resources
        .insert(id.clone(), Resource::new(id, body.clone(), now));
    Ok(Response::json(status, &body))
}

/// Keeps where an identity may be used. It has no effect.
fn keep_isolation(body: &mut Value, properties: &Value) {
    let scope = field(properties, "isolationScope");
    if scope.is_string() {
        body["properties"]["isolationScope"] = scope.clone();
    }
}

/// Changes the tags and where it may be used; there is nothing else to change.
fn update(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let Some(resource) = context.state.resources.get_mut(&permit.scope) else {
        return Err(context.not_found(&permit.scope));
    };
    if let Some(tags) = field(&sent, "tags").as_object() {
        resource.body["tags"] = json!(tags);
    }
    keep_isolation(&mut resource.body, field(&sent, "properties"));
    Ok(Response::json(StatusCode::OK, &resource.body))
}

fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let Some(resource) = context.state.remove(&permit.scope) else {
        return Ok(Response::new(StatusCode::NO_CONTENT));
    };
    federated_credentials::forget(context, &permit.scope);
    if let Some(id) = resource
        .at("/properties/principalId")
        .as_str()
        .and_then(|id| id.parse().ok())
    {
        context.state.directory.remove(PrincipalId(id));
    }
    Ok(Response::new(StatusCode::OK))
}
