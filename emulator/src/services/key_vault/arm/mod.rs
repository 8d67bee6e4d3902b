//! The control plane: vaults, deleted vaults, access policies, private endpoint connections, and secrets
//! as resources.

mod access_policies;
mod connections;
mod deleted;
mod in_path;
mod naming;
mod secrets;
mod vault_body;
mod vaults;

use super::VAULT;
use crate::services::{Handler, plain};

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "KeyVaults_CheckNameAvailability" => naming::check_availability,
        "KeyVaults_CreateOrUpdate" => vaults::put,
        "KeyVaults_Update" => vaults::patch,
        "KeyVaults_Get" => plain::get,
        "KeyVaults_Delete" => vaults::delete,
        "KeyVaults_ListByResourceGroup" | "KeyVaults_List" => {
            |context, permit, request| plain::list(context, permit, request, VAULT)
        }
        "ManagedHsms_CheckNameAvailability" => naming::check_hsm_availability,
        "ManagedHsms_ListDeleted" => deleted::list_hsms,
        "KeyVaults_ListDeleted" => deleted::list,
        "KeyVaults_GetDeleted" => deleted::get,
        "KeyVaults_PurgeDeleted" => deleted::purge,
        "KeyVaults_OperationResult" => deleted::operation_result,
        "KeyVaults_UpdateAccessPolicy" => access_policies::update,
        "KeyVaultConnections_CreateOrUpdate" => connections::put,
        "KeyVaultConnections_Get" => connections::get,
        "KeyVaultConnections_Delete" => connections::delete,
        "KeyVaultConnections_List" => connections::list,
        "KeyVaultPrivateLinkResources_List" => connections::link_resources,
        "KeyVaultSecrets_CreateOrUpdate" => secrets::put,
        "KeyVaultSecrets_Get" => secrets::get,
        "KeyVaultSecrets_List" => secrets::list,
        _ => return None,
    })
}
