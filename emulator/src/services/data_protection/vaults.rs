//! Backup vaults.

use http::StatusCode;
use serde_json::{Value, json};

use super::operations::{self, Addresses, First};
use super::vault::{VAULT, show_guarded, vault_of};
use super::{deleted_vaults, resource_guard, vault_checks, vault_write, versions};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::Rules;
use crate::services::{Context, identity, json_body, page, plain, system_data};
use crate::state::{OperationOutcome, Resource, field};

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let mut id = permit.scope.clone();
    context.require_group(&id)?;
    let sent = json_body(request)?;
    let existing = context.state.resource(&id).cloned();
    let response = match request.header("x-ms-deleted-vault-id") {
        Some(deleted) => deleted_vaults::undelete(context, request, &id, deleted, &sent)?,
        None => {
            if let Some(existing) = &existing {
                // It stays spelled as it was first written.
                id = existing.id.clone();
            }
            let existing = existing.as_ref().map(|vault| &*vault.body);
            resource_guard::check_vault(context, permit, request, &sent, existing)?;
            write(context, request, &id, &sent, existing, StatusCode::CREATED)?
        }
    };
    // A vault's body has none; the header of its PUT has.
    let system_data = system_data::of(context.now, &permit.caller, existing.is_none());
    Ok(response.with_header("x-ms-arm-resource-system-data", &system_data.to_string()))
}

pub(super) fn patch(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let existing = vault_of(context, &id)?.body.clone();
    let mut sent = existing.clone();
    let patch = json_body(request)?;
    vault_checks::check_patch(context, &patch, &existing)?;
    plain::change(&mut sent, patch.clone().into_owned());
    if let Some(identity) = patch.get("identity") {
        sent["identity"] = identity.clone();
    }
    resource_guard::check_vault(context, permit, request, &sent, Some(&existing))?;
    write(
        context,
        request,
        &id,
        &sent,
        Some(&existing),
        StatusCode::ACCEPTED,
    )
}

fn write(
    context: &mut Context<'_>,
    request: &Request,
    id: &ResourceId,
    sent: &Value,
    existing: Option<&Value>,
    status: StatusCode,
) -> Result<Response, Refusal> {
    let location = match existing {
        Some(existing) => existing["location"].as_str().unwrap_or_default().to_owned(),
        None => plain::required_location(sent)?,
    };
    vault_checks::check(context, request, id, sent, existing)?;
    identity::check_type(field(sent, "identity"))?;
    let identity = match identity::block(context, id, field(sent, "identity"), existing)? {
        // An identity that was there leaves its type behind.
        Value::Null if existing.is_some_and(|vault| vault["identity"].is_object()) => {
            json!({"type": "None"})
        }
        block => block,
    };
    let sent = &vault_checks::keeping(sent, existing);
    let guarded = resource_guard::maps(context, id);
    let mut body = describe(context.rules, id, &location, sent, &identity, existing.is_some());
    show_guarded(context.rules, &mut body, guarded);
    if let Some(existing) = existing
        && status == StatusCode::CREATED
        && changes_nothing(&body, existing)
    {
        let shown = versions::shown_vault(context, request, existing);
        return Ok(Response::json(StatusCode::OK, &shown));
    }
    let key = hold_key_back(&mut body, existing);
    let created = context.state.resource(id).map_or(context.now, |own| own.created);
    let vault = Resource::new(id.clone(), body, created);
    Ok(vault_write::begin(context, request, vault, key, status))
}

/// Whether a vault is the same after a write as before.
fn changes_nothing(body: &Value, existing: &Value) -> bool {
    let mut settled = body.clone();
    settled["properties"]["provisioningState"] = json!("Succeeded");
    settled == *existing
}

/// Where a key of one's own is exchanged for another, the old one shows until the write has ended.
fn hold_key_back(body: &mut Value, existing: Option<&Value>) -> Option<Value> {
    const KEY: &str = "/properties/securitySettings/encryptionSettings/keyVaultProperties";
    let old = existing?.pointer(KEY)?;
    let own = body.pointer_mut(KEY)?;
    (own != old).then(|| std::mem::replace(own, old.clone()))
}

/// A geo-redundant vault is copied to the region its own is paired with.
fn replicated_regions<'a>(rules: &'a Rules, storage: &Value, location: &str) -> Vec<&'a str> {
    let geo = storage
        .as_array()
        .into_iter()
        .flatten()
        .any(|setting| field(setting, "type").as_str() == Some(&rules.vaults.cross_region.redundancy));
    rules.pair_of(location).filter(|_| geo).into_iter().collect()
}

