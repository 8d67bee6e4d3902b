//! Access tiers: asked for, set, and the way back from the archive.

use http::StatusCode;

use super::{place, preconditions};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response, wire_http_date};
use crate::rules::code;
use crate::services::Context;
use crate::services::storage::domain::{Blob, BlobType, Rehydration, Tier};

const TIERS: [&str; 4] = ["Hot", "Cool", "Cold", "Archive"];

/// `x-ms-access-tier`.
pub(super) fn sent(request: &Request) -> Result<Option<&'static str>, Refusal> {
    let Some(sent) = request.header("x-ms-access-tier") else {
        return Ok(None);
    };
    TIERS
        .into_iter()
        .find(|tier| tier.eq_ignore_ascii_case(sent))
        .map(Some)
        .ok_or_else(|| place::invalid_header("x-ms-access-tier"))
}

/// How fast a blob is to come back from the archive, in the service's words.
pub(super) fn priority(request: &Request) -> Result<&'static str, Refusal> {
    let sent = request.header("x-ms-rehydrate-priority").unwrap_or("Standard");
    ["High", "Standard"]
        .into_iter()
        .find(|priority| priority.eq_ignore_ascii_case(sent))
        .ok_or_else(|| place::invalid_header("x-ms-rehydrate-priority"))
}

/// The way back from the archive to a tier that is online.
pub(super) fn rehydration(context: &Context<'_>, priority: &'static str, to: &'static str) -> Rehydration {
    let phase = match priority {
        "High" => "blob_rehydrate_high",
        _ => "blob_rehydrate_standard",
    };
    Rehydration {
        to,
        priority,
        due: context.now + context.phase(phase),
    }
}

/// Set Blob Tier, of a blob or a snapshot. It changes neither entity tag nor time.
pub(super) fn set(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let blob = place::blob(context, permit, request)?;
    preconditions::check_lease(context, request, Some(blob))?;
    let to = sent(request)?.ok_or_else(|| place::missing_header("x-ms-access-tier"))?;
    let priority = priority(request)?;
    if blob.kind != BlobType::Block {
        return Err(place::refusal(code::AccessTierNotSupportedForBlobType));
    }
    let now = context.now;
    if blob.tier.pending(now).is_some_and(|pending| pending.to != to) {
        return Err(place::refusal(code::BlobBeingRehydrated));
    }
    let returns = blob.tier.is_archived(now) && to != "Archive";
    let tier = Tier {
        asked: Some(if returns { "Archive" } else { to }),
        changed: Some(now),
        rehydration: if returns {
            Some(rehydration(context, priority, to))
        } else {
            None
        },
    };
    let name = permit.params.get("blob");
    let container = place::container_mut(&mut context.own.storage, permit, request)?;
    let blob: Option<&mut Blob> = match place::snapshot(request) {
        Some(time) => container
            .snapshots
            .get_mut(name)
            .and_then(|of_blob| of_blob.get_mut(&time)),
        None => container.blobs.get_mut(name),
    };
    if let Some(blob) = blob {
        blob.tier = tier;
    }
    // It is there at once, unless it has to come back from the archive.
    Ok(Response::new(if returns {
        StatusCode::ACCEPTED
    } else {
        StatusCode::OK
    }))
}

/// Refuses a blob whose content is in the archive.
pub(super) fn check_online(context: &Context<'_>, blob: &Blob) -> Result<(), Refusal> {
    // Nearly every blob has never been given a tier.
    if blob.tier.asked.is_some() && blob.tier.is_archived(context.now) {
        return Err(place::refusal(code::BlobArchived));
    }
    Ok(())
}

/// Writes the tier on an answer.
pub(super) fn write(context: &Context<'_>, mut response: Response, blob: &Blob) -> Response {
    if blob.kind != BlobType::Block {
        return response;
    }
    let tier = blob.tier.at(context.now);
    response = response.with_header("x-ms-access-tier", tier.unwrap_or("Hot"));
    if tier.is_none() {
        response = response.with_header("x-ms-access-tier-inferred", "true");
    }
    if let Some(changed) = blob.tier.changed {
        response = response.with_header("x-ms-access-tier-change-time", &wire_http_date(changed));
    }
    match blob.tier.pending(context.now) {
        Some(pending) => response
            .with_header("x-ms-archive-status", &archive_status(pending))
            .with_header("x-ms-rehydrate-priority", pending.priority),
        None => response,
    }
}

/// `rehydrate-pending-to-hot`.
pub(super) fn archive_status(pending: &Rehydration) -> String {
    format!("rehydrate-pending-to-{}", pending.to.to_ascii_lowercase())
}
