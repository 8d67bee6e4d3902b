//! PostgreSQL single servers: the older flavour, backed up one database at a time.
//!
//! What is the same as with flexible servers (operations, children, the real server behind) stands
//! one folder up.

mod parts;
mod servers;
mod tiers;

use http::StatusCode;
use serde_json::json;

use super::{connections, parameters, power};
use crate::gateway::{Permit, Refusal};
use crate::model::Response;
use crate::services::{Context, Handler, plain};
pub(super) use servers::wire_offset;

pub(super) const SERVER: &str = "Microsoft.DBforPostgreSQL/servers";
/// The states its schema has words for.
pub(super) const STATES: [&str; 4] = ["Ready", "Dropping", "Disabled", "Inaccessible"];

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
            |context, permit, request| plain::list(context, permit, request, SERVER)
        }
        "SingleServers_Restart" => power::restart,
        "SingleServers_ListReplicas" | "SingleServers_ListLogFiles" | "SingleServers_ListKeys" => {
            parts::nothing
        }
        "SingleServers_ListPerformanceTiers" => tiers::of_server,
        "SingleServers_PerformanceTiers" => tiers::of_location,
        "SingleServerFirewallRules_CreateOrUpdate" => super::children::put_firewall_rule,
        "SingleServerVirtualNetworkRules_CreateOrUpdate" => parts::put_virtual_network_rule,
        "SingleServerDatabases_CreateOrUpdate" => super::children::put_database,
        "SingleServerAdministrators_CreateOrUpdate" => parts::put_administrator,
        "SingleServerFirewallRules_Delete"
        | "SingleServerVirtualNetworkRules_Delete"
        | "SingleServerAdministrators_Delete" => parts::delete,
        "SingleServerDatabases_Delete" => super::children::delete_database,
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

pub(super) fn bad(text: String) -> Refusal {
    super::server_spec::bad(&text)
}

/// A server has one of it, and it has this name.
pub(super) fn require_name(context: &Context<'_>, permit: &Permit, name: &str) -> Result<(), Refusal> {
    super::require_server(context, &permit.scope.parent())?;
    if permit.scope.name().eq_ignore_ascii_case(name) {
        return Ok(());
    }
    Err(context.not_found(&permit.scope))
}

pub(super) fn all(values: &[serde_json::Value]) -> Response {
    Response::json(StatusCode::OK, &json!({"value": values}))
}

/// What a handler answers.
pub(super) type Answer = Result<Response, Refusal>;

/// Makes sure the server a list is of exists.
pub(super) fn require_listed(context: &Context<'_>, permit: &Permit) -> Result<(), Refusal> {
    super::require_server(context, &permit.scope)
}