/// A vault's security settings, with what they are where nothing is said.
fn secured(rules: &Rules, sent: &Value) -> Value {
    let soft_delete = field(sent, "softDeleteSettings");
    let default = &rules.vaults.soft_delete;
    let state = field(soft_delete, "state").as_str().unwrap_or(&default.state);
    let days = field(soft_delete, "retentionDurationInDays").as_f64();
    let days = days.unwrap_or(default.retention_days);
    let mut secured = json!({"softDeleteSettings": {"state": state, "retentionDurationInDays": days}});
    for key in ["immutabilitySettings", "encryptionSettings"] {
        if !field(sent, key).is_null() {
            secured[key] = field(sent, key).clone();
        }
    }
    secured
}

fn describe(
    rules: &Rules,
    id: &ResourceId,
    location: &str,
    sent: &Value,
    identity: &Value,
    exists: bool,
) -> Value {
    let mut body = json!({"location": location});
    for key in ["tags", "eTag"] {
        if !field(sent, key).is_null() {
            body[key] = field(sent, key).clone();
        }
    }
    if !identity.is_null() {
        body["identity"] = identity.clone();
    }
    let properties = field(sent, "properties");
    let security = field(properties, "securitySettings");
    let secured = secured(rules, security);
    let storage = field(properties, "storageSettings").clone();
    let replicated = replicated_regions(rules, &storage, location);
    let mut own = json!({
        "provisioningState": if exists { "Updating" } else { "Provisioning" },
        "storageSettings": if storage.is_array() { storage } else { json!([]) },
        "isVaultProtectedByResourceGuard": false,
    });
    let written = [
        "provisioningState",
        "storageSettings",
        "isVaultProtectedByResourceGuard",
        "securitySettings",
        "secureScore",
        "bcdrSecurityLevel",
        "replicatedRegions",
        "resourceGuardOperationRequests",
    ];
    let others = properties.as_object().into_iter().flatten();
    let others = others
        .filter(|(key, value)| !value.is_null() && !written.iter().any(|own| own.eq_ignore_ascii_case(key)));
    // Monitoring stands before security, everything else behind it.
    let (before, behind): (Vec<_>, Vec<_>) =
        others.partition(|(key, _)| key.eq_ignore_ascii_case("monitoringSettings"));
    for (key, value) in before {
        own[key] = value.clone();
    }
    own["securitySettings"] = secured.clone();
    for (key, value) in behind {
        own[key] = value.clone();
    }
    // What they are depends on the settings above, and is filled in last.
    own["secureScore"] = Value::Null;
    own["bcdrSecurityLevel"] = Value::Null;
    own["replicatedRegions"] = json!(replicated);
    body["properties"] = own;
    body["id"] = json!(id);
    body["name"] = json!(id.name());
    body["type"] = json!(VAULT);
    body
}

pub(super) fn get(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    match context.state.resource(&permit.scope) {
        Some(vault) => {
            let body = versions::shown_vault(context, request, &vault.body);
            Ok(Response::json(StatusCode::OK, &body))
        }
        None => Err(context.not_found(&permit.scope)),
    }
}

pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    context.require_group(&permit.scope)?;
    let found: Vec<Value> = context
        .state
        .resources_below(&permit.scope, VAULT)
        .filter(|vault| context.shows(permit, &vault.id, VAULT))
        .map(|vault| versions::shown_vault(context, request, &vault.body))
        .collect();
    page::list(request, &found)
}

pub(super) fn delete(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let Some(vault) = context.state.resource(&id).cloned() else {
        context.require_group(&id)?;
        return Ok(Response::new(StatusCode::NO_CONTENT));
    };
    deleted_vaults::require_deletable(context, &vault)?;
    let operation = operations::begin(context, &id);
    let activity = operations::activity(context, request);
    operations::after(context, &operation, "vault_delete", move |context| {
        // Something may have been put into it meanwhile.
        let vault = context.state.resource(&id).cloned();
        let refused = vault.and_then(|vault| deleted_vaults::require_deletable(context, &vault).err());
        match refused {
            Some(refusal) => OperationOutcome::Failed(refusal.user_facing_error(&activity)),
            None => deleted_vaults::remove(context, &id, activity),
        }
    });
    let first = First::accepted("vault_delete");
    Ok(operations::accepted(
        context,
        request,
        &vault,
        &operation,
        Addresses::BothBelowLocation,
        first,
    ))
}
