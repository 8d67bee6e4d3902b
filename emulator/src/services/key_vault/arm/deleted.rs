//! Deleted vaults: seen, recovered elsewhere, purged on request or when their time is over.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::DeletedVault;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, Timestamp, wire_seconds};
use crate::rules::code;
use crate::services::{Context, Input, LongRunning, Next, Workflow};
use crate::state::OperationOutcome;

fn subscription_of(deleted: &DeletedVault) -> &str {
    deleted.resource.id.subscription().unwrap_or_default()
}

fn describe(deleted: &DeletedVault) -> Value {
    let vault = &deleted.resource;
    let (subscription, location) = (subscription_of(deleted), vault.location());
    let name = vault.id.name();
    let mut body = json!({
        "id": format!("/subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{name}"),
        "name": name,
        "type": "Microsoft.KeyVault/deletedVaults",
        "properties": {
            "vaultId": vault.id,
            "location": location,
            "tags": vault.at("/tags"),
            "deletionDate": wire_seconds(deleted.deleted),
            "scheduledPurgeDate": wire_seconds(deleted.purged),
        },
    });
    if is_protected(deleted) {
        body["properties"]["purgeProtectionEnabled"] = json!(true);
    }
    body
}

fn is_protected(deleted: &DeletedVault) -> bool {
    let protection = deleted.resource.at("/properties/enablePurgeProtection");
    protection.as_bool() == Some(true)
}

/// The deleted vault a path names.
fn in_path<'a>(context: &'a Context<'_>, permit: &Permit) -> Result<&'a DeletedVault, Refusal> {
    let name = permit.params.get("vault");
    let found = context
        .own
        .key_vault
        .deleted
        .get(&name.to_ascii_lowercase())
        .filter(|deleted| {
            let here = permit.params.get("subscription");
            let location = permit.params.get("location");
            subscription_of(deleted).eq_ignore_ascii_case(here)
                && deleted.resource.location().eq_ignore_ascii_case(location)
        });
    found.ok_or_else(|| Refusal::of(code::DeletedVaultNotFound, &[("vault", name)]))
}

pub(super) fn list(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let here: &ResourceId = &permit.scope;
    let found: Vec<Value> = context
        .own
        .key_vault
        .deleted
        .values()
        .filter(|deleted| here.contains(&deleted.resource.id))
        .map(describe)
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": found})))
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let found = in_path(context, permit)?;
    Ok(Response::json(StatusCode::OK, &describe(found)))
}

pub(super) fn purge(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    if is_protected(in_path(context, permit)?) {
        return Err(Refusal::of(code::KeyVaultPurgeNotAllowed, &[]));
    }
    let key = permit.params.get("vault").to_ascii_lowercase();
    context.own.key_vault.deleted.remove(&key);
    let operation = context.draw_uuid("key vault purge").simple().to_string();
    context.state.operations.begin(operation.clone(), context.now);
    context
        .state
        .operations
        .end(&operation, context.now, OperationOutcome::Succeeded(Value::Null));
    let (subscription, location) = (permit.params.get("subscription"), permit.params.get("location"));
    let announced = LongRunning {
        id: operation.clone(),
        status: StatusCode::ACCEPTED,
        status_path: None,
        result_path: Some(format!(
            "/subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/{location}/operationResults/{operation}"
        )),
        retry_after_seconds: context.rules.retry_after("key_vault_purge"),
    };
    Ok(context.accepted(request, &announced, None))
}

/// The result of a purge, which has none.
pub(super) fn operation_result(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let operation = permit.params.get("operation");
    if context.state.operations.get(operation).is_some() {
        return Ok(Response::new(StatusCode::OK));
    }
    Err(context.not_found(&permit.scope))
}

/// Purges a vault when its time is over, unless it has been recovered or deleted anew.
#[derive(Clone)]
pub(super) struct PurgeVault {
    pub(super) key: String,
    pub(super) at: Timestamp,
}

impl Workflow for PurgeVault {
    fn step(&mut self, context: &mut Context<'_>, _: Input) -> Next {
        if context.now < self.at {
            return Next::Sleep(self.at.duration_since(context.now));
        }
        let deleted = &mut context.own.key_vault.deleted;
        if deleted
            .get(&self.key)
            .is_some_and(|vault| vault.purged <= context.now)
        {
            deleted.remove(&self.key);
        }
        Next::Done
    }
}

/// There are no managed HSMs here, so none was deleted; the CLI asks for them with the vaults.
pub(super) fn list_hsms(_: &mut Context<'_>, _: &Permit, _: &Request) -> Result<Response, Refusal> {
    Ok(Response::json(StatusCode::OK, &json!({"value": []})))
}
