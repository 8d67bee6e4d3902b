//! The deployments there have been, and how each of them goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::template::{DEPLOYMENT, Template};
use crate::gateway::Refusal;
use crate::model::{ResourceId, wire_hundred_nanoseconds};
use crate::rules::code;
use crate::services::Context;
use crate::state::field;

/// The deployments there have been.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug))]
pub struct DeploymentsState(pub(super) BTreeMap<ResourceId, Deployment>);

#[derive(Clone)]
pub(super) struct Deployment {
    pub(super) body: Value,
    pub(super) operations: Vec<Value>,
    pub(super) template: Arc<Template>,
}

impl Deployment {
    pub(super) fn is_running(&self) -> bool {
        field(&self.body["properties"], "provisioningState").as_str() == Some("Running")
    }
}

/// Whether a deployment goes on: it was neither deleted nor canceled.
pub(super) fn is_running(context: &Context<'_>, id: &ResourceId, operation: &str) -> bool {
    context.own.deployments.0.get(id).is_some_and(|deployment| {
        deployment.is_running()
            && field(&deployment.body["properties"], "correlationId").as_str() == Some(operation)
    })
}

/// Ends a deployment.
pub(super) fn end(context: &mut Context<'_>, id: &ResourceId, state: &str, change: impl FnOnce(&mut Value)) {
    let time = wire_hundred_nanoseconds(context.now);
    if let Some(deployment) = context.own.deployments.0.get_mut(id) {
        let properties = &mut deployment.body["properties"];
        properties["provisioningState"] = json!(state);
        properties["timestamp"] = json!(time);
        change(properties);
    }
}

pub(super) fn missing(id: &ResourceId) -> Refusal {
    Refusal::of(code::DeploymentNotFound, &[("name", id.name())])
}

pub(super) fn invalid(text: &str) -> Refusal {
    Refusal::of(code::InvalidTemplate, &[("what", text)])
}

/// What a deployment is made to: the group or the subscription.
pub(super) fn target_of(deployment: &ResourceId) -> ResourceId {
    let segments = if deployment.resource_group().is_some() {
        4
    } else {
        2
    };
    ResourceId::from_segments(deployment.segments().take(segments))
}

/// What a template's deployment has deployed: what nested deployments have stands in their place.
pub(super) fn output_resources(context: &Context<'_>, template: &Template) -> Value {
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

#[cfg(test)]
impl std::fmt::Debug for Deployment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            body,
            operations,
            // What was read in the body.
            template: _,
        } = self;
        write!(f, "{body} {operations:?}")
    }
}
