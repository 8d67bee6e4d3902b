//! Multi-user authorization: Resource Guards, the mappings of vaults to them, and what that keeps from being done.

mod critical;
mod guard;
mod guards;
mod proxies;
mod proxy;
mod weakened;

pub(super) use critical::{check_vault, named, require, require_unlocked};
pub(super) use proxy::{PROXY, maps};

use crate::services::Handler;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "ResourceGuards_Put" => guards::put,
        "ResourceGuards_Patch" => guards::patch,
        "ResourceGuards_Get" => guards::get,
        "ResourceGuards_Delete" => guards::delete,
        "ResourceGuards_GetResourcesInResourceGroup" | "ResourceGuards_GetResourcesInSubscription" => {
            guards::list
        }
        "ResourceGuards_GetDisableSoftDeleteRequestsObjects"
        | "ResourceGuards_GetDeleteResourceGuardProxyRequestsObjects"
        | "ResourceGuards_GetBackupSecurityPINRequestsObjects"
        | "ResourceGuards_GetDeleteProtectedItemRequestsObjects"
        | "ResourceGuards_GetUpdateProtectionPolicyRequestsObjects"
        | "ResourceGuards_GetUpdateProtectedItemRequestsObjects" => guards::requests,
        "ResourceGuards_GetDefaultDisableSoftDeleteRequestsObject"
        | "ResourceGuards_GetDefaultDeleteResourceGuardProxyRequestsObject"
        | "ResourceGuards_GetDefaultBackupSecurityPINRequestsObject"
        | "ResourceGuards_GetDefaultDeleteProtectedItemRequestsObject"
        | "ResourceGuards_GetDefaultUpdateProtectionPolicyRequestsObject"
        | "ResourceGuards_GetDefaultUpdateProtectedItemRequestsObject" => guards::default_request,
        "DppResourceGuardProxy_CreateOrUpdate" => proxies::put,
        "DppResourceGuardProxy_Get" => proxies::get,
        "DppResourceGuardProxy_Delete" => proxies::delete,
        "DppResourceGuardProxy_List" => proxies::list,
        "DppResourceGuardProxy_UnlockDelete" => proxies::unlock_delete,
        _ => return None,
    })
}
