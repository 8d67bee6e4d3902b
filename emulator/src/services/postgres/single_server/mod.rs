//! PostgreSQL single servers: the older flavour, backed up one database at a time.
//!
//! What is the same as with flexible servers (operations, children, the real server behind) stands
//! one folder up.

mod parts;
mod servers;
mod tiers;

use super::resource_types::SINGLE_SERVER;
use super::{children, connections, parameters, power};
use crate::services::{Handler, plain};

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "SingleServers_Create" => servers::put,
        "SingleServers_Update" => servers::patch,
        "SingleServers_Get"
        | "SingleServerFirewallRules_Get"
        | "SingleServerVirtualNetworkRules_Get"
        | "SingleServerDatabases_Get"
        | "SingleServerAdministrators_Get" => plain::get,
        "SingleServers_Delete" => super::servers::delete,
        "SingleServers_ListByResourceGroup" | "SingleServers_List" => {
            |context, permit, request| plain::list(context, permit, request, SINGLE_SERVER)
        }
        "SingleServers_Restart" => power::restart,
        "SingleServers_ListReplicas" | "SingleServers_ListLogFiles" | "SingleServers_ListKeys" => {
            parts::nothing
        }
        "SingleServers_ListPerformanceTiers" => tiers::of_server,
        "SingleServers_PerformanceTiers" => tiers::of_location,
        "SingleServerFirewallRules_CreateOrUpdate" => children::put_firewall_rule,
        "SingleServerVirtualNetworkRules_CreateOrUpdate" => parts::put_virtual_network_rule,
        "SingleServerDatabases_CreateOrUpdate" => children::put_database,
        "SingleServerAdministrators_CreateOrUpdate" => parts::put_administrator,
        "SingleServerFirewallRules_Delete"
        | "SingleServerVirtualNetworkRules_Delete"
        | "SingleServerAdministrators_Delete" => parts::delete,
        "SingleServerDatabases_Delete" => children::delete_database,
        "SingleServerFirewallRules_List" => {
            |context, permit, request| parts::list(context, permit, request, "firewallRules")
        }
        "SingleServerVirtualNetworkRules_List" => {
            |context, permit, request| parts::list(context, permit, request, "virtualNetworkRules")
        }
        "SingleServerDatabases_List" => {
            |context, permit, request| parts::list(context, permit, request, "databases")
        }
        "SingleServerAdministrators_List" => {
            |context, permit, request| parts::list(context, permit, request, "administrators")
        }
        "SingleServerSecurityAlertPolicies_CreateOrUpdate" => parts::put_alert_policy,
        "SingleServerSecurityAlertPolicies_Get" => parts::get_alert_policy,
        "SingleServerSecurityAlertPolicies_List" => parts::list_alert_policies,
        "SingleServerConfigurations_CreateOrUpdate" => parameters::put,
        "SingleServerConfigurations_Get" => parameters::get,
        "SingleServerConfigurations_List" => parameters::list,
        "SingleServerPrivateEndpointConnections_CreateOrUpdate" => connections::put,
        "SingleServerPrivateEndpointConnections_Patch" => connections::patch,
        "SingleServerPrivateEndpointConnections_Get" => connections::get,
        "SingleServerPrivateEndpointConnections_Delete" => connections::delete,
        "SingleServerPrivateEndpointConnections_List" => connections::list,
        "SingleServerPrivateLinkResources_List" => connections::list_link_resources,
        "SingleServerPrivateLinkResources_Get" => connections::get_link_resource,
        _ => return None,
    })
}
