//! PostgreSQL flexible servers: control plane, and long-term-retention backups of a real server.
//! Single servers stand in a module of their own and share what is the same.

mod changes;
mod children;
mod connections;
mod location;
mod long_term_retention;
mod parameters;
mod power;
mod server_groups;
mod server_spec;
mod servers;
mod settings;
mod shown;
mod single_server;
mod sizes;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::{Context, Handler, plain};
use crate::gateway::{Permit, Refusal};
use crate::jobs::{RealParameter, ServerSpec};
use crate::model::{Request, ResourceId, Response, wire_hundred_nanoseconds};
use crate::rules::{cloud, code};
use crate::state::{OperationOutcome, OperationState, Resource};

pub(super) use server_spec::check_name;

const SERVER: &str = "Microsoft.DBforPostgreSQL/flexibleServers";
const SERVER_GROUP: &str = "Microsoft.DBforPostgreSQL/serverGroupsv2";

/// What the PostgreSQL provider knows alone.
#[derive(Clone, Default)]
pub struct PostgresState {
    /// How to start each server. Holds passwords.
    specs: BTreeMap<ResourceId, ServerSpec>,
    /// Where each running server listens.
    addresses: BTreeMap<ResourceId, SocketAddr>,
    /// Where programs on this machine reach a server, by its host name.
    entrances: BTreeMap<String, SocketAddr>,
    /// Long-term-retention backups by server and backup name.
    backups: BTreeMap<(ResourceId, String), long_term_retention::LtrBackup>,
    /// What real servers know of their parameters, by major version.
    real: BTreeMap<u32, Arc<BTreeMap<String, RealParameter>>>,
    /// What is being changed about each server.
    changes: BTreeMap<ResourceId, Vec<changes::AcceptedChange>>,
}

impl PostgresState {
    /// Where the server of that resource listens, if it runs.
    pub fn address(&self, server: &ResourceId) -> Option<SocketAddr> {
        self.addresses.get(server).copied()
    }

    /// The servers that run, and where they listen.
    pub fn running(&self) -> impl Iterator<Item = (&ResourceId, SocketAddr)> {
        self.addresses.iter().map(|(id, address)| (id, *address))
    }

    /// The host names of the servers that run.
    pub fn running_hosts(&self) -> impl Iterator<Item = String> {
        self.addresses.keys().map(|id| cloud().server_host(id.name()))
    }

    /// Where programs on this machine reach the server of that host name, through the gate in
    /// front of it.
    pub fn entrance(&self, host: &str) -> Option<SocketAddr> {
        self.entrances.get(host).copied()
    }

    /// Takes note of where that is, or that it is nowhere.
    pub fn note_entrance(&mut self, host: &str, address: Option<SocketAddr>) {
        match address {
            Some(address) => self.entrances.insert(host.to_owned(), address),
            None => self.entrances.remove(host),
        };
    }

    /// The engine's keys of all servers.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.specs.values().map(|spec| spec.key.clone()).collect()
    }

    /// Checks that every server of a world that was kept is there, and runs or is stopped as it was
    /// then.
    ///
    /// # Errors
    ///
    /// The name of the first that is not.
    pub(crate) fn check_servers_of(&self, kept: &Self) -> Result<(), String> {
        let as_it_was = |(id, spec): &(&ResourceId, &ServerSpec)| {
            self.key(id) == Some(spec.key.as_str())
                && self.addresses.contains_key(*id) == kept.addresses.contains_key(*id)
        };
        match kept.specs.iter().find(|server| !as_it_was(server)) {
            Some((id, _)) => Err(id.name().to_owned()),
            None => Ok(()),
        }
    }

    /// Comes back to what was kept. Servers stay where they listen now. Answers with the engine's keys
    /// of servers that are no part of it.
    pub(in crate::services) fn bring_back(&mut self, kept: &Self) -> Vec<String> {
        let (mut surplus, mut stay) = (Vec::new(), BTreeMap::new());
        for (id, spec) in &self.specs {
            match (kept.specs.contains_key(id), self.addresses.get(id)) {
                (true, Some(address)) => {
                    stay.insert(id.clone(), *address);
                }
                (true, None) => {}
                (false, _) => surplus.push(spec.key.clone()),
            }
        }
        *self = Self {
            addresses: stay,
            entrances: std::mem::take(&mut self.entrances),
            ..kept.clone()
        };
        surplus
    }

    /// How the server of that resource is started. Holds a password.
    pub fn spec(&self, server: &ResourceId) -> Option<&ServerSpec> {
        self.specs.get(server)
    }

    /// The engine's key of the server of that resource.
    pub fn key(&self, server: &ResourceId) -> Option<&str> {
        self.specs.get(server).map(|spec| spec.key.as_str())
    }
}

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
        "PostgresOperations_Status" => operation_status,
        "PostgresOperations_Result" => operation_result,
        "ServerGroups_Create" => server_groups::put,
        "ServerGroups_Delete" => plain::delete,
        "ServerGroups_List" => |context, permit, request| plain::list(context, permit, request, SERVER_GROUP),
        _ => return single_server::handler(operation),
    })
}

