//! `Microsoft.Authorization`: role definitions and role assignments, locks, Azure Policy.

mod assignments;
mod definitions;
mod deny_assignments;
mod locks;
mod policy_assignments;
mod policy_definitions;
mod policy_exemptions;
mod policy_parts;
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
        "DenyAssignments_ListForScope" => deny_assignments::list,
        "DenyAssignments_Get" => deny_assignments::get,
        "Locks_CreateOrUpdate" => locks::put,
        "Locks_Get" => locks::get,
        "Locks_Delete" => locks::delete,
        "Locks_List" => locks::list,
        "PolicyDefinitions_ListBuiltIn" => policy_definitions::list_built_in,
        "PolicyDefinitions_GetBuiltIn" => policy_definitions::get_built_in,
        "PolicyDefinitions_List" | "PolicyDefinitions_ListByManagementGroup" => policy_definitions::list,
        "PolicyDefinitions_Get" | "PolicyDefinitions_GetAtManagementGroup" => policy_definitions::get,
        "PolicyDefinitions_CreateOrUpdate" | "PolicyDefinitions_CreateOrUpdateAtManagementGroup" => {
            policy_definitions::put
        }
        "PolicyDefinitions_Delete" | "PolicyDefinitions_DeleteAtManagementGroup" => {
            policy_definitions::delete
        }
        "PolicyAssignments_List" => policy_assignments::list,
        "PolicyAssignments_Get" => policy_assignments::get,
        "PolicyAssignments_Create" => policy_assignments::put,
        "PolicyAssignments_Delete" => policy_assignments::delete,
        "PolicyExemptions_List" => policy_exemptions::list,
        "PolicyExemptions_Get" => policy_exemptions::get,
        "PolicyExemptions_CreateOrUpdate" => policy_exemptions::put,
        "PolicyExemptions_Delete" => policy_exemptions::delete,
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
