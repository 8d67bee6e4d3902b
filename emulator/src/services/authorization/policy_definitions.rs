//! Definitions of Azure Policy: Azure's own and custom ones.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::policy_parts::{body, filter, is_listed, kept, leaves_out, metadata};
use crate::gateway::{Permit, Refusal};
use crate::model::{PolicyRule, PolicyUnread, Request, ResourceId, Response, WrongParameters};
use crate::rules::{BuiltInPolicy, Rules, code, unplayed};
use crate::services::{Context, json_body, page};
use crate::state::{PolicyAssignment, PolicyDefinition, field};

const TYPE: &str = "Microsoft.Authorization/policyDefinitions";

/// The definition of an id, as an assignment may name it.
pub(super) struct Found<'a> {
    pub(super) rule: &'a PolicyRule,
    /// What errors call it.
    pub(super) name: String,
}

fn describe_built_in(own: &BuiltInPolicy) -> Value {
    json!({
        "properties": own.properties,
        "id": format!("/providers/{TYPE}/{}", own.id),
        "type": TYPE,
        "name": own.id,
    })
}

/// Where a definition was written, or `None` if it is Azure's own.
fn scope_of(id: &ResourceId) -> Option<ResourceId> {
    let scope = id.parent().parent();
    (scope.as_str() != "/").then_some(scope)
}

fn missing(name: &str) -> Refusal {
    Refusal::of(code::PolicyDefinitionNotFound, &[("name", name)])
}

/// Azure's own definition of a name. Most of them are not here: that there is none of a GUID cannot be said.
pub(super) fn built_in<'a>(rules: &'a Rules, name: &str) -> Result<&'a BuiltInPolicy, Refusal> {
    match rules.azure_policy.built_in(name) {
        Some(own) => Ok(own),
        None if name.parse::<Uuid>().is_ok() => {
            Err(Refusal::not_played(unplayed::BuiltInPolicy, &[("name", name)]))
        }
        None => Err(missing(name)),
    }
}

/// The definition an assignment at a scope names, if it may be assigned there: Azure's own, and what was written at the
/// scope or above it.
pub(super) fn assignable<'a>(
    context: &'a Context<'_>,
    id: &ResourceId,
    scope: &ResourceId,
) -> Result<Found<'a>, Refusal> {
    let name = id.name().to_owned();
    let not_there = || {
        Refusal::of(
            code::PolicyDefinitionOfAssignmentNotFound,
            &[("definition", id.as_str())],
        )
    };
    match scope_of(id) {
        None => Ok(Found {
            rule: &built_in(context.rules, &name)?.rule,
            name,
        }),
        Some(own) if context.state.access.hierarchy.covers(&own, scope) => {
            let found = context.state.policies.definitions.get(id).ok_or_else(not_there)?;
            Ok(Found {
                rule: &found.rule,
                name,
            })
        }
        Some(_) => Err(not_there()),
    }
}

/// Azure's refusal of the values an assignment gives the parameters of a definition.
pub(super) fn refuse_values(assignment: &str, definition: &str, wrong: WrongParameters) -> Refusal {
    let refuse = |code, parameters: &[String]| {
        let parameters = parameters.join(",");
        let fill = [
            ("assignment", assignment),
            ("definition", definition),
            ("parameters", parameters.as_str()),
        ];
        Refusal::of(code, &fill)
    };
    match wrong {
        WrongParameters::Missing(names) => refuse(code::MissingPolicyParameter, &names),
        WrongParameters::Undefined(names) => refuse(code::UndefinedPolicyParameter, &names),
        WrongParameters::NotAllowed { name, value, allowed } => {
            let fill = [
                ("definition", definition),
                ("parameter", &*name),
                ("value", &*value),
                ("allowed", &*allowed),
            ];
            Refusal::of(code::PolicyParameterValueNotAllowed, &fill)
        }
        WrongParameters::OfOtherType { name, value, kind } => {
            let fill = [
                ("definition", definition),
                ("parameter", &*name),
                ("value", &*value),
                ("type", kind.as_str()),
            ];
            Refusal::of(code::SyntheticPolicyParameterOfOtherType, &fill)
        }
        WrongParameters::NotPlayed(what) => Refusal::not_played_text(&what),
    }
}

pub(super) fn get_built_in(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let own = built_in(context.rules, permit.params.get("name"))?;
    Ok(Response::json(StatusCode::OK, &describe_built_in(own)))
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    match context.state.policies.definitions.get(&permit.scope) {
        Some(own) => Ok(Response::json(StatusCode::OK, &own.body)),
        None => Err(missing(permit.params.get("name"))),
    }
}

