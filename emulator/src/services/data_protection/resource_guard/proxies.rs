//! Mapping vaults to Resource Guards, and unlocking what guards protect from deletion.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::instance::INSTANCE;
use super::super::refused;
use super::super::vault::{self, not_found_inside, vault_of};
use super::critical;
use super::guard::{self, GUARD};
use super::proxy::{self, PROXY};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, region_name, wire_hundred_nanoseconds};
use crate::rules::{CriticalOperation, rule};
use crate::services::{Context, json_body, page};
use crate::state::{Resource, field};

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let vault = vault_of(context, &id)?.id.clone();
    let sent = json_body(request)?;
    let spelled = field(field(&sent, "properties"), "resourceGuardResourceId");
    let spelled = spelled.as_str().unwrap_or_default();
    let guard = guard_to_map(context, permit, request, &vault, spelled)?;
    if let Some(own) = proxy::of(context, &vault) {
        let (own_id, own_guard) = (own.id.clone(), proxy::guard_id(own));
        if own_id != id {
            let why = format!("the vault is mapped already, by {own_id}");
            return Err(refused::by(context, rule::MUA_MAP).because(why));
        }
        // To be mapped to another is to be mapped to this one no more.
        if own_guard.as_ref() != Some(&guard) {
            critical::require_unlocked(context, &vault, CriticalOperation::DeleteProxy, &id)?;
        }
    }
    let body = json!({
        "properties": {
            "resourceGuardResourceId": spelled,
            "resourceGuardOperationDetails": [],
            "lastUpdatedTime": wire_hundred_nanoseconds(context.now),
        },
        "id": id,
        "name": id.name(),
        "type": PROXY,
    });
    let proxy = Resource::new(id.clone(), body, context.now);
    let shown = proxy::shown(context, &proxy);
    context.own.data_protection.unlocked.remove(&id);
    context
        .state
        .resources
        .insert(id.clone(), Resource::new(id, shown.clone(), context.now));
    show_guarded(context, &vault, true);
    Ok(Response::json(StatusCode::OK, &shown))
}

fn show_guarded(context: &mut Context<'_>, vault: &ResourceId, guarded: bool) {
    if let Some(vault) = context.state.resources.get_mut(vault) {
        vault::show_guarded(context.rules, &mut vault.body, guarded);
    }
}

/// The guard a vault is to be mapped to: the caller reads it, it is there, and it is where the vault is.
fn guard_to_map(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
    vault: &ResourceId,
    spelled: &str,
) -> Result<ResourceId, Refusal> {
    let refuse = |why: String| Err(refused::by(context, rule::MUA_MAP).because(why));
    let guard = spelled.parse::<ResourceId>().ok().filter(|id| id.is_type(GUARD));
    let Some(guard) = guard else {
        return refuse(format!(
            "resourceGuardResourceId is `{spelled}`, which is no Resource Guard"
        ));
    };
    let action = context.rules.resource_guard.mapping_takes();
    critical::linked(context, permit, request, &guard, &action, rule::MUA_MAP_READER)?;
    let Some(own) = context.state.resource(&guard) else {
        return refuse(format!("there is no Resource Guard {guard}"));
    };
    let of_vault = context
        .state
        .resource(vault)
        .map(Resource::location)
        .unwrap_or_default();
    let (own, of_vault) = (region_name(own.location()), region_name(of_vault));
    if own == of_vault {
        Ok(guard)
    } else {
        refuse(format!(
            "the Resource Guard is in {own}, and the vault in {of_vault}"
        ))
    }
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    vault_of(context, &permit.scope)?;
    let proxy = context.state.resource(&permit.scope);
    let proxy = proxy.ok_or_else(not_found_inside)?;
    Ok(Response::json(StatusCode::OK, &proxy::shown(context, proxy)))
}

pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    vault_of(context, &permit.scope)?;
    let proxies = context.state.resources_below(&permit.scope, PROXY);
    let found: Vec<Value> = proxies.map(|own| proxy::shown(context, own)).collect();
    page::list(request, &found)
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let vault = vault_of(context, &id)?.id.clone();
    if context.state.resource(&id).is_none() {
        return Ok(Response::new(StatusCode::NO_CONTENT));
    }
    critical::require_unlocked(context, &vault, CriticalOperation::DeleteProxy, &id)?;
    context.state.remove(&id);
    context
        .own
        .data_protection
        .unlocked
        .retain(|own, _| !vault.contains(own));
    show_guarded(context, &vault, false);
    Ok(Response::json(StatusCode::OK, &json!({})))
}

/// Unlocks the deletion of one resource: of the mapping itself, or of what the request names.
pub(super) fn unlock_delete(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let vault = vault_of(context, &id)?.id.clone();
    let proxy = context.state.resource(&id).ok_or_else(not_found_inside)?;
    let guard = proxy::guard_id(proxy);
    let named = critical::named(context, permit, request)?;
    let sent = json_body(request)?;
    let resource = field(&sent, "resourceToBeDeleted").as_str().unwrap_or_default();
    let refuse = |why: &str| Err(refused::by(context, rule::DPP_GUARD_REQUEST).because(why));
    let facts = &context.rules.resource_guard;
    let is = |operation| {
        let request = guard
            .as_ref()
            .map(|guard| guard::default_request(guard, facts.of(operation)));
        request.is_some_and(|request| named.contains(&request))
    };
    let resource: Option<ResourceId> = match resource {
        "" => None,
        text => match text.parse() {
            Ok(id) => Some(id),
            Err(_) => return refuse("resourceToBeDeleted is no resource id"),
        },
    };
    let unlocked = match resource {
        Some(instance) if instance.is_type(INSTANCE) && vault.contains(&instance) => {
            if !is(CriticalOperation::DeleteInstance) {
                return refuse("what is named is not the guard's request for deleting a backup instance");
            }
            if context.state.resource(&instance).is_none() {
                return refuse("resourceToBeDeleted is no backup instance the vault has");
            }
            instance
        }
        None if is(CriticalOperation::DeleteInstance) => {
            return refuse("resourceToBeDeleted does not say which backup instance is to be deleted");
        }
        Some(other) if other != id => {
            return refuse("resourceToBeDeleted is neither the mapping nor a backup instance of the vault");
        }
        Some(_) | None => {
            if !is(CriticalOperation::DeleteProxy) {
                return refuse("what is named is not the guard's request for removing the mapping");
            }
            id
        }
    };
    let until = context.now + SignedDuration::from_mins(facts.unlock.minutes);
    context.own.data_protection.unlocked.insert(unlocked, until);
    let answer = json!({"unlockDeleteExpiryTime": wire_hundred_nanoseconds(until)});
    Ok(Response::json(StatusCode::OK, &answer))
}
