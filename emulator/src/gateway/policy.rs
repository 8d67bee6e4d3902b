//! Azure Policy: writes over Azure Resource Manager that an assignment forbids, whatever the caller's roles.

use std::borrow::Cow;

use http::Method;
use serde_json::{Map, Value, json};

use super::planned_write::{planned_body, target_of};
use super::refusal::Disallowed;
use super::{Gates, Refusal};
use crate::model::{
    EvaluatedExpression, PolicyEffect, PolicyMode, PolicyRule, PolicySubject, Request, ResourceId, Timestamp,
};
use crate::rules::{Endpoint, Gate, Operation, Rules, code, rule};
use crate::state::{Policies, PolicyAssignment, field};

/// A definition as an assignment names it.
struct Definition<'a> {
    id: String,
    name: String,
    rule: &'a PolicyRule,
    properties: &'a Value,
}

impl Definition<'_> {
    fn display_name(&self) -> &str {
        let shown = field(self.properties, "displayName").as_str();
        shown.filter(|name| !name.is_empty()).unwrap_or(&self.name)
    }
}

/// An assignment that forbids a write, and why.
struct Violation<'a> {
    assignment: &'a PolicyAssignment,
    definition: Definition<'a>,
    seen: Vec<EvaluatedExpression>,
}

/// Refuses a write that would make a resource what an assignment forbids.
///
/// # Errors
///
/// Resource Manager's 403, which names all assignments that forbid it.
pub(crate) fn check(
    gates: &Gates<'_>,
    now: Timestamp,
    operation: &Operation,
    request: &Request,
) -> Result<(), Refusal> {
    let policies = &gates.state.policies;
    let writes = [Method::PUT, Method::PATCH].contains(&request.method);
    let kind = type_of(operation);
    if policies.assignments.is_empty()
        || operation.endpoint != Endpoint::Arm
        || !writes
        || !gates.rules.azure_policy.evaluates(&kind)
        || changes_tags_alone(request)
    {
        return Ok(());
    }
    let target = target_of(request)?;
    let body = planned_body(gates.state, &target, &kind, request);
    let subject = PolicySubject {
        kind: &kind,
        id: &target,
        body: &body,
    };
    let hierarchy = &gates.state.access.hierarchy;
    let bound = policies.assignments.values().filter(|own| {
        own.enforced
            && hierarchy.covers(&own.scope, &target)
            && !policies.exempts(now, hierarchy, own, &target)
    });
    let violations: Vec<Violation<'_>> = bound.filter_map(|own| forbids(gates, own, subject)).collect();
    if violations.is_empty() {
        return Ok(());
    }
    let refusal = refuse(&target, &violations);
    let mut seen = violations.iter().flat_map(|own| &own.seen);
    if request.method == Method::PUT && seen.any(EvaluatedExpression::holds_of_nothing) {
        return Err(refusal.by([rule::POLICY_UNSAID]));
    }
    Err(refusal)
}

/// No rule that is played asks about tags.
fn changes_tags_alone(request: &Request) -> bool {
    let sent = request.json.as_ref().and_then(Value::as_object);
    request.method == Method::PATCH
        && sent.is_some_and(|sent| sent.keys().all(|name| name.eq_ignore_ascii_case("tags")))
}

fn forbids<'a>(
    gates: &Gates<'a>,
    assignment: &'a PolicyAssignment,
    subject: PolicySubject<'_>,
) -> Option<Violation<'a>> {
    let definition = definition_of(gates.rules, &gates.state.policies, &assignment.definition)?;
    let covers = definition.rule.mode == PolicyMode::All || is_indexed(gates.rules, subject.kind);
    if !covers || definition.rule.effect(&assignment.parameters) != PolicyEffect::Deny {
        return None;
    }
    let seen = definition.rule.fits(&assignment.parameters, subject)?;
    Some(Violation {
        assignment,
        definition,
        seen,
    })
}

