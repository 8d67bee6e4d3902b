//! How each resource of a deployment stands.

use http::StatusCode;
use serde_json::{Value, json};

use super::state::{missing, target_of};
use super::template::TemplateResource;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, wire_hundred_nanoseconds};
use crate::services::Context;

/// What is done to a resource, how far it has come, and the status it was answered with; 0 if it was not yet.
type OperationNote<'a> = (&'a str, &'a str, u16);

/// Takes note of how one resource of a deployment stands.
pub(super) fn note_operation(
    context: &mut Context<'_>,
    deployment: &ResourceId,
    entry: &TemplateResource,
    outcome: OperationNote<'_>,
    message: &Value,
) {
    note(context, deployment, (&entry.id, &entry.kind), outcome, message);
}

/// Takes note of a resource that goes because the template does not name it.
pub(super) fn note_deletion(
    context: &mut Context<'_>,
    deployment: &ResourceId,
    id: &ResourceId,
    (state, status): (&str, u16),
    message: &Value,
) {
    let kind = id.resource_type().unwrap_or_default();
    note(
        context,
        deployment,
        (id, &kind),
        ("Delete", state, status),
        message,
    );
}

fn note(
    context: &mut Context<'_>,
    deployment: &ResourceId,
    (id, kind): (&ResourceId, &str),
    (action, state, status): OperationNote<'_>,
    message: &Value,
) {
    let time = wire_hundred_nanoseconds(context.now);
    let number = context.draw_uuid("deployment operation").simple().to_string();
    let Some(under_way) = context.own.deployments.0.get_mut(deployment) else {
        return;
    };
    let name = number[..16].to_ascii_uppercase();
    let mut operation = json!({
        "id": deployment.child(["operations", &name]),
        "operationId": name,
        "properties": {
            "provisioningOperation": action,
            "provisioningState": state,
            "timestamp": time,
            "duration": "PT0S",
            "targetResource": {"id": id, "resourceType": kind, "resourceName": id.name()},
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
    // What is under way is the last of all, or nearly: a few are put between two turns.
    let place = under_way
        .operations
        .iter()
        .rposition(|other| other["properties"]["targetResource"]["id"] == json!(id));
    match place {
        Some(place) => under_way.operations[place] = operation,
        None => under_way.operations.push(operation),
    }
}

pub(super) fn list(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    // There are two paths to a deployment's operations, of which one leaves out the provider.
    let name = permit.params.get("deployment");
    let id = target_of(&permit.scope).child(["providers", "Microsoft.Resources", "deployments", name]);
    let found = context.own.deployments.0.get(&id);
    found
        .map(|deployment| Response::json(StatusCode::OK, &json!({"value": deployment.operations})))
        .ok_or_else(|| missing(&id))
}
