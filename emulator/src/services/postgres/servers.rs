//! Creating, changing and deleting servers. Every answer is 202: clients take nothing else.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::changes::{ChangeTurn, accept, end_refused, take_turn, take_turn_of_running};
use super::effect_failure::failure;
use super::late_refusal::LateRefusal;
use super::location::require_free_name;
use super::resource_types::SERVER;
use super::server_state::{child_type, set_state, state_of};
use super::settings::{self, ServerProposal};
use super::shown::shown;
use super::wire_time::wire_offset;
use super::{parameters, server_spec, sizes};
use crate::gateway::{Permit, Refusal};
use crate::jobs::ServerSpec;
use crate::jobs::{EffectResult, ServerWork, Work};
use crate::model::{Request, ResourceId, Response};
use crate::services::{Context, Input, Next, Workflow, identity, json_body, plain};
use crate::state::{OperationOutcome, Resource, field_mut};

/// What an update of a server, of either flavour, leaves as it is.
const READ_ONLY: [&str; 13] = [
    "administratorLogin",
    "byokEnforcement",
    "createMode",
    "minorVersion",
    "replicationRole",
    "earliestRestoreDate",
    "fullyQualifiedDomainName",
    "masterServerId",
    "privateEndpointConnections",
    "replicaCapacity",
    "state",
    "userVisibleState",
    "version",
];

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    context.require_group(&id)?;
    let sent = json_body(request)?;
    if context.state.resources.contains_key(&id) {
        let mut sent = sent.into_owned();
        if let Some(sent) = sent.as_object_mut() {
            // A PUT that names no tags leaves none.
            sent.entry("tags").or_insert_with(|| json!({}));
        }
        let turn = take_turn_of_running(context, permit, &id)?;
        return update(context, turn, &id, request, &sent);
    }
    server_spec::check_name(context, &id)?;
    require_free_name(context, &id)?;
    let location = plain::required_location(&sent)?;
    let (spec, mut body) = server_spec::describe_new(context, &id, &location, &sent)?;
    let turn = take_turn(context, permit, &id)?;
    identity::settle_new(context, &id, &mut body)?;
    Ok(create(context, turn, request, id, spec, body))
}

/// Puts a new server, and has it started.
pub(super) fn create(
    context: &mut Context<'_>,
    turn: ChangeTurn,
    request: &Request,
    id: ResourceId,
    spec: ServerSpec,
    body: Value,
) -> Response {
    let now = context.now;
    context
        .state
        .resources
        .insert(id.clone(), Resource::new(id.clone(), body, now));
    let (operation, response) = accept(context, request, turn);
    context.own.postgres.specs.insert(id.clone(), spec.clone());
    let refusal = checked(context, &id, &body_of(context, &id));
    context.start(CreateServer {
        id,
        operation,
        spec,
        refusal,
    });
    response
}

fn body_of(context: &Context<'_>, id: &ResourceId) -> Value {
    let server = context.state.resource(id);
    server.map(|server| server.body.to_value()).unwrap_or_default()
}

/// The server as its operation's result shows it.
fn result_of(context: &Context<'_>, id: &ResourceId) -> Value {
    match context.state.resource(id) {
        Some(server) if server.is_type(SERVER) => shown(context, server),
        _ => body_of(context, id),
    }
}

/// Why a server cannot be like this, which is found out only when it is to become so.
fn checked(context: &Context<'_>, id: &ResourceId, body: &Value) -> Option<Refusal> {
    let flexible = id.is_type(SERVER);
    flexible.then(|| sizes::check(context, id, body)).flatten()
}

#[derive(Clone)]
struct CreateServer {
    id: ResourceId,
    operation: String,
    spec: ServerSpec,
    /// It is not going to be.
    refusal: Option<Refusal>,
}