fn find_operation(context: &Context<'_>, permit: &Permit) -> Result<OperationState, Refusal> {
    let id = permit.params.get("operation");
    context
        .state
        .operations
        .get(id)
        .ok_or_else(|| Refusal::of(code::ServerOperationNotFound, &[("operation", id)]))
}

fn operation_status(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let operation = find_operation(context, permit)?;
    let mut body = json!({"name": permit.params.get("operation"), "startTime": wire_hundred_nanoseconds(operation.started)});
    match &operation.outcome {
        OperationOutcome::Running => body["status"] = json!("InProgress"),
        OperationOutcome::Succeeded(_) => body["status"] = json!("Succeeded"),
        OperationOutcome::Failed(error) => {
            body["status"] = json!("Failed");
            body["error"] = error.clone();
        }
    }
    let running = operation.ended.is_none();
    let mut response = Response::json(StatusCode::OK, &body);
    for (header, value) in &operation.marks {
        response = response.with_header(header, value);
    }
    Ok(if running {
        context.poll_soon(response)
    } else {
        response
    })
}

fn operation_result(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let operation = find_operation(context, permit)?;
    match &operation.outcome {
        OperationOutcome::Running => Ok(context.ask_again(request)),
        OperationOutcome::Succeeded(Value::Null) => Ok(Response::new(StatusCode::OK)),
        OperationOutcome::Succeeded(body) => Ok(Response::json(StatusCode::OK, body)),
        OperationOutcome::Failed(error) => Ok(Response::json(StatusCode::CONFLICT, &json!({"error": error}))),
    }
}

/// Makes sure the server a child or an action is about exists.
fn require_server(context: &Context<'_>, server: &ResourceId) -> Result<(), Refusal> {
    match context.state.resource(server) {
        Some(_) => Ok(()),
        None => Err(context.not_found(server)),
    }
}

/// The type of a server's children in that collection.
fn child_type(context: &Context<'_>, server: &ResourceId, collection: &str) -> String {
    let kind = context.state.resource(server).map(|server| server.text("/type"));
    format!("{}/{collection}", kind.unwrap_or(SERVER))
}

/// The property a server shows its state in. The flavours have different names for it.
fn state_property(server: &Resource) -> &'static str {
    if server.is_type(single_server::SERVER) {
        "userVisibleState"
    } else {
        "state"
    }
}

fn state_of(context: &Context<'_>, server: &ResourceId) -> String {
    let resource = context.state.resource(server);
    let state = resource.map(|server| server.text(&format!("/properties/{}", state_property(server))));
    state.unwrap_or_default().to_owned()
}

fn set_state(context: &mut Context<'_>, server: &ResourceId, state: &str) {
    if let Some(resource) = context.state.resources.get_mut(server) {
        let property = state_property(resource);
        // A single server's schema has no words for what is on its way; it shows the state it was in.
        if property == "state" || single_server::STATES.contains(&state) {
            resource.set_property(&[property], json!(state));
        }
    }
}
