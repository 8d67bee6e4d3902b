//! Resource providers: what there is of each, and what it can be asked to do.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};

use crate::gateway::{Permit, Refusal};
use crate::model::{Action, Request, Response};
use crate::rules::{Provider, Rules, code};
use crate::services::Context;

/// The actions of a namespace that operations take, each with whether it is a data action.
fn actions_of<'a>(rules: &'a Rules, namespace: &str) -> BTreeMap<&'a str, bool> {
    let prefix = format!("{namespace}/").to_ascii_lowercase();
    let of = |action: &'a Option<Action>, data: bool| action.as_ref().map(|action| (action.as_str(), data));
    rules
        .router
        .operations()
        .iter()
        .flat_map(|row| [of(&row.action, false), of(&row.data_action, true)])
        .flatten()
        .filter(|(action, _)| action.to_ascii_lowercase().starts_with(&prefix))
        .collect()
}

/// The resource type an action is about: the whole action without its last word, or its last two
/// where it is called (`…/listKeys/action`).
fn type_of<'a>(action: &'a str, namespace: &str) -> Option<&'a str> {
    let inner = action.get(namespace.len() + 1..)?;
    let (kind, last) = inner.rsplit_once('/')?;
    if last.eq_ignore_ascii_case("action") {
        return kind.rsplit_once('/').map(|(kind, _)| kind);
    }
    Some(kind)
}

fn describe(context: &Context<'_>, subscription: Option<&str>, provider: &Provider) -> Value {
    let namespace = &provider.namespace;
    let mut types: Vec<&str> = actions_of(context.rules, namespace)
        .into_keys()
        .filter_map(|action| type_of(action, namespace))
        .collect();
    types.sort_unstable();
    types.dedup();
    let locations: Vec<&String> = context
        .rules
        .regions
        .iter()
        .filter_map(|region| region.display_name.as_ref())
        .collect();
    let types: Vec<Value> = types
        .into_iter()
        .map(|kind| json!({"resourceType": kind, "locations": locations, "apiVersions": provider.api_versions, "capabilities": "None"}))
        .collect();
    let prefix = subscription.map_or_else(String::new, |id| format!("/subscriptions/{id}"));
    let registered =
        provider.free || !subscription.is_some_and(|id| context.own.resources.is_unregistered(id, namespace));
    json!({
        "id": format!("{prefix}/providers/{namespace}"),
        "namespace": namespace,
        "registrationState": if registered { "Registered" } else { "Unregistered" },
        "registrationPolicy": if provider.free { "RegistrationFree" } else { "RegistrationRequired" },
        "resourceTypes": types,
    })
}

/// The subscription that is asked about; none where it is the tenant.
fn subscription_of(permit: &Permit) -> Option<&str> {
    Some(permit.params.get("subscription")).filter(|id| !id.is_empty())
}

pub(super) fn list(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let found: Vec<Value> = context
        .rules
        .providers
        .iter()
        .map(|provider| describe(context, subscription_of(permit), provider))
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": found})))
}

fn find<'a>(rules: &'a Rules, permit: &Permit) -> Result<&'a Provider, Refusal> {
    let namespace = permit.params.get("namespace");
    rules
        .providers
        .iter()
        .find(|known| known.namespace.eq_ignore_ascii_case(namespace))
        .ok_or_else(|| Refusal::of(code::InvalidResourceNamespace, &[("namespace", namespace)]))
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let provider = find(context.rules, permit)?;
    let body = describe(context, subscription_of(permit), provider);
    Ok(Response::json(StatusCode::OK, &body))
}

/// Every provider is registered from the start. One that has been unregistered says so, and goes on
/// working.
pub(super) fn register(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let provider = find(context.rules, permit)?;
    let subscription = permit.params.get("subscription");
    context.own.resources.register(subscription, &provider.namespace);
    get(context, permit, request)
}

pub(super) fn unregister(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let provider = find(context.rules, permit)?;
    let subscription = permit.params.get("subscription");
    context
        .own
        .resources
        .unregister(subscription, &provider.namespace);
    get(context, permit, request)
}

/// What a provider can be asked to do, as the provider itself lists it.
pub(super) fn operations(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let provider = find(context.rules, permit)?;
    let namespace = &provider.namespace;
    let found: Vec<Value> = actions_of(context.rules, namespace)
        .into_iter()
        .map(|(action, data)| {
            json!({
                "name": action,
                "isDataAction": data,
                "display": {
                    "provider": namespace,
                    "resource": type_of(action, namespace).unwrap_or_default(),
                    "operation": action,
                    "description": action,
                },
            })
        })
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": found})))
}

/// The same as whoever writes a role definition asks for it.
fn describe_operations(rules: &Rules, provider: &Provider) -> Value {
    let namespace = &provider.namespace;
    let mut by_type: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (action, data) in actions_of(rules, namespace) {
        let operation =
            json!({"name": action, "displayName": action, "description": action, "isDataAction": data});
        by_type
            .entry(type_of(action, namespace).unwrap_or_default())
            .or_default()
            .push(operation);
    }
    let types: Vec<Value> = by_type
        .into_iter()
        .map(|(kind, operations)| json!({"name": kind, "displayName": kind, "operations": operations}))
        .collect();
    json!({
        "id": format!("/providers/Microsoft.Authorization/providerOperations/{namespace}"),
        "name": namespace,
        "type": "Microsoft.Authorization/providerOperations",
        "displayName": namespace,
        "resourceTypes": types,
        "operations": [],
    })
}

pub(super) fn provider_operations(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let provider = find(context.rules, permit)?;
    Ok(Response::json(
        StatusCode::OK,
        &describe_operations(context.rules, provider),
    ))
}

pub(super) fn all_provider_operations(
    context: &mut Context<'_>,
    _: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let rules = context.rules;
    let found: Vec<Value> = rules
        .providers
        .iter()
        .map(|provider| describe_operations(rules, provider))
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": found})))
}

/// Preview features, of which there are none to take part in.
pub(super) fn no_features(_: &mut Context<'_>, _: &Permit, _: &Request) -> Result<Response, Refusal> {
    Ok(Response::json(StatusCode::OK, &json!({"value": []})))
}