impl CreateServer {
    /// A server that could not be started is not left behind half-made.
    fn undo(&self, context: &mut Context<'_>) {
        if let Some(gone) = context.state.resources.remove(&self.id) {
            identity::forget(&mut context.state.directory, &gone);
        }
        context.own.postgres.specs.remove(&self.id);
        context.own.postgres.changes.remove(&self.id);
    }

    fn ready(&self, context: &mut Context<'_>) -> Next {
        set_state(context, &self.id, "Ready");
        let now = context.now;
        if let Some(server) = context
            .state
            .resources
            .get_mut(&self.id)
            .filter(|resource| resource.is_type(SERVER))
        {
            let since = wire_offset(now);
            server.set_property(&["backup", "earliestRestoreDate"], json!(since));
        }
        let kind = child_type(context, &self.id, "databases");
        let usual = &context.rules.servers.new_database;
        for name in &context.rules.servers.own_databases.names {
            let id = self.id.child(["databases", name]);
            let body = json!({
                "id": id, "name": name, "type": kind,
                "properties": {"charset": usual.charset, "collation": usual.collation},
            });
            context
                .state
                .resources
                .insert(id.clone(), Resource::new(id, body, now));
        }
        let body = result_of(context, &self.id);
        context.end(&self.operation, OperationOutcome::Succeeded(body));
        Next::Done
    }
}

impl Workflow for CreateServer {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        if let Some(refusal) = &self.refusal {
            self.undo(context);
            end_refused(context, &self.operation, refusal);
            return Next::Done;
        }
        match input {
            Input::Woke if context.settings.has_postgres => {
                Next::Work(Work::Server(ServerWork::Start(self.spec.clone())))
            }
            Input::Woke => self.ready(context),
            Input::Worked(EffectResult::ServerStarted(address)) => {
                context.own.postgres.addresses.insert(self.id.clone(), address);
                if context.own.postgres.real.contains_key(&self.spec.major) {
                    return self.ready(context);
                }
                Next::Work(Work::Server(ServerWork::Describe(self.spec.key.clone())))
            }
            Input::Worked(EffectResult::Described(parameters)) => {
                let known = parameters
                    .into_iter()
                    .map(|parameter| (parameter.name.clone(), parameter))
                    .collect();
                context.own.postgres.real.insert(self.spec.major, Arc::new(known));
                self.ready(context)
            }
            Input::Worked(result) => {
                let Some(error) = failure(&result) else {
                    return self.ready(context);
                };
                self.undo(context);
                context.end(&self.operation, OperationOutcome::Failed(error));
                Next::Done
            }
            Input::Answered(_) | Input::Asked(_) => Next::Done,
        }
    }
}

pub(super) fn patch(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let turn = take_turn_of_running(context, permit, &permit.scope)?;
    let sent = json_body(request)?;
    update(context, turn, &permit.scope, request, &sent)
}

