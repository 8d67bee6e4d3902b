//! A Resource Guard: what it protects, and how it is shown.

use serde_json::{Value, json};

use crate::model::{Request, ResourceId};
use crate::rules::{GuardedOperation, Rules};
use crate::state::{Resource, field};

pub(super) const GUARD: &str = "Microsoft.DataProtection/resourceGuards";

/// The name of the one request there is in each collection.
pub(super) const DEFAULT: &str = "default";

/// Whether a guard leaves an operation out.
fn excludes(guard: &Value, operation: &str) -> bool {
    let excluded = field(field(guard, "properties"), "vaultCriticalOperationExclusionList").as_array();
    let mut excluded = excluded.into_iter().flatten().filter_map(Value::as_str);
    excluded.any(|name| name.eq_ignore_ascii_case(operation))
}

/// Whether a guard protects an operation. One that is gone protects all there are.
pub(super) fn protects(guard: Option<&Resource>, row: &GuardedOperation) -> bool {
    guard.is_none_or(|guard| !excludes(&guard.body, &row.operation))
}

/// The guard, its operations as the version asked for has them.
pub(super) fn shown(rules: &Rules, request: &Request, guard: &Value) -> Value {
    let mut shown = guard.clone();
    let version = request.query_value("api-version").unwrap_or_default();
    shown["properties"]["resourceGuardOperations"] = protected(rules, guard, &version);
    shown
}

/// What a guard protects at an API version.
pub(super) fn protected(rules: &Rules, guard: &Value, version: &str) -> Value {
    let rows = rules.resource_guard.operations().iter();
    rows.filter(|row| row.is_shown_at(version) && !excludes(guard, &row.operation))
        .map(|row| {
            json!({
                "vaultCriticalOperation": row.operation,
                "requestResourceType": row.request_type(),
            })
        })
        .collect()
}

/// The id of the request that stands for an operation.
pub(super) fn default_request(guard: &ResourceId, row: &GuardedOperation) -> ResourceId {
    guard.child([row.requests.as_str(), DEFAULT])
}
