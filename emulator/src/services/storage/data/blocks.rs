//! Put Block and Put Block From URL.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;

use super::{incoming, place, preconditions, source};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response, StoredBody};
use crate::rules::code;
use crate::services::Context;
use crate::services::storage::domain::{Kind, Staged};

/// The longest block id, in bytes before base64.
const ID_MAX_BYTES: usize = 64;
/// The most uncommitted blocks of one blob.
const STAGED_MAX: usize = 100_000;
/// The longest block: 4000 MiB.
const BLOCK_MAX_BYTES: u64 = 4000 * 1024 * 1024;

/// The block id of a request.
fn block_id(request: &Request) -> Result<String, Refusal> {
    let Some(id) = request.query_value("blockid") else {
        return Err(Refusal::blob(
            StatusCode::BAD_REQUEST,
            "MissingRequiredQueryParameter",
            "A query parameter that's mandatory for this request is not specified.",
        )
        .because("the query parameter blockid"));
    };
    // A plus sign that was not encoded has been read as a space, which base64 has none of.
    let id = id.replace(' ', "+");
    match STANDARD.decode(&id) {
        Ok(bytes) if (1..=ID_MAX_BYTES).contains(&bytes.len()) => Ok(id),
        _ => Err(place::invalid_query("blockid")),
    }
}

/// All uncommitted blocks of a blob have ids of one length, and there is an end to their number.
fn check_fits(staged: &Staged, id: &str) -> Result<(), Refusal> {
    if staged.keys().next().is_some_and(|other| other.len() != id.len()) {
        return Err(Refusal::blob(
            StatusCode::BAD_REQUEST,
            "InvalidBlobOrBlock",
            "The specified blob or block content is invalid.",
        )
        .because("the blob's other uncommitted blocks have ids of another length"));
    }
    if staged.len() >= STAGED_MAX && !staged.contains_key(id) {
        return Err(Refusal::blob(
            StatusCode::CONFLICT,
            "BlockCountExceedsLimit",
            "The uncommitted block count cannot exceed the maximum limit of 100,000 blocks.",
        ));
    }
    Ok(())
}

/// Checks everything that does not depend on the bytes, and answers with the block's id.
fn check(context: &Context<'_>, permit: &Permit, request: &Request) -> Result<String, Refusal> {
    let name = place::blob_name(context, permit)?;
    let id = block_id(request)?;
    let container = place::container(context, permit, request)?;
    let existing = container.blobs.get(name);
    preconditions::check_lease(context, request, existing)?;
    if existing.is_some_and(|blob| blob.kind != Kind::Block) {
        return Err(place::refusal(context, code::InvalidBlobType));
    }
    if let Some(staged) = container.staged.get(name) {
        check_fits(staged, &id)?;
    }
    Ok(id)
}

fn check_length(body: &StoredBody) -> Result<(), Refusal> {
    if body.length == 0 {
        return Err(place::invalid_header("content-length"));
    }
    if body.length > BLOCK_MAX_BYTES {
        return Err(incoming::too_large());
    }
    Ok(())
}

fn stage(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    id: String,
    body: StoredBody,
) -> Result<Response, Refusal> {
    let container = place::container_mut(&mut context.own.storage, permit, request)?;
    let dropped = container.stage(permit.params.get("blob"), id, body);
    place::give_back(context, dropped);
    Ok(Response::new(StatusCode::CREATED).with_header("x-ms-request-server-encrypted", "true"))
}

/// Put Block.
pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    body: StoredBody,
) -> Result<Response, Refusal> {
    let id = check(context, permit, request)?;
    check_length(&body)?;
    let md5 = incoming::check_md5(request, &body)?;
    let response = stage(context, permit, request, id, body)?;
    Ok(match md5 {
        Some(md5) => response.with_header("content-md5", &md5),
        None => response,
    })
}

/// Put Block From URL: the block holds the source's bytes.
pub(super) fn put_from_url(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = check(context, permit, request)?;
    let source = source::find(context, permit, request)?;
    source::check_online(context, &source)?;
    let part = source.part(context, request)?;
    check_length(&part)?;
    context.own.storage.share(&part);
    stage(context, permit, request, id, part)
}
