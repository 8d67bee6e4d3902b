//! `Microsoft.Resources/deployments`: templates, evaluated and put resource by resource as whoever
//! deploys them. With several people involved, this is how permissions are given that nobody could
//! give alone.
//!
//! Left out: complete mode, linked templates, copy loops, Key Vault references in parameters,
//! user-defined functions.

mod deploy;
mod expression;
#[cfg(any(test, feature = "fuzzing"))]
pub(in crate::services) mod fuzzing;
mod limits;
mod template;
#[cfg(test)]
mod template_tests;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Context, Handler, LongRunning, Preparer, lenient_json_body};
use crate::gateway::{Permit, Refusal};
use crate::model::{Preparation, Request, ResourceId, Response, wire_hundred_nanoseconds};
use crate::state::{OperationOutcome, field};
use limits::Most;
use template::{DEPLOYMENT, Entry, Place, Request as Template};

/// The deployments there have been.
#[derive(Clone, Default)]
pub struct DeploymentsState(BTreeMap<ResourceId, Deployment>);

#[derive(Clone)]
struct Deployment {
    body: Value,
    operations: Vec<Value>,
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
        "DeploymentOperations_List"
        | "DeploymentOperations_ListAtSubscriptionScope"
        | "DeploymentOperations_ListByShortPath"
        | "DeploymentOperations_ListByShortPathAtSubscriptionScope" => list_operations,
        "Deployments_OperationStatus" | "Deployments_OperationStatusAtSubscriptionScope" => status,
        _ => return None,
    })
}

fn invalid(text: &str) -> Refusal {
    Refusal::arm(
        StatusCode::BAD_REQUEST,
        "InvalidTemplate",
        format!("Deployment template validation failed: '{text}'"),
    )
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

/// A template that was read beforehand, until it is taken.
struct Read(Mutex<Option<Result<Template, Refusal>>>);

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
    reads.contains(&operation).then_some(prepare as Preparer)
}

