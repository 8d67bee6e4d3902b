//! Firewall rules, databases, configurations.

use http::StatusCode;
use serde_json::{Value, json};

use super::servers::failure;
use super::{accept, child_type, require_server};
use crate::gateway::{Permit, Refusal};
use crate::jobs::{ServerWork, Work};
use crate::model::{Request, ResourceId, Response};
use crate::services::{Context, Input, Next, Workflow, json_body, plain};
use crate::state::{OperationOutcome, Resource, field};

/// Parameters every server shows; others appear once they are set.
const CONFIGURATIONS: [(&str, &str); 5] = [
    ("azure.extensions", ""),
    ("max_connections", "50"),
    ("require_secure_transport", "on"),
    ("shared_preload_libraries", "pg_cron,pg_stat_statements"),
    ("wal_level", "replica"),
];

/// Puts a child resource after its outside work, if it has any, is done.
struct PutChild {
    id: ResourceId,
    body: Value,
    operation: String,
    work: Option<Work>,
}

impl Workflow for PutChild {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        if let (Input::Woke, Some(work)) = (&input, self.work.take()) {
            return Next::Work(work);
        }
        let error = match &input {
            Input::Worked(result) => failure(result),
            _ => None,
        };
        let now = context.now;
        let outcome = match error {
            Some(error) => OperationOutcome::Failed(error),
            None => {
                let resource = Resource::new(self.id.clone(), self.body.clone(), now);
                context.state.resources.insert(self.id.clone(), resource);
                OperationOutcome::Succeeded(self.body.clone())
            }
        };
        context.state.operations.end(&self.operation, now, outcome);
        Next::Done
    }
}

/// Removes a child resource after its outside work is done.
struct DeleteChild {
    id: ResourceId,
    operation: String,
    work: Option<Work>,
}

impl Workflow for DeleteChild {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        if let (Input::Woke, Some(work)) = (&input, self.work.take()) {
            return Next::Work(work);
        }
        let error = match &input {
            Input::Worked(result) => failure(result),
            _ => None,
        };
        let outcome = match error {
            Some(error) => OperationOutcome::Failed(error),
            None => {
                context.state.resources.remove(&self.id);
                OperationOutcome::Succeeded(Value::Null)
            }
        };
        context
            .state
            .operations
            .end(&self.operation, context.now, outcome);
        Next::Done
    }
}

pub(super) fn server_of(permit: &Permit) -> ResourceId {
    permit.scope.parent()
}

pub(super) fn put_child(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    kind: &str,
    properties: Value,
    work: Option<Work>,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let kind = child_type(context, &server_of(permit), kind);
    let body = json!({"id": id, "name": id.name(), "type": kind, "properties": properties});
    let (operation, response) = accept(context, request, &server_of(permit));
    let work = work.filter(|_| context.settings.has_postgres);
    context.start(PutChild {
        id,
        body,
        operation,
        work,
    });
    Ok(response)
}

pub(super) fn put_firewall_rule(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    require_server(context, &server_of(permit))?;
    let sent = json_body(request)?;
    let properties = field(&sent, "properties").clone();
    for name in ["startIpAddress", "endIpAddress"] {
        let address = field(&properties, name).as_str().unwrap_or_default();
        if address.parse::<std::net::Ipv4Addr>().is_err() {
            let text = format!(
                "Invalid value given for parameter {name}. Specify a valid parameter value: '{address}' is no IPv4 address."
            );
            return Err(Refusal::arm(
                StatusCode::BAD_REQUEST,
                "InvalidParameterValue",
                text,
            ));
        }
    }
    put_child(context, permit, request, "firewallRules", properties, None)
}

pub(super) fn put_database(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let server = server_of(permit);
    require_server(context, &server)?;
    let sent = json_body(request)?;
    let mut properties = field(&sent, "properties").clone();
    if !properties.is_object() {
        properties = json!({});
    }
    for (name, default) in [("charset", "UTF8"), ("collation", "en_US.utf8")] {
        if field(&properties, name).is_null() {
            properties[name] = json!(default);
        }
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

pub(super) fn put_configuration(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    require_server(context, &server_of(permit))?;
    let sent = json_body(request)?;
    let properties = field(&sent, "properties");
    let own = json!({
        "value": field(properties, "value"),
        "source": "user-override",
        "isReadOnly": false,
    });
    put_child(context, permit, request, "configurations", own, None)
}

pub(super) fn delete_child(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    work: Option<Work>,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    if !context.state.resources.contains_key(&id) {
        return Ok(Response::new(StatusCode::NO_CONTENT));
    }
    let (operation, response) = accept(context, request, &server_of(permit));
    let work = work.filter(|_| context.settings.has_postgres);
    context.start(DeleteChild { id, operation, work });
    Ok(response)
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
    if ["postgres", "azure_maintenance", "azure_sys"].contains(&name.as_str()) {
        let text = format!("The database '{name}' is a system database and cannot be deleted.");
        return Err(Refusal::arm(
            StatusCode::BAD_REQUEST,
            "InvalidParameterValue",
            text,
        ));
    }
    let work = context.own.postgres.specs.get(&server_of(permit)).map(|spec| {
        Work::Server(ServerWork::DropDatabase {
            key: spec.key.clone(),
            name,
        })
    });
    delete_child(context, permit, request, work)
}

pub(super) fn list_firewall_rules(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    require_server(context, &permit.scope)?;
    plain::list(
        context,
        permit,
        request,
        "Microsoft.DBforPostgreSQL/flexibleServers/firewallRules",
    )
}

pub(super) fn list_databases(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    require_server(context, &permit.scope)?;
    plain::list(
        context,
        permit,
        request,
        "Microsoft.DBforPostgreSQL/flexibleServers/databases",
    )
}

pub(super) fn list_configurations(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    require_server(context, &permit.scope)?;
    let kind = "Microsoft.DBforPostgreSQL/flexibleServers/configurations";
    let mut found: Vec<Value> = context
        .state
        .resources_below(&permit.scope, kind)
        .map(|resource| resource.body.clone())
        .collect();
    for (name, value) in CONFIGURATIONS {
        if !found.iter().any(|own| own["name"] == name) {
            found.push(json!({
                "id": permit.scope.child(["configurations", name]), "name": name, "type": kind,
                "properties": {"value": value, "defaultValue": value, "source": "system-default", "isReadOnly": false},
            }));
        }
    }
    Ok(Response::json(StatusCode::OK, &json!({"value": found})))
}
