//! Snapshot Blob.

use http::StatusCode;

use super::conditions::Conditions;
use super::preconditions::lease_id;
use super::{headers, place, tiers};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::Context;
use crate::services::storage::domain::{Lease, LeaseLevel};

/// Takes a snapshot, which holds the blob's bytes as well. It has the blob's version, unless it is
/// given metadata of its own; it is never leased.
pub(super) fn take(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let metadata = headers::metadata(context, request)?;
    let blob = place::base_blob(context, permit, request)?;
    Conditions::of(request)?.check_write(Some(&blob.version))?;
    blob.lease
        .check_read(context.now, lease_id(request)?, LeaseLevel::Blob)
        .map_err(place::refusal)?;
    tiers::check_online(context, blob)?;
    let mut snapshot = blob.clone();
    snapshot.lease = Lease::default();
    let now = context.now;
    let storage = &mut context.own.storage;
    if !metadata.is_empty() {
        snapshot.metadata = metadata;
        snapshot.version = storage.next_version(now);
    }
    storage.share(&snapshot.content);
    let time = storage.next_snapshot(now);
    let response =
        headers::written(StatusCode::CREATED, &snapshot.version).with_header("x-ms-snapshot", &time);
    place::container_mut(storage, permit, request)?
        .snapshots
        .entry(permit.params.get("blob").to_owned())
        .or_default()
        .insert(time, snapshot);
    Ok(response)
}