fn prepare(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Option<Preparation> {
    let reading = reading(context, &permit.scope).ok()?;
    let request = request.clone();
    Some(Preparation::new(move || {
        Read(Mutex::new(Some(reading.carry_out(&request))))
    }))
}

/// The template of a request about the deployment of that id.
fn read(context: &Context<'_>, id: &ResourceId, request: &Request) -> Result<Template, Refusal> {
    let prepared = request
        .prepared::<Read>()
        .and_then(|own| own.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    match prepared {
        Some(read) => read,
        None => reading(context, id)?.carry_out(request),
    }
}

/// What it takes to read a template.
struct Reading {
    place: Place,
    most: Most,
}

impl Reading {
    fn carry_out(self, request: &Request) -> Result<Template, Refusal> {
        let sent = lenient_json_body(request)?;
        Template::read(self.place, field(&sent, "properties"), &self.most).map_err(|text| invalid(&text))
    }
}

fn reading(context: &Context<'_>, id: &ResourceId) -> Result<Reading, Refusal> {
    let target = target_of(id);
    let tenant = context.tenant_of(&target)?;
    let group = match target.resource_group() {
        None => Value::Null,
        Some(_) => context
            .state
            .resource(&target)
            .map(|group| group.body.clone())
            .ok_or_else(|| context.not_found(id))?,
    };
    let place = Place {
        target,
        name: id.name().to_owned(),
        group,
        tenant: tenant.to_string(),
        now: context.now,
    };
    Ok(Reading {
        place,
        most: Most::of(&context.rules.limits),
    })
}

fn put(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let template = read(context, &id, request)?;
    let Some(principal) = permit.caller.principal else {
        return Err(invalid("the caller has no identity to deploy as"));
    };
    let running =
        context.own.deployments.0.get(&id).is_some_and(|own| {
            field(&own.body["properties"], "provisioningState").as_str() == Some("Running")
        });
    if running {
        return Err(Refusal::arm(
            StatusCode::CONFLICT,
            "DeploymentActive",
            format!(
                "The deployment with resource id '{id}' cannot be saved, because this would overwrite an existing deployment which is still active."
            ),
        ));
    }
    let operation = context.draw_uuid("deployment").to_string();
    context.state.operations.begin(operation.clone(), context.now);
    let body = json!({
        "id": id,
        "name": id.name(),
        "type": DEPLOYMENT,
        "properties": {
            "mode": "Incremental",
            "parameters": template.shown,
            "provisioningState": "Running",
            "timestamp": wire_hundred_nanoseconds(context.now),
            "duration": "PT0S",
            "correlationId": operation,
            "dependencies": dependencies(&template),
        },
    });
    let known = context.own.deployments.0.insert(
        id.clone(),
        Deployment {
            body: body.clone(),
            operations: Vec::new(),
        },
    );
    context.start(deploy::Deploy::new(
        id.clone(),
        operation.clone(),
        template,
        principal,
    ));
    Ok(context.accepted(
        request,
        &LongRunning {
            status_path: Some(format!("{id}/operationStatuses/{operation}")),
            id: operation,
            status: if known.is_some() {
                StatusCode::OK
            } else {
                StatusCode::CREATED
            },
            result_path: None,
            retry_after_seconds: 5,
        },
        Some(&body),
    ))
}

fn dependencies(template: &Template) -> Value {
    let with =
        |id: &ResourceId| json!({"id": id, "resourceName": id.name(), "resourceType": id.resource_type()});
    template
        .resources
        .iter()
        .filter(|entry| !entry.depends_on.is_empty())
        .map(|entry| {
            let mut own = with(&entry.id);
            own["dependsOn"] = entry.depends_on.iter().map(with).collect();
            own
        })
        .collect()
}

/// Takes note of how one resource of a deployment stands.
fn note_operation(
    context: &mut Context<'_>,
    deployment: &ResourceId,
    entry: &Entry,
    state: &str,
    status: u16,
    message: &Value,
) {
    let time = wire_hundred_nanoseconds(context.now);
    let number = context.draw_uuid("deployment operation").simple().to_string();
    let Some(own) = context.own.deployments.0.get_mut(deployment) else {
        return;
    };
    let name = number[..16].to_ascii_uppercase();
    let mut operation = json!({
        "id": deployment.child(["operations", &name]),
        "operationId": name,
        "properties": {
            "provisioningOperation": "Create",
            "provisioningState": state,
            "timestamp": time,
            "duration": "PT0S",
            "targetResource": {"id": entry.id, "resourceType": entry.kind, "resourceName": entry.id.name()},
        },
    });
    if status > 0 {
        let word = StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default()
            .replace(' ', "");
        operation["properties"]["statusCode"] = json!(word);
    }
    if !message.is_null() {
        operation["properties"]["statusMessage"] = message.clone();
    }
    own.operations
        .retain(|other| other["properties"]["targetResource"]["id"] != json!(entry.id));
    own.operations.push(operation);
}

/// Ends a deployment.
fn end(context: &mut Context<'_>, id: &ResourceId, state: &str, change: impl FnOnce(&mut Value)) {
    let time = wire_hundred_nanoseconds(context.now);
    if let Some(own) = context.own.deployments.0.get_mut(id) {
        let properties = &mut own.body["properties"];
        properties["provisioningState"] = json!(state);
        properties["timestamp"] = json!(time);
        change(properties);
    }
}

fn missing(id: &ResourceId) -> Refusal {
    Refusal::arm(
        StatusCode::NOT_FOUND,
        "DeploymentNotFound",
        format!("Deployment '{}' could not be found.", id.name()),
    )
}

fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let found = context.own.deployments.0.get(&permit.scope);
    found
        .map(|own| Response::json(StatusCode::OK, &own.body))
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
        .map(|(_, own)| &own.body)
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": found})))
}

fn list_operations(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    // There are two paths to a deployment's operations, of which one leaves out the provider.
    let name = permit.params.get("deployment");
    let id = target_of(&permit.scope).child(["providers", "Microsoft.Resources", "deployments", name]);
    let found = context.own.deployments.0.get(&id);
    found
        .map(|own| Response::json(StatusCode::OK, &json!({"value": own.operations})))
        .ok_or_else(|| missing(&id))
}

/// Whether the template can be read and every expression has a value, as far as that can be known
/// without deploying. Whether the caller may write the resources is found out by the deployment.
fn validate(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let template = read(context, &permit.scope, request)?;
    let empty = Map::new();
    for entry in &template.resources {
        if let Err(expression::Problem::Wrong(text)) = template.body(entry, &empty, true) {
            return Err(invalid(&text));
        }
    }
    let resources: Vec<Value> = template
        .resources
        .iter()
        .map(|entry| json!({"id": entry.id}))
        .collect();
    Ok(Response::json(
        StatusCode::OK,
        &json!({
            "id": permit.scope,
            "name": permit.scope.name(),
            "type": DEPLOYMENT,
            "properties": {
                "mode": "Incremental",
                "parameters": template.shown,
                "provisioningState": "Succeeded",
                "timestamp": wire_hundred_nanoseconds(context.now),
                "duration": "PT0S",
                "dependencies": dependencies(&template),
                "validatedResources": resources,
            },
        }),
    ))
}

/// What a deployment would create or change. A change is told, not spelt out property by property.
fn what_if(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let template = read(context, &permit.scope, request)?;
    let empty = Map::new();
    let mut changes = Vec::new();
    for entry in &template.resources {
        let after = match template.body(entry, &empty, true) {
            Ok(after) => after,
            Err(expression::Problem::Wrong(text)) => return Err(invalid(&text)),
            Err(expression::Problem::Needs(_)) => Value::Null,
        };
        let before = context.state.resource(&entry.id).map(|own| own.body.clone());
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
