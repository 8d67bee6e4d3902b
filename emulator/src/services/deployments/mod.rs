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
mod template;
#[cfg(test)]
mod template_tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::{Context, Handler, LongRunning, Preparer, lenient_json_body};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, wire_hundred_nanoseconds};
use crate::rules::code;
use crate::state::{OperationOutcome, field};
use operations::{note_deletion, note_operation};
use reading::{ReadTemplate, reading};
use template::{DEPLOYMENT, Template};

/// The deployments there have been.
#[derive(Clone, Default)]
pub struct DeploymentsState(BTreeMap<ResourceId, Deployment>);

#[derive(Clone)]
struct Deployment {
    body: Value,
    operations: Vec<Value>,
    template: Arc<Template>,
}

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "Deployments_CreateOrUpdate" | "Deployments_CreateOrUpdateAtSubscriptionScope" => put,
        "Deployments_Get" | "Deployments_GetAtSubscriptionScope" => get,
        "Deployments_CheckExistence" | "Deployments_CheckExistenceAtSubscriptionScope" => exists,
        "Deployments_Delete" | "Deployments_DeleteAtSubscriptionScope" => delete,
        "Deployments_ListByResourceGroup" | "Deployments_ListAtSubscriptionScope" => list,
        "Deployments_Validate" | "Deployments_ValidateAtSubscriptionScope" => validate,
        "Deployments_WhatIf" | "Deployments_WhatIfAtSubscriptionScope" => what_if,
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

fn invalid(text: &str) -> Refusal {
    Refusal::of(code::InvalidTemplate, &[("what", text)])
}

