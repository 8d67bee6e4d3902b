//! One change at a time: a server takes no other while an operation on it runs, whatever the flavour and
//! whether it is the server itself or something that belongs to it.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::server_state::{require_server, state_of};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, wire_hundred_nanoseconds};
use crate::rules::{Code, code};
use crate::services::{Context, LongRunning};
use crate::state::OperationOutcome;

/// A change that has been accepted.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct AcceptedChange {
    operation: String,
    /// What it changes: the last segment of the type.
    collection: String,
}

/// A server's leave to be changed. Who has it is the only one, until its operation ends.
pub(super) struct ChangeTurn {
    server: ResourceId,
    collection: String,
    announces: Option<String>,
}

/// Takes the turn to change a server, or something of it.
///
/// # Errors
///
/// 409 while another operation on the server runs that this one cannot be beside of.
pub(super) fn take_turn(
    context: &mut Context<'_>,
    permit: &Permit,
    server: &ResourceId,
) -> Result<ChangeTurn, Refusal> {
    let kind = permit.scope.resource_type().unwrap_or_default();
    let collection = kind.rsplit('/').next().unwrap_or_default().to_owned();
    let operations = &context.state.operations;
    let runs = |change: &AcceptedChange| {
        let operation = operations.get(&change.operation);
        operation.is_some_and(|operation| operation.ended.is_none())
    };
    if let Some(changes) = context.own.postgres.changes.get_mut(server) {
        changes.retain(runs);
        let beside = |other: &AcceptedChange| {
            context
                .rules
                .servers
                .are_concurrent(&collection, &other.collection)
        };
        if !changes.iter().all(beside) {
            return Err(refuse(context, code::ServerIsBusy, server));
        }
    }
    Ok(ChangeTurn {
        server: server.clone(),
        collection,
        announces: permit.operation(context.rules).announces.clone(),
    })
}

/// The same of a server that has to be there and run.
pub(super) fn take_turn_of_running(
    context: &mut Context<'_>,
    permit: &Permit,
    server: &ResourceId,
) -> Result<ChangeTurn, Refusal> {
    require_server(context, server)?;
    let turn = take_turn(context, permit, server)?;
    if matches!(state_of(context, server).as_str(), "Stopped" | "Disabled") {
        return Err(refuse(context, code::ServerIsNotReady, server));
    }
    Ok(turn)
}

/// A refusal about a server, with a row of the errors.
pub(super) fn refuse(context: &Context<'_>, row: Code, server: &ResourceId) -> Refusal {
    let state = state_of(context, server);
    let fill = [("server", server.name()), ("state", &state)];
    Refusal::of(row, &fill)
}

/// Begins an operation of this provider: 202, both addresses, and what the operation is called.
pub(super) fn accept(context: &mut Context<'_>, request: &Request, turn: ChangeTurn) -> (String, Response) {
    let id = begin(context);
    let response = accepted(context, request, &turn.server, &id);
    let change = AcceptedChange {
        operation: id.clone(),
        collection: turn.collection,
    };
    let changes = &mut context.own.postgres.changes;
    changes.entry(turn.server).or_default().push(change);
    (id, announced(context, response, turn.announces.as_deref()))
}

/// Begins an operation that stands in nothing's way.
pub(super) fn accept_beside(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    server: &ResourceId,
) -> (String, Response) {
    let id = begin(context);
    let response = accepted(context, request, server, &id);
    let announces = permit.operation(context.rules).announces.clone();
    (id, announced(context, response, announces.as_deref()))
}

/// Ends an operation with a refusal that came too late to be one.
pub(super) fn end_refused(context: &mut Context<'_>, operation: &str, refusal: &Refusal) {
    let error = json!({"code": refusal.code, "message": refusal.message});
    for (header, value) in refusal.marks() {
        context.state.operations.mark(operation, header, value);
    }
    context.end(operation, OperationOutcome::Failed(error));
}

fn begin(context: &mut Context<'_>) -> String {
    let id = context.draw_uuid("postgres operation").to_string();
    context.state.operations.begin(id.clone(), context.now);
    id
}

fn accepted(context: &Context<'_>, request: &Request, about: &ResourceId, id: &str) -> Response {
    let location = context
        .state
        .resource(about)
        .map(|resource| resource.location().to_owned())
        .unwrap_or_default();
    let base = format!(
        "/subscriptions/{}/providers/Microsoft.DBforPostgreSQL/locations/{location}",
        about.subscription().unwrap_or_default()
    );
    context.accepted(
        request,
        &LongRunning {
            id: id.to_owned(),
            status: StatusCode::ACCEPTED,
            status_path: Some(format!("{base}/azureAsyncOperation/{id}")),
            result_path: Some(format!("{base}/operationResults/{id}")),
            retry_after_seconds: context.rules.retry_after("server_change"),
        },
        None,
    )
}

/// The first answer of an operation, with the body Azure's had. Of some nobody has seen one.
fn announced(context: &Context<'_>, response: Response, operation: Option<&str>) -> Response {
    let Some(operation) = operation else {
        return response;
    };
    let body: Value = json!({"operation": operation, "startTime": wire_hundred_nanoseconds(context.now)});
    response
        .with_header("content-type", "application/json; charset=utf-8")
        .with_body(Bytes::from(body.to_string()))
}
