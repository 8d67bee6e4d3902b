//! Exemptions: scopes that an assignment of Azure Policy does not bind, for good or for a time.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::policy_parts::{body, check_selection, filter, is_listed, kept, leaves_out};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, Timestamp};
use crate::rules::code;
use crate::services::{Context, json_body, page};
use crate::state::{PolicyExemption, field};

const COLLECTION: &str = "policyExemptions";
const PROPERTIES: [&str; 7] = [
    "policyAssignmentId",
    "exemptionCategory",
    "expiresOn",
    "displayName",
    "description",
    "metadata",
    "assignmentScopeValidation",
];

fn id_of(permit: &Permit) -> ResourceId {
    super::scope::id_at(&permit.scope, COLLECTION, permit.params.get("name"))
}

fn expires(properties: &Value) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = field(properties, "expiresOn").as_str() else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        let what = format!("'expiresOn' is no time: '{text}'");
        Refusal::of(code::BodyIsNoObject, &[("what", &what)])
    })
}

/// The assignment an exemption is from, which binds its scope.
fn assignment(context: &Context<'_>, properties: &Value, scope: &ResourceId) -> Result<ResourceId, Refusal> {
    let text = field(properties, "policyAssignmentId")
        .as_str()
        .unwrap_or_default();
    let id: Option<ResourceId> = text.parse().ok();
    let found = id.and_then(|id| context.state.policies.assignments.get(&id));
    let Some(found) = found else {
        return Err(Refusal::of(code::PolicyAssignmentNotFound, &[("name", text)]));
    };
    if context.state.access.hierarchy.covers(&found.scope, scope) {
        return Ok(found.id.clone());
    }
    let fill = [("scope", scope.as_str()), ("assignment", found.id.as_str())];
    Err(Refusal::of(code::SyntheticExemptionOutsideAssignment, &fill))
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    super::scope::require_scope(context, &permit.scope)?;
    let sent = json_body(request)?;
    let properties = field(&sent, "properties");
    check_selection(properties, &["policyDefinitionReferenceIds", "resourceSelectors"])?;
    let (id, scope) = (id_of(permit), permit.scope.clone());
    let assignment = assignment(context, properties, &scope)?;
    let before = context.state.policies.exemptions.get(&id).map(|own| &own.body);
    let status = if before.is_some() {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let mut shown: Map<String, Value> = kept(properties, &PROPERTIES);
    shown
        .entry("assignmentScopeValidation")
        .or_insert(json!("Default"));
    let body = body(context.now, permit, &id, shown, before);
    let exemption = PolicyExemption {
        id: id.clone(),
        scope,
        assignment,
        expires: expires(properties)?,
        body: body.clone(),
    };
    context.state.policies.exemptions.insert(id, exemption);
    Ok(Response::json(status, &body))
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    match context.state.policies.exemptions.get(&id_of(permit)) {
        Some(own) => Ok(Response::json(StatusCode::OK, &own.body)),
        None => {
            let fill = [("name", permit.params.get("name"))];
            Err(Refusal::of(code::PolicyExemptionNotFound, &fill))
        }
    }
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    Ok(Response::new(
        match context.state.policies.exemptions.remove(&id_of(permit)) {
            Some(_) => StatusCode::OK,
            None => StatusCode::NO_CONTENT,
        },
    ))
}

pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    super::scope::require_scope(context, &permit.scope)?;
    let known = [
        "atScope()",
        "atExactScope()",
        "excludeExpired()",
        "policyAssignmentId eq",
    ];
    let filter = filter(request, &known)?;
    let all = context.state.policies.exemptions.values();
    let found: Vec<&Value> = all
        .filter(|own| {
            is_listed(
                &context.state.access.hierarchy,
                &filter,
                &permit.scope,
                &own.scope,
            )
        })
        .filter(|own| !filter.has("excludeExpired()") || own.holds(context.now))
        .filter(|own| !leaves_out(&filter, "policyAssignmentId eq", own.assignment.as_str()))
        .map(|own| &own.body)
        .collect();
    page::list(request, &found)
}
