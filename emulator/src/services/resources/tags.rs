//! Tags of anything at all, by one address each, and the names a subscription has given out.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::gateway::{Permit, Refusal, check_tags};
use crate::model::{Request, ResourceId, Response};
use crate::rules::code;
use crate::services::{Context, json_body, page};
use crate::state::field;

/// The tags of a subscription, a resource group or a resource; ARM's 404 if it is not there.
fn tags_of(context: &Context<'_>, scope: &ResourceId) -> Result<Map<String, Value>, Refusal> {
    let tags = if scope.resource_group().is_none() && scope.resource_type().is_none() {
        context.tenant_of(scope)?;
        context.own.resources.tags_of_subscription(scope)
    } else {
        let resource = context
            .state
            .resource(scope)
            .ok_or_else(|| context.not_found(scope))?;
        field(&resource.body, "tags").as_object().cloned()
    };
    Ok(tags.unwrap_or_default())
}

/// The type of what is tagged; nothing of a group or a subscription.
fn kind_of(scope: &ResourceId) -> String {
    scope.resource_type().unwrap_or_default()
}

fn set_tags(context: &mut Context<'_>, scope: &ResourceId, tags: Map<String, Value>) {
    match context.state.resources.get_mut(scope) {
        Some(resource) => resource.body["tags"] = Value::Object(tags),
        None => context.own.resources.set_tags_of_subscription(scope, tags),
    }
}

fn answer(scope: &ResourceId, tags: &Map<String, Value>) -> Response {
    let body = json!({
        "id": scope.child(["providers", "Microsoft.Resources", "tags", "default"]),
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": tags},
    });
    Response::json(StatusCode::OK, &body)
}

/// The tags a request holds.
fn sent_tags(sent: &Value) -> Result<Map<String, Value>, Refusal> {
    match field(field(sent, "properties"), "tags") {
        Value::Object(tags) if tags.values().all(Value::is_string) => Ok(tags.clone()),
        Value::Null => Ok(Map::new()),
        _ => Err(Refusal::of(
            code::BodyIsNoObject,
            &[("what", "'properties.tags' must be an object of texts")],
        )),
    }
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let tags = tags_of(context, &permit.scope)?;
    Ok(answer(&permit.scope, &tags))
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    tags_of(context, &permit.scope)?;
    let tags = sent_tags(&*json_body(request)?)?;
    check_tags(context.rules, &kind_of(&permit.scope), &tags)?;
    set_tags(context, &permit.scope, tags.clone());
    Ok(answer(&permit.scope, &tags))
}

/// Merges, replaces or deletes, as the request's `operation` says. Names of tags are compared without
/// regard to case; a tag to be deleted is named with its value.
pub(super) fn patch(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let current = tags_of(context, &permit.scope)?;
    let sent = json_body(request)?;
    let named = sent_tags(&sent)?;
    let operation = field(&sent, "operation").as_str().unwrap_or_default();
    let is = |word: &str| operation.eq_ignore_ascii_case(word);
    let others = |gone: &dyn Fn(&str, &Value) -> bool| -> Map<String, Value> {
        current
            .iter()
            .filter(|(name, value)| !gone(name, value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    let lower: BTreeSet<String> = named.keys().map(|name| name.to_ascii_lowercase()).collect();
    let values: BTreeSet<(String, String)> = named
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_string()))
        .collect();
    let tags = if is("Merge") {
        let mut tags = others(&|name, _| lower.contains(&name.to_ascii_lowercase()));
        tags.extend(named);
        tags
    } else if is("Replace") {
        named
    } else if is("Delete") {
        others(&|name, value| values.contains(&(name.to_ascii_lowercase(), value.to_string())))
    } else {
        let what = format!("'operation' is Merge, Replace or Delete, and not '{operation}'");
        return Err(Refusal::of(code::BodyIsNoObject, &[("what", &what)]));
    };
    check_tags(context.rules, &kind_of(&permit.scope), &tags)?;
    set_tags(context, &permit.scope, tags.clone());
    Ok(answer(&permit.scope, &tags))
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    tags_of(context, &permit.scope)?;
    set_tags(context, &permit.scope, Map::new());
    Ok(Response::new(StatusCode::OK))
}

/// How often each name and value is used in a subscription, those that were only given out included.
fn counted(context: &Context<'_>, subscription: &ResourceId) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut names = context.own.resources.names_given_out(subscription);
    let used = context
        .state
        .resources
        .values()
        .filter(|resource| subscription.contains(&resource.id))
        .filter_map(|resource| field(&resource.body, "tags").as_object());
    for (name, value) in used.flatten() {
        let value = value.as_str().unwrap_or_default().to_owned();
        *names.entry(name.clone()).or_default().entry(value).or_default() += 1;
    }
    names
}

fn describe_name(subscription: &ResourceId, name: &str, values: &BTreeMap<String, u64>) -> Value {
    let id = subscription.child(["tagNames", name]);
    let count = |value: u64| json!({"type": "Total", "value": value});
    let described: Vec<Value> = values
        .iter()
        .map(|(value, used)| json!({"id": id.child(["tagValues", value]), "tagValue": value, "count": count(*used)}))
        .collect();
    json!({"id": id, "tagName": name, "count": count(values.values().sum()), "values": described})
}

pub(super) fn list_names(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    context.tenant_of(&permit.scope)?;
    let found: Vec<Value> = counted(context, &permit.scope)
        .iter()
        .map(|(name, values)| describe_name(&permit.scope, name, values))
        .collect();
    page::list(request, &found)
}

fn subscription_of(permit: &Permit) -> ResourceId {
    ResourceId::from_segments(["subscriptions", permit.params.get("subscription")])
}

pub(super) fn put_name(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let subscription = subscription_of(permit);
    context.tenant_of(&subscription)?;
    let (name, value) = (permit.params.get("tag"), permit.params.get("value"));
    let new = context.own.resources.give_out(&subscription, name, value);
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    let body = if value.is_empty() {
        let values = counted(context, &subscription).remove(name).unwrap_or_default();
        describe_name(&subscription, name, &values)
    } else {
        let id = subscription.child(["tagNames", name, "tagValues", value]);
        json!({"id": id, "tagValue": value, "count": {"type": "Total", "value": 0}})
    };
    Ok(Response::json(status, &body))
}

pub(super) fn delete_name(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let (name, value) = (permit.params.get("tag"), permit.params.get("value"));
    let found = context
        .own
        .resources
        .take_back(&subscription_of(permit), name, value);
    Ok(Response::new(if found {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    }))
}
