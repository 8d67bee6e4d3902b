//! The control plane: storage accounts, their keys, and containers as resources.

mod account_body;
mod accounts;
mod containers;
mod keys;
mod naming;

use super::super::{Handler, plain};

/// The resource type of a storage account.
const ACCOUNT: &str = "Microsoft.Storage/storageAccounts";

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
        "BlobServices_Get" => containers::service,
        "BlobContainers_Create" => containers::put,
        "BlobContainers_Get" => containers::get,
        "BlobContainers_Delete" => containers::delete,
        "BlobContainers_List" => containers::list,
        _ => return None,
    })
}