/// What a deployment is made to: the group or the subscription.
fn target_of(deployment: &ResourceId) -> ResourceId {
    let segments = if deployment.resource_group().is_some() {
        4
    } else {
        2
    };
    ResourceId::from_segments(deployment.segments().take(segments))
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

/// The template of a request, if as much as is known of it could be deployed.
fn read(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<ReadTemplate, Refusal> {
    preflight::check_deployment_name(context, &permit.scope)?;
    let read = reading::read(context, permit, request)?;
    preflight::check(context, &permit.scope, &read)?;
    Ok(read)
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

/// A deployment as it is shown.
fn describe(
    id: &ResourceId,
    template: &Template,
    context: &Context<'_>,
    state: &str,
    correlation: &str,
) -> Value {
    let mut body = json!({
        "id": id,
        "name": id.name(),
        "type": DEPLOYMENT,
        "properties": {
            "templateHash": template.hash,
            "mode": template.place.mode,
            "parameters": template.shown,
            "provisioningState": state,
            "timestamp": wire_hundred_nanoseconds(context.now),
            "duration": "PT0S",
            "correlationId": correlation,
            "providers": providers(template),
            "dependencies": dependencies(template),
        },
    });
    if !template.place.location.is_empty() {
        body["location"] = json!(template.place.location);
    }
    body
}

/// The types that a template deploys, by their providers.
fn providers(template: &Template) -> Value {
    let mut by_namespace: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for entry in &template.resources {
        let (namespace, kind) = entry.kind.split_once('/').unwrap_or((&entry.kind, ""));
        by_namespace
            .entry(namespace)
            .or_default()
            .entry(kind)
            .or_default();
    }
    by_namespace
        .into_iter()
        .map(|(namespace, kinds)| {
            let kinds: Vec<Value> = kinds
                .into_keys()
                .map(|kind| json!({"resourceType": kind, "locations": [null]}))
                .collect();
            json!({"namespace": namespace, "resourceTypes": kinds})
        })
        .collect()
}

/// What a template's deployment has deployed: what nested deployments have stands in their place.
fn output_resources(context: &Context<'_>, template: &Template) -> Value {
    let mut all = Vec::new();
    for entry in &template.resources {
        if !entry.kind.eq_ignore_ascii_case(DEPLOYMENT) {
            all.push(json!({"id": entry.id}));
            continue;
        }
        let nested = context.own.deployments.0.get(&entry.id);
        let inner = nested.and_then(|nested| field(&nested.body["properties"], "outputResources").as_array());
        all.extend(inner.into_iter().flatten().cloned());
    }
    Value::Array(all)
}

fn dependencies(template: &Template) -> Value {
    let with =
        |id: &ResourceId| json!({"id": id, "resourceName": id.name(), "resourceType": id.resource_type()});
    template
        .resources
        .iter()
        .filter(|entry| !entry.depends_on.is_empty())
        .map(|entry| {
            let mut item = with(&entry.id);
            item["dependsOn"] = entry.depends_on.iter().map(with).collect();
            item
        })
        .collect()
}

impl Deployment {
    fn is_running(&self) -> bool {
        field(&self.body["properties"], "provisioningState").as_str() == Some("Running")
    }
}

/// Whether a deployment goes on: it was neither deleted nor canceled.
fn is_running(context: &Context<'_>, id: &ResourceId, operation: &str) -> bool {
    context.own.deployments.0.get(id).is_some_and(|deployment| {
        deployment.is_running()
            && field(&deployment.body["properties"], "correlationId").as_str() == Some(operation)
    })
}

/// Ends a deployment.
fn end(context: &mut Context<'_>, id: &ResourceId, state: &str, change: impl FnOnce(&mut Value)) {
    let time = wire_hundred_nanoseconds(context.now);
    if let Some(deployment) = context.own.deployments.0.get_mut(id) {
        let properties = &mut deployment.body["properties"];
        properties["provisioningState"] = json!(state);
        properties["timestamp"] = json!(time);
        change(properties);
    }
}

fn missing(id: &ResourceId) -> Refusal {
    Refusal::of(code::DeploymentNotFound, &[("name", id.name())])
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

/// Whether the template can be read and every expression has a value, as far as that can be known
/// without deploying. Whether the caller may write the resources is found out by the deployment.
fn validate(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let ReadTemplate { template, .. } = read(context, permit, request)?;
    let resources: Vec<Value> = template
        .resources
        .iter()
        .map(|entry| json!({"id": entry.id}))
        .collect();
    let correlation = context.draw_uuid("validation").to_string();
    let mut body = describe(&permit.scope, &template, context, "Succeeded", &correlation);
    body["properties"]["validatedResources"] = Value::Array(resources);
    Ok(Response::json(StatusCode::OK, &body))
}

/// What a deployment would create, change or, in complete mode, take away. A change is told, not spelt out
/// property by property.
fn what_if(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let ReadTemplate {
        template, previews, ..
    } = read(context, permit, request)?;
    let mut changes = Vec::new();
    for (entry, preview) in template.resources.iter().zip(previews) {
        let after = preview.body();
        let before = context
            .state
            .resource(&entry.id)
            .map(|resource| resource.body.to_value());
        let kind = match &before {
            None => "Create",
            Some(before) if covers(before, &after) => "NoChange",
            Some(_) => "Modify",
        };
        let mut change = json!({"resourceId": entry.id, "changeType": kind, "after": after});
        if let Some(before) = before {
            change["before"] = before;
        }
        changes.push(change);
    }
    if template.place.mode == "Complete" {
        let mut pruning = pruning::Pruning::of(context, &permit.scope, &template);
        while let Some(id) = pruning.next() {
            let before = context
                .state
                .resource(&id)
                .map(|resource| resource.body.to_value());
            changes.push(json!({"resourceId": id, "changeType": "Delete", "before": before}));
        }
    }
    Ok(Response::json(
        StatusCode::OK,
        &json!({"status": "Succeeded", "properties": {"correlationId": context.draw_uuid("what-if").to_string(), "changes": changes}}),
    ))
}

/// Whether everything that is wanted is there already.
fn covers(there: &Value, wanted: &Value) -> bool {
    match (there, wanted) {
        (Value::Object(_), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, value)| covers(field(there, name), value)),
        (there, wanted) => there == wanted,
    }
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
