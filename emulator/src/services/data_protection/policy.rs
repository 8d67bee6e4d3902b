//! A backup policy as the other parts of the service read it.

use serde_json::Value;

use crate::state::field;

pub(super) const POLICY: &str = "Microsoft.DataProtection/backupVaults/backupPolicies";

/// The rules of a policy that back up, and those that retain.
pub(super) fn rules_of<'a>(policy: &'a Value, object_type: &'a str) -> impl Iterator<Item = &'a Value> {
    field(field(policy, "properties"), "policyRules")
        .as_array()
        .into_iter()
        .flatten()
        .filter(move |rule| field(rule, "objectType").as_str() == Some(object_type))
}

/// The name of the tag a backup carries if nothing else is said.
pub(super) fn default_tag(policy: &Value) -> String {
    rules_of(policy, "AzureRetentionRule")
        .find(|rule| field(rule, "isDefault").as_bool() == Some(true))
        .and_then(|rule| field(rule, "name").as_str())
        .unwrap_or("Default")
        .to_owned()
}
