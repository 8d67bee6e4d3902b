//! The one place that asks a vault's Resource Guard, whatever is done to the vault.

use serde_json::Value;

use super::super::refused;
use super::{guard, proxy, weakened};
use crate::gateway::{Permit, Refusal};
use crate::model::{Action, Request, ResourceId, Timestamp, wire_hundred_nanoseconds};
use crate::rules::{CriticalOperation, Gate, GuardedOperation, RuleId, rule};
use crate::services::{Context, json_body};
use crate::state::field;

const REQUESTS: &str = "resourceGuardOperationRequests";

/// What a request names of Resource Guards, in its body or its properties.
fn texts(body: &Value) -> impl Iterator<Item = &str> {
    let request = field(body, "restoreRequestObject");
    let lists = [body, field(body, "properties"), request].map(|part| field(part, REQUESTS).as_array());
    lists
        .into_iter()
        .flatten()
        .flatten()
        .map(|id| id.as_str().unwrap_or_default())
}

/// A guard's request: the guard, and the operation it stands for.
fn read<'a>(context: &'a Context<'_>, named: &str) -> Option<(ResourceId, &'a GuardedOperation)> {
    let id: ResourceId = named.parse().ok()?;
    // A parent is two segments above, which is the guard.
    let guard = id.parent();
    let segments: Vec<&str> = id.segments().collect();
    let collection = segments.get(segments.len().checked_sub(2)?)?;
    let row = context.rules.resource_guard.of_requests(collection)?;
    (id.name().eq_ignore_ascii_case(guard::DEFAULT) && guard.is_type(guard::GUARD)).then_some((guard, row))
}

/// Whether the caller may do at a guard what a request takes there.
pub(super) fn linked(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
    guard: &ResourceId,
    action: &Action,
    named: RuleId,
) -> Result<(), Refusal> {
    let gates = context.gates();
    let passed = gates.linked(context.now, permit, request, guard, action);
    passed.map_err(|mut refusal| {
        if refusal.gate == Gate::Authorization {
            let elsewhere = context.state.tenant_of(guard) != permit.caller.tenant;
            refusal.mark = refusal.mark.max(context.rules.resource_guard.linked.mark);
            let of_guard = std::iter::once(named).chain(elsewhere.then_some(rule::MUA_TENANT));
            if refusal.rules.contains(&rule::E1_PROPAGATION) {
                refusal.name(of_guard);
            } else {
                // What to do about it is the guard's matter first.
                let of_roles = std::mem::replace(&mut refusal.rules, of_guard.collect());
                refusal.name(of_roles);
            }
        }
        refusal
    })
}

/// The requests of Resource Guards that a request names, each of which the caller may act by.
pub(in crate::services::data_protection) fn named(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Vec<ResourceId>, Refusal> {
    let body = json_body(request)?;
    let mut all = Vec::new();
    for text in texts(&body) {
        let Some((guard, row)) = read(context, text) else {
            let why = format!("{REQUESTS} has `{text}`, which is no request of a Resource Guard for a vault");
            return Err(refused::by(context, rule::DPP_GUARD_REQUEST).because(why));
        };
        let action = context.rules.resource_guard.acting_takes(row);
        linked(context, permit, request, &guard, &action, rule::MUA_ACTION)?;
        all.push(guard::default_request(&guard, row));
    }
    Ok(all)
}

/// What the vault is mapped to, if that protects the operation.
fn guarded(
    context: &mut Context<'_>,
    vault: &ResourceId,
    operation: CriticalOperation,
) -> Option<(ResourceId, GuardedOperation)> {
    let row = context.rules.resource_guard.of(operation);
    let guard = proxy::of(context, vault).map(proxy::guard_id)?;
    // A mapping that names none cannot be made; should there be one, nothing is let through.
    let guard = guard.unwrap_or_else(|| vault.clone());
    if guard::protects(context.state.resource(&guard), row) {
        return Some((guard, row.clone()));
    }
    let text = format!("{guard} leaves {} out", row.operation);
    context
        .log
        .applied(context.now, "resource guard", text, rule::MUA_EXCLUDED);
    None
}

fn refuse(context: &Context<'_>, guard: &ResourceId, row: &GuardedOperation, action: &str) -> Refusal {
    let fill = [
        ("operation", row.operation.as_str()),
        ("guard", guard.as_str()),
        ("action", action),
    ];
    refused::with(context, rule::VLT_10, &fill)
}

/// Refuses what the vault's guard protects, unless the guard's request for it is among those that were named.
pub(in crate::services::data_protection) fn require(
    context: &mut Context<'_>,
    vault: &ResourceId,
    operation: CriticalOperation,
    named: &[ResourceId],
) -> Result<(), Refusal> {
    let Some((guard, row)) = guarded(context, vault, operation) else {
        return Ok(());
    };
    let request = guard::default_request(&guard, &row);
    if named.contains(&request) {
        return Ok(());
    }
    let action = format!("Name {request} in {REQUESTS}.");
    let why = format!("{REQUESTS} does not name {request}");
    Err(refuse(context, &guard, &row, &action).because(why))
}

/// Refuses a write of a vault that makes it weaker, where its guard protects it from that.
pub(in crate::services::data_protection) fn check_vault(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    sent: &Value,
    existing: Option<&Value>,
) -> Result<(), Refusal> {
    let named = named(context, permit, request)?;
    let Some(existing) = existing else {
        return Ok(());
    };
    for operation in weakened::by(context.rules, sent, existing) {
        require(context, &permit.scope, operation, &named)?;
    }
    Ok(())
}

/// Refuses a deletion that the vault's guard protects, unless it has been unlocked: for the next one, and no other.
pub(in crate::services::data_protection) fn require_unlocked(
    context: &mut Context<'_>,
    vault: &ResourceId,
    operation: CriticalOperation,
    resource: &ResourceId,
) -> Result<(), Refusal> {
    let Some((guard, row)) = guarded(context, vault, operation) else {
        return Ok(());
    };
    let until: Option<Timestamp> = context.own.data_protection.unlocked.remove(resource);
    if until.is_some_and(|until| context.now < until) {
        return Ok(());
    }
    let request = guard::default_request(&guard, &row);
    let why = match until {
        Some(until) => format!(
            "the deletion was unlocked until {}",
            wire_hundred_nanoseconds(until)
        ),
        None => "the deletion was not unlocked".to_owned(),
    };
    let action = format!("Unlock it first: POST unlockDelete at the vault's mapping, with {request}.");
    Err(refuse(context, &guard, &row, &action)
        .because(why)
        .by([rule::MUA_UNLOCK]))
}
