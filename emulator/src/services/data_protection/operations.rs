//! Long-running operations of the Backup service: ids, addresses, status and results.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dyn_clone::DynClone;
use http::StatusCode;
use serde_json::{Value, json};

use super::task::{self, Over, Step, Task};
use super::vault::{not_found_inside, vault_guid};
use super::versions;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, wire_hundred_nanoseconds, wire_seconds};
use crate::services::{Context, LongRunning};
use crate::state::{OperationOutcome, OperationState, Resource};

/// An operation that has not ended says it ends in year 1.
const NOT_ENDED: &str = "0001-01-01T00:00:00Z";

/// Which addresses the first answer names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addresses<'a> {
    /// Only the status (what a PUT does).
    Status,
    /// Status and result.
    Both,
    /// Both, the status below the resource group and the location (what deleting a vault does).
    BothBelowLocation,
    /// Both below the subscription and this location, which need not be the vault's.
    BothInRegion(&'a str),
    /// Both, the result below the backup instance (what a PUT of one does in newer versions).
    BothBelowInstance(&'a ResourceId),
}

/// Begins an operation on a vault. Its id is the base64 of `vaultGuid;operationGuid`.
pub(super) fn begin(context: &mut Context<'_>, vault: &ResourceId) -> String {
    let guid = vault_guid(context, vault);
    let own = context.draw_uuid("backup operation");
    let id = STANDARD.encode(format!("{guid};{own}"));
    context.state.operations.begin(id.clone(), context.now);
    id
}

/// What is done when a phase is over. Worlds that are kept hold clones of it.
trait Action: DynClone + Send {
    fn act(self: Box<Self>, context: &mut Context<'_>) -> OperationOutcome;
}

impl<F> Action for F
where
    F: FnOnce(&mut Context<'_>) -> OperationOutcome + Clone + Send,
{
    fn act(self: Box<Self>, context: &mut Context<'_>) -> OperationOutcome {
        self(context)
    }
}

dyn_clone::clone_trait_object!(Action);

/// Does something when a phase is over, and ends the operation with what came of it.
pub(super) fn after(
    context: &mut Context<'_>,
    operation: &str,
    phase: &str,
    action: impl FnOnce(&mut Context<'_>) -> OperationOutcome + Clone + Send + 'static,
) {
    let phase = Phase {
        operation: operation.to_owned(),
        phase: phase.to_owned(),
        action: Box::new(action),
    };
    task::start(context, phase);
}

#[derive(Clone)]
struct Phase {
    operation: String,
    phase: String,
    action: Box<dyn Action>,
}

impl Task for Phase {
    fn begin(&mut self, context: &mut Context<'_>) -> Step<Self> {
        Step::sleep(context.phase(&self.phase), |own, context| {
            own.interrupted(context).into()
        })
    }

    /// Whatever wakes it, it is over.
    fn interrupted(&mut self, context: &mut Context<'_>) -> Over {
        let outcome = self.action.clone().act(context);
        Over::operation(context, &self.operation, outcome)
    }
}

/// The first answer of an operation.
pub(super) fn accepted(
    context: &Context<'_>,
    request: &Request,
    vault: &Resource,
    operation: &str,
    addresses: Addresses<'_>,
    first: First<'_>,
) -> Response {
    let location = match addresses {
        Addresses::BothInRegion(region) => region,
        _ => vault.location(),
    };
    let subscription = vault.id.subscription().unwrap_or_default();
    let result = match addresses {
        Addresses::BothBelowInstance(id) => format!("{id}/operationResults/{operation}"),
        _ => format!(
            "/subscriptions/{subscription}/providers/Microsoft.DataProtection/locations/{location}/operationResults/{operation}"
        ),
    };
    let status = match addresses {
        Addresses::Status | Addresses::Both | Addresses::BothBelowInstance(_) => {
            format!("{}/operationStatus/{operation}", as_addressed(request, &vault.id))
        }
        Addresses::BothInRegion(_) => format!(
            "/subscriptions/{subscription}/providers/Microsoft.DataProtection/locations/{location}/operationStatus/{operation}"
        ),
        Addresses::BothBelowLocation => {
            let group = vault.id.resource_group().unwrap_or_default();
            format!(
                "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.DataProtection/locations/{location}/operationStatus/{operation}"
            )
        }
    };
    let announced = LongRunning {
        id: operation.to_owned(),
        status: first.status,
        status_path: Some(status),
        result_path: (addresses != Addresses::Status).then_some(result),
        retry_after_seconds: context.rules.retry_after(first.phase),
    };
    context.accepted(request, &announced, first.body)
}

/// An id as a request spells it that is about what it names.
pub(super) fn as_addressed<'a>(request: &'a Request, id: &'a ResourceId) -> &'a str {
    let own = id.as_str();
    let spelled = request.path.get(..own.len());
    spelled
        .filter(|path| path.eq_ignore_ascii_case(own))
        .unwrap_or(own)
}

/// What a client calls its request, or a GUID for a request without a name.
pub(super) fn activity(context: &mut Context<'_>, request: &Request) -> String {
    match request
        .header("x-ms-client-request-id")
        .filter(|own| !own.is_empty())
    {
        Some(own) => own.to_owned(),
        None => context.draw_uuid("activity").to_string(),
    }
}

/// What the first answer of an operation says.
pub(super) struct First<'a> {
    /// 201 for a PUT, 202 for everything else.
    pub(super) status: StatusCode,
    /// The phase `Retry-After` is looked up by.
    pub(super) phase: &'a str,
    /// The resource, for a PUT.
    pub(super) body: Option<&'a Value>,
}

impl First<'_> {
    /// 202 without a body.
    pub(super) fn accepted(phase: &'static str) -> Self {
        Self {
            status: StatusCode::ACCEPTED,
            phase,
            body: None,
        }
    }
}

/// What an operation that has begun a job ends with.
pub(super) fn job_started(id: &str) -> OperationOutcome {
    OperationOutcome::Succeeded(json!({"jobId": id, "objectType": "OperationJobExtendedInfo"}))
}

/// What an operation without a job ends with.
pub(super) fn ended_well() -> OperationOutcome {
    OperationOutcome::Succeeded(json!({"objectType": "OperationJobExtendedInfo"}))
}

/// What a refused operation ends with: the asynchronous form of the error, null members left out.
pub(super) fn refused(refusal: &Refusal, info: &Value) -> OperationOutcome {
    OperationOutcome::Failed(json!({
        "additionalInfo": [{"type": "UserFacingError", "info": info}],
        "code": refusal.code,
        "message": refusal.message,
    }))
}

fn find(context: &Context<'_>, permit: &Permit) -> Result<OperationState, Refusal> {
    let id = permit.params.get("operation");
    let found = context.state.operations.get(id);
    found.ok_or_else(not_found_inside)
}

pub(super) fn status(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let operation = find(context, permit)?;
    let status = match &operation.outcome {
        OperationOutcome::Running => "Inprogress",
        OperationOutcome::Succeeded(_) => "Succeeded",
        OperationOutcome::Failed(_) => "Failed",
    };
    let mut body = json!({"id": request.path, "name": permit.params.get("operation"), "status": status});
    // An error stands before the times, what has been achieved behind them.
    if let OperationOutcome::Failed(error) = &operation.outcome {
        body["error"] = error.clone();
    }
    body["startTime"] = json!(wire_hundred_nanoseconds(operation.started));
    body["endTime"] = json!(operation.ended.map_or_else(|| NOT_ENDED.to_owned(), wire_seconds));
    if let OperationOutcome::Succeeded(value) = &operation.outcome
        && value.get("jobId").is_some()
    {
        body["properties"] = value.clone();
    }
    let mut response = Response::json(StatusCode::OK, &body);
    for (name, value) in &operation.marks {
        response = response.with_header(name, value);
    }
    Ok(if operation.ended.is_none() {
        context.poll_soon(response)
    } else {
        response
    })
}

/// The result of an instance's PUT: the instance.
pub(super) fn instance_result(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    result_as(context, permit, request, |_, instance| {
        Value::clone(&instance.body)
    })
}

/// The result of what was done to a vault: the vault, as long as it is there.
pub(super) fn vault_result(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    result_as(context, permit, request, |context, vault| {
        versions::shown_vault(context, request, &vault.body)
    })
}

/// What an operation that ended with nothing of its own was about, as it is shown; else the operation's result.
fn result_as(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    shown: impl FnOnce(&Context<'_>, &Resource) -> Value,
) -> Result<Response, Refusal> {
    let operation = find(context, permit)?;
    match (&operation.outcome, context.state.resource(&permit.scope.parent())) {
        (OperationOutcome::Succeeded(Value::Null), Some(resource)) => {
            Ok(Response::json(StatusCode::OK, &shown(context, resource)))
        }
        _ => result(context, permit, request),
    }
}

pub(super) fn result(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let operation = find(context, permit)?;
    match &operation.outcome {
        OperationOutcome::Running => Ok(context.ask_again(request)),
        OperationOutcome::Succeeded(Value::Null) => Ok(Response::new(StatusCode::NO_CONTENT)),
        OperationOutcome::Succeeded(value) => {
            let status = request.path.replacen("operationResults", "operationStatus", 1);
            let address = format!("{}{status}?{}", request.authority(), request.query);
            Ok(Response::json(StatusCode::OK, value).with_header("azure-asyncoperation", &address))
        }
        OperationOutcome::Failed(error) => {
            Ok(Response::json(StatusCode::BAD_REQUEST, &json!({"error": error})))
        }
    }
}
