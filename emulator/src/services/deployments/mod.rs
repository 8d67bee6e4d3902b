//! `Microsoft.Resources/deployments`: templates, evaluated and put resource by resource as whoever
//! deploys them. With several people involved, this is how permissions are given that nobody could
//! give alone.
//!
//! Left out: linked templates, Key Vault references in parameters, extensions.

mod deploy;
mod export;
mod expression;
#[cfg(test)]
mod expression_tests;
#[cfg(any(test, feature = "fuzzing"))]
pub(in crate::services) mod fuzzing;
mod limits;
mod members;
mod operations;
mod preflight;
mod pruning;
mod reading;
mod shown;
mod state;
mod template;
#[cfg(test)]
mod template_tests;
mod what_if;

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::{Context, Handler, LongRunning, Preparer, lenient_json_body};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::rules::code;
use crate::state::{OperationOutcome, field};
use preflight::read;
use reading::ReadTemplate;
use shown::describe;
pub use state::DeploymentsState;
use state::{Deployment, end, invalid, missing};

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "Deployments_CreateOrUpdate" | "Deployments_CreateOrUpdateAtSubscriptionScope" => put,
        "Deployments_Get" | "Deployments_GetAtSubscriptionScope" => get,
        "Deployments_CheckExistence" | "Deployments_CheckExistenceAtSubscriptionScope" => exists,
        "Deployments_Delete" | "Deployments_DeleteAtSubscriptionScope" => delete,
        "Deployments_ListByResourceGroup" | "Deployments_ListAtSubscriptionScope" => list,
        "Deployments_Validate" | "Deployments_ValidateAtSubscriptionScope" => what_if::validate,
        "Deployments_WhatIf" | "Deployments_WhatIfAtSubscriptionScope" => what_if::what_if,
        "Deployments_Cancel" | "Deployments_CancelAtSubscriptionScope" => cancel,
        "Deployments_ExportTemplate" | "Deployments_ExportTemplateAtSubscriptionScope" => {
            export::of_deployment
        }
        "ResourceGroups_ExportTemplate" => export::of_group,
        "DeploymentOperations_List"
        | "DeploymentOperations_ListAtSubscriptionScope"
        | "DeploymentOperations_ListByShortPath"
        | "DeploymentOperations_ListByShortPathAtSubscriptionScope" => operations::list,
        "Deployments_OperationStatus" | "Deployments_OperationStatusAtSubscriptionScope" => status,
        _ => return None,
    })
}

/// Reading templates takes long, as they say themselves.
pub(super) fn preparer(operation: &str) -> Option<Preparer> {
    let reads = [
        "Deployments_CreateOrUpdate",
        "Deployments_CreateOrUpdateAtSubscriptionScope",
        "Deployments_Validate",
        "Deployments_ValidateAtSubscriptionScope",
        "Deployments_WhatIf",
        "Deployments_WhatIfAtSubscriptionScope",
    ];
    reads.contains(&operation).then_some(reading::prepare as Preparer)
}

fn put(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let Some(principal) = permit.caller.principal else {
        return Err(invalid("the caller has no identity to deploy as"));
    };
    // Looked at before the template, which may ask where its deployment is.
    let needs_location = id.resource_group().is_none();
    if needs_location && field(&*lenient_json_body(request)?, "location").is_null() {
        return Err(Refusal::of(code::LocationRequired, &[]));
    }
    let ReadTemplate { template, budget, .. } = read(context, permit, request)?;
    let active = context
        .own
        .deployments
        .0
        .get(&id)
        .is_some_and(Deployment::is_running);
    if active {
        return Err(Refusal::of(code::DeploymentActive, &[("id", id.as_str())]));
    }
    let operation = context.draw_uuid("deployment").to_string();
    context.state.operations.begin(operation.clone(), context.now);
    let template = Arc::new(template);
    let body = describe(&id, &template, context, "Running", &operation);
    context.own.deployments.0.insert(
        id.clone(),
        Deployment {
            body: body.clone(),
            operations: Vec::new(),
            template: Arc::clone(&template),
        },
    );
    context.start(deploy::Deploy::new(
        id.clone(),
        operation.clone(),
        template,
        budget,
        principal,
    ));
    Ok(context.accepted(
        request,
        &LongRunning {
            status_path: Some(format!("{id}/operationStatuses/{operation}")),
            id: operation,
            // Of one that was there before as well.
            status: StatusCode::CREATED,
            result_path: None,
            retry_after_seconds: context.rules.retry_after("deployment_put"),
        },
        Some(&body),
    ))
}

fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let found = context.own.deployments.0.get(&permit.scope);
    found
        .map(|deployment| Response::json(StatusCode::OK, &deployment.body))
        .ok_or_else(|| missing(&permit.scope))
}

fn exists(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let found = context.own.deployments.0.contains_key(&permit.scope);
    Ok(Response::new(if found {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }))
}

/// What it deployed stays.
fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    context.own.deployments.0.remove(&permit.scope);
    Ok(Response::new(StatusCode::NO_CONTENT))
}

fn list(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let depth = permit.scope.segments().count();
    let found: Vec<&Value> = context
        .own
        .deployments
        .0
        .iter()
        // A subscription's list does not hold its groups' deployments.
        .filter(|(id, _)| permit.scope.contains(id) && id.segments().count() == depth + 4)
        .map(|(_, deployment)| &deployment.body)
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": found})))
}

/// What is under way comes to its end; nothing else is begun.
fn cancel(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let deployment = context.own.deployments.0.get(&id).ok_or_else(|| missing(&id))?;
    if !deployment.is_running() {
        return Err(Refusal::of(code::SyntheticDeploymentNotRunning, &[]));
    }
    end(context, &id, "Canceled", |_| {});
    Ok(Response::new(StatusCode::NO_CONTENT))
}

fn status(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let id = permit.params.get("operation");
    let operation = context
        .state
        .operations
        .get(id)
        .ok_or_else(|| missing(&permit.scope))?;
    let body = match &operation.outcome {
        OperationOutcome::Running => json!({"status": "Running"}),
        OperationOutcome::Succeeded(_) => json!({"status": "Succeeded"}),
        OperationOutcome::Failed(error) => json!({"status": "Failed", "error": error}),
    };
    let running = operation.ended.is_none();
    let response = Response::json(StatusCode::OK, &body);
    Ok(if running {
        context.poll_soon(response)
    } else {
        response
    })
}
