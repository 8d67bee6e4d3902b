//! The lifecycle policy of an account: kept and told. Nothing moves or deletes blobs by it.

use http::StatusCode;
use serde_json::{Value, json};

use super::account_type::ACCOUNT;
use super::containers::account_in_path;
use super::ignored::without_effect;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, wire_hundred_nanoseconds};
use crate::rules::{StorageBody, code};
use crate::services::{Context, json_body};
use crate::state::{Resource, field};

/// An account has one policy, whatever letters the request spells `default` with.
fn id_of(context: &Context<'_>, permit: &Permit) -> Result<ResourceId, Refusal> {
    let (account, _) = account_in_path(context, permit)?;
    Ok(account.id.child(["managementPolicies", "default"]))
}

fn none(id: &ResourceId) -> Refusal {
    let account = id.parent();
    let fill = [("account", account.name())];
    Refusal::of(code::ManagementPolicyNotFound, &fill)
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let id = id_of(context, permit)?;
    match context.state.resource(&id) {
        Some(policy) => Ok(Response::json(StatusCode::OK, &policy.body)),
        None => Err(none(&id)),
    }
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let id = id_of(context, permit)?;
    let policy = field(field(&sent, "properties"), "policy");
    if !matches!(field(policy, "rules"), Value::Array(_)) {
        return Err(Refusal::of(
            code::InvalidRequestPropertyValue,
            &[("property", "policy"), ("what", "rules are missing")],
        ));
    }
    let body = json!({
        "id": id,
        "name": "DefaultManagementPolicy",
        "type": format!("{ACCOUNT}/managementPolicies"),
        "properties": {
            "policy": policy,
            "lastModifiedTime": wire_hundred_nanoseconds(context.now),
        },
    });
    let kept = context
        .rules
        .storage_accounts
        .kept(StorageBody::ManagementPolicy, &sent);
    let response = without_effect(Response::json(StatusCode::OK, &body), &kept);
    let resource = Resource::new(id.clone(), body, context.now);
    context.state.resources.insert(id, resource);
    Ok(response)
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let id = id_of(context, permit)?;
    Ok(Response::new(match context.state.remove(&id) {
        Some(_) => StatusCode::OK,
        None => StatusCode::NO_CONTENT,
    }))
}
