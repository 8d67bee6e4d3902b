//! Put Block and Put Block From URL.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;

use super::{incoming, place, preconditions, source};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response, StoredBody};
use crate::rules::code;
use crate::services::Context;
use crate::services::storage::domain::{BlobType, Staged};

/// The block id of a request.
fn block_id(context: &Context<'_>, request: &Request) -> Result<String, Refusal> {
    let Some(id) = request.query_value("blockid") else {
        return Err(
            Refusal::of_blob(code::MissingRequiredQueryParameter, &[]).because("the query parameter blockid")
        );
    };
    // A plus sign that was not encoded has been read as a space, which base64 has none of.
    let id = id.replace(' ', "+");
    match STANDARD.decode(&id) {
        Ok(bytes) if !bytes.is_empty() && context.rules.blob_limits.block_id_bytes.admits(bytes.len()) => {
            Ok(id)
        }
        _ => Err(place::invalid_query("blockid")),
    }
}

/// All uncommitted blocks of a blob have ids of one length, and there is an end to their number.
fn check_fits(context: &Context<'_>, staged: &Staged, id: &str) -> Result<(), Refusal> {
    if staged.keys().next().is_some_and(|other| other.len() != id.len()) {
        return Err(Refusal::of_blob(code::InvalidBlobOrBlock, &[])
            .because("the blob's other uncommitted blocks have ids of another length"));
    }
    let most = &context.rules.blob_limits.uncommitted_blocks;
    if !most.admits(staged.len() + 1) && !staged.contains_key(id) {
        return Err(place::refusal(code::UncommittedBlockCountExceedsLimit));
    }
    Ok(())
}

/// Checks everything that does not depend on the bytes, and answers with the block's id.
fn check(context: &Context<'_>, permit: &Permit, request: &Request) -> Result<String, Refusal> {
    let name = place::blob_name(context, permit)?;
    let id = block_id(context, request)?;
    let container = place::container(context, permit, request)?;
    let existing = container.blobs.get(name);
    preconditions::check_lease(context, request, existing)?;
    if existing.is_some_and(|blob| blob.kind != BlobType::Block) {
        return Err(place::refusal(code::InvalidBlobType));
    }
    if let Some(staged) = container.staged.get(name) {
        check_fits(context, staged, &id)?;
    }
    Ok(id)
}

fn check_length(context: &Context<'_>, body: &StoredBody) -> Result<(), Refusal> {
    if body.length == 0 {
        return Err(place::invalid_header("content-length"));
    }
    if body.length > context.rules.blob_limits.block_bytes.most {
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
    check_length(context, &body)?;
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
    let part = source.part(request)?;
    check_length(context, &part)?;
    context.own.storage.share(&part);
    stage(context, permit, request, id, part)
}
