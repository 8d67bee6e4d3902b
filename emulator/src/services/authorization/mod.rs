//! `Microsoft.Authorization`: role definitions and role assignments.

mod assignments;
mod definitions;

use super::Handler;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "RoleDefinitions_List" => definitions::list,
        "RoleDefinitions_Get" => definitions::get,
        "RoleDefinitions_CreateOrUpdate" => definitions::put,
        "RoleDefinitions_Delete" => definitions::delete,
        "RoleAssignments_List" => assignments::list,
        "RoleAssignments_Get" => assignments::get,
        "RoleAssignments_Create" => assignments::put,
        "RoleAssignments_Delete" => assignments::delete,
        _ => return None,
    })
}

/// The value in quotes of an OData clause `name eq 'value'`, if the filter has one.
fn filter_value(filter: &str, name: &str) -> Option<String> {
    let lower = filter.to_ascii_lowercase();
    let at = lower.find(&format!("{} eq '", name.to_ascii_lowercase()))?;
    filter[at..].split('\'').nth(1).map(str::to_owned)
}
