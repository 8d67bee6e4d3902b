//! Containers as resources: the same ones as the data plane's.

use http::StatusCode;
use serde_json::{Value, json};

use super::account_limits;
use super::account_type::ACCOUNT;
use crate::gateway::{Permit, Refusal, Shape};
use crate::model::{PublicAccess, Request, ResourceId, Response, wire_hundred_nanoseconds};
use crate::rules::{StorageBody, code};
use crate::services::storage::domain::{Container, LeaseLevel, Metadata};
use crate::services::storage::names;
use crate::services::{Context, json_body};
use crate::state::{ContainerAccess, Resource, field};

/// The account in the path, which must exist, and its name among blob hosts.
pub(super) fn account_in_path<'a>(
    context: &'a Context<'_>,
    permit: &Permit,
) -> Result<(&'a Resource, String), Refusal> {
    let segments: Vec<&str> = permit.scope.segments().collect();
    let depth = segments.len().min(8);
    let id = ResourceId::from_segments(segments[..depth].iter().copied());
    match context.state.resource(&id) {
        Some(account) if account.is_type(ACCOUNT) => Ok((account, id.name().to_ascii_lowercase())),
        _ => Err(context.not_found(&id)),
    }
}

/// A container's JSON.
fn describe(context: &Context<'_>, account: &ResourceId, name: &str, container: &Container) -> Value {
    let host = account.name().to_ascii_lowercase();
    let public = context.state.blob_access.public(&host, name);
    let state = container.lease.state(context.now);
    let capitalized = |word: &str| {
        let (first, rest) = word.split_at(1);
        format!("{}{rest}", first.to_ascii_uppercase())
    };
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
            "publicAccess": public.map_or("None", PublicAccess::as_str),
            "leaseStatus": capitalized(state.status()),
            "leaseState": capitalized(state.as_str()),
            "lastModifiedTime": wire_hundred_nanoseconds(container.version.modified),
            "hasImmutabilityPolicy": false,
            "hasLegalHold": false,
        },
    });
    if let Some(duration) = container.lease.duration(context.now) {
        body["properties"]["leaseDuration"] = json!(capitalized(duration));
    }
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

/// The public access a request asks for, which the account must allow. `None`: it says nothing.
fn public_sent(properties: &Value, account: &Resource) -> Result<Option<Option<PublicAccess>>, Refusal> {
    let word = match field(properties, "publicAccess").as_str() {
        None => return Ok(None),
        Some(word) if word.eq_ignore_ascii_case("none") => return Ok(Some(None)),
        Some(word) => word,
    };
    let access = PublicAccess::parse(word).ok_or_else(|| {
        Refusal::of(
            code::InvalidValuesForRequestParameters,
            &[("name", "publicAccess")],
        )
    })?;
    if account.at("/properties/allowBlobPublicAccess").as_bool() == Some(true) {
        Ok(Some(Some(access)))
    } else {
        Err(Refusal::of(code::PublicAccessNotPermitted, &[]))
    }
}

/// Puts a container, or changes one. `must_exist`: it changes one or there is nothing to change.
fn write(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    must_exist: bool,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    account_limits::check_body(context.rules, StorageBody::Container, &sent)?;
    let (account, host) = account_in_path(context, permit)?;
    let name = permit.params.get("container");
    if !context.rules.names.container.admits(name) {
        return Err(Refusal {
            shape: Shape::Arm,
            ..names::invalid_container(context.rules, name)
        });
    }
    let properties = field(&sent, "properties");
    let public = public_sent(properties, account)?;
    let id = account.id.clone();
    let metadata = metadata_sent(properties);
    if let Some(metadata) = &metadata {
        names::check_metadata(context.rules, metadata).map_err(|refusal| Refusal {
            shape: Shape::Arm,
            ..refusal
        })?;
    }
    if must_exist && context.own.storage.container(&host, name).is_none() {
        return Err(missing());
    }
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
            let container = Container::new(version, metadata.unwrap_or_default());
            storage.insert(&host, name, container);
            StatusCode::CREATED
        }
    };
    if let Some(public) = public {
        let before = context.state.blob_access.container(&host, name).cloned();
        let access = ContainerAccess {
            public,
            ..before.unwrap_or_default()
        };
        context.state.blob_access.set(&host, name, access);
    }
    let container = context.own.storage.container(&host, name).ok_or_else(missing)?;
    Ok(Response::json(status, &describe(context, &id, name, container)))
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    write(context, permit, request, false)
}

pub(super) fn patch(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    write(context, permit, request, true)
}

pub(super) fn missing() -> Refusal {
    Refusal::of(code::ContainerNotFound, &[])
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let (account, host) = account_in_path(context, permit)?;
    let name = permit.params.get("container");
    let container = context.own.storage.container(&host, name).ok_or_else(missing)?;
    Ok(Response::json(
        StatusCode::OK,
        &describe(context, &account.id, name, container),
    ))
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let (_, host) = account_in_path(context, permit)?;
    let name = permit.params.get("container");
    if let Some(container) = context.own.storage.container(&host, name)
        && let Err(code) = container
            .lease
            .check_write(context.now, None, LeaseLevel::Container)
    {
        return Err(Refusal::of(code, &[]));
    }
    match context.own.storage.remove(&host, name) {
        Some(dropped) => {
            context.state.blob_access.forget_container(&host, name);
            let free = context.own.storage.let_go(dropped);
            context.released.extend(free);
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
        .map(|(name, container)| describe(context, &account.id, name, container))
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": found})))
}
