//! Containers, one at a time.

use http::StatusCode;

use super::conditions::Conditions;
use super::{headers, place, preconditions};
use crate::gateway::{Permit, Refusal};
use crate::model::{PublicAccess, Request, Response};
use crate::rules::code;
use crate::services::Context;
use crate::services::storage::domain::{Container, Lease, LeaseLevel};
use crate::services::storage::names;
use crate::state::{ContainerAccess, Resource};

pub(super) fn create(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let (account, name) = (place::account(request), permit.params.get("container"));
    if !context.rules.names.container.admits(name) {
        return Err(names::invalid_container(context.rules, name));
    }
    let metadata = headers::metadata(context, request)?;
    let public = public_access(context, request)?;
    if context.own.storage.container(account, name).is_some() {
        return Err(Refusal::of_blob(code::ContainerAlreadyExists, &[]));
    }
    let version = context.own.storage.next_version(context.now);
    let response = headers::with_version(Response::new(StatusCode::CREATED), &version);
    context
        .own
        .storage
        .insert(account, name, Container::new(version, metadata));
    let policies = Vec::new();
    let access = ContainerAccess { public, policies };
    context.state.blob_access.set(account, name, access);
    Ok(response)
}

/// The public access a request asks for, which the account must allow.
pub(super) fn public_access(
    context: &Context<'_>,
    request: &Request,
) -> Result<Option<PublicAccess>, Refusal> {
    let Some(word) = request.header("x-ms-blob-public-access") else {
        return Ok(None);
    };
    let access = PublicAccess::parse(word).ok_or_else(|| place::invalid_header("x-ms-blob-public-access"))?;
    let allowed = context
        .state
        .storage_accounts
        .get(place::account(request))
        .and_then(|id| context.state.resource(id))
        .is_some_and(|account: &Resource| account.at("/properties/allowBlobPublicAccess") == true);
    if allowed {
        Ok(Some(access))
    } else {
        Err(place::refusal(code::PublicAccessNotPermitted))
    }
}

/// Writes how a lease stands on an answer.
pub(super) fn with_lease(context: &Context<'_>, response: Response, lease: &Lease) -> Response {
    let state = lease.state(context.now);
    let response = response
        .with_header("x-ms-lease-status", state.status())
        .with_header("x-ms-lease-state", state.as_str());
    match lease.duration(context.now) {
        Some(duration) => response.with_header("x-ms-lease-duration", duration),
        None => response,
    }
}

/// Get Container Properties, and Get Container Metadata, which says less.
pub(super) fn properties(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let container = place::container(context, permit, request)?;
    preconditions::for_container(context, request, container)?;
    let mut response = headers::with_version(Response::new(StatusCode::OK), &container.version);
    response = with_lease(context, response, &container.lease)
        .with_header("x-ms-has-immutability-policy", "false")
        .with_header("x-ms-has-legal-hold", "false")
        .with_header("x-ms-immutable-storage-with-versioning-enabled", "false")
        .with_header("x-ms-default-encryption-scope", "$account-encryption-key")
        .with_header("x-ms-deny-encryption-scope-override", "false");
    let (account, name) = (place::account(request), permit.params.get("container"));
    if let Some(access) = context.state.blob_access.public(account, name) {
        response = response.with_header("x-ms-blob-public-access", &access.as_str().to_ascii_lowercase());
    }
    Ok(headers::with_metadata(response, &container.metadata))
}

pub(super) fn metadata(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let container = place::container(context, permit, request)?;
    preconditions::for_container(context, request, container)?;
    let response = headers::with_version(Response::new(StatusCode::OK), &container.version);
    Ok(headers::with_metadata(response, &container.metadata))
}

pub(super) fn set_metadata(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let metadata = headers::metadata(context, request)?;
    let container = place::container(context, permit, request)?;
    preconditions::for_container(context, request, container)?;
    Conditions::of(request)?.check_write(Some(&container.version))?;
    let storage = &mut context.own.storage;
    let version = storage.next_version(context.now);
    let response = headers::with_version(Response::new(StatusCode::OK), &version);
    let container = place::container_mut(storage, permit, request)?;
    container.metadata = metadata;
    container.version = version;
    Ok(response)
}

pub(super) fn delete(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let container = place::container(context, permit, request)?;
    Conditions::of(request)?.check_write(Some(&container.version))?;
    container
        .lease
        .check_write(
            context.now,
            preconditions::lease_id(request)?,
            LeaseLevel::Container,
        )
        .map_err(place::refusal)?;
    let (account, name) = (place::account(request), permit.params.get("container"));
    let dropped = context.own.storage.remove(account, name).unwrap_or_default();
    context.state.blob_access.forget_container(account, name);
    place::give_back(context, dropped);
    Ok(Response::new(StatusCode::ACCEPTED))
}
