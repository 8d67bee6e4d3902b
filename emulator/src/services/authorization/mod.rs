//! `Microsoft.Authorization`: role definitions and role assignments.

mod assignments;
mod definitions;
mod locks;
mod policies;
mod role_body;
mod scope;
mod sent_condition;

use super::Handler;
#[cfg(any(test, feature = "fuzzing"))]
use super::arm_filter::ArmFilter;

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
    ArmFilter::read(
        text,
        &["roleName eq", "principalId eq", "atScope()", "assignedTo()"],
    )
    .is_ok()
}
