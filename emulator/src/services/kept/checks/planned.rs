//! What a write would make of a resource.

use serde_json::Value;

use crate::gateway::Refusal;
use crate::model::ResourceId;
use crate::rules::Code;

/// A resource as it would stand, with all of its parts.
pub(super) struct PlannedResource<'a> {
    pub(super) id: &'a ResourceId,
    pub(super) body: &'a Value,
    /// As it stands.
    pub(super) before: Option<&'a Value>,
    /// The part that is written, where it is not all of it.
    pub(super) written: Option<&'a str>,
}

impl PlannedResource<'_> {
    /// Its parts of a collection.
    pub(super) fn parts(&self, collection: &str) -> impl Iterator<Item = &Value> {
        let parts = self.body["properties"][collection].as_array();
        parts.into_iter().flatten()
    }

    /// Of two parts that cannot both be, the one to blame: what is written, or what comes later.
    pub(super) fn blamed<'a>(&self, first: &'a Value, second: &'a Value) -> (&'a str, &'a str) {
        let (first, second) = (name_of(first), name_of(second));
        if self
            .written
            .is_some_and(|written| written.eq_ignore_ascii_case(first))
        {
            (first, second)
        } else {
            (second, first)
        }
    }
}

pub(super) fn name_of(part: &Value) -> &str {
    part["name"].as_str().unwrap_or_default()
}

pub(super) fn refuse(code: Code, fill: &[(&str, &str)]) -> Refusal {
    Refusal::of(code, fill)
}
