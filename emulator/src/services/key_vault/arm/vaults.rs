//! Vaults as resources.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::vault::Vault;
use super::super::{DeletedVault, VAULT};
use super::{naming, vault_body};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::code;
use crate::services::key_vault::arm::deleted::PurgeVault;
use crate::services::sent_body::fill;
use crate::services::{Context, json_body, plain, system_data};
use crate::state::{Resource, field};

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    context.require_group(&id)?;
    let mut sent = vault_body::normalized(context, json_body(request)?.into_owned())?;
    vault_body::check_tenant(context, &sent)?;
    if context.state.resources.contains_key(&id) {
        return replace(context, &id, &sent);
    }
    let mode = take_create_mode(&mut sent);
    if mode.as_deref() == Some("recover") {
        return recover(context, &id);
    }
    naming::check(context, &id)?;
    sent["location"] = json!(plain::required_location(&sent)?);
    let tenant = context.tenant_of(&id)?;
    let version = request.query_value("api-version").unwrap_or_default();
    let mut body = plain::resource_body(&id, VAULT, &sent)?;
    fill(
        &mut body,
        &vault_body::defaults(&context.rules.key_vault, &id, tenant, &version),
    );
    // What is not said is off, and is not answered.
    if let Some(properties) = body["properties"].as_object_mut() {
        properties.retain(|name, value| name != "enablePurgeProtection" || *value == json!(true));
    }
    body["systemData"] = system_data::of(context.now, &permit.caller, true);
    let vault = Resource::new(id.clone(), body.clone(), context.now);
    context.state.resources.insert(id.clone(), vault);
    context
        .state
        .key_vaults
        .insert(id.name().to_ascii_lowercase(), id);
    // Its name is made known after the answer; by the time anybody asks again that is done.
    body["properties"]["provisioningState"] = json!("RegisteringDns");
    Ok(Response::json(StatusCode::OK, &body))
}

/// How a vault is to come into being, which is no property of it afterwards.
fn take_create_mode(sent: &mut Value) -> Option<String> {
    let properties = sent.get_mut("properties")?.as_object_mut()?;
    Some(properties.remove("createMode")?.as_str()?.to_owned())
}

/// Brings a deleted vault back as it was. Its role assignments are gone.
fn recover(context: &mut Context<'_>, id: &ResourceId) -> Result<Response, Refusal> {
    let key = id.name().to_ascii_lowercase();
    let missing = || Refusal::of(code::DeletedVaultNotFound, &[("vault", id.name())]);
    let found = context.own.key_vault.deleted.get(&key).ok_or_else(missing)?;
    if found.resource.id != *id {
        // Somebody else's deleted vault keeps its name.
        return naming::check(context, id).and_then(|()| Err(context.not_found(id)));
    }
    let Some(mut deleted) = context.own.key_vault.deleted.remove(&key) else {
        return Err(context.not_found(id));
    };
    deleted.contents.forget_purged(context.now);
    context
        .own
        .key_vault
        .contents
        .insert(key.clone(), deleted.contents);
    context.state.key_vaults.insert(key, id.clone());
    let body = deleted.resource.body.clone();
    context.state.resources.insert(id.clone(), deleted.resource);
    Ok(Response::json(StatusCode::OK, &body))
}

pub(super) fn patch(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = vault_body::normalized(context, json_body(request)?.into_owned())?;
    vault_body::check_tenant(context, &sent)?;
    update(context, &permit.scope, &sent)
}

/// Puts a vault that is there in another's place. What a request does not name is as in a new vault;
/// access policies are, too, which surprises people. How access is given, what is irreversible and
/// what came to the vault by others' doing stays.
fn replace(context: &mut Context<'_>, id: &ResourceId, sent: &Value) -> Result<Response, Refusal> {
    let Some(vault) = context.state.resource(id) else {
        return Err(context.not_found(id));
    };
    check_irreversible(vault, sent)?;
    let tenant = context.tenant_of(id)?;
    let facts = &context.rules.key_vault;
    let Some(vault) = context.state.resources.get_mut(id) else {
        return Err(context.not_found(id));
    };
    vault.body["tags"] = json!({});
    if let Some(properties) = vault.body["properties"].as_object_mut() {
        properties.retain(|name, _| facts.replaced.stays.contains(name));
    }
    fill(&mut vault.body, &vault_body::defaults(facts, id, tenant, ""));
    update(context, id, sent)
}

/// Changes what the request names and nothing else; the rest, private endpoint connections among it,
/// stays.
fn update(context: &mut Context<'_>, id: &ResourceId, sent: &Value) -> Result<Response, Refusal> {
    let Some(vault) = context.state.resource(id) else {
        return Err(context.not_found(id));
    };
    check_irreversible(vault, sent)?;
    let mut patch = sent.clone();
    take_create_mode(&mut patch);
    let Some(vault) = context.state.resources.get_mut(id) else {
        return Err(context.not_found(id));
    };
    if let Some(patch) = patch.as_object_mut() {
        patch.retain(|name, _| {
            !["id", "name", "type", "location", "systemdata"].contains(&name.to_ascii_lowercase().as_str())
        });
    }
    plain::change(&mut vault.body, patch);
    Ok(Response::json(StatusCode::OK, &vault.body))
}

fn check_irreversible(vault: &Resource, sent: &Value) -> Result<(), Refusal> {
    let wanted = |name: &str| field(field(sent, "properties"), name);
    let current = |name: &str| vault.at(&format!("/properties/{name}")).clone();
    let days = "softDeleteRetentionInDays";
    if !wanted(days).is_null() && *wanted(days) != current(days) {
        return Err(Refusal::of(code::KeyVaultRetentionFixed, &[]));
    }
    Ok(())
}

/// Deletes a vault. It keeps its name and what is inside until it is recovered or purged.
pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let id = &permit.scope;
    let Some(resource) = context.state.resources.remove(id) else {
        return Ok(Response::new(StatusCode::NO_CONTENT));
    };
    let vault = Vault::of(&context.rules.key_vault, &resource);
    context.state.access.remove_below(id);
    context.state.key_vaults.remove(&vault.key);
    let state = &mut context.own.key_vault;
    let contents = state.contents.remove(&vault.key).unwrap_or_default();
    let purged = vault.recovery.purge_time(context.now);
    let deleted = DeletedVault {
        resource,
        contents,
        deleted: context.now,
        purged,
    };
    state.deleted.insert(vault.key.clone(), deleted);
    context.start(PurgeVault {
        key: vault.key,
        at: purged,
    });
    Ok(Response::new(StatusCode::OK))
}
