//! Assignments of Azure Policy. What they forbid is decided at the front door.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::policy_definitions::{assignable, refuse_values};
use super::policy_parts::{body, check_selection, filter, is_listed, kept, leaves_out, metadata};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{code, unplayed};
use crate::services::{Context, json_body, page};
use crate::state::{PolicyAssignment, field};

const COLLECTION: &str = "policyAssignments";

fn id_of(permit: &Permit) -> ResourceId {
    super::scope::id_at(&permit.scope, COLLECTION, permit.params.get("name"))
}

/// Refuses what only other effects than those that are played make use of.
fn check_played(sent: &Value) -> Result<(), Refusal> {
    let properties = field(sent, "properties");
    let identity = field(field(sent, "identity"), "type").as_str().unwrap_or("None");
    if !identity.eq_ignore_ascii_case("None") {
        return Err(Refusal::not_played(unplayed::PolicyIdentity, &[]));
    }
    check_selection(properties, &["resourceSelectors", "overrides"])
}

/// Whether what it forbids is refused.
fn enforced(properties: &Value) -> Result<bool, Refusal> {
    let mode = field(properties, "enforcementMode").as_str().unwrap_or("Default");
    let is = |word: &str| mode.eq_ignore_ascii_case(word);
    if is("Default") || is("DoNotEnforce") {
        return Ok(is("Default"));
    }
    Err(Refusal::not_played(
        unplayed::PolicyEnforcement,
        &[("mode", mode)],
    ))
}

fn definition_id(properties: &Value) -> Result<ResourceId, Refusal> {
    let text = field(properties, "policyDefinitionId")
        .as_str()
        .unwrap_or_default();
    let not_there = || {
        Refusal::of(
            code::PolicyDefinitionOfAssignmentNotFound,
            &[("definition", text)],
        )
    };
    let id: ResourceId = text.parse().map_err(|_| not_there())?;
    if id.is_type("Microsoft.Authorization/policySetDefinitions") {
        return Err(Refusal::not_played(unplayed::PolicyInitiatives, &[]));
    }
    if id.is_type("Microsoft.Authorization/policyDefinitions") {
        Ok(id)
    } else {
        Err(not_there())
    }
}

/// The scopes an assignment leaves out.
fn not_scopes(properties: &Value) -> Result<Vec<ResourceId>, Refusal> {
    let sent = field(properties, "notScopes").as_array().into_iter().flatten();
    sent.filter_map(Value::as_str)
        .map(|text| {
            text.parse().map_err(|_| {
                let what = format!("'notScopes' names no scope: '{text}'");
                Refusal::of(code::BodyIsNoObject, &[("what", &what)])
            })
        })
        .collect()
}

fn values(properties: &Value) -> Map<String, Value> {
    let sent = field(properties, "parameters").as_object().into_iter().flatten();
    sent.map(|(name, sent)| (name.clone(), field(sent, "value").clone()))
        .collect()
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    super::scope::require_scope(context, &permit.scope)?;
    let sent = json_body(request)?;
    check_played(&sent)?;
    let properties = field(&sent, "properties");
    let (id, scope) = (id_of(permit), permit.scope.clone());
    let definition = definition_id(properties)?;
    let parameters = values(properties);
    let found = assignable(context, &definition, &scope)?;
    found
        .rule
        .check_values(&parameters)
        .map_err(|wrong| refuse_values(id.name(), &found.name, wrong))?;
    let not_scopes = not_scopes(properties)?;
    let enforced = enforced(properties)?;
    let messages = field(properties, "nonComplianceMessages").as_array();
    let message = messages
        .and_then(|all| field(all.first()?, "message").as_str())
        .map(str::to_owned);
    let before = context.state.policies.assignments.get(&id).map(|own| &own.body);
    let mut shown = Map::new();
    shown.extend(kept(
        properties,
        &["displayName", "description", "definitionVersion"],
    ));
    shown.insert("policyDefinitionId".to_owned(), json!(definition));
    shown.insert("scope".to_owned(), json!(scope));
    shown.insert("notScopes".to_owned(), json!(not_scopes));
    let sent_parameters = field(properties, "parameters");
    if !sent_parameters.is_null() {
        shown.insert("parameters".to_owned(), sent_parameters.clone());
    }
    let stamped = metadata(context.now, permit, field(properties, "metadata"), before);
    shown.insert("metadata".to_owned(), stamped);
    let mode = if enforced { "Default" } else { "DoNotEnforce" };
    shown.insert("enforcementMode".to_owned(), json!(mode));
    shown.extend(kept(properties, &["nonComplianceMessages"]));
    let mut body = body(context.now, permit, &id, shown, before);
    if let Some(location) = field(&sent, "location").as_str() {
        body["location"] = json!(location);
    }
    let assignment = PolicyAssignment {
        id: id.clone(),
        scope,
        not_scopes,
        definition,
        parameters,
        enforced,
        message,
        body: body.clone(),
    };
    context.state.policies.assignments.insert(id, assignment);
    Ok(Response::json(StatusCode::CREATED, &body))
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    match context.state.policies.assignments.get(&id_of(permit)) {
        Some(own) => Ok(Response::json(StatusCode::OK, &own.body)),
        None => {
            let fill = [("name", permit.params.get("name"))];
            Err(Refusal::of(code::PolicyAssignmentNotFound, &fill))
        }
    }
}

/// Takes an assignment away, and what was exempt from it.
pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let id = id_of(permit);
    let policies = &mut context.state.policies;
    let Some(gone) = policies.assignments.remove(&id) else {
        return Ok(Response::new(StatusCode::NO_CONTENT));
    };
    policies.exemptions.retain(|_, own| own.assignment != id);
    Ok(Response::json(StatusCode::OK, &gone.body))
}

pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    super::scope::require_scope(context, &permit.scope)?;
    let filter = filter(request, &["atScope()", "atExactScope()", "policyDefinitionId eq"])?;
    let all = context.state.policies.assignments.values();
    let found: Vec<&Value> = all
        .filter(|own| {
            is_listed(
                &context.state.access.hierarchy,
                &filter,
                &permit.scope,
                &own.scope,
            )
        })
        .filter(|own| !leaves_out(&filter, "policyDefinitionId eq", own.definition.as_str()))
        .map(|own| &own.body)
        .collect();
    page::list(request, &found)
}
