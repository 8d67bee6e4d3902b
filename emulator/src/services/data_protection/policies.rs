//! Backup policies. Written and deleted at once, with no operation to wait for; a policy that is there
//! does not change.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::instance::INSTANCE;
use super::policy::POLICY;
use super::vault::vault_of;
use super::{names, policy_checks, refused};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{code, rule};
use crate::services::{Context, json_body, plain};
use crate::state::{field, field_mut};

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    vault_of(context, &id)?;
    let sent = json_body(request)?;
    if context.state.resource(&id).is_none() {
        names::check_name(context, &id)?;
    }
    policy_checks::check(context, &sent)?;
    let mut properties = field(&sent, "properties").clone();
    complete(&mut properties);
    if let Some(existing) = context.state.resource(&id) {
        if same(existing.at("/properties"), &properties) {
            return Ok(Response::json(StatusCode::OK, &existing.body));
        }
        return Err(
            Refusal::user_facing(code::UserErrorBMSUpdatePolicyNotSupported, &[])
                .because("the policy is there with other rules")
                .by([rule::DPP_POLICY_FIXED]),
        );
    }
    let mut body = Map::with_capacity(4);
    body.insert("properties".to_owned(), properties);
    body.insert("id".to_owned(), Value::from(id.as_str()));
    body.insert("name".to_owned(), Value::from(id.name()));
    body.insert("type".to_owned(), Value::from(POLICY));
    Ok(plain::keep(context, id, Value::Object(body), StatusCode::OK))
}

/// Makes of what was sent what the service shows: a name inside the properties is dropped, and every
/// tag has an id.
fn complete(properties: &mut Value) {
    if let Some(own) = properties.as_object_mut() {
        own.retain(|key, _| !key.eq_ignore_ascii_case("name"));
    }
    for rule in field_mut(properties, "policyRules")
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        let criteria = rule
            .pointer_mut("/trigger/taggingCriteria")
            .and_then(Value::as_array_mut);
        for criterion in criteria.into_iter().flatten() {
            let name = criterion["tagInfo"]["tagName"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            if criterion["tagInfo"]["id"].as_str().is_none_or(str::is_empty) && !name.is_empty() {
                criterion["tagInfo"]["id"] = json!(format!("{name}_"));
            }
        }
    }
}

/// Whether two policies say the same: what is null is not there.
fn same<'a>(one: &'a Value, two: &'a Value) -> bool {
    match (one, two) {
        (Value::Object(one), Value::Object(two)) => {
            let said = |object: &'a Map<String, Value>| object.iter().filter(|(_, value)| !value.is_null());
            // Mostly both are spelled in the same order, and nothing has to be looked for.
            let mut beside = said(two);
            said(one).all(|(key, value)| match beside.next() {
                Some((name, other)) if name == key => same(value, other),
                Some(_) => two.get(key).is_some_and(|other| same(value, other)),
                None => false,
            }) && beside.next().is_none()
        }
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        _ => one == two,
    }
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    vault_of(context, &id)?;
    let vault = id.parent();
    let user = context.state.resources_below(&vault, INSTANCE).find(|instance| {
        let own: Option<ResourceId> = instance.text("/properties/policyInfo/policyId").parse().ok();
        own.as_ref() == Some(&id)
    });
    if let Some(user) = user {
        let fill = [("instance", user.id.name())];
        return Err(refused::with(context, rule::DPP_POLICY_IN_USE, &fill));
    }
    let removed = context.state.resources.remove(&id).is_some();
    Ok(Response::new(if removed {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    }))
}
