//! Put Blob, Delete Blob, and the operations that change what a blob says about itself.

use http::StatusCode;

use super::create::{self, BlobDescription, NewBlob};
use super::{content, headers, incoming, page_blob, place, preconditions};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response, StoredBody};
use crate::rules::code;
use crate::services::Context;
use crate::services::storage::domain::{Blob, BlobType, ContentHeaders};

/// The kind of blob that Put Blob is to make, and its content.
fn kind_of(context: &Context<'_>, request: &Request, body: StoredBody) -> Result<NewBlob, Refusal> {
    match request.header("x-ms-blob-type") {
        Some("BlockBlob") => Ok(NewBlob::of(body, BlobType::Block)),
        Some("AppendBlob" | "PageBlob") if body.length > 0 => Err(place::invalid_header("content-length")),
        Some("AppendBlob") => {
            let (blocks, sealed) = (0, false);
            Ok(NewBlob::of(body, BlobType::Append { blocks, sealed }))
        }
        Some("PageBlob") => page_blob::made(context, request),
        Some(_) => Err(place::invalid_header("x-ms-blob-type")),
        None => Err(place::missing_header("x-ms-blob-type")),
    }
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    body: StoredBody,
) -> Result<Response, Refusal> {
    let earlier = create::check(context, permit, request)?;
    let computed = incoming::check_md5(request, &body)?;
    let made = kind_of(context, request, body)?;
    let sent = content::sent_with_body(request)?;
    let md5 = match made.kind {
        BlobType::Block => sent.md5.clone().or_else(|| computed.clone()),
        BlobType::Append { .. } | BlobType::Page { .. } => sent.md5.clone(),
    };
    let described = BlobDescription::of(context, permit, request, ContentHeaders { md5, ..sent })?;
    if described.tier.asked.is_some() && made.kind != BlobType::Block {
        return Err(place::refusal(code::AccessTierNotSupportedForBlobType));
    }
    let is_block = made.kind == BlobType::Block;
    let version = create::finish(context, permit, request, described, earlier, made)?;
    let response = headers::written(StatusCode::CREATED, &version);
    Ok(match computed.filter(|_| is_block) {
        Some(md5) => response.with_header("content-md5", &md5),
        None => response,
    })
}

pub(super) fn delete(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let blob = place::blob(context, permit, request)?;
    preconditions::for_write(context, request, blob)?;
    let name = permit.params.get("blob");
    let snapshots = place::container(context, permit, request)?
        .snapshots
        .contains_key(name);
    let which = request.header("x-ms-delete-snapshots");
    if !matches!(which, None | Some("include" | "only")) {
        return Err(place::invalid_header("x-ms-delete-snapshots"));
    }
    let time = place::snapshot(request);
    if time.is_none() && snapshots && which.is_none() {
        return Err(place::refusal(code::SnapshotsPresent));
    }
    let container = place::container_mut(&mut context.own.storage, permit, request)?;
    let mut dropped = Vec::new();
    match &time {
        Some(time) => dropped.push(container.remove_snapshot(name, time)),
        None => {
            if which.is_some() {
                dropped.push(container.remove_snapshots(name));
            }
            if which != Some("only") {
                dropped.push(container.remove(name));
            }
        }
    }
    dropped
        .into_iter()
        .for_each(|dropped| place::give_back(context, dropped));
    Ok(Response::new(StatusCode::ACCEPTED).with_header("x-ms-delete-type-permanent", "true"))
}

/// Changes the blob in the path, if the request's conditions and the blob's state allow it.
fn change(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    action: impl FnOnce(&mut Blob),
) -> Result<Response, Refusal> {
    let now = context.now;
    let storage = &mut context.own.storage;
    let version = storage.next_version(now);
    let response = headers::written(StatusCode::OK, &version);
    let blob = place::blob_mut(storage, permit, request)?;
    action(blob);
    blob.version = version;
    blob.lease.written(now);
    Ok(response)
}

/// The blob in the path, once it may be changed in place.
fn changeable<'a>(context: &'a Context<'_>, permit: &Permit, request: &Request) -> Result<&'a Blob, Refusal> {
    let blob = place::base_blob(context, permit, request)?;
    preconditions::for_write(context, request, blob)?;
    if blob.tier.is_archived(context.now) {
        return Err(place::refusal(code::BlobArchived));
    }
    Ok(blob)
}

pub(super) fn set_metadata(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let metadata = headers::metadata(context, request)?;
    changeable(context, permit, request)?;
    change(context, permit, request, |blob| blob.metadata = metadata)
}

/// Sets all of the content's properties, if the request names any: those it does not name are
/// cleared. A page blob's length and sequence number are set likewise.
pub(super) fn set_properties(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = content::sent(request)?;
    let blob = changeable(context, permit, request)?;
    let pages = page_blob::changed(context, request, blob)?;
    let page = matches!(blob.kind, BlobType::Page { .. });
    let dropped = pages.dropped(blob);
    let (kind, length) = (pages.kind, pages.length);
    let mut response = change(context, permit, request, |blob| {
        if sent != ContentHeaders::default() {
            blob.headers = sent;
        }
        blob.kind = kind;
        if length != blob.content.length {
            blob.content = blob.content.resized(length);
        }
    })?;
    place::give_back(context, dropped);
    if let BlobType::Page { sequence } = kind
        && page
    {
        response = response.with_header("x-ms-blob-sequence-number", &sequence.to_string());
    }
    Ok(response)
}
