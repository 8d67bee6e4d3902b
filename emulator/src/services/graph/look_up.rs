//! Who is meant by a path or a body.

use uuid::Uuid;

use super::rights;
use crate::gateway::{Permit, Refusal};
use crate::model::{PrincipalId, TenantId};
use crate::rules::code;
use crate::services::Context;
use crate::state::{IdentityKind, Principal};

pub(super) fn missing(wanted: &str) -> Refusal {
    Refusal::of(code::Request_ResourceNotFound, &[("wanted", wanted)])
}

/// The principals of the caller's own tenant: another one's are not in its directory.
pub(super) fn directory<'a>(
    context: &'a Context<'_>,
    permit: &'a Permit,
) -> impl Iterator<Item = &'a Principal> {
    context
        .state
        .directory
        .iter()
        .filter(|principal| permit.caller.tenant == Some(principal.tenant))
}

/// Somebody by object id, or a person by sign-in name.
pub(super) fn find<'a>(
    context: &'a Context<'_>,
    permit: &'a Permit,
    wanted: &str,
) -> Result<&'a Principal, Refusal> {
    let id = wanted.parse::<Uuid>().ok().map(PrincipalId);
    directory(context, permit)
        .find(|principal| match id {
            Some(id) => principal.id == id,
            None => {
                principal.identity == IdentityKind::User
                    && principal.display_name.eq_ignore_ascii_case(wanted)
            }
        })
        .ok_or_else(|| missing(wanted))
}

/// As [`find`], for whoever may read it. Who may not is not told whether it is there.
pub(super) fn found<'a>(
    context: &'a Context<'_>,
    permit: &'a Permit,
    wanted: &str,
) -> Result<&'a Principal, Refusal> {
    let found = find(context, permit, wanted);
    rights::require(
        context,
        permit,
        found.as_ref().ok().map(|principal| principal.id.0),
    )?;
    found
}

/// Whose token it is, for what only a person can ask.
pub(super) fn signed_in(context: &Context<'_>, permit: &Permit) -> Result<PrincipalId, Refusal> {
    permit
        .caller
        .principal
        .filter(|id| {
            let known = context.state.directory.get(*id);
            known.is_some_and(|principal| principal.identity == IdentityKind::User)
        })
        .ok_or_else(|| Refusal::of(code::MeWithoutPerson, &[]))
}

pub(super) fn tenant(permit: &Permit) -> Result<TenantId, Refusal> {
    permit.caller.tenant.ok_or_else(|| missing("tenant"))
}

/// An object by its id, or 404.
pub(super) fn object_id(wanted: &str) -> Result<Uuid, Refusal> {
    wanted.parse().map_err(|_| {
        let what = format!("Invalid object identifier '{wanted}'.");
        Refusal::of(code::Request_BadRequest, &[("what", &what)])
    })
}
