//! The control plane: storage accounts, their keys, and containers as resources.

mod account_body;
mod account_limits;
mod account_type;
mod accounts;
mod container_lease;
mod containers;
mod ignored;
mod keys;
mod management_policies;
mod naming;
mod services;
mod signatures;
mod skus;

use super::super::{Handler, plain};
use account_type::ACCOUNT;
pub(super) use naming::check as check_name;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "StorageAccounts_CheckNameAvailability" => naming::check_availability,
        "StorageAccounts_Create" => accounts::put,
        "StorageAccounts_Update" => accounts::patch,
        "StorageAccounts_Get" => plain::get,
        "StorageAccounts_Delete" => accounts::delete,
        "StorageAccounts_ListByResourceGroup" | "StorageAccounts_List" => {
            |context, permit, request| plain::list(context, permit, request, ACCOUNT)
        }
        "StorageAccounts_ListKeys" => keys::list,
        "StorageAccounts_RegenerateKey" => keys::regenerate,
        "StorageOperations_Get" => accounts::operation,
        "BlobServices_Get" => services::blob,
        "BlobServices_Set" => services::set_blob,
        "BlobServices_List" => services::list,
        "FileServices_Get" => services::file,
        "QueueServices_Get" => services::queue,
        "TableServices_Get" => services::table,
        "BlobContainers_Create" => containers::put,
        "BlobContainers_Get" => containers::get,
        "BlobContainers_Delete" => containers::delete,
        "BlobContainers_List" => containers::list,
        "BlobContainers_Update" => containers::patch,
        "BlobContainers_Lease" => container_lease::perform,
        "BlobContainers_GetImmutabilityPolicy" => services::immutability_policy,
        "ManagementPolicies_Get" => management_policies::get,
        "ManagementPolicies_CreateOrUpdate" => management_policies::put,
        "ManagementPolicies_Delete" => management_policies::delete,
        "StorageAccounts_ListAccountSas" => signatures::account,
        "StorageAccounts_ListServiceSas" => signatures::service,
        "StorageAccounts_RevokeUserDelegationKeys" => signatures::revoke,
        "StorageSkus_List" => skus::list,
        _ => return None,
    })
}
