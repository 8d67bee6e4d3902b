//! Where a request points to: account, container, blob.

use crate::gateway::{Permit, Refusal};
use crate::model::Request;
use crate::rules::{Code, Unplayed, cloud, code};
use crate::services::Context;
use crate::services::storage::domain::{Blob, Container, DroppedExtents, StorageState};
use crate::services::storage::names;

/// The account's name: its host's first label, which at the secondary endpoint has an ending.
pub(super) fn account(request: &Request) -> &str {
    cloud().account_named(&request.host)
}

/// Whether a request is addressed to the secondary endpoint.
pub(super) fn is_secondary(request: &Request) -> bool {
    request.host.split('.').next() != Some(account(request))
}

/// 404 for a container.
fn no_container() -> Refusal {
    Refusal::of_blob(code::ContainerNotFound, &[])
}

/// 404 for a blob.
pub(super) fn no_blob() -> Refusal {
    Refusal::of_blob(code::BlobNotFound, &[])
}

/// The container in the path. A name no container can have is another error than one that none has.
pub(super) fn container<'a>(
    context: &'a Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<&'a Container, Refusal> {
    let name = permit.params.get("container");
    context
        .own
        .storage
        .container(account(request), name)
        .ok_or_else(|| {
            if context.rules.names.container.admits(name) {
                no_container()
            } else {
                names::invalid_container(context.rules, name)
            }
        })
}

/// The container in the path, to change it.
pub(super) fn container_mut<'a>(
    storage: &'a mut StorageState,
    permit: &Permit,
    request: &Request,
) -> Result<&'a mut Container, Refusal> {
    let name = permit.params.get("container");
    storage
        .container_mut(account(request), name)
        .ok_or_else(no_container)
}

/// The name of the blob in the path.
pub(super) fn blob_name<'a>(context: &Context<'_>, permit: &'a Permit) -> Result<&'a str, Refusal> {
    let name = permit.params.get("blob");
    names::check_blob(&context.rules.names, name)?;
    Ok(name)
}

/// The snapshot a request names, if it names one.
pub(super) fn snapshot(request: &Request) -> Option<String> {
    if request.query.is_empty() {
        return None;
    }
    request.query_value("snapshot").filter(|time| !time.is_empty())
}

/// The blob or the snapshot in the path, to read it.
pub(super) fn blob<'a>(
    context: &'a Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<&'a Blob, Refusal> {
    let container = container(context, permit, request)?;
    let name = blob_name(context, permit)?;
    match snapshot(request) {
        Some(time) => container
            .snapshots
            .get(name)
            .and_then(|snapshots| snapshots.get(&time)),
        None => container.blobs.get(name),
    }
    .ok_or_else(no_blob)
}

/// The blob in the path, to change it: a snapshot is never changed.
pub(super) fn base_blob<'a>(
    context: &'a Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<&'a Blob, Refusal> {
    if snapshot(request).is_some() {
        return Err(invalid_query("snapshot"));
    }
    blob(context, permit, request)
}

/// The same blob, once it may be changed.
pub(super) fn blob_mut<'a>(
    storage: &'a mut StorageState,
    permit: &Permit,
    request: &Request,
) -> Result<&'a mut Blob, Refusal> {
    container_mut(storage, permit, request)?
        .blobs
        .get_mut(permit.params.get("blob"))
        .ok_or_else(no_blob)
}

/// Gives bytes back that one fewer holds, as far as nothing else holds them.
pub(super) fn give_back(context: &mut Context<'_>, dropped: DroppedExtents) {
    let free = context.own.storage.let_go(dropped);
    context.released.extend(free);
}

/// A refusal with a row of `errors_blob.toml`.
pub(super) fn refusal(code: Code) -> Refusal {
    Refusal::of_blob(code, &[])
}

/// Says plainly that the emulator does not do something, so that nobody takes it for Azure's word.
pub(super) fn not_implemented(request: &Request, row: Unplayed, fill: &[(&str, &str)]) -> Refusal {
    Refusal::blob_not_played(request, row, fill)
}

/// 400 for a header.
pub(super) fn invalid_header(name: &str) -> Refusal {
    Refusal::of_blob(code::InvalidHeaderValue, &[]).because(format!("the header {name}"))
}

/// 400 for a query parameter.
pub(super) fn invalid_query(name: &str) -> Refusal {
    Refusal::of_blob(code::InvalidQueryParameterValue, &[]).because(format!("the query parameter {name}"))
}

/// 400 for a header that is not there.
pub(super) fn missing_header(name: &str) -> Refusal {
    Refusal::of_blob(code::MissingRequiredHeader, &[]).because(format!("the header {name}"))
}
