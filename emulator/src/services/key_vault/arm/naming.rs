//! Vault names: their form, and that the whole world shares them.

use http::StatusCode;
use serde_json::json;

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::code;
use crate::services::{Context, json_body};
use crate::state::field;

/// Letters, digits and hyphens, as many as the rules say.
fn is_vault_name(context: &Context<'_>, name: &str) -> bool {
    let lengths = &context.rules.key_vault.vault_name;
    (lengths.shortest..=lengths.longest).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Why a vault that is to be new cannot have a name.
fn objection(context: &Context<'_>, name: &str) -> Option<Refusal> {
    let key = name.to_ascii_lowercase();
    if !is_vault_name(context, name) {
        return Some(Refusal::of(code::VaultNameNotValid, &[]));
    }
    if context.state.key_vaults.contains_key(&key) {
        return Some(Refusal::of(code::VaultAlreadyExists, &[("vault", name)]));
    }
    if context.own.key_vault.deleted.contains_key(&key) {
        return Some(Refusal::of(code::KeyVaultDeletedNameInUse, &[]));
    }
    None
}

/// Refuses a name that has not the right form, or that another vault has, be it deleted.
pub(super) fn check(context: &Context<'_>, id: &ResourceId) -> Result<(), Refusal> {
    match objection(context, id.name()) {
        Some(refusal) => Err(refusal),
        None => Ok(()),
    }
}

pub(super) fn check_availability(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let name = field(&sent, "name").as_str().unwrap_or_default();
    let answer = match objection(context, name) {
        None => json!({"nameAvailable": true}),
        Some(refusal) => {
            let reason = if is_vault_name(context, name) {
                "AlreadyExists"
            } else {
                "AccountNameInvalid"
            };
            json!({"nameAvailable": false, "reason": reason, "message": refusal.message})
        }
    };
    Ok(Response::json(StatusCode::OK, &answer))
}

/// There are no managed HSMs here, so every name is free.
pub(super) fn check_hsm_availability(
    _: &mut Context<'_>,
    _: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    Ok(Response::json(StatusCode::OK, &json!({"nameAvailable": true})))
}