pub(super) fn update(
    context: &mut Context<'_>,
    turn: ChangeTurn,
    id: &ResourceId,
    request: &Request,
    sent: &Value,
) -> Result<Response, Refusal> {
    let existing = body_of(context, id);
    let said = sent;
    let mut sent = sent.clone();
    let mut password = None;
    let properties = sent.is_object().then(|| field_mut(&mut sent, "properties"));
    if let Some(properties) = properties.and_then(Value::as_object_mut) {
        // Without regard to case, like every reader of the body: a password must not slip through.
        properties.retain(|name, value| {
            if name.eq_ignore_ascii_case("administratorLoginPassword") {
                password = value.as_str().map(str::to_owned);
                return false;
            }
            !READ_ONLY.iter().any(|member| name.eq_ignore_ascii_case(member))
        });
    }
    if let Some(sent) = sent.as_object_mut() {
        for read_only in ["id", "name", "type", "systemData", "location"] {
            sent.remove(read_only);
        }
    }
    let mut wanted = existing.clone();
    plain::change(&mut wanted, sent.clone());
    settings::check(&ServerProposal {
        context,
        id,
        sent: said,
        wanted: &wanted,
        existing: Some(&existing),
    })?;
    if let Some(refusal) = checked(context, id, &wanted) {
        let (operation, response) = accept(context, request, turn);
        context.start(LateRefusal { operation, refusal });
        return Ok(response);
    }
    identity::settle_change(context, id, &mut sent)?;
    if let Some(server) = context.state.resources.get_mut(id) {
        plain::change(&mut server.body, sent);
    }
    if id.is_type(SERVER) {
        let mut properties = body_of(context, id)["properties"].take();
        sizes::complete(context, &mut properties);
        if let Some(server) = context.state.resources.get_mut(id) {
            server.body["properties"] = properties;
        }
    }
    let was = state_of(context, id);
    set_state(context, id, "Updating");
    let (operation, response) = accept(context, request, turn);
    let mut work = None;
    if let (Some(password), Some(spec)) = (password, context.own.postgres.specs.get_mut(id)) {
        spec.admin_password.clone_from(&password);
        work = Some(Work::Server(ServerWork::SetAdminPassword {
            key: spec.key.clone(),
            password,
        }));
    }
    let work = work.filter(|_| context.settings.has_postgres);
    context.start(ServerChange {
        id: id.clone(),
        operation,
        work,
        starts: false,
        then: was,
    });
    Ok(response)
}

/// Outside work on a server, and the state it is in afterwards.
#[derive(Clone)]
pub(super) struct ServerChange {
    pub(super) id: ResourceId,
    pub(super) operation: String,
    pub(super) work: Option<Work>,
    /// It is started, or started again.
    pub(super) starts: bool,
    pub(super) then: String,
}

impl Workflow for ServerChange {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        if let (Input::Woke, Some(work)) = (&input, self.work.take()) {
            return Next::Work(work);
        }
        let error = match &input {
            Input::Worked(EffectResult::ServerStarted(address)) => {
                context.own.postgres.addresses.insert(self.id.clone(), *address);
                parameters::started(context, &self.id);
                None
            }
            Input::Worked(result) => failure(result),
            _ => {
                if self.starts {
                    parameters::started(context, &self.id);
                }
                None
            }
        };
        if self.then == "Stopped" {
            context.own.postgres.addresses.remove(&self.id);
        }
        let then = self.then.clone();
        set_state(context, &self.id, &then);
        let body = result_of(context, &self.id);
        let outcome = match error {
            None => OperationOutcome::Succeeded(body),
            Some(error) => OperationOutcome::Failed(error),
        };
        context.end(&self.operation, outcome);
        Next::Done
    }
}

pub(super) fn delete(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    if !context.state.resources.contains_key(&id) {
        return Ok(Response::new(StatusCode::NO_CONTENT));
    }
    let turn = take_turn(context, permit, &id)?;
    set_state(context, &id, "Dropping");
    let (operation, response) = accept(context, request, turn);
    context.start(DeleteServer { id, operation });
    Ok(response)
}

#[derive(Clone)]
struct DeleteServer {
    id: ResourceId,
    operation: String,
}

impl Workflow for DeleteServer {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        let spec = context.own.postgres.specs.get(&self.id);
        if let (Input::Woke, Some(spec), true) = (&input, spec, context.settings.has_postgres) {
            return Next::Work(Work::Server(ServerWork::Remove(spec.key.clone())));
        }
        context.own.postgres.specs.remove(&self.id);
        context.own.postgres.addresses.remove(&self.id);
        context.own.postgres.changes.remove(&self.id);
        context
            .own
            .postgres
            .backups
            .retain(|(server, _), _| *server != self.id);
        context.state.access.remove_below(&self.id);
        if let Some(gone) = context.state.resources.get(&self.id) {
            identity::forget(&mut context.state.directory, gone);
        }
        context.state.resources.retain(|id, _| !self.id.contains(id));
        let outcome = OperationOutcome::Succeeded(Value::Null);
        context.end(&self.operation, outcome);
        Next::Done
    }
}
