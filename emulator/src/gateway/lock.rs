//! The last gate of Azure Resource Manager: locks, which hold for everybody, owners included.

use http::Method;

use super::planned_write::target_of;
use super::{Gates, Permit, Refusal};
use crate::model::Request;
use crate::rules::{Gate, Operation, code, rule};
use crate::state::Lock;

/// Lets a request through that no lock forbids. What a request does follows from its method, so that
/// no operation can be left out by mistake; a call of an action (POST) counts as a write, as on Azure.
pub(super) fn pass(
    gates: &Gates<'_>,
    row: &Operation,
    request: &Request,
    permit: &Permit,
) -> Result<(), Refusal> {
    let locks = &gates.state.locks;
    if locks.is_empty() || row.past_locks || matches!(request.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let target = if request.method == Method::POST {
        permit.scope.clone()
    } else {
        target_of(request)?
    };
    let (operation, found): (&str, Vec<&Lock>) = if request.method == Method::DELETE {
        ("delete", locks.against_deleting(&target).collect())
    } else {
        ("write", locks.against_writing(&target).collect())
    };
    if found.is_empty() {
        return Ok(());
    }
    let scopes: Vec<&str> = found.iter().map(|lock| lock.scope.as_str()).collect();
    let fill = [
        ("scope", target.as_str()),
        ("operation", operation),
        ("locked", &scopes.join("','")),
    ];
    let names: Vec<String> = found
        .iter()
        .map(|lock| format!("{} ({})", lock.id.name(), lock.level.as_str()))
        .collect();
    let refusal = Refusal::of(code::ScopeLocked, &fill);
    Err(refusal
        .at(Gate::Lock)
        .because(format!(
            "{} on {} forbids to {operation} {target}, whatever the caller's roles",
            names.join(", "),
            scopes.join(", ")
        ))
        .by([rule::LOCK]))
}
