//! Firewall rules, databases, administrators.

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::bad;
use super::changes::{accept, take_turn_of_running};
use super::effect_failure::failure;
use super::resource_types::SERVER;
use super::server_state::{child_type, require_server, server_of};
use super::settings;
use crate::gateway::{Permit, Refusal};
use crate::jobs::{ServerWork, Work};
use crate::model::{Request, ResourceId, Response};
use crate::rules::rule;
use crate::services::{Context, Input, Next, Workflow, json_body, plain};
use crate::state::{OperationOutcome, Resource, field};

/// Puts a child resource, or removes it, after its outside work, if it has any, is done.
#[derive(Clone)]
struct ChangeChild {
    id: ResourceId,
    /// What it is to be; `None` to remove it.
    body: Option<Value>,
    operation: String,
    work: Option<Work>,
}

impl Workflow for ChangeChild {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        if let (Input::Woke, Some(work)) = (&input, self.work.take()) {
            return Next::Work(work);
        }
        let error = match &input {
            Input::Worked(result) => failure(result),
            _ => None,
        };
        let outcome = match (error, self.body.take()) {
            (Some(error), _) => OperationOutcome::Failed(error),
            (None, Some(body)) => {
                let resource = Resource::new(self.id.clone(), body.clone(), context.now);
                context.state.resources.insert(self.id.clone(), resource);
                OperationOutcome::Succeeded(body)
            }
            (None, None) => {
                context.state.resources.remove(&self.id);
                OperationOutcome::Succeeded(Value::Null)
            }
        };
        context.end(&self.operation, outcome);
        Next::Done
    }
}

/// Begins a change and answers 202.
fn begin(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    body: Option<Value>,
    work: Option<Work>,
) -> Result<Response, Refusal> {
    let turn = take_turn_of_running(context, permit, &server_of(permit))?;
    let (operation, response) = accept(context, request, turn);
    let work = work.filter(|_| context.settings.has_postgres);
    context.start(ChangeChild {
        id: permit.scope.clone(),
        body,
        operation,
        work,
    });
    Ok(response)
}

pub(super) fn put_child(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    kind: &str,
    properties: Value,
    work: Option<Work>,
) -> Result<Response, Refusal> {
    let id = &permit.scope;
    let kind = child_type(context, &server_of(permit), kind);
    let body = json!({"id": id, "name": id.name(), "type": kind, "properties": properties});
    begin(context, permit, request, Some(body), work)
}

/// Refuses a rule's name that is none, and rules of a server that has no public access.
fn check_rule_of_flexible(context: &Context<'_>, server: &ResourceId, name: &str) -> Result<(), Refusal> {
    if !server.is_type(SERVER) {
        return Ok(());
    }
    if !context.rules.names.firewall_rule.admits(name) {
        return Err(settings::refuse(context, rule::PG_FIREWALL_NAME));
    }
    let resource = context.state.resource(server);
    let subnet = resource.map(|resource| resource.text("/properties/network/delegatedSubnetResourceId"));
    if subnet.is_some_and(|subnet| !subnet.is_empty()) {
        return Err(settings::refuse(context, rule::PG_FIREWALL_IN_SUBNET));
    }
    Ok(())
}

pub(super) fn put_firewall_rule(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let server = server_of(permit);
    require_server(context, &server)?;
    let sent = json_body(request)?;
    let properties = field(&sent, "properties").clone();
    let mut range = Vec::new();
    for name in ["startIpAddress", "endIpAddress"] {
        let address = field(&properties, name).as_str().unwrap_or_default();
        let Ok(address) = address.parse::<std::net::Ipv4Addr>() else {
            let text = format!(
                "Invalid value given for parameter {name}. Specify a valid parameter value: '{address}' is no IPv4 address."
            );
            return Err(bad(&text));
        };
        range.push(address);
    }
    if !range.is_sorted() {
        return Err(settings::refuse(context, rule::PG_FIREWALL_RANGE));
    }
    check_rule_of_flexible(context, &server, permit.scope.name())?;
    put_child(context, permit, request, "firewallRules", properties, None)
}

pub(super) fn put_database(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let server = server_of(permit);
    require_server(context, &server)?;
    if !context.rules.names.database.admits(permit.scope.name()) {
        return Err(settings::refuse(context, rule::PG_DATABASE_NAME));
    }
    let sent = json_body(request)?;
    let mut properties = field(&sent, "properties").clone();
    if !properties.is_object() {
        properties = json!({});
    }
    let usual = &context.rules.servers.new_database;
    for (name, default) in [("charset", &usual.charset), ("collation", &usual.collation)] {
        if field(&properties, name).is_null() {
            properties[name] = json!(default);
        }
    }
    // As PostgreSQL calls it, however it was written.
    if let Some(charset) = field(&properties, "charset").as_str().map(str::to_uppercase) {
        properties["charset"] = json!(charset);
    }
    let name = permit.params.get("name").to_owned();
    let work = context.own.postgres.specs.get(&server).map(|spec| {
        Work::Server(ServerWork::CreateDatabase {
            key: spec.key.clone(),
            name,
        })
    });
    put_child(context, permit, request, "databases", properties, work)
}

/// An administrator of Microsoft Entra ID, by object id. It is kept; nobody signs in as one yet.
pub(super) fn put_administrator(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    require_server(context, &server_of(permit))?;
    let sent = json_body(request)?;
    let mut properties = field(&sent, "properties").clone();
    if !properties.is_object() {
        properties = json!({});
    }
    properties["objectId"] = json!(permit.params.get("name"));
    put_child(context, permit, request, "administrators", properties, None)
}

pub(super) fn delete_child(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    work: Option<Work>,
) -> Result<Response, Refusal> {
    require_server(context, &server_of(permit))?;
    if context.state.resources.contains_key(&permit.scope) {
        begin(context, permit, request, None, work)
    } else {
        Ok(Response::new(StatusCode::NO_CONTENT))
    }
}

pub(super) fn delete_firewall_rule(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    delete_child(context, permit, request, None)
}

pub(super) fn delete_database(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let name = permit.params.get("name").to_owned();
    if context.rules.servers.own_databases.names.contains(&name) {
        let text = format!("The database '{name}' is a system database and cannot be deleted.");
        return Err(bad(&text));
    }
    let work = context.own.postgres.specs.get(&server_of(permit)).map(|spec| {
        Work::Server(ServerWork::DropDatabase {
            key: spec.key.clone(),
            name,
        })
    });
    delete_child(context, permit, request, work)
}

/// The children of a kind.
pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    kind: &str,
) -> Result<Response, Refusal> {
    require_server(context, &permit.scope)?;
    let kind = child_type(context, &permit.scope, kind);
    plain::list(context, permit, request, &kind)
}
