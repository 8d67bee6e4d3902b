//! Where a request points to: account, container, blob.

use http::StatusCode;

use crate::gateway::{Permit, Refusal};
use crate::model::Request;
use crate::rules::Mark;
use crate::services::Context;
use crate::services::storage::domain::{Blob, Container, StorageState};
use crate::services::storage::names;

/// The account's name: its host's first label.
pub(super) fn account(request: &Request) -> &str {
    request.host.split('.').next().unwrap_or_default()
}

/// 404 for a container.
fn no_container() -> Refusal {
    Refusal::blob(
        StatusCode::NOT_FOUND,
        "ContainerNotFound",
        "The specified container does not exist.",
    )
}

/// 404 for a blob.
pub(super) fn no_blob() -> Refusal {
    Refusal::blob(
        StatusCode::NOT_FOUND,
        "BlobNotFound",
        "The specified blob does not exist.",
    )
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
                names::invalid_container()
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

/// The blob in the path. There are no snapshots and no earlier versions to point at.
pub(super) fn blob<'a>(
    context: &'a Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<&'a Blob, Refusal> {
    let container = container(context, permit, request)?;
    let name = permit.params.get("blob");
    names::check_blob(&context.rules.names, name)?;
    let other = ["snapshot", "versionid"]
        .iter()
        .any(|key| request.query_value(key).is_some_and(|value| !value.is_empty()));
    container.blobs.get(name).filter(|_| !other).ok_or_else(no_blob)
}

/// Says plainly that the emulator does not do something, so that nobody takes it for Azure's word.
pub(super) fn not_implemented(request: &Request, what: &str) -> Refusal {
    let mut refusal = Refusal::blob(
        StatusCode::NOT_IMPLEMENTED,
        "NotImplemented",
        format!("azdrill does not implement {what} at {}.", request.host),
    );
    refusal.mark = Mark::Unverified;
    refusal
        .headers
        .push(("x-azdrill-not-implemented", what.to_owned()));
    refusal
}

/// 400 for a header.
pub(super) fn invalid_header(name: &str) -> Refusal {
    Refusal::blob(
        StatusCode::BAD_REQUEST,
        "InvalidHeaderValue",
        "The value for one of the HTTP headers is not in the correct format.",
    )
    .because(format!("the header {name}"))
}

/// 400 for a query parameter.
pub(super) fn invalid_query(name: &str) -> Refusal {
    Refusal::blob(
        StatusCode::BAD_REQUEST,
        "InvalidQueryParameterValue",
        "Value for one of the query parameters specified in the request URI is invalid.",
    )
    .because(format!("the query parameter {name}"))
}
