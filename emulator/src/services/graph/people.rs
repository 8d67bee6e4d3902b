//! People and groups are made, changed and taken away.

use crate::rules::unplayed;
use serde_json::{Map, Value};

use super::list::Answer;
use super::look_up::{find, missing, tenant};
use super::written::{bad, keep, made, members, nothing, text};
use super::{describe, references, rights};
use crate::gateway::{Permit, Refusal};
use crate::model::{PrincipalId, PrincipalKind, Request, TenantId};
use crate::services::Context;
use crate::state::{IdentityKind, Principal};

/// The object a path names, if it is of that kind.
fn named(context: &Context<'_>, permit: &Permit, kind: PrincipalKind) -> Result<Principal, Refusal> {
    let wanted = permit.params.get("id");
    let found = find(context, permit, wanted)?;
    if found.kind() == kind {
        Ok(found.clone())
    } else {
        Err(missing(wanted))
    }
}

/// A password that a person may have, from the profile it is written in.
fn password(context: &Context<'_>, profile: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    let Some(password) = text(profile, "password") else {
        return Ok(None);
    };
    if context.rules.directory.may_be_password(password) {
        return Ok(Some(password.to_owned()));
    }
    Err(bad(
        "The specified password does not comply with password complexity requirements. Please provide a different password.",
    ))
}

/// What is kept of a password's profile: all but the password.
fn without_password(sent: &mut Map<String, Value>) -> Map<String, Value> {
    match sent.get_mut("passwordProfile") {
        Some(Value::Object(profile)) => {
            let whole = profile.clone();
            profile.remove("password");
            whole
        }
        _ => Map::new(),
    }
}

fn name_is_free(
    context: &Context<'_>,
    tenant: TenantId,
    name: &str,
    but: Option<PrincipalId>,
) -> Result<(), Refusal> {
    let (local, domain) = name.split_once('@').unwrap_or_default();
    if local.is_empty() || domain.is_empty() || domain.contains('@') {
        return Err(bad("Property userPrincipalName is invalid."));
    }
    match context.state.directory.person(name, |other| other == tenant) {
        Some(other) if Some(other.id) != but => Err(bad(
            "Another object with the same value for property userPrincipalName already exists.",
        )),
        _ => Ok(()),
    }
}

pub(super) fn create_user(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    rights::require(context, permit, None)?;
    let mut sent = members(context, "user", request, true)?;
    let tenant = tenant(permit)?;
    let name = text(&sent, "userPrincipalName").unwrap_or_default().to_owned();
    name_is_free(context, tenant, &name, None)?;
    let profile = without_password(&mut sent);
    let Some(secret) = password(context, &profile)? else {
        return Err(bad("A password must be specified to create a new user."));
    };
    let id = PrincipalId(context.draw_uuid("user"));
    let person = Principal {
        id,
        app_id: None,
        tenant,
        display_name: name,
        identity: IdentityKind::User,
        secret: Some(secret),
        certificates: Vec::new(),
    };
    insert(context, &person, sent);
    Ok(made(
        "users",
        describe::shown(request, describe::principal(context, &person)),
    ))
}

/// Puts a new principal into the directory, with what was written about it.
fn insert(context: &mut Context<'_>, principal: &Principal, sent: Map<String, Value>) {
    let now = context.now;
    let directory = &mut context.state.directory;
    directory.insert(principal.clone());
    let record = directory.record_mut(principal.id.0);
    record.created = Some(now);
    keep(&mut record.members, sent);
    context.note_new_principal(principal.id);
}

pub(super) fn update_user(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let mut person = named(context, permit, PrincipalKind::User)?;
    rights::require(context, permit, Some(person.id.0))?;
    let mut sent = members(context, "user", request, false)?;
    if let Some(name) = text(&sent, "userPrincipalName") {
        name_is_free(context, person.tenant, name, Some(person.id))?;
        name.clone_into(&mut person.display_name);
    }
    let profile = without_password(&mut sent);
    if let Some(secret) = password(context, &profile)? {
        person.secret = Some(secret);
    }
    let directory = &mut context.state.directory;
    keep(&mut directory.record_mut(person.id.0).members, sent);
    directory.insert(person);
    Ok(nothing())
}

pub(super) fn create_group(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    rights::require(context, permit, None)?;
    let mut sent = members(context, "group", request, true)?;
    let of_another_kind = sent.get("mailEnabled") == Some(&Value::Bool(true))
        || sent
            .get("groupTypes")
            .and_then(Value::as_array)
            .is_some_and(|types| !types.is_empty());
    if of_another_kind {
        return Err(Refusal::not_played(unplayed::OtherGroups, &[]));
    }
    let mut bound = |member: &str| sent.remove(member);
    let (members, owners) = (bound("members@odata.bind"), bound("owners@odata.bind"));
    let members = references::all(context, permit, members.as_ref())?;
    let owners = references::all(context, permit, owners.as_ref())?;
    let group = Principal {
        id: PrincipalId(context.draw_uuid("group")),
        app_id: None,
        tenant: tenant(permit)?,
        display_name: text(&sent, "displayName").unwrap_or_default().to_owned(),
        identity: IdentityKind::Group,
        secret: None,
        certificates: Vec::new(),
    };
    insert(context, &group, sent);
    for member in members {
        // Who is named twice is a member once.
        let _ = references::join(context, group.id, member);
    }
    context
        .state
        .directory
        .record_mut(group.id.0)
        .owners
        .extend(owners);
    rights::own(context, permit, group.id.0);
    Ok(made("groups", describe::principal(context, &group)))
}

pub(super) fn update_group(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let mut group = named(context, permit, PrincipalKind::Group)?;
    rights::require(context, permit, Some(group.id.0))?;
    let mut sent = members(context, "group", request, false)?;
    let added = sent.remove("members@odata.bind");
    if sent.contains_key("owners@odata.bind")
        || sent.contains_key("groupTypes")
        || sent.contains_key("mailEnabled")
    {
        return Err(Refusal::not_played(unplayed::GroupKindByPatch, &[]));
    }
    for member in references::all(context, permit, added.as_ref())? {
        references::join(context, group.id, member)?;
    }
    if let Some(name) = text(&sent, "displayName") {
        name.clone_into(&mut group.display_name);
    }
    let directory = &mut context.state.directory;
    keep(&mut directory.record_mut(group.id.0).members, sent);
    directory.insert(group);
    Ok(nothing())
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, kind: PrincipalKind) -> Answer {
    let found = named(context, permit, kind)?;
    rights::require(context, permit, Some(found.id.0))?;
    if matches!(
        found.identity,
        IdentityKind::SystemAssigned(_) | IdentityKind::UserAssigned(_)
    ) {
        return Err(Refusal::not_played(
            unplayed::DeletingManagedIdentityPrincipal,
            &[],
        ));
    }
    context.state.directory.remove(found.id);
    Ok(nothing())
}
