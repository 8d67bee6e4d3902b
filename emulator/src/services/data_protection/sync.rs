//! Trying the last thing that failed of an instance once more.

use super::operations::{self, Addresses, First};
use super::vault::{not_found_inside, vault_of};
use super::{instance, lifecycle, protection};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::{Context, json_body};
use crate::state::OperationOutcome;

/// An instance whose protection could not be configured is configured anew; of one that is well
/// nothing is to be done. Either kind of `syncType` asks for no more than that here.
pub(super) fn sync(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let vault = vault_of(context, &id)?.clone();
    json_body(request)?;
    let found = context
        .state
        .resource(&id)
        .cloned()
        .ok_or_else(not_found_inside)?;
    lifecycle::require_idle(context, &found)?;
    let operation = operations::begin(context, &vault.id);
    if instance::protection_state(&found) == "ProtectionError" {
        instance::forget_error(context, &id);
        instance::set_protection_state(context, &id, "ConfiguringProtection");
        protection::begin(context, &vault.id, &id, operation.clone(), None);
    } else {
        operations::after(context, &operation, "instance_put", |_| {
            OperationOutcome::Succeeded(serde_json::Value::Null)
        });
    }
    Ok(operations::accepted(
        context,
        request,
        &vault,
        &operation,
        Addresses::Both,
        First::accepted("instance_put"),
    ))
}
