//! Operations of this provider, as they are asked about.

use http::StatusCode;
use serde_json::{Value, json};

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response, wire_hundred_nanoseconds};
use crate::rules::code;
use crate::services::Context;
use crate::state::{OperationOutcome, OperationState};

fn find_operation(context: &Context<'_>, permit: &Permit) -> Result<OperationState, Refusal> {
    let id = permit.params.get("operation");
    context
        .state
        .operations
        .get(id)
        .ok_or_else(|| Refusal::of(code::ServerOperationNotFound, &[("operation", id)]))
}

pub(super) fn status(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
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

pub(super) fn result(
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
