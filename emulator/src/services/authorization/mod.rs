//! `Microsoft.Authorization`: role definitions and role assignments.

mod assignments;
mod definitions;
mod locks;
mod policies;

#[cfg(any(test, feature = "fuzzing"))]
use super::arm_filter::Filter;
use super::{Context, Handler};
use crate::gateway::Refusal;
use crate::model::ResourceId;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "RoleDefinitions_List" => definitions::list,
        "RoleDefinitions_Get" => definitions::get,
        "RoleDefinitions_ListAtTenantScope" => definitions::list_at_root,
        "RoleDefinitions_GetAtTenantScope" => definitions::get_at_root,
        "RoleDefinitions_CreateOrUpdate" => definitions::put,
        "RoleDefinitions_Delete" => definitions::delete,
        "RoleAssignments_List" => assignments::list,
        "RoleAssignments_Get" => assignments::get,
        "RoleAssignments_Create" => assignments::put,
        "RoleAssignments_Delete" => assignments::delete,
        "Locks_CreateOrUpdate" => locks::put,
        "Locks_Get" => locks::get,
        "Locks_Delete" => locks::delete,
        "Locks_List" => locks::list,
        "PolicyAssignments_List" => policies::list_assignments,
        _ => return None,
    })
}

/// Reads a filter as the lists here do.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn read_filter(text: &str) -> bool {
    Filter::read(
        text,
        &["roleName eq", "principalId eq", "atScope()", "assignedTo()"],
    )
    .is_ok()
}

/// The resource (or group, or subscription) an assignment is made at, or a lock put on, must exist.
fn require_scope(context: &Context<'_>, scope: &ResourceId) -> Result<(), Refusal> {
    if scope.subscription().is_none() {
        return Ok(());
    }
    context.require_group(scope)?;
    // Parts of a resource (a container) have no entry of their own; what holds them must.
    let mut holder = scope.clone();
    while holder
        .resource_type()
        .is_some_and(|kind| kind.split('/').count() > 2)
    {
        holder = holder.parent();
    }
    if holder.resource_type().is_some() && !context.state.resources.contains_key(&holder) {
        return Err(context.not_found(&holder));
    }
    Ok(())
}
