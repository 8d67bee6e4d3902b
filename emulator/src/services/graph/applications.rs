//! Applications and their service principals are made, changed and taken away.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::list::Answer;
use super::look_up::{find, missing, tenant};
use super::registrations::{named, registered};
use super::written::{bad, keep, made, members, nothing, text};
use super::{credentials, describe, rights};
use crate::gateway::{Permit, Refusal};
use crate::model::{PrincipalId, PrincipalKind, Request};
use crate::rules::{code, unplayed};
use crate::services::Context;
use crate::state::{IdentityKind, Principal, Registration};

pub(super) fn create(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    rights::require(context, permit, None)?;
    let sent = members(context, "application", request, true)?;
    let application = Registration {
        app_id: context.draw_uuid("application"),
        tenant: tenant(permit)?,
        display_name: String::new(),
    };
    write(context, permit, &application, sent)?;
    let now = context.now;
    context.state.directory.record_mut(application.id()).created = Some(now);
    rights::own(context, permit, application.id());
    let written = context.state.directory.registration(application.app_id);
    let object = written.map(|written| describe::application(context, written));
    Ok(made("applications", object.unwrap_or_default()))
}

pub(super) fn update(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let application = named(context, permit)?.clone();
    rights::require(context, permit, Some(application.id()))?;
    let sent = members(context, "application", request, false)?;
    write(context, permit, &application, sent)?;
    Ok(nothing())
}

/// Writes what was sent of an application; its service principal is called as it is.
fn write(
    context: &mut Context<'_>,
    permit: &Permit,
    application: &Registration,
    mut sent: Map<String, Value>,
) -> Result<(), Refusal> {
    let mut application = application.clone();
    refuse_passwords(&sent)?;
    if let Some(uris) = sent.get("identifierUris").and_then(Value::as_array) {
        let taken = |uri: &Value| {
            registered(context, permit)
                .filter(|other| other.app_id != application.app_id)
                .filter_map(|other| context.state.directory.record(other.id()))
                .filter_map(|record| record.members.get("identifierUris")?.as_array())
                .any(|listed| listed.contains(uri))
        };
        if uris.iter().any(taken) {
            return Err(bad(
                "Another object with the same value for property identifierUris already exists.",
            ));
        }
    }
    let keys = sent.remove("keyCredentials");
    let object = application.id();
    if let Some(keys) = keys {
        let keys = credentials::keys(context, object, &keys)?;
        context.state.directory.record_mut(object).keys = keys;
    }
    if let Some(name) = text(&sent, "displayName") {
        name.clone_into(&mut application.display_name);
        let principal = context.state.directory.by_app_id(application.app_id).cloned();
        if let Some(mut principal) = principal {
            name.clone_into(&mut principal.display_name);
            context.state.directory.insert(principal);
        }
    }
    let directory = &mut context.state.directory;
    directory.register(application);
    keep(&mut directory.record_mut(object).members, sent);
    Ok(())
}

/// Passwords are made by `addPassword`: nobody can say one.
fn refuse_passwords(sent: &Map<String, Value>) -> Result<(), Refusal> {
    match sent.get("passwordCredentials").and_then(Value::as_array) {
        Some(all) if !all.is_empty() => Err(Refusal::not_played(unplayed::PasswordsWithTheObject, &[])),
        _ => Ok(()),
    }
}

/// Takes an application away, and its service principal with it.
pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Answer {
    let application = named(context, permit)?.clone();
    rights::require(context, permit, Some(application.id()))?;
    let directory = &mut context.state.directory;
    if let Some(principal) = directory
        .by_app_id(application.app_id)
        .map(|principal| principal.id)
    {
        directory.remove(principal);
    }
    directory.deregister(application.app_id);
    Ok(nothing())
}

pub(super) fn create_principal(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let mut sent = members(context, "servicePrincipal", request, true)?;
    let named = text(&sent, "appId").unwrap_or_default().to_owned();
    sent.remove("appId");
    let app_id = named.parse::<Uuid>().ok();
    let application = registered(context, permit)
        .find(|application| Some(application.app_id) == app_id)
        .cloned();
    // Whoever may make none learns nothing of which applications there are.
    rights::require(context, permit, application.as_ref().map(Registration::id))?;
    let Some(application) = application else {
        return Err(bad(format!(
            "The appId '{named}' of the service principal does not reference a valid application object."
        )));
    };
    if context.state.directory.by_app_id(application.app_id).is_some() {
        return Err(Refusal::of(
            code::Request_MultipleObjectsWithSameKeyValue,
            &[("name", &named)],
        ));
    }
    let principal = Principal {
        id: PrincipalId(context.draw_uuid("service principal")),
        app_id: Some(application.app_id),
        tenant: application.tenant,
        display_name: application.display_name,
        identity: IdentityKind::Application,
        secret: None,
        certificates: Vec::new(),
    };
    write_principal(context, &principal, sent)?;
    let now = context.now;
    context.state.directory.record_mut(principal.id.0).created = Some(now);
    context.note_new_principal(principal.id);
    rights::own(context, permit, principal.id.0);
    Ok(made(
        "servicePrincipals",
        describe::principal(context, &principal),
    ))
}

fn write_principal(
    context: &mut Context<'_>,
    principal: &Principal,
    mut sent: Map<String, Value>,
) -> Result<(), Refusal> {
    refuse_passwords(&sent)?;
    if let Some(keys) = sent.remove("keyCredentials") {
        let keys = credentials::keys(context, principal.id.0, &keys)?;
        context.state.directory.record_mut(principal.id.0).keys = keys;
    }
    let directory = &mut context.state.directory;
    directory.insert(principal.clone());
    keep(&mut directory.record_mut(principal.id.0).members, sent);
    Ok(())
}

pub(super) fn update_principal(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let wanted = permit.params.get("id");
    let principal = find(context, permit, wanted)?.clone();
    if principal.kind() != PrincipalKind::ServicePrincipal {
        return Err(missing(wanted));
    }
    rights::require(context, permit, Some(principal.id.0))?;
    let mut sent = members(context, "servicePrincipal", request, false)?;
    if sent.remove("appId").is_some() || sent.contains_key("servicePrincipalNames") {
        return Err(Refusal::not_played(unplayed::OtherPrincipalNames, &[]));
    }
    write_principal(context, &principal, sent)?;
    Ok(nothing())
}
