//! Azure Policy: definitions, where they are assigned, and what is exempt.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::authz::Hierarchy;
use crate::model::{PolicyRule, ResourceId, Timestamp};

/// A definition that somebody has written.
#[derive(Clone, Debug)]
pub struct PolicyDefinition {
    /// Its id.
    pub id: ResourceId,
    /// What a GET answers.
    pub body: Value,
    /// What it says.
    pub rule: PolicyRule,
}

/// A definition assigned to a scope, and to everything below it.
#[derive(Clone, Debug)]
pub struct PolicyAssignment {
    /// Its id.
    pub id: ResourceId,
    /// Where it is assigned.
    pub scope: ResourceId,
    /// What is left out of it.
    pub not_scopes: Vec<ResourceId>,
    /// The definition.
    pub definition: ResourceId,
    /// The values it gives the definition's parameters.
    pub parameters: Map<String, Value>,
    /// Whether what it forbids is refused.
    pub enforced: bool,
    /// Whether whoever is refused is told this, instead of what forbids it.
    pub message: Option<String>,
    /// What a GET answers.
    pub body: Value,
}

impl PolicyAssignment {
    /// The name people see.
    pub fn display_name(&self) -> &str {
        let shown = self
            .body
            .pointer("/properties/displayName")
            .and_then(Value::as_str);
        shown.filter(|name| !name.is_empty()).unwrap_or(self.id.name())
    }
}

/// A scope that an assignment does not bind.
#[derive(Clone, Debug)]
pub struct PolicyExemption {
    /// Its id.
    pub id: ResourceId,
    /// What is exempt, with everything below it.
    pub scope: ResourceId,
    /// From what.
    pub assignment: ResourceId,
    /// Until when.
    pub expires: Option<Timestamp>,
    /// What a GET answers.
    pub body: Value,
}

impl PolicyExemption {
    /// Whether it holds at a time.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|until| now < until)
    }
}

/// All of it, by id.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    /// Definitions that somebody has written.
    pub definitions: BTreeMap<ResourceId, PolicyDefinition>,
    /// Assignments.
    pub assignments: BTreeMap<ResourceId, PolicyAssignment>,
    /// Exemptions.
    pub exemptions: BTreeMap<ResourceId, PolicyExemption>,
}

impl Policies {
    /// Whether a scope is exempt from an assignment.
    pub fn exempts(
        &self,
        now: Timestamp,
        hierarchy: &Hierarchy,
        assignment: &PolicyAssignment,
        target: &ResourceId,
    ) -> bool {
        let covers = |scope: &ResourceId| hierarchy.covers(scope, target);
        assignment.not_scopes.iter().any(covers)
            || self.exemptions.values().any(|exemption| {
                exemption.assignment == assignment.id && exemption.holds(now) && covers(&exemption.scope)
            })
    }

    /// Removes what is at a scope and below it, which goes with it.
    pub fn remove_below(&mut self, scope: &ResourceId) {
        self.assignments.retain(|_, own| !scope.contains(&own.scope));
        self.exemptions.retain(|_, own| !scope.contains(&own.scope));
    }
}