pub(super) fn list_built_in(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let nowhere = ResourceId::from_segments([]);
    list_at(context, request, &nowhere)
}

/// Azure's own definitions, and those that can be assigned at the scope.
pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    super::scope::require_scope(context, &permit.scope)?;
    list_at(context, request, &permit.scope)
}

fn list_at(context: &Context<'_>, request: &Request, scope: &ResourceId) -> Result<Response, Refusal> {
    let filter = filter(request, &["policyType eq", "category eq", "atExactScope()"])?;
    let exact = filter.has("atExactScope()");
    let built_in = context.rules.azure_policy.built_in.iter().filter(|_| !exact);
    let custom = context.state.policies.definitions.values().filter(|own| {
        // What is written below the scope cannot be assigned at it.
        let hierarchy = &context.state.access.hierarchy;
        let own = scope_of(&own.id);
        own.is_some_and(|own| hierarchy.covers(&own, scope) && is_listed(hierarchy, &filter, scope, &own))
    });
    let all = built_in
        .map(describe_built_in)
        .chain(custom.map(|own| own.body.clone()));
    let found: Vec<Value> = all
        .filter(|own| {
            let properties = field(own, "properties");
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let category = text(field(field(properties, "metadata"), "category"));
            !leaves_out(&filter, "policyType eq", &text(field(properties, "policyType")))
                && !leaves_out(&filter, "category eq", &category)
        })
        .collect();
    page::list(request, &found)
}

/// The rule of a definition as it was sent.
fn read(rules: &Rules, properties: &Value) -> Result<PolicyRule, Refusal> {
    PolicyRule::read(&rules.azure_policy.language, properties).map_err(|why| match why {
        PolicyUnread::Wrong(what) => Refusal::of(code::InvalidPolicyRule, &[("what", &what)]),
        PolicyUnread::NotPlayed(what) => Refusal::not_played_text(&what),
    })
}

fn assigned<'a>(context: &'a Context<'_>, id: &'a ResourceId) -> impl Iterator<Item = &'a PolicyAssignment> {
    let all = context.state.policies.assignments.values();
    all.filter(move |own| own.definition == *id)
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    if let Some(scope) = scope_of(&id) {
        super::scope::require_scope(context, &scope)?;
    }
    let sent = json_body(request)?;
    let properties = field(&sent, "properties");
    let kind = field(properties, "policyType").as_str().unwrap_or("Custom");
    if !["Custom", "NotSpecified"]
        .iter()
        .any(|own| own.eq_ignore_ascii_case(kind))
    {
        return Err(Refusal::not_played(unplayed::PolicyType, &[("type", kind)]));
    }
    let rule = read(context.rules, properties)?;
    // What is assigned stays something that can be.
    for own in assigned(context, &id) {
        rule.check_values(&own.parameters)
            .map_err(|wrong| refuse_values(own.id.name(), id.name(), wrong))?;
    }
    let before = context.state.policies.definitions.get(&id).map(|own| &own.body);
    let mut shown = Map::new();
    shown.insert("policyType".to_owned(), json!("Custom"));
    shown.insert("mode".to_owned(), json!(rule.mode.as_str()));
    shown.extend(kept(properties, &["displayName", "description", "version"]));
    let stamped = metadata(context.now, permit, field(properties, "metadata"), before);
    shown.insert("metadata".to_owned(), stamped);
    shown.insert("parameters".to_owned(), field(properties, "parameters").clone());
    shown.insert("policyRule".to_owned(), field(properties, "policyRule").clone());
    if shown["parameters"].is_null() {
        shown["parameters"] = json!({});
    }
    let body = body(context.now, permit, &id, shown, before);
    let definition = PolicyDefinition {
        id: id.clone(),
        body: body.clone(),
        rule,
    };
    context.state.policies.definitions.insert(id, definition);
    Ok(Response::json(StatusCode::CREATED, &body))
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let id = &permit.scope;
    if let Some(own) = assigned(context, id).next() {
        let fill = [("definition", id.name()), ("assignment", own.id.as_str())];
        return Err(Refusal::of(code::InvalidDeletePolicyDefinitionRequest, &fill));
    }
    Ok(Response::new(
        match context.state.policies.definitions.remove(id) {
            Some(_) => StatusCode::OK,
            None => StatusCode::NO_CONTENT,
        },
    ))
}
