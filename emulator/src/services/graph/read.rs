//! Reading the directory.

use http::StatusCode;

use super::list::{Answer, filtered};
use super::look_up::{directory, found, missing, signed_in};
use super::{describe, registrations, rights};
use crate::gateway::Permit;
use crate::model::{PrincipalKind, Request, Response};
use crate::services::Context;

/// Service principal names are application ids: a look-up by object id finds nothing, and clients
/// then ask `getByIds`. A list that always finds somebody makes them assign to the wrong one.
pub(super) fn list_service_principals(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Answer {
    rights::require(context, permit, None)?;
    let found = directory(context, permit)
        .filter(|principal| principal.kind() == PrincipalKind::ServicePrincipal)
        .map(|principal| describe::principal(context, principal));
    filtered(context, request, "servicePrincipals", found)
}

pub(super) fn list_users(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    rights::require(context, permit, None)?;
    let found = directory(context, permit)
        .filter(|principal| principal.kind() == PrincipalKind::User)
        .map(|principal| describe::principal(context, principal));
    filtered(context, request, "users", found)
}

pub(super) fn list_groups(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    rights::require(context, permit, None)?;
    let found = directory(context, permit)
        .filter(|principal| principal.kind() == PrincipalKind::Group)
        .map(|principal| describe::principal(context, principal));
    filtered(context, request, "groups", found)
}

pub(super) fn list_applications(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    rights::require(context, permit, None)?;
    let found = registrations::registered(context, permit)
        .map(|application| describe::application(context, application));
    filtered(context, request, "applications", found)
}

pub(super) fn get_application(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let found = registrations::named(context, permit)?;
    rights::require(context, permit, Some(found.id()))?;
    let object = describe::shown(request, describe::application(context, found));
    Ok(Response::json(StatusCode::OK, &object))
}

pub(super) fn get(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    kind: Option<PrincipalKind>,
) -> Answer {
    let wanted = permit.params.get("id");
    let found = found(context, permit, wanted)?;
    if kind.is_some_and(|kind| found.kind() != kind) {
        return Err(missing(wanted));
    }
    let object = describe::shown(request, describe::principal(context, found));
    Ok(Response::json(StatusCode::OK, &object))
}

pub(super) fn me(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let id = signed_in(context, permit)?;
    let found = context.state.directory.get(id);
    found
        .map(|principal| describe::shown(request, describe::principal(context, principal)))
        .map(|object| Response::json(StatusCode::OK, &object))
        .ok_or_else(|| missing("me"))
}
