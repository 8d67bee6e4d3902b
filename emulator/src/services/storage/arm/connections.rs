//! Private endpoint connections of an account, and what an endpoint can be connected to.

use http::StatusCode;
use serde_json::{Value, json};

use super::ACCOUNT;
use super::containers::account_in_path;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::{Context, private_link};

pub(super) fn list(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    account_in_path(context, permit).map(|(account, _)| private_link::list(account))
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let (account, _) = account_in_path(context, permit)?;
    private_link::get(context, permit, account)
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = account_in_path(context, permit)?.0.id.clone();
    private_link::put(context, permit, request, &id)
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let id = account_in_path(context, permit)?.0.id.clone();
    Ok(private_link::delete(context, permit, &id))
}

/// What a private endpoint can be connected to: each service, at the zone of its host names.
pub(super) fn link_resources(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let (account, _) = account_in_path(context, permit)?;
    let all: Vec<Value> = ["blob", "table", "queue", "file", "web", "dfs"]
        .into_iter()
        .map(|group| {
            json!({
                "id": account.id.child(["privateLinkResources", group]),
                "name": group,
                "type": format!("{ACCOUNT}/privateLinkResources"),
                "properties": {
                    "groupId": group,
                    "requiredMembers": [group],
                    "requiredZoneNames": [format!("privatelink.{group}.core.windows.net")],
                },
            })
        })
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": all})))
}
