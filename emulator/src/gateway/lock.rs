//! The last gate of Azure Resource Manager: locks, which hold for everybody, owners included.

use http::Method;

use super::planned_write::target_of;
use super::{Gates, Permit, Refusal};
use crate::model::{Request, ResourceId};
use crate::rules::{Gate, Operation, code, rule};
use crate::state::{Lock, Move};

/// Lets a request through that no lock forbids. What a request does follows from its method, so that
/// no operation can be left out by mistake; a call of an action (POST) counts as a write, as on Azure.
pub(super) fn pass(
    gates: &Gates<'_>,
    row: &Operation,
    request: &Request,
    permit: &Permit,
) -> Result<(), Refusal> {
    let (locks, moves) = (&gates.state.locks, &gates.state.moves);
    let nothing = locks.is_empty() && moves.is_empty();
    if nothing || row.past_locks || matches!(request.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let target = if request.method == Method::POST {
        permit.scope.clone()
    } else {
        target_of(request)?
    };
    // What is being moved says so itself.
    if request.method != Method::POST
        && moves.moved(&target).is_none()
        && let Some(one) = moves.locking(&target)
    {
        return Err(being_moved(one));
    }
    let (operation, found): (&str, Vec<&Lock>) = if request.method == Method::DELETE {
        ("delete", locks.against_deleting(&target).collect())
    } else {
        ("write", locks.against_writing(&target).collect())
    };
    if found.is_empty() {
        return Ok(());
    }
    Err(locked(&found, &target, operation))
}

/// The refusal of what locks forbid.
pub(crate) fn locked(found: &[&Lock], target: &ResourceId, operation: &str) -> Refusal {
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
    refusal
        .at(Gate::Lock)
        .because(format!(
            "{} on {} forbids to {operation} {target}, whatever the caller's roles",
            names.join(", "),
            scopes.join(", ")
        ))
        .by([rule::LOCK])
}

/// The refusal of what is in a group that resources are being moved out of, or into.
pub(crate) fn being_moved(one: &Move) -> Refusal {
    let fill = [("from", one.from.name()), ("to", one.to.name())];
    Refusal::of(code::SyntheticResourceGroupBeingMoved, &fill)
        .at(Gate::Lock)
        .by([rule::MOVE_GROUPS])
}
