//! Get Blob, Get Blob Properties and Get Blob Metadata.

use http::{HeaderName, StatusCode};

use super::range::ByteRange;
use super::{containers, content, headers, place, preconditions, range, tiers};
use crate::gateway::{Permit, Refusal};
use crate::model::{Body, RangeHash, Request, Response, StoredBody, wire_http_date};
use crate::rules::code;
use crate::services::Context;
use crate::services::storage::domain::{Blob, BlobType, CopyOrigin};

const RANGE_MD5: HeaderName = HeaderName::from_static("x-ms-range-get-content-md5");
const RANGE_CRC64: HeaderName = HeaderName::from_static("x-ms-range-get-content-crc64");

/// What every answer about a blob says.
fn describe(context: &Context<'_>, status: StatusCode, blob: &Blob, ranged: bool) -> Response {
    let mut response = headers::with_version(Response::new(status), &blob.version)
        .with_header("accept-ranges", "bytes")
        .with_header("x-ms-creation-time", &wire_http_date(blob.created))
        .with_header("x-ms-blob-type", blob.kind.as_str())
        .with_header("x-ms-server-encrypted", "true");
    response = containers::with_lease(context, response, &blob.lease);
    content::write(&mut response, &blob.headers, ranged);
    if !blob.tags.is_empty() {
        response = response.with_header("x-ms-tag-count", &blob.tags.len().to_string());
    }
    response = match blob.kind {
        BlobType::Block => response,
        BlobType::Append { blocks, sealed } => {
            let response = response.with_header("x-ms-blob-committed-block-count", &blocks.to_string());
            if sealed {
                response.with_header("x-ms-blob-sealed", "true")
            } else {
                response
            }
        }
        BlobType::Page { sequence } => {
            response.with_header("x-ms-blob-sequence-number", &sequence.to_string())
        }
    };
    if let Some(copied) = &blob.copied {
        response = with_copy(response, copied);
    }
    headers::with_metadata(response, &blob.metadata)
}

fn with_copy(response: Response, copied: &CopyOrigin) -> Response {
    response
        .with_header("x-ms-copy-id", &copied.id)
        .with_header("x-ms-copy-source", &copied.source)
        .with_header("x-ms-copy-status", "success")
        .with_header("x-ms-copy-progress", &format!("{0}/{0}", copied.length))
        .with_header("x-ms-copy-completion-time", &wire_http_date(copied.at))
}

fn body(content: StoredBody) -> Body {
    if content.length == 0 {
        Body::Empty
    } else {
        Body::Stored(content)
    }
}

/// The blob in the path, if the request's conditions hold.
fn wanted<'a>(context: &'a Context<'_>, permit: &Permit, request: &Request) -> Result<&'a Blob, Refusal> {
    let blob = place::blob(context, permit, request)?;
    preconditions::for_read(context, request, blob)?;
    Ok(blob)
}

pub(super) fn get(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let blob = wanted(context, permit, request)?;
    tiers::check_online(context, blob)?;
    let total = blob.content.length;
    let mut response = match range::of(request, total)? {
        None => {
            if hash_wanted(request)?.is_some() {
                return Err(place::refusal(code::RangeTooLongForHash));
            }
            let mut response = describe(context, StatusCode::OK, blob, false);
            response.body = body(blob.content.clone());
            response
        }
        Some(range) => part(context, request, blob, range)?,
    };
    content::write_overrides(&mut response, permit, request);
    Ok(response)
}

/// The hash of the part that a request asks for.
fn hash_wanted(request: &Request) -> Result<Option<RangeHash>, Refusal> {
    let says = |name: HeaderName| {
        request
            .headers
            .get(&name)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
    };
    match (says(RANGE_MD5), says(RANGE_CRC64)) {
        (true, true) => Err(place::invalid_header("x-ms-range-get-content-crc64")),
        (true, false) => Ok(Some(RangeHash::Md5)),
        (false, true) => Ok(Some(RangeHash::Crc64)),
        (false, false) => Ok(None),
    }
}

fn part(
    context: &Context<'_>,
    request: &Request,
    blob: &Blob,
    range: ByteRange,
) -> Result<Response, Refusal> {
    let hash = hash_wanted(request)?;
    if hash.is_some() && range.length > context.rules.blob_limits.hashed_part_bytes.most {
        return Err(place::refusal(code::RangeTooLongForHash));
    }
    let total = blob.content.length;
    let mut response = describe(context, StatusCode::PARTIAL_CONTENT, blob, true)
        .with_header("content-range", &range.content_range(total));
    response.hash = hash;
    response.body = body(blob.content.slice(range.start, range.length));
    Ok(response)
}

pub(super) fn head(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let blob = wanted(context, permit, request)?;
    let response = describe(context, StatusCode::OK, blob, false);
    let mut response = tiers::write(context, response, blob);
    content::write_overrides(&mut response, permit, request);
    response.body = body(blob.content.clone());
    Ok(response)
}

/// Get Blob Metadata.
pub(super) fn metadata(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let blob = wanted(context, permit, request)?;
    let response = headers::with_version(Response::new(StatusCode::OK), &blob.version);
    Ok(headers::with_metadata(response, &blob.metadata))
}
