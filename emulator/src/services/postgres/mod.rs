//! PostgreSQL flexible servers: control plane, and long-term-retention backups of a real server.
//! Single servers stand in a module of their own and share what is the same.

mod answer;
mod changes;
mod children;
mod connections;
mod effect_failure;
mod late_refusal;
mod location;
mod long_term_retention;
mod operations;
mod parameters;
mod power;
mod resource_types;
mod server_groups;
mod server_spec;
mod server_state;
mod servers;
mod settings;
mod shown;
mod single_server;
mod sizes;
mod state;
mod wire_time;

use super::{Handler, plain};
use resource_types::SERVER_GROUP;
pub(super) use server_spec::check_name;
pub use state::PostgresState;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "FlexibleServers_CheckNameAvailability" | "FlexibleServers_CheckNameAvailabilityInLocation" => {
            location::check_name
        }
        "FlexibleServers_Capabilities" | "FlexibleServers_CapabilitiesOfServer" => location::capabilities,
        "FlexibleServerConnections_CreateOrUpdate" => connections::put,
        "FlexibleServerConnections_Get" => connections::get,
        "FlexibleServerConnections_Delete" => connections::delete,
        "FlexibleServerConnections_List" => connections::list,
        "PrivateDnsZoneSuffix_Get" => location::private_dns_zone_suffix,
        "FlexibleServers_Create" => servers::put,
        "FlexibleServers_Update" => servers::patch,
        "FlexibleServers_Get" => shown::get,
        "ServerGroups_Get" => plain::get,
        "FlexibleServers_Delete" => servers::delete,
        "FlexibleServers_ListByResourceGroup" | "FlexibleServers_List" => shown::list,
        "FlexibleServers_Start" => power::start,
        "FlexibleServers_Stop" => power::stop,
        "FlexibleServers_Restart" => power::restart,
        "FirewallRules_CreateOrUpdate" => children::put_firewall_rule,
        "Databases_Create" => children::put_database,
        "Configurations_Update" | "Configurations_Patch" => parameters::put,
        "Administrators_CreateOrUpdate" => children::put_administrator,
        "Configurations_Get" => parameters::get,
        "FirewallRules_Get" | "Databases_Get" | "Administrators_Get" => plain::get,
        "FirewallRules_Delete" | "Administrators_Delete" => children::delete_firewall_rule,
        "Databases_Delete" => children::delete_database,
        "Administrators_List" => {
            |context, permit, request| children::list(context, permit, request, "administrators")
        }
        "FirewallRules_List" => {
            |context, permit, request| children::list(context, permit, request, "firewallRules")
        }
        "Databases_List" => |context, permit, request| children::list(context, permit, request, "databases"),
        "Configurations_List" => parameters::list,
        "LongTermRetention_PreBackup" => long_term_retention::pre_backup,
        "LongTermRetention_Start" => long_term_retention::start,
        "LongTermRetention_List" => long_term_retention::list,
        "LongTermRetention_Get" => long_term_retention::get,
        "PostgresOperations_Status" => operations::status,
        "PostgresOperations_Result" => operations::result,
        "ServerGroups_Create" => server_groups::put,
        "ServerGroups_Delete" => plain::delete,
        "ServerGroups_List" => |context, permit, request| plain::list(context, permit, request, SERVER_GROUP),
        _ => return single_server::handler(operation),
    })
}
