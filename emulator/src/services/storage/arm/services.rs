//! What an account's four services say about themselves. The blob service's settings are kept and
//! told; those of the others are what a new account has.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::account_limits;
use super::account_type::ACCOUNT;
use super::containers::{account_in_path, missing};
use super::ignored::without_effect;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{Mark, StorageBody};
use crate::services::{Context, json_body, plain};
use crate::state::{Resource, field};

/// Where the settings of the blob service are kept: below the account, as a resource of their own.
fn blob_id(account: &Resource) -> ResourceId {
    account.id.child(["blobServices", "default"])
}

fn blob_body(context: &Context<'_>, account: &Resource) -> Value {
    let id = blob_id(account);
    let mut properties = json!({
        "cors": {"corsRules": []},
        "deleteRetentionPolicy": {"allowPermanentDelete": false, "enabled": false},
    });
    if let Some(kept) = context.state.resource(&id) {
        plain::merge(&mut properties, kept.at("/properties"));
    }
    json!({
        "sku": account.at("/sku"),
        "id": id,
        "name": "default",
        "type": format!("{ACCOUNT}/blobServices"),
        "properties": properties,
    })
}

pub(super) fn blob(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let (account, _) = account_in_path(context, permit)?;
    Ok(Response::json(StatusCode::OK, &blob_body(context, account)))
}

pub(super) fn list(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let (account, _) = account_in_path(context, permit)?;
    let body = json!({"value": [blob_body(context, account)]});
    Ok(Response::json(StatusCode::OK, &body))
}

/// Keeps what the request says, and says of what it is that nothing comes of it. What would be a promise is
/// refused by name.
pub(super) fn set_blob(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    account_limits::check_body(context.rules, StorageBody::BlobService, &sent)?;
    let (account, _) = account_in_path(context, permit)?;
    let (id, account) = (blob_id(account), account.id.clone());
    let properties = match field(&sent, "properties") {
        Value::Object(properties) => properties.clone(),
        _ => Map::new(),
    };
    let mut body = plain::resource_body(&id, &format!("{ACCOUNT}/blobServices"), &json!({}))?;
    body["properties"] = Value::Object(properties);
    let resource = Resource::new(id.clone(), body, context.now);
    context.state.resources.insert(id, resource);
    match context.state.resource(&account) {
        Some(account) => {
            let answer = Response::json(StatusCode::OK, &blob_body(context, account));
            let kept = context
                .rules
                .storage_accounts
                .kept(StorageBody::BlobService, &sent);
            Ok(without_effect(answer, &kept))
        }
        None => Err(context.not_found(&account)),
    }
}

/// A service nobody changes here.
fn plain_service(
    context: &Context<'_>,
    permit: &Permit,
    kind: &str,
    properties: &Value,
) -> Result<Response, Refusal> {
    let (account, _) = account_in_path(context, permit)?;
    let mut body = json!({
        "id": account.id.child([kind, "default"]),
        "name": "default",
        "type": format!("{ACCOUNT}/{kind}"),
        "properties": properties,
    });
    if kind == "fileServices" {
        body["sku"] = account.at("/sku").clone();
    }
    Ok(Response::json(StatusCode::OK, &body))
}

pub(super) fn file(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let properties = json!({
        "protocolSettings": {"smb": {}},
        "cors": {"corsRules": []},
        "shareDeleteRetentionPolicy": {"enabled": true, "days": 7},
    });
    plain_service(context, permit, "fileServices", &properties)
}

pub(super) fn queue(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let properties = json!({"cors": {"corsRules": []}});
    plain_service(context, permit, "queueServices", &properties)
}

pub(super) fn table(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let properties = json!({"cors": {"corsRules": []}});
    plain_service(context, permit, "tableServices", &properties)
}

/// The immutability policy of a container, of which there is none.
pub(super) fn immutability_policy(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let (account, host) = account_in_path(context, permit)?;
    let name = permit.params.get("container");
    context.own.storage.container(&host, name).ok_or_else(missing)?;
    let policy = [
        "blobServices",
        "default",
        "containers",
        name,
        "immutabilityPolicies",
        "default",
    ];
    // That there is none is certain, the code of the answer is not.
    Err(Refusal {
        mark: Mark::Unverified,
        ..context.not_found(&account.id.child(policy))
    })
}
