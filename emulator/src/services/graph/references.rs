//! Who is in a group, and who owns what: objects that refer to others.

use serde_json::Value;
use uuid::Uuid;

use super::list::{Answer, answer};
use super::look_up::{directory, find, missing, object_id, signed_in};
use super::written::{bad, nothing};
use super::{describe, registrations, rights};
use crate::gateway::{Permit, Refusal};
use crate::model::{PrincipalId, PrincipalKind, Request, Timestamp};
use crate::services::{Context, json_body};
use crate::state::IdentityKind;

/// The object that an address ends in: `https://graph.microsoft.com/v1.0/directoryObjects/{id}`.
fn referred(context: &Context<'_>, permit: &Permit, address: &str) -> Result<PrincipalId, Refusal> {
    let id = address.rsplit('/').next().unwrap_or_default();
    let id = PrincipalId(object_id(id)?);
    directory(context, permit)
        .find(|principal| principal.id == id)
        .map(|principal| principal.id)
        .ok_or_else(|| missing(&id.to_string()))
}

/// The objects a list of addresses names.
pub(super) fn all(
    context: &Context<'_>,
    permit: &Permit,
    addresses: Option<&Value>,
) -> Result<Vec<PrincipalId>, Refusal> {
    let addresses = addresses.and_then(Value::as_array).into_iter().flatten();
    addresses
        .filter_map(Value::as_str)
        .map(|address| referred(context, permit, address))
        .collect()
}

fn sent(context: &Context<'_>, permit: &Permit, request: &Request) -> Result<PrincipalId, Refusal> {
    let body = json_body(request)?;
    match body["@odata.id"].as_str() {
        Some(address) => referred(context, permit, address),
        None => Err(bad("The request body must contain the property '@odata.id'.")),
    }
}

fn group(context: &Context<'_>, permit: &Permit) -> Result<PrincipalId, Refusal> {
    let wanted = permit.params.get("id");
    let found = find(context, permit, wanted)?;
    if found.kind() != PrincipalKind::Group {
        return Err(missing(wanted));
    }
    rights::require(context, permit, Some(found.id.0))?;
    Ok(found.id)
}

/// Puts somebody into a group they are not in yet.
pub(super) fn join(
    context: &mut Context<'_>,
    group: PrincipalId,
    member: PrincipalId,
) -> Result<(), Refusal> {
    let directory = &mut context.state.directory;
    if directory.groups_of(member).any(|known| known == group) {
        return Err(exists_already("members"));
    }
    directory.add_member(group, member);
    if let Some(until) = token_lasts_until(context, member) {
        context.state.directory.joined_until(group, member, until);
    }
    Ok(())
}

/// Until when a managed identity's token says what it said before of the groups it is in.
fn token_lasts_until(context: &Context<'_>, member: PrincipalId) -> Option<Timestamp> {
    let lasts = context.settings.lags.identity_groups;
    let found = context.state.directory.get(member)?;
    let is_managed = matches!(
        found.identity,
        IdentityKind::SystemAssigned(_) | IdentityKind::UserAssigned(_)
    );
    (is_managed && !lasts.is_zero()).then(|| context.now + lasts)
}

fn exists_already(property: &str) -> Refusal {
    bad(format!(
        "One or more added object references already exist for the following modified properties: '{property}'."
    ))
}

pub(super) fn add_member(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let group = group(context, permit)?;
    let member = sent(context, permit, request)?;
    if group == member {
        return Err(bad("A group cannot be a member of itself."));
    }
    join(context, group, member)?;
    Ok(nothing())
}

pub(super) fn remove_member(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Answer {
    let group = group(context, permit)?;
    let wanted = permit.params.get("member");
    let member = PrincipalId(object_id(wanted)?);
    let directory = &mut context.state.directory;
    if !directory.groups_of(member).any(|known| known == group) {
        return Err(missing(wanted));
    }
    directory.remove_member(group, member);
    if let Some(until) = token_lasts_until(context, member) {
        context.state.directory.left_until(group, member, until);
    }
    Ok(nothing())
}

/// The object whose owners a path is about.
fn owned(context: &Context<'_>, permit: &Permit) -> Result<Uuid, Refusal> {
    if permit.operation(context.rules).id.starts_with("Applications_") {
        return registrations::named(context, permit).map(|found| found.id());
    }
    find(context, permit, permit.params.get("id")).map(|found| found.id.0)
}

pub(super) fn owners(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    rights::require(context, permit, owned(context, permit).ok())?;
    let object = owned(context, permit)?;
    let record = context.state.directory.record(object);
    let owners = record.into_iter().flat_map(|record| &record.owners);
    let found = owners.filter_map(|id| context.state.directory.get(*id));
    let found = found.map(|one| describe::principal(context, one)).collect();
    answer(context, request, "directoryObjects", found)
}

/// What the caller owns.
pub(super) fn owned_objects(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let caller = signed_in(context, permit)?;
    let owns = |object: Uuid| {
        let record = context.state.directory.record(object);
        record.is_some_and(|record| record.owners.contains(&caller))
    };
    let principals = directory(context, permit)
        .filter(|principal| owns(principal.id.0))
        .map(|principal| describe::principal(context, principal));
    let registered = registrations::registered(context, permit)
        .filter(|application| owns(application.id()))
        .map(|application| describe::application(context, application));
    let found = registered.chain(principals).collect();
    answer(context, request, "directoryObjects", found)
}

pub(super) fn add_owner(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let object = owned(context, permit)?;
    rights::require(context, permit, Some(object))?;
    let owner = sent(context, permit, request)?;
    if context.state.directory.record_mut(object).owners.insert(owner) {
        Ok(nothing())
    } else {
        Err(exists_already("owners"))
    }
}

pub(super) fn remove_owner(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Answer {
    let object = owned(context, permit)?;
    rights::require(context, permit, Some(object))?;
    let wanted = permit.params.get("owner");
    let owner = PrincipalId(object_id(wanted)?);
    if context.state.directory.record_mut(object).owners.remove(&owner) {
        Ok(nothing())
    } else {
        Err(missing(wanted))
    }
}
