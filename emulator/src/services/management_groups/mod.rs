//! `Microsoft.Management`: management groups, and the subscriptions that are in them. What is assigned at one is
//! inherited by everything below it; a tenant's root group is always there.

mod groups;
mod shown;
mod subscriptions;

use super::Handler;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "ManagementGroups_List" => groups::list,
        "ManagementGroups_Get" => groups::get,
        "ManagementGroups_CreateOrUpdate" => groups::put,
        "ManagementGroups_Update" => groups::patch,
        "ManagementGroups_Delete" => groups::delete,
        "ManagementGroups_OperationResult" => groups::operation,
        "ManagementGroups_GetDescendants" => subscriptions::descendants,
        "ManagementGroupSubscriptions_Create" => subscriptions::put,
        "ManagementGroupSubscriptions_GetSubscription" => subscriptions::get,
        "ManagementGroupSubscriptions_GetSubscriptionsUnderManagementGroup" => subscriptions::list,
        "ManagementGroupSubscriptions_Delete" => subscriptions::delete,
        _ => return None,
    })
}
