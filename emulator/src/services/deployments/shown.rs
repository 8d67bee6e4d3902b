//! A deployment as it is shown.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::template::{DEPLOYMENT, Template};
use crate::model::{ResourceId, wire_hundred_nanoseconds};
use crate::services::Context;

/// A deployment as it is shown.
pub(super) fn describe(
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
