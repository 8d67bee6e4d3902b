//! What a deployment would do, without doing it.

use http::StatusCode;
use serde_json::{Value, json};

use super::preflight::read;
use super::pruning::Pruning;
use super::reading::ReadTemplate;
use super::shown::describe;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::Context;
use crate::state::field;

/// Whether the template can be read and every expression has a value, as far as that can be known
/// without deploying. Whether the caller may write the resources is found out by the deployment.
pub(super) fn validate(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
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
pub(super) fn what_if(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
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
        let mut pruning = Pruning::of(context, &permit.scope, &template);
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
