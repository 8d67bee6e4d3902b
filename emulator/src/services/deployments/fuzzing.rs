//! Templates and their expressions, as functions of bytes.

use serde_json::{Map, Value, json};

use super::expression::{Problem, evaluate};
use super::limits::Most;
use super::template::{Place, Request};
use crate::gateway::lenient_json;
use crate::model::Timestamp;
use crate::rules::Limits;
use crate::services::budget::Bounds;

fn read(properties: &Value, limits: &Limits) -> Result<Request, String> {
    let place = Place {
        target: "/subscriptions/s/resourceGroups/g".parse().expect("it is an id"),
        name: "d".to_owned(),
        group: json!({"name": "g", "location": "uksouth"}),
        tenant: "t".to_owned(),
        now: Timestamp::UNIX_EPOCH,
    };
    let mut most = Most::of(limits);
    most.bounds = Bounds::small(limits);
    Request::read(place, properties, &most)
}

/// A whole template, as a request sends it.
pub(in crate::services) fn template(limits: &Limits, data: &[u8]) {
    let Some(sent) = serde_json::from_slice(data)
        .ok()
        .or_else(|| lenient_json::read(data))
    else {
        return;
    };
    let Ok(template) = read(&sent, limits) else { return };
    for entry in &template.resources {
        let _ = template.body(entry, &Map::new(), true);
    }
    let _ = template.outputs(&Map::new());
}

/// One expression.
pub(in crate::services) fn expression(limits: &Limits, data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let template = json!({"template": {
        "parameters": {
            "text": {"type": "string", "defaultValue": "Drill"},
            "list": {"type": "array", "defaultValue": ["a", "b", 3]},
            "deep": {"type": "object", "defaultValue": {"One": {"two": [1, {"three": "x"}]}}},
        },
        "variables": {"a": "[concat(parameters('text'), '-x')]", "b": text},
        "resources": [],
    }});
    let template = read(&template, limits).expect("it is a template whatever its variable is");
    let references = Map::new();
    for blind in [true, false] {
        let scope = template.scope(&references, blind);
        if let Err(Problem::Needs(needed)) = evaluate(&scope, &Value::from(text)) {
            assert!(!needed.id.as_str().is_empty());
        }
    }
}
