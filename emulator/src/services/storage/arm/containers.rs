//! Containers as resources: the same ones as the data plane's.

use http::StatusCode;
use serde_json::{Value, json};

use super::ACCOUNT;
use crate::gateway::{Permit, Refusal, Shape};
use crate::model::{Request, ResourceId, Response, wire_hundred_nanoseconds};
use crate::services::storage::domain::{Container, Metadata};
use crate::services::storage::names;
use crate::services::{Context, json_body};
use crate::state::{Resource, field};

/// The account in the path, which must exist, and its name among blob hosts.
fn account_in_path<'a>(context: &'a Context<'_>, permit: &Permit) -> Result<(&'a Resource, String), Refusal> {
    let segments: Vec<&str> = permit.scope.segments().collect();
    let own = segments.len().min(8);
    let id = ResourceId::from_segments(segments[..own].iter().copied());
    match context.state.resource(&id) {
        Some(account) if account.is_type(ACCOUNT) => Ok((account, id.name().to_ascii_lowercase())),
        _ => Err(context.not_found(&id)),
    }
}

pub(super) fn service(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let (account, _) = account_in_path(context, permit)?;
    let body = json!({
        "sku": account.at("/sku"),
        "id": account.id.child(["blobServices", "default"]),
        "name": "default",
        "type": format!("{ACCOUNT}/blobServices"),
        "properties": {
            "cors": {"corsRules": []},
            "deleteRetentionPolicy": {"allowPermanentDelete": false, "enabled": false},
        },
    });
    Ok(Response::json(StatusCode::OK, &body))
}

fn describe(account: &ResourceId, name: &str, container: &Container) -> Value {
    let mut body = json!({
        "id": account.child(["blobServices", "default", "containers", name]),
        "name": name,
        "type": format!("{ACCOUNT}/blobServices/containers"),
        "etag": format!("\"{}\"", container.version.etag),
        "properties": {
            "deleted": false,
            "remainingRetentionDays": 0,
            "defaultEncryptionScope": "$account-encryption-key",
            "denyEncryptionScopeOverride": false,
            "publicAccess": container.public_access.as_deref().unwrap_or("None"),
            "leaseStatus": "Unlocked",
            "leaseState": "Available",
            "lastModifiedTime": wire_hundred_nanoseconds(container.version.modified),
            "hasImmutabilityPolicy": false,
            "hasLegalHold": false,
        },
    });
    if !container.metadata.is_empty() {
        body["properties"]["metadata"] = json!(container.metadata);
    }
    body
}

fn metadata_sent(properties: &Value) -> Option<Metadata> {
    let sent = field(properties, "metadata").as_object()?;
    let pairs = sent.iter().map(|(name, value)| {
        (
            name.to_ascii_lowercase(),
            value.as_str().unwrap_or_default().to_owned(),
        )
    });
    Some(pairs.collect())
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let (account, host) = account_in_path(context, permit)?;
    let name = permit.params.get("container");
    if !context.rules.names.container.admits(name) {
        return Err(Refusal {
            shape: Shape::Arm,
            ..names::invalid_container()
        });
    }
    let properties = field(&sent, "properties");
    let public_access = match field(properties, "publicAccess").as_str() {
        None | Some("None") => None,
        Some(_) if account.at("/properties/allowBlobPublicAccess").as_bool() != Some(true) => {
            return Err(Refusal::arm(
                StatusCode::CONFLICT,
                "PublicAccessNotPermitted",
                "Public access is not permitted on this storage account.",
            ));
        }
        Some(access) => Some(access.to_owned()),
    };
    let id = account.id.clone();
    let metadata = metadata_sent(properties);
    let storage = &mut context.own.storage;
    let version = storage.next_version(context.now);
    let status = match storage.container_mut(&host, name) {
        Some(container) => {
            if let Some(metadata) = metadata {
                container.metadata = metadata;
                container.version = version;
            }
            StatusCode::OK
        }
        None => {
            let container = Container::new(version, metadata.unwrap_or_default(), public_access);
            storage.insert(&host, name, container);
            StatusCode::CREATED
        }
    };
    match storage.container(&host, name) {
        Some(container) => Ok(Response::json(status, &describe(&id, name, container))),
        None => Err(missing()),
    }
}

fn missing() -> Refusal {
    Refusal::arm(
        StatusCode::NOT_FOUND,
        "ContainerNotFound",
        "The specified container does not exist.",
    )
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let (account, host) = account_in_path(context, permit)?;
    let name = permit.params.get("container");
    let container = context.own.storage.container(&host, name).ok_or_else(missing)?;
    Ok(Response::json(
        StatusCode::OK,
        &describe(&account.id, name, container),
    ))
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let (_, host) = account_in_path(context, permit)?;
    let name = permit.params.get("container");
    match context.own.storage.remove(&host, name) {
        Some(bytes) => {
            context.released.extend(bytes);
            Ok(Response::new(StatusCode::OK))
        }
        None => Ok(Response::new(StatusCode::NO_CONTENT)),
    }
}

/// The list. `$filter` is a prefix here, whatever OData says.
pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let (account, host) = account_in_path(context, permit)?;
    let prefix = request.query_value("$filter").unwrap_or_default();
    let containers = context.own.storage.containers(&host);
    let found: Vec<Value> = containers
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.starts_with(&prefix))
        .map(|(name, container)| describe(&account.id, name, container))
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": found})))
}
