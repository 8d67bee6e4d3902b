//! Backup vaults.

use http::StatusCode;
use serde_json::{Value, json};

use super::operations::{self, Addresses, First};
use super::{INSTANCE, POLICY, VAULT, vault_checks};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{RuleId, Rules};
use crate::services::{Context, identity, json_body, plain, system_data};
use crate::state::{OperationOutcome, Resource, field};

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    context.require_group(&id)?;
    let sent = json_body(request)?;
    let existing = context.state.resource(&id).map(|vault| vault.body.clone());
    let response = write(
        context,
        request,
        &id,
        &sent,
        existing.as_ref(),
        StatusCode::CREATED,
    )?;
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
    let existing = super::vault_of(context, &id)?.body.clone();
    let mut sent = existing.clone();
    let patch = json_body(request)?;
    plain::merge(&mut sent, &patch);
    if let Some(identity) = patch.get("identity") {
        sent["identity"] = identity.clone();
    }
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
    let identity = identity::block(context, id, field(sent, "identity"), existing)?;
    let body = describe(context.rules, id, &location, sent, &identity, existing.is_some());
    let now = context.now;
    context
        .state
        .resources
        .insert(id.clone(), Resource::new(id.clone(), body.clone(), now));
    let operation = operations::begin(context, id);
    let written = id.clone();
    operations::after(context, &operation, "vault_put", move |context| {
        finish(context, &written)
    });
    let vault = Resource::new(id.clone(), body.clone(), now);
    let first = First {
        status,
        phase: "vault_put",
        body: Some(&body),
    };
    Ok(operations::accepted(
        context,
        request,
        &vault,
        &operation,
        Addresses::Status,
        first,
    ))
}

/// A geo-redundant vault is copied to the region its own is paired with.
fn replicated_regions<'a>(rules: &'a Rules, storage: &Value, location: &str) -> Vec<&'a str> {
    let geo = storage
        .as_array()
        .into_iter()
        .flatten()
        .any(|setting| field(setting, "type").as_str() == Some("GeoRedundant"));
    rules.pair_of(location).filter(|_| geo).into_iter().collect()
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
    let soft_delete = field(security, "softDeleteSettings");
    let default = &rules.vaults.soft_delete;
    let state = field(soft_delete, "state").as_str().unwrap_or(&default.state);
    let days = field(soft_delete, "retentionDurationInDays")
        .as_f64()
        .unwrap_or(default.retention_days);
    let mut secured = json!({"softDeleteSettings": {"state": state, "retentionDurationInDays": days}});
    for key in ["immutabilitySettings", "encryptionSettings"] {
        if !field(security, key).is_null() {
            secured[key] = field(security, key).clone();
        }
    }
    let immutability = field(field(security, "immutabilitySettings"), "state")
        .as_str()
        .unwrap_or_default();
    let security = rules.vaults.security(state, immutability);
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
    own["securitySettings"] = secured;
    for (key, value) in behind {
        own[key] = value.clone();
    }
    own["secureScore"] = json!(security.score);
    own["bcdrSecurityLevel"] = json!(security.level);
    own["replicatedRegions"] = json!(replicated);
    body["properties"] = own;
    body["id"] = json!(id);
    body["name"] = json!(id.name());
    body["type"] = json!(VAULT);
    body
}

/// Ends the write of a vault; only now the ids of user-assigned identities are shown.
fn finish(context: &mut Context<'_>, id: &ResourceId) -> OperationOutcome {
    let directory = &context.state.directory;
    if let Some(vault) = context.state.resources.get_mut(id) {
        vault.set_property(&["provisioningState"], json!("Succeeded"));
        identity::fill(directory, &mut vault.body);
    }
    OperationOutcome::Succeeded(Value::Null)
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
    let holds = |kind: &str| context.state.resources_below(&id, kind).next().is_some();
    let soft_deleted = context
        .own
        .data_protection
        .deleted
        .keys()
        .any(|deleted| id.contains(deleted));
    if holds(INSTANCE) || holds(POLICY) || soft_deleted {
        return Err(
            Refusal::user_facing(context.rules.error("SyntheticVaultNotEmpty"), &[])
                .because("the vault still holds backup instances, soft-deleted ones or policies")
                .by([RuleId::new("VLT-06")]),
        );
    }
    let operation = operations::begin(context, &id);
    operations::after(context, &operation, "vault_delete", move |context| {
        remove(context, &id)
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

fn remove(context: &mut Context<'_>, id: &ResourceId) -> OperationOutcome {
    if let Some(gone) = context.state.remove(id) {
        // The roles it was given elsewhere stay behind and point at nobody.
        identity::forget(&mut context.state.directory, &gone);
    }
    OperationOutcome::Succeeded(Value::Null)
}
