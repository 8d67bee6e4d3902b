//! The mapping of a vault to a Resource Guard.

use serde_json::{Value, json};

use super::guard;
use crate::model::ResourceId;
use crate::services::Context;
use crate::state::Resource;

/// What it says it is, which is not quite what it is asked for by.
pub(in crate::services::data_protection) const PROXY: &str =
    "Microsoft.DataProtection/vaults/backupResourceGuardProxies";

/// The mapping a vault has.
pub(super) fn of<'a>(context: &'a Context<'_>, vault: &'a ResourceId) -> Option<&'a Resource> {
    context.state.resources_below(vault, PROXY).next()
}

/// Whether a vault is mapped to a guard.
pub(in crate::services::data_protection) fn maps(context: &Context<'_>, vault: &ResourceId) -> bool {
    of(context, vault).is_some()
}

/// The guard a vault is mapped to.
pub(super) fn guard_id(proxy: &Resource) -> Option<ResourceId> {
    proxy.text("/properties/resourceGuardResourceId").parse().ok()
}

/// The mapping, with what its guard protects of Backup vaults.
pub(super) fn shown(context: &Context<'_>, proxy: &Resource) -> Value {
    let mut shown = proxy.body.to_value();
    let Some(id) = guard_id(proxy) else {
        return shown;
    };
    let guard = context.state.resource(&id);
    // The request's id is spelled as the mapping has the guard's.
    let rows = context.rules.resource_guard.operations().iter();
    let details: Vec<Value> = rows
        .filter(|row| row.critical.is_some() && guard::protects(guard, row))
        .map(|row| {
            json!({
                "vaultCriticalOperation": row.operation,
                "defaultResourceRequest": guard::default_request(&id, row),
            })
        })
        .collect();
    shown["properties"]["resourceGuardOperationDetails"] = json!(details);
    shown
}
