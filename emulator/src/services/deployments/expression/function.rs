//! Functions that a template declares.

use serde_json::{Map, Value};

/// A function that a template declares.
#[derive(Clone, Debug)]
pub(in crate::services::deployments) struct Function {
    /// Its parameters' names and declarations, in order.
    pub(in crate::services::deployments) parameters: Vec<(String, Value)>,
    /// What it comes to.
    pub(in crate::services::deployments) output: Value,
    /// Types its parameters refer to.
    pub(in crate::services::deployments) definitions: Map<String, Value>,
}
