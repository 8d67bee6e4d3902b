//! Templates of what is there: a deployment's own, and one made of what a group holds.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::state::missing;
use super::template::{DEPLOYMENT, names_of};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{Member, Rules};
use crate::services::{Context, json_body};
use crate::state::{Resource, field};

const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

/// The template a deployment was made of, as it was sent.
pub(super) fn of_deployment(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let found = context.own.deployments.0.get(&permit.scope);
    let found = found.ok_or_else(|| missing(&permit.scope))?;
    Ok(Response::json(
        StatusCode::OK,
        &json!({"template": found.template.written}),
    ))
}

/// A template of what a group holds. Every value stands in it as it is; Azure makes parameters of names.
pub(super) fn of_group(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let group = permit.scope.clone();
    if !context.state.resources.contains_key(&group) {
        return Err(context.not_found(&group));
    }
    let sent = json_body(request)?;
    let wanted: Vec<ResourceId> = field(&sent, "resources")
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|id| id.as_str().filter(|id| *id != "*")?.parse().ok())
        .collect();
    let resources: Vec<Value> = context
        .state
        .resources
        .values()
        .filter(|resource| resource.id != group && group.contains(&resource.id))
        .filter(|resource| wanted.is_empty() || wanted.iter().any(|id| id.contains(&resource.id)))
        .filter(|resource| !resource.is_type(DEPLOYMENT))
        .filter_map(|resource| describe(context.rules, resource))
        .collect();
    let template = json!({
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {},
        "variables": {},
        "resources": resources,
    });
    Ok(Response::json(StatusCode::OK, &json!({"template": template})))
}

/// A resource as a template has it: what is taken of it, and not what is only answered.
fn describe(rules: &Rules, resource: &Resource) -> Option<Value> {
    let kind = resource.id.resource_type()?;
    let published = rules.bodies.get(&kind)?;
    let mut body = resource.body.to_value();
    strip(rules, &published.body, &mut body);
    let members = body.as_object_mut()?;
    for name in ["id", "etag", "systemData"] {
        members.remove(name);
    }
    members.insert("type".to_owned(), json!(kind));
    members.insert(
        "apiVersion".to_owned(),
        json!(rules.usual_version(resource.id.as_str())),
    );
    members.insert("name".to_owned(), json!(names_of(&resource.id)));
    Some(body)
}

/// Takes out what is read and never written.
fn strip(rules: &Rules, member: &Member, value: &mut Value) {
    let inside = match &member.same {
        Some(same) => rules.bodies.resolve(same).unwrap_or(member),
        None => member,
    };
    match value {
        Value::Object(members) => strip_object(rules, inside, members),
        Value::Array(items) => {
            for item in items {
                if let Some(each) = inside.each.as_deref() {
                    strip(rules, each, item);
                }
            }
        }
        _ => {}
    }
}

fn strip_object(rules: &Rules, inside: &Member, members: &mut Map<String, Value>) {
    let variants = inside.variants.iter().flat_map(|variant| &variant.members);
    let known: Vec<_> = inside.members.iter().chain(variants).collect();
    members.retain(|name, value| {
        let found = known.iter().find(|(called, _)| called.eq_ignore_ascii_case(name));
        match found {
            Some((_, member)) if member.read_only => false,
            Some((_, member)) => {
                strip(rules, member, value);
                true
            }
            None => match inside.each.as_deref() {
                Some(each) => {
                    strip(rules, each, value);
                    true
                }
                // What no version of the type takes was added by its service.
                None => {
                    inside.open || inside.says_nothing_of_its_inside() || name == "name" || name == "type"
                }
            },
        }
    });
}
