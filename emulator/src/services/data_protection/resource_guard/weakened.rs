//! What a write of a vault makes weaker.

use serde_json::Value;

use crate::rules::{CriticalOperation, Rules, SoftDelete};
use crate::state::{below, field};

/// A security setting of a vault, whose members a client may spell otherwise.
fn setting<'a>(vault: &'a Value, name: &str) -> &'a Value {
    field(field(field(vault, "properties"), "securitySettings"), name)
}

fn state<'a>(vault: &'a Value, name: &str) -> Option<&'a str> {
    field(setting(vault, name), "state").as_str()
}

fn days(vault: &Value, default: &SoftDelete) -> f64 {
    let said = field(setting(vault, "softDeleteSettings"), "retentionDurationInDays");
    said.as_f64().unwrap_or(default.retention_days)
}

/// What a vault is weakened in by being written as it was sent, in no order that matters.
pub(super) fn by(rules: &Rules, sent: &Value, existing: &Value) -> Vec<CriticalOperation> {
    let mut found = Vec::new();
    let facts = &rules.resource_guard;
    let immutability = |vault| facts.strength_of_immutability(state(vault, "immutabilitySettings"));
    if immutability(sent) < immutability(existing) {
        found.push(CriticalOperation::ReduceImmutability);
    }
    let default = &rules.vaults.soft_delete;
    let soft_delete = |vault| {
        let state = state(vault, "softDeleteSettings").unwrap_or(&default.state);
        facts.strength_of_soft_delete(Some(state))
    };
    if soft_delete(sent) < soft_delete(existing) || days(sent, default) < days(existing, default) {
        found.push(CriticalOperation::ReduceSoftDelete);
    }
    let own = below(existing, "/properties/securitySettings/encryptionSettings");
    let wanted = setting(sent, "encryptionSettings");
    // A vault keeps its key where nothing is said of it, and has none of its owner's to change where there was none.
    let says_none = |settings| {
        field(settings, "state")
            .as_str()
            .is_none_or(|state| state == "Disabled")
    };
    let stays_without = says_none(own) && says_none(wanted);
    if !field(wanted, "state").is_null() && wanted != own && !stays_without {
        found.push(CriticalOperation::ModifyEncryption);
    }
    found
}
