//! The applications that are registered.

use uuid::Uuid;

use super::look_up::missing;
use crate::gateway::{Permit, Refusal};
use crate::services::Context;
use crate::state::Registration;

/// The applications of the caller's own tenant.
pub(super) fn registered<'a>(
    context: &'a Context<'_>,
    permit: &'a Permit,
) -> impl Iterator<Item = &'a Registration> {
    let all = context.state.directory.registrations();
    all.filter(|application| permit.caller.tenant == Some(application.tenant))
}

/// The application a path names by its object id.
pub(super) fn named<'a>(context: &'a Context<'_>, permit: &'a Permit) -> Result<&'a Registration, Refusal> {
    let wanted = permit.params.get("id");
    let id = wanted.parse::<Uuid>().ok();
    registered(context, permit)
        .find(|application| Some(application.id()) == id)
        .ok_or_else(|| missing(wanted))
}
