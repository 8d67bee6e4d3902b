//! Append blobs: blocks put behind what is there, until the blob is sealed.

use http::StatusCode;

use super::{headers, incoming, place, preconditions, source};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response, StoredBody};
use crate::rules::code;
use crate::services::Context;
use crate::services::storage::domain::{Blob, BlobType};

fn number(request: &Request, name: &'static str) -> Result<Option<u64>, Refusal> {
    request
        .header(name)
        .map(|text| text.trim().parse().map_err(|_| place::invalid_header(name)))
        .transpose()
}

fn check_position(request: &Request, blob: &Blob) -> Result<(), Refusal> {
    match number(request, "x-ms-blob-condition-appendpos")? {
        Some(position) if position != blob.content.length => {
            Err(place::refusal(code::AppendPositionConditionNotMet))
        }
        _ => Ok(()),
    }
}

/// The append blob in the path, once it may be written, and how many blocks it has.
fn writable<'a>(
    context: &'a Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<(&'a Blob, u32, bool), Refusal> {
    let blob = place::base_blob(context, permit, request)?;
    let BlobType::Append { blocks, sealed } = blob.kind else {
        return Err(place::refusal(code::InvalidBlobType));
    };
    preconditions::for_write(context, request, blob)?;
    Ok((blob, blocks, sealed))
}

/// Checks that so many bytes can be appended.
fn check(context: &Context<'_>, permit: &Permit, request: &Request, length: u64) -> Result<(), Refusal> {
    let (blob, blocks, sealed) = writable(context, permit, request)?;
    if length > context.rules.blob_limits.append_block_bytes.most {
        return Err(incoming::too_large());
    }
    if length == 0 {
        return Err(place::invalid_header("content-length"));
    }
    check_position(request, blob)?;
    let limit = number(request, "x-ms-blob-condition-maxsize")?;
    if limit.is_some_and(|limit| blob.content.length + length > limit) {
        return Err(place::refusal(code::MaxBlobSizeConditionNotMet));
    }
    if sealed {
        return Err(place::refusal(code::BlobIsSealed));
    }
    if u64::from(blocks) >= context.rules.blob_limits.append_blocks.most {
        return Err(place::refusal(code::AppendBlockCountExceedsLimit));
    }
    Ok(())
}

fn append(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    body: &StoredBody,
) -> Result<Response, Refusal> {
    let now = context.now;
    let storage = &mut context.own.storage;
    let version = storage.next_version(now);
    let blob = place::blob_mut(storage, permit, request)?;
    let offset = blob.content.length;
    blob.content.append(body);
    let mut count = 0;
    if let BlobType::Append { blocks, .. } = &mut blob.kind {
        *blocks += 1;
        count = *blocks;
    }
    blob.headers.md5 = None;
    blob.lease.written(now);
    let response = headers::written(StatusCode::CREATED, &version)
        .with_header("x-ms-blob-append-offset", &offset.to_string())
        .with_header("x-ms-blob-committed-block-count", &count.to_string());
    blob.version = version;
    Ok(response)
}

/// Append Block.
pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    body: StoredBody,
) -> Result<Response, Refusal> {
    check(context, permit, request, body.length)?;
    let md5 = incoming::check_md5(request, &body)?;
    let response = append(context, permit, request, &body)?;
    Ok(match md5 {
        Some(md5) => response.with_header("content-md5", &md5),
        None => response,
    })
}

/// Append Block From URL.
pub(super) fn put_from_url(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    writable(context, permit, request)?;
    let source = source::find(context, permit, request)?;
    let part = source.part(request)?;
    check(context, permit, request, part.length)?;
    context.own.storage.share(&part);
    append(context, permit, request, &part)
}

/// Append Blob Seal.
pub(super) fn seal(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let (blob, _, was_sealed) = writable(context, permit, request)?;
    check_position(request, blob)?;
    let version = blob.version.clone();
    let storage = &mut context.own.storage;
    // Sealing again changes nothing.
    let version = if was_sealed {
        version
    } else {
        storage.next_version(context.now)
    };
    let blob = place::blob_mut(storage, permit, request)?;
    if let BlobType::Append { sealed, .. } = &mut blob.kind {
        *sealed = true;
    }
    blob.version = version.clone();
    Ok(
        headers::with_version(Response::new(StatusCode::OK), &version)
            .with_header("x-ms-blob-sealed", "true"),
    )
}
