//! Get Blob and Get Blob Properties.

use http::StatusCode;

use super::conditions::Conditions;
use super::range::ByteRange;
use super::{content, headers, place, range};
use crate::gateway::{Permit, Refusal};
use crate::model::{Body, Request, Response, StoredBody, wire_http_date};
use crate::services::Context;
use crate::services::storage::domain::Blob;

fn describe(status: StatusCode, blob: &Blob, ranged: bool) -> Response {
    let mut response = headers::with_version(Response::new(status), &blob.version)
        .with_header("accept-ranges", "bytes")
        .with_header("x-ms-creation-time", &wire_http_date(blob.created))
        .with_header("x-ms-blob-type", "BlockBlob")
        .with_header("x-ms-lease-status", "unlocked")
        .with_header("x-ms-lease-state", "available")
        .with_header("x-ms-server-encrypted", "true");
    content::write(&mut response, &blob.headers, ranged);
    headers::with_metadata(response, &blob.metadata)
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
    headers::check_supported(permit, request)?;
    Conditions::of(request)?.check_read(&blob.version)?;
    Ok(blob)
}

pub(super) fn get(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let blob = wanted(context, permit, request)?;
    if blob.tier.as_deref() == Some("Archive") {
        return Err(Refusal::blob(
            StatusCode::CONFLICT,
            "BlobArchived",
            "This operation is not permitted on an archived blob.",
        ));
    }
    let total = blob.content.length;
    let mut response = match range::of(request, total)? {
        None => {
            let mut response = describe(StatusCode::OK, blob, false);
            response.body = body(blob.content.clone());
            response
        }
        Some(range) => part(request, blob, range),
    };
    content::write_overrides(&mut response, permit, request);
    Ok(response)
}

fn part(request: &Request, blob: &Blob, range: ByteRange) -> Response {
    let total = blob.content.length;
    let mut response = describe(StatusCode::PARTIAL_CONTENT, blob, true)
        .with_header("content-range", &range.content_range(total));
    // The MD5 of a part would have to be computed from its bytes, which the core never sees. That
    // of a part which is the whole is known.
    let wants_md5 = request
        .header("x-ms-range-get-content-md5")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if let Some(md5) = blob
        .headers
        .md5
        .as_ref()
        .filter(|_| wants_md5 && range.length == total)
    {
        response = response.with_header("content-md5", md5);
    }
    response.body = body(blob.content.slice(range.start, range.length));
    response
}

pub(super) fn head(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let blob = wanted(context, permit, request)?;
    let mut response = describe(StatusCode::OK, blob, false)
        .with_header("x-ms-access-tier", blob.tier.as_deref().unwrap_or("Hot"));
    if blob.tier.is_none() {
        response = response.with_header("x-ms-access-tier-inferred", "true");
    }
    content::write_overrides(&mut response, permit, request);
    response.body = body(blob.content.clone());
    Ok(response)
}
