//! Templates and their expressions, as functions of bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::expression::{Problem, evaluate};
use super::limits::TemplateLimits;
use super::template::{DeploymentTarget, Template};
use crate::entropy::Entropy;
use crate::gateway::lenient_json;
use crate::model::Timestamp;
use crate::rules::Rules;
use crate::services::budget::{Bounds, Budget};

fn read(sent: &Value, rules: &Rules) -> Result<(Template, Budget), String> {
    let place = DeploymentTarget {
        target: "/subscriptions/s/resourceGroups/g".parse().expect("it is an id"),
        name: "d".to_owned(),
        group: json!({"name": "g", "location": "uksouth"}),
        tenant: "t".to_owned(),
        subscription_name: "s".to_owned(),
        deployer: "d".to_owned(),
        facts: Arc::clone(&rules.deployments),
        now: Timestamp::UNIX_EPOCH,
        entropy: Entropy::from_seed(1),
        location: String::new(),
        mode: "",
        content_version: String::new(),
        nested: false,
    };
    let mut most = TemplateLimits::of(&rules.limits);
    most.bounds = Bounds::small(&rules.limits);
    Template::read(place, sent, &most, None)
}

/// What a request to deploy has below `properties`.
pub(in crate::services) fn template(rules: &Rules, data: &[u8]) {
    let Some(sent) = serde_json::from_slice::<Value>(data)
        .ok()
        .or_else(|| lenient_json::read(data))
    else {
        return;
    };
    let Ok((template, budget)) = read(&json!({"properties": sent}), rules) else {
        return;
    };
    // What is referred to is there, with nothing in it.
    let mut references = BTreeMap::new();
    let mut done = vec![false; template.resources.len()];
    for _ in 0..64 {
        let Ok(turn) = template.next(&done, &references, &budget) else {
            return;
        };
        for (number, _) in turn.puts {
            done[number] = true;
        }
        references.extend(
            turn.reads
                .iter()
                .map(|reference| (reference.key(), json!({"properties": {}}))),
        );
        if turn.outputs.is_some() {
            return;
        }
    }
}

/// One expression.
pub(in crate::services) fn expression(rules: &Rules, data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let sent = json!({"properties": {"template": {
        "parameters": {
            "text": {"type": "string", "defaultValue": "Drill"},
            "list": {"type": "array", "defaultValue": ["a", "b", 3]},
            "deep": {"type": "object", "defaultValue": {"One": {"two": [1, {"three": "x"}]}}},
        },
        "functions": [{"namespace": "own", "members": {
            "twice": {"parameters": [{"name": "a", "type": "string"}], "output": {"type": "string", "value": "[concat(parameters('a'), parameters('a'))]"}},
        }}],
        "variables": {
            "a": "[concat(parameters('text'), '-x')]",
            "b": text,
            "copy": [{"name": "c", "count": 3, "input": "[copyIndex('c')]"}],
        },
        "resources": [],
    }}});
    let (template, budget) = read(&sent, rules).expect("it is a template whatever its variable is");
    let references = BTreeMap::new();
    let scope = template.scope(&references, &budget);
    if let Err(Problem::Needs(needed)) = evaluate(&scope, &Value::from(text)) {
        assert!(!needed.id.as_str().is_empty());
    }
}
