//! What must hold of a blob before it is read or written: conditions, and the lease.

use http::HeaderName;
use uuid::Uuid;

use super::conditions::Conditions;
use super::place::{self, invalid_header};
use super::tag_query::Expression;
use crate::gateway::{Permit, Refusal};
use crate::model::Request;
use crate::rules::{Gate, code};
use crate::services::Context;
use crate::services::storage::domain::{Blob, Container, LeaseLevel};

const LEASE_ID: HeaderName = HeaderName::from_static("x-ms-lease-id");
const IF_TAGS: HeaderName = HeaderName::from_static("x-ms-if-tags");

/// The lease id a request shows.
pub(super) fn lease_id(request: &Request) -> Result<Option<Uuid>, Refusal> {
    match request.headers.get(LEASE_ID) {
        None => Ok(None),
        Some(value) => uuid_of(value.to_str().unwrap_or_default())
            .map(Some)
            .ok_or_else(|| invalid_header("x-ms-lease-id")),
    }
}

/// A GUID in any of its spellings.
pub(super) fn uuid_of(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text.trim().trim_matches(['(', ')'])).ok()
}

fn check_tags(request: &Request, blob: Option<&Blob>) -> Result<(), Refusal> {
    let Some(value) = request.headers.get(IF_TAGS) else {
        return Ok(());
    };
    let wrong = || place::refusal(code::TagConditionInvalid);
    let expression = Expression::condition(value.to_str().map_err(|_| wrong())?).map_err(|_| wrong())?;
    let none = std::collections::BTreeMap::new();
    if expression.holds("", blob.map_or(&none, |blob| &blob.tags)) {
        Ok(())
    } else {
        Err(super::conditions::not_met(http::StatusCode::PRECONDITION_FAILED))
    }
}

/// Whether a blob may be read.
pub(super) fn for_read(context: &Context<'_>, request: &Request, blob: &Blob) -> Result<(), Refusal> {
    Conditions::of(request)?.check_read(&blob.version)?;
    check_tags(request, Some(blob))?;
    let shown = lease_id(request)?;
    blob.lease
        .check_read(context.now, shown, LeaseLevel::Blob)
        .map_err(place::refusal)
}

/// Whether a blob that is there may be changed.
pub(super) fn for_write(context: &Context<'_>, request: &Request, blob: &Blob) -> Result<(), Refusal> {
    Conditions::of(request)?.check_write(Some(&blob.version))?;
    check_lease(context, request, Some(blob))
}

/// Whether a blob may be put there, in the place of another or not.
pub(super) fn for_create(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
    existing: Option<&Blob>,
) -> Result<(), Refusal> {
    check_overwrite(permit, existing)?;
    Conditions::of(request)?.check_create(existing.map(|blob| &blob.version))?;
    check_lease(context, request, existing)
}

/// The lease alone: staging a block changes no blob, so it has no other condition.
pub(super) fn check_lease(
    context: &Context<'_>,
    request: &Request,
    existing: Option<&Blob>,
) -> Result<(), Refusal> {
    check_tags(request, existing)?;
    let shown = lease_id(request)?;
    match existing {
        Some(blob) => blob.lease.check_write(context.now, shown, LeaseLevel::Blob),
        None if shown.is_some() => Err(code::LeaseNotPresentWithBlobOperation),
        None => Ok(()),
    }
    .map_err(place::refusal)
}

/// Whether a container may be looked at or changed: its lease need not be shown, but must be right if
/// it is.
pub(super) fn for_container(
    context: &Context<'_>,
    request: &Request,
    container: &Container,
) -> Result<(), Refusal> {
    let shown = lease_id(request)?;
    container
        .lease
        .check_read(context.now, shown, LeaseLevel::Container)
        .map_err(place::refusal)
}

/// A caller that may only make new blobs overwrites none: a signature that grants `c` and not `w`, or
/// a role that grants adding alone.
fn check_overwrite(permit: &Permit, existing: Option<&Blob>) -> Result<(), Refusal> {
    if existing.is_none() {
        return Ok(());
    }
    let letters = permit.caller.credential.letters();
    let reason = match letters {
        Some(letters) if !letters.contains('w') => {
            format!("the signature grants `{letters}`; overwriting takes `w`")
        }
        _ if permit.only_adds => "the caller's roles let it add blobs, and overwrite none".to_owned(),
        _ => return Ok(()),
    };
    Err(Refusal::of_blob(code::UnauthorizedBlobOverwrite, &[])
        .at(Gate::Authorization)
        .because(reason))
}
