//! Containers, one at a time.

use http::StatusCode;

use super::conditions::Conditions;
use super::{headers, place};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::Context;
use crate::services::storage::domain::Container;
use crate::services::storage::names;
use crate::state::Resource;

pub(super) fn create(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let (account, name) = (place::account(request), permit.params.get("container"));
    if !context.rules.names.container.admits(name) {
        return Err(names::invalid_container());
    }
    let metadata = headers::metadata(request)?;
    let public_access = public_access(context, request)?;
    if context.own.storage.container(account, name).is_some() {
        return Err(Refusal::blob(
            StatusCode::CONFLICT,
            "ContainerAlreadyExists",
            "The specified container already exists.",
        ));
    }
    let version = context.own.storage.next_version(context.now);
    let response = headers::with_version(Response::new(StatusCode::CREATED), &version);
    let container = Container::new(version, metadata, public_access);
    context.own.storage.insert(account, name, container);
    Ok(response)
}

fn public_access(context: &Context<'_>, request: &Request) -> Result<Option<String>, Refusal> {
    let access = match request.header("x-ms-blob-public-access") {
        None => return Ok(None),
        Some("blob") => "Blob",
        Some("container") => "Container",
        Some(_) => return Err(place::invalid_header("x-ms-blob-public-access")),
    };
    let allowed = context
        .state
        .storage_accounts
        .get(place::account(request))
        .and_then(|id| context.state.resource(id))
        .is_some_and(|account: &Resource| account.at("/properties/allowBlobPublicAccess") == true);
    if allowed {
        Ok(Some(access.to_owned()))
    } else {
        Err(Refusal::blob(
            StatusCode::CONFLICT,
            "PublicAccessNotPermitted",
            "Public access is not permitted on this storage account.",
        ))
    }
}

pub(super) fn properties(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let container = place::container(context, permit, request)?;
    headers::check_supported(permit, request)?;
    let mut response = headers::with_version(Response::new(StatusCode::OK), &container.version)
        .with_header("x-ms-lease-status", "unlocked")
        .with_header("x-ms-lease-state", "available")
        .with_header("x-ms-has-immutability-policy", "false")
        .with_header("x-ms-has-legal-hold", "false")
        .with_header("x-ms-immutable-storage-with-versioning-enabled", "false")
        .with_header("x-ms-default-encryption-scope", "$account-encryption-key")
        .with_header("x-ms-deny-encryption-scope-override", "false");
    if let Some(access) = &container.public_access {
        response = response.with_header("x-ms-blob-public-access", &access.to_ascii_lowercase());
    }
    Ok(headers::with_metadata(response, &container.metadata))
}

pub(super) fn delete(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let container = place::container(context, permit, request)?;
    headers::check_supported(permit, request)?;
    Conditions::of(request)?.check_write(Some(&container.version))?;
    let (account, name) = (place::account(request), permit.params.get("container"));
    let bytes = context.own.storage.remove(account, name).unwrap_or_default();
    context.released.extend(bytes);
    Ok(Response::new(StatusCode::ACCEPTED))
}
