//! Long-running operations of providers that have nothing to wait for here: the answer says that something
//! is being done, and whoever asks is told that it has been.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Context, LongRunning};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, region_name};
use crate::state::OperationOutcome;

/// Where a provider's operations are asked about.
#[derive(Clone, Copy)]
pub(super) enum Addresses {
    /// By region: `locations/{region}/operations` and `operationResults`.
    InRegion,
    /// Beside the resource: private DNS.
    PrivateDns,
}

/// The answer to a write of this resource, whose body is what it is going to be.
pub(super) fn put(
    context: &mut Context<'_>,
    request: &Request,
    id: &ResourceId,
    status: StatusCode,
    body: &Value,
) -> Response {
    let operation = begin(context, id, Addresses::InRegion, status);
    let operation = LongRunning {
        result_path: None,
        ..operation
    };
    let mut shown = body.clone();
    shown["properties"]["provisioningState"] = json!("Updating");
    context.accepted(request, &operation, Some(&shown))
}

/// The answer to a write that shows nothing yet, and to a deletion.
pub(super) fn accepted(
    context: &mut Context<'_>,
    request: &Request,
    id: &ResourceId,
    addresses: Addresses,
) -> Response {
    let operation = begin(context, id, addresses, StatusCode::ACCEPTED);
    context.accepted(request, &operation, None)
}

fn begin(
    context: &mut Context<'_>,
    id: &ResourceId,
    addresses: Addresses,
    status: StatusCode,
) -> LongRunning {
    let operation = context.draw_uuid("provider operation").to_string();
    context.state.operations.begin(operation.clone(), context.now);
    context.end(&operation, OperationOutcome::Succeeded(json!(id)));
    let kind = id.resource_type().unwrap_or_default();
    let namespace = kind.split('/').next().unwrap_or_default();
    let subscription = id.subscription().unwrap_or_default();
    let group = id.resource_group().unwrap_or_default();
    let (status_path, result_path) = match addresses {
        Addresses::InRegion => {
            let base = format!(
                "/subscriptions/{subscription}/providers/{namespace}/locations/{}",
                region_of(context, id)
            );
            (
                format!("{base}/operations/{operation}"),
                format!("{base}/operationResults/{operation}"),
            )
        }
        Addresses::PrivateDns => {
            let base = format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{namespace}");
            (
                format!("{base}/privateDnsOperationStatuses/{operation}"),
                format!("{base}/privateDnsOperationResults/{operation}"),
            )
        }
    };
    LongRunning {
        id: operation,
        status,
        status_path: Some(status_path),
        result_path: Some(result_path),
        retry_after_seconds: context.rules.retry_after("network_change"),
    }
}

/// The region of a resource, of what it is a part of, or of its group.
fn region_of(context: &Context<'_>, id: &ResourceId) -> String {
    let group = id.resource_group_id();
    let mut all = std::iter::successors(Some(id.clone()), |id| Some(id.parent()))
        .take_while(|id| id.resource_type().is_some())
        .chain(group);
    all.find_map(|id| {
        let location = context.state.resource(&id)?.location();
        (!location.is_empty()).then(|| region_name(location))
    })
    .unwrap_or_default()
}

/// The status address of an operation.
pub(super) fn status(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let operation = found(context, permit)?;
    let body = match operation {
        OperationOutcome::Running => json!({"status": "InProgress"}),
        OperationOutcome::Succeeded(_) => json!({"status": "Succeeded"}),
        OperationOutcome::Failed(error) => json!({"status": "Failed", "error": error}),
    };
    Ok(Response::json(StatusCode::OK, &body))
}

/// Its result address: what was written, or nothing if that is gone.
pub(super) fn result(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let OperationOutcome::Succeeded(about) = found(context, permit)? else {
        return Ok(Response::new(StatusCode::ACCEPTED));
    };
    let id: Option<ResourceId> = about.as_str().and_then(|id| id.parse().ok());
    Ok(match id.and_then(|id| context.state.resource(&id)) {
        Some(resource) => Response::json(StatusCode::OK, &resource.body),
        None => Response::new(StatusCode::NO_CONTENT),
    })
}

fn found(context: &Context<'_>, permit: &Permit) -> Result<OperationOutcome, Refusal> {
    let operation = context.state.operations.get(permit.params.get("operation"));
    operation
        .map(|operation| operation.outcome)
        .ok_or_else(|| context.not_found(&permit.scope))
}
