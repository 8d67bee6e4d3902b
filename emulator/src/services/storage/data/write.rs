//! Put Blob, Delete Blob, and the two operations that change what a blob says about itself.

use http::StatusCode;

use super::conditions::Conditions;
use super::{content, headers, incoming, place};
use crate::gateway::{Credential, Permit, Refusal};
use crate::model::{Request, Response, StoredBody};
use crate::rules::Gate;
use crate::services::Context;
use crate::services::storage::domain::{Blob, ContentHeaders};
use crate::services::storage::names;

fn check_type(request: &Request) -> Result<(), Refusal> {
    match request.header("x-ms-blob-type") {
        Some("BlockBlob") => Ok(()),
        Some("AppendBlob") => Err(place::not_implemented(request, "Put Blob of an AppendBlob")),
        Some("PageBlob") => Err(place::not_implemented(request, "Put Blob of a PageBlob")),
        Some(_) => Err(place::invalid_header("x-ms-blob-type")),
        None => Err(Refusal::blob(
            StatusCode::BAD_REQUEST,
            "MissingRequiredHeader",
            "An HTTP header that's mandatory for this request is not specified.",
        )
        .because("the header x-ms-blob-type")),
    }
}

/// A signature that only grants `c` (create) makes new blobs and overwrites none.
pub(super) fn check_overwrite(permit: &Permit, existing: Option<&Blob>) -> Result<(), Refusal> {
    match &permit.caller.credential {
        Credential::SharedAccessSignature { permissions }
            if existing.is_some() && !permissions.contains('w') =>
        {
            Err(Refusal::blob(
                StatusCode::FORBIDDEN,
                "UnauthorizedBlobOverwrite",
                "This request is not authorized to perform blob overwrites.",
            )
            .at(Gate::Authorization)
            .because(format!(
                "the signature grants `{permissions}`; overwriting takes `w`"
            )))
        }
        _ => Ok(()),
    }
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    body: StoredBody,
) -> Result<Response, Refusal> {
    let name = permit.params.get("blob");
    names::check_blob(&context.rules.names, name)?;
    headers::check_supported(permit, request)?;
    check_type(request)?;
    let container = place::container(context, permit, request)?;
    let existing = container.blobs.get(name);
    check_overwrite(permit, existing)?;
    Conditions::of(request)?.check_create(existing.map(|blob| &blob.version))?;
    let created = existing.map_or(context.now, |blob| blob.created);
    let computed = incoming::check_md5(request, &body)?;
    let sent = content::sent_with_body(request)?;
    let md5 = sent.md5.clone().or_else(|| computed.clone());
    let (metadata, tier) = (headers::metadata(request)?, headers::tier(request)?);

    // Nothing refuses from here on.
    let storage = &mut context.own.storage;
    let version = storage.next_version(context.now);
    let mut response = headers::written(StatusCode::CREATED, &version);
    if let Some(md5) = &computed {
        response = response.with_header("content-md5", md5);
    }
    let blob = Blob {
        content: body,
        blocks: Vec::new(),
        headers: ContentHeaders { md5, ..sent },
        metadata,
        tier,
        version,
        created,
    };
    let dropped = place::container_mut(storage, permit, request)?.replace(name, blob);
    context.released.extend(dropped);
    Ok(response)
}

pub(super) fn delete(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let blob = place::blob(context, permit, request)?;
    headers::check_supported(permit, request)?;
    Conditions::of(request)?.check_write(Some(&blob.version))?;
    let response = Response::new(StatusCode::ACCEPTED).with_header("x-ms-delete-type-permanent", "true");
    match request.header("x-ms-delete-snapshots") {
        // There are no snapshots, and the blob itself is to stay.
        Some("only") => return Ok(response),
        None | Some("include") => {}
        Some(_) => return Err(place::invalid_header("x-ms-delete-snapshots")),
    }
    let container = place::container_mut(&mut context.own.storage, permit, request)?;
    let dropped = container.remove(permit.params.get("blob"));
    context.released.extend(dropped);
    Ok(response)
}

/// Changes the blob in the path, if the request's conditions hold.
fn change(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    action: impl FnOnce(&mut Blob),
) -> Result<Response, Refusal> {
    let blob = place::blob(context, permit, request)?;
    headers::check_supported(permit, request)?;
    Conditions::of(request)?.check_write(Some(&blob.version))?;
    let storage = &mut context.own.storage;
    let version = storage.next_version(context.now);
    let response = headers::written(StatusCode::OK, &version);
    let container = place::container_mut(storage, permit, request)?;
    if let Some(blob) = container.blobs.get_mut(permit.params.get("blob")) {
        action(blob);
        blob.version = version;
    }
    Ok(response)
}

pub(super) fn set_metadata(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let metadata = headers::metadata(request)?;
    change(context, permit, request, |blob| blob.metadata = metadata)
}

/// Sets all of the content's properties, if the request names any: those it does not name are
/// cleared.
pub(super) fn set_properties(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = content::sent(request)?;
    change(context, permit, request, |blob| {
        if sent != ContentHeaders::default() {
            blob.headers = sent;
        }
    })
}
