//! Lease Blob and Lease Container.

use http::StatusCode;
use jiff::SignedDuration;
use uuid::Uuid;

use super::conditions::Conditions;
use super::preconditions::{lease_id, uuid_of};
use super::{headers, place};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::rules::{BlobLimits, Gate, code};
use crate::services::Context;
use crate::services::storage::domain::{Lease, WriteVersion};

/// What a request does with a lease.
enum LeaseAction {
    Acquire {
        proposed: Option<Uuid>,
        duration: Option<SignedDuration>,
    },
    Renew(Uuid),
    Change {
        id: Uuid,
        proposed: Uuid,
    },
    Release(Uuid),
    Break(Option<SignedDuration>),
}

fn seconds(request: &Request, name: &'static str) -> Result<Option<i64>, Refusal> {
    request
        .header(name)
        .map(|text| text.trim().parse().map_err(|_| place::invalid_header(name)))
        .transpose()
}

fn proposed(request: &Request) -> Result<Option<Uuid>, Refusal> {
    let name = "x-ms-proposed-lease-id";
    request
        .header(name)
        .map(|text| uuid_of(text).ok_or_else(|| place::invalid_header(name)))
        .transpose()
}

impl LeaseAction {
    fn of(limits: &BlobLimits, request: &Request) -> Result<Self, Refusal> {
        let id = || lease_id(request)?.ok_or_else(|| place::missing_header("x-ms-lease-id"));
        let action = request
            .header("x-ms-lease-action")
            .ok_or_else(|| place::missing_header("x-ms-lease-action"))?;
        match action.to_ascii_lowercase().as_str() {
            "acquire" => {
                let name = "x-ms-lease-duration";
                let duration = match seconds(request, name)? {
                    Some(-1) => None,
                    Some(seconds) if limits.lease_seconds.admits_signed(seconds) => {
                        Some(SignedDuration::from_secs(seconds))
                    }
                    Some(_) => return Err(place::invalid_header(name)),
                    None => return Err(place::missing_header(name)),
                };
                Ok(Self::Acquire {
                    proposed: proposed(request)?,
                    duration,
                })
            }
            "renew" => id().map(Self::Renew),
            "change" => Ok(Self::Change {
                id: id()?,
                proposed: proposed(request)?
                    .ok_or_else(|| place::missing_header("x-ms-proposed-lease-id"))?,
            }),
            "release" => id().map(Self::Release),
            "break" => match seconds(request, "x-ms-lease-break-period")? {
                None => Ok(Self::Break(None)),
                Some(seconds) if limits.lease_break_seconds.admits_signed(seconds) => {
                    Ok(Self::Break(Some(SignedDuration::from_secs(seconds))))
                }
                Some(_) => Err(place::invalid_header("x-ms-lease-break-period")),
            },
            _ => Err(place::invalid_header("x-ms-lease-action")),
        }
    }
}

/// Breaking a lease takes `d` or `w` of a signature; the rest takes `w`.
fn check_letters(permit: &Permit, action: &LeaseAction) -> Result<(), Refusal> {
    match permit.caller.credential.letters() {
        Some(letters) if !letters.contains('w') && !matches!(action, LeaseAction::Break(_)) => {
            Err(Refusal::of_blob(code::AuthorizationPermissionMismatch, &[])
                .at(Gate::Authorization)
                .because(format!(
                    "the signature grants `{letters}`; leasing takes `w`, and breaking a lease `d` or `w`"
                )))
        }
        _ => Ok(()),
    }
}

/// The status of an answer, and the header that tells of the lease.
type LeaseAnswer = (StatusCode, Option<(&'static str, String)>);

/// Does it, and answers with the status and the header that tells of it.
fn perform(
    context: &mut Context<'_>,
    lease: &mut Lease,
    action: &LeaseAction,
) -> Result<LeaseAnswer, Refusal> {
    let now = context.now;
    let id_header = |id: Uuid| Some(("x-ms-lease-id", id.hyphenated().to_string()));
    let done = match *action {
        LeaseAction::Acquire { proposed, duration } => {
            let id = proposed.unwrap_or_else(|| context.draw_uuid("lease"));
            lease
                .acquire(now, id, duration)
                .map(|()| (StatusCode::CREATED, id_header(id)))
        }
        LeaseAction::Renew(id) => lease.renew(now, id).map(|()| (StatusCode::OK, id_header(id))),
        LeaseAction::Change { id, proposed } => lease
            .change(now, id, proposed)
            .map(|()| (StatusCode::OK, id_header(proposed))),
        LeaseAction::Release(id) => lease.release(id).map(|()| (StatusCode::OK, None)),
        LeaseAction::Break(period) => lease.break_off(now, period).map(|seconds| {
            (
                StatusCode::ACCEPTED,
                Some(("x-ms-lease-time", seconds.to_string())),
            )
        }),
    };
    done.map_err(place::refusal)
}

fn answer(done: LeaseAnswer, version: &WriteVersion) -> Response {
    let response = headers::with_version(Response::new(done.0), version);
    match done.1 {
        Some((name, value)) => response.with_header(name, &value),
        None => response,
    }
}

/// Lease Blob. A lease changes neither entity tag nor time.
pub(super) fn of_blob(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let action = LeaseAction::of(&context.rules.blob_limits, request)?;
    check_letters(permit, &action)?;
    let blob = place::base_blob(context, permit, request)?;
    Conditions::of(request)?.check_write(Some(&blob.version))?;
    let (mut lease, version) = (blob.lease.clone(), blob.version.clone());
    let done = perform(context, &mut lease, &action)?;
    place::blob_mut(&mut context.own.storage, permit, request)?.lease = lease;
    Ok(answer(done, &version))
}

/// Lease Container.
pub(super) fn of_container(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let action = LeaseAction::of(&context.rules.blob_limits, request)?;
    check_letters(permit, &action)?;
    let container = place::container(context, permit, request)?;
    Conditions::of(request)?.check_write(Some(&container.version))?;
    let (mut lease, version) = (container.lease.clone(), container.version.clone());
    let done = perform(context, &mut lease, &action)?;
    place::container_mut(&mut context.own.storage, permit, request)?.lease = lease;
    Ok(answer(done, &version))
}