/// The definition of that id; one that is assigned is there.
fn definition_of<'a>(rules: &'a Rules, policies: &'a Policies, id: &ResourceId) -> Option<Definition<'a>> {
    if let Some(own) = policies.definitions.get(id) {
        return Some(Definition {
            id: own.id.to_string(),
            name: own.id.name().to_owned(),
            rule: &own.rule,
            properties: field(&own.body, "properties"),
        });
    }
    let own = rules.azure_policy.built_in(id.name())?;
    Some(Definition {
        id: id.to_string(),
        name: own.id.to_string(),
        rule: &own.rule,
        properties: &own.properties,
    })
}

/// The type a rule knows what is written by: a group's begins with Resource Manager's own namespace.
fn type_of(operation: &Operation) -> Cow<'_, str> {
    let own = operation.resource_type.as_str();
    if own.starts_with("subscriptions/") {
        return Cow::Owned(format!("Microsoft.Resources/{own}"));
    }
    Cow::Borrowed(own)
}

/// Whether a type has tags and a location. Groups are not among them.
fn is_indexed(rules: &Rules, kind: &str) -> bool {
    let has = |name: &str| {
        let own = rules.bodies.get(kind);
        own.is_some_and(|own| own.body.members.iter().any(|(member, _)| &**member == name))
    };
    has("tags") && has("location")
}

fn refuse(target: &ResourceId, violations: &[Violation<'_>]) -> Refusal {
    let identifiers: Vec<Value> = violations.iter().map(identifier).collect();
    let messages = violations
        .iter()
        .filter_map(|own| own.assignment.message.as_deref());
    let messages: Vec<String> = messages.map(|text| format!("'{text}'")).collect();
    let identifiers = Value::Array(identifiers).to_string();
    let fill = [
        ("name", target.name()),
        ("identifiers", &*identifiers),
        ("reasons", &*messages.join(",")),
    ];
    let mut refusal = if messages.is_empty() {
        Refusal::of(code::RequestDisallowedByPolicy, &fill)
    } else {
        Refusal::of(code::RequestDisallowedByPolicyWithReasons, &fill)
    };
    refusal.disallowed = Some(Box::new(Disallowed {
        target: target.name().to_owned(),
        violations: violations.iter().map(Violation::shown).collect(),
    }));
    let names: Vec<String> = violations
        .iter()
        .map(|own| {
            let (assignment, definition) = (own.assignment.display_name(), own.definition.display_name());
            format!("{assignment} on {} ({definition})", own.assignment.scope)
        })
        .collect();
    refusal
        .at(Gate::Policy)
        .because(format!(
            "{} forbids {target} to be so, whatever the caller's roles",
            names.join(", ")
        ))
        .by([rule::POLICY])
}

fn identifier(violation: &Violation<'_>) -> Value {
    let (assignment, definition) = (violation.assignment, &violation.definition);
    json!({
        "policyAssignment": {"name": assignment.display_name(), "id": assignment.id},
        "policyDefinition": {"name": definition.display_name(), "id": definition.id},
    })
}

impl Violation<'_> {
    fn shown(&self) -> Value {
        let (assignment, definition) = (self.assignment, &self.definition);
        let seen: Vec<Value> = self.seen.iter().map(EvaluatedExpression::shown).collect();
        let mut parameters = Map::new();
        for (name, value) in &assignment.parameters {
            parameters.insert(name.clone(), json!({"value": value}));
        }
        json!({"type": "PolicyViolation", "info": {
            "policyDefinitionDisplayName": definition.display_name(),
            "evaluationDetails": {"evaluatedExpressions": seen},
            "policyDefinitionId": definition.id,
            "policyDefinitionName": definition.name,
            "policyDefinitionEffect": definition.rule.effect(&assignment.parameters).as_str(),
            "policyAssignmentId": assignment.id,
            "policyAssignmentName": assignment.id.name(),
            "policyAssignmentDisplayName": assignment.display_name(),
            "policyAssignmentScope": assignment.scope,
            "policyAssignmentParameters": parameters,
        }})
    }
}
