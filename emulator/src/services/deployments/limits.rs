//! How much a template may hold.

use serde_json::Value;

use crate::rules::Limits;
use crate::services::budget::Bounds;
use crate::state::field;

/// How much a template may hold.
#[derive(Clone, Copy)]
pub(super) struct TemplateLimits {
    parameters: u64,
    variables: u64,
    pub(super) resources: u64,
    outputs: u64,
    pub(super) characters: u64,
    pub(super) bounds: Bounds,
}

impl TemplateLimits {
    pub(super) fn of(limits: &Limits) -> Self {
        Self {
            parameters: limits.template_parameters.most,
            variables: limits.template_variables.most,
            resources: limits.template_resources.most,
            outputs: limits.template_outputs.most,
            characters: limits.expression_characters.most,
            bounds: Bounds::of(limits),
        }
    }
    /// Refuses a template that holds more.
    pub(super) fn check(&self, template: &Value) -> Result<(), String> {
        for (what, most) in [
            ("parameters", self.parameters),
            ("variables", self.variables),
            ("outputs", self.outputs),
            ("resources", self.resources),
        ] {
            let count = members_of(field(template, what));
            if count as u64 > most {
                return Err(too_many(what, count, most));
            }
        }
        Ok(())
    }
}

fn members_of(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    }
}

pub(super) fn too_many(what: &str, count: usize, most: u64) -> String {
    format!("The number of template {what} is {count}; Azure's limit is {most}.")
}
