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
    let sent = field(&sent, "properties");
    if let Some(existing) = context.state.resource(&id) {
        if says_the_same(existing.at("/properties"), sent) {
            return Ok(Response::json(StatusCode::OK, &existing.body));
        }
        return Err(
            Refusal::user_facing(code::UserErrorBMSUpdatePolicyNotSupported, &[])
                .because("the policy is there with other rules")
                .by([rule::DPP_POLICY_FIXED]),
        );
    }
    let mut properties = sent.clone();
    complete(&mut properties);
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

/// Whether a policy that is there says what was sent, which need not be complete.
fn says_the_same(existing: &Value, sent: &Value) -> bool {
    let (Some(existing), Some(sent)) = (existing.as_object(), sent.as_object()) else {
        return false;
    };
    let named = |(key, _): &(&String, &Value)| !key.eq_ignore_ascii_case("name");
    same_members(existing, || sent.iter().filter(named), sent)
}

/// Whether two values say the same: what is null is not there, and the id of a tag follows from its name.
fn same(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Object(one), Value::Object(two)) => same_members(one, || two.iter(), two),
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        _ => one == two,
    }
}

fn same_members<'a, I: Iterator<Item = (&'a String, &'a Value)>>(
    one: &'a Map<String, Value>,
    all_of_two: impl Fn() -> I,
    two: &'a Map<String, Value>,
) -> bool {
    let said = |(key, value): &(&String, &Value)| !value.is_null() && (*key != "id" || *value != "");
    let follows = |key: &str, value: &Value| {
        let unsaid = key == "id" && two.get(key).is_none_or(|id| !said(&(&key.to_owned(), id)));
        let id = value.as_str().and_then(|id| id.strip_suffix('_'));
        unsaid && id.is_some() && id == one.get("tagName").and_then(Value::as_str)
    };
    // Mostly both are spelled in the same order, and nothing has to be looked for.
    let mut beside = all_of_two().filter(said).peekable();
    for (key, value) in one.iter().filter(said) {
        let other = match beside.next_if(|(name, _)| *name == key) {
            Some((_, other)) => Some(other),
            None if follows(key, value) => continue,
            None => beside.next().and_then(|_| two.get(key)),
        };
        if !other.is_some_and(|other| same(value, other)) {
            return false;
        }
    }
    beside.next().is_none()
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::says_the_same;

    #[test]
    fn what_is_sent_again_need_not_be_complete() {
        let there =
            json!({"rules": [{"tagInfo": {"tagName": "Monthly", "id": "Monthly_"}, "a": 1}], "b": true});
        for sent in [
            json!({"rules": [{"tagInfo": {"tagName": "Monthly", "id": "Monthly_"}, "a": 1}], "b": true}),
            json!({"rules": [{"tagInfo": {"tagName": "Monthly"}, "a": 1}], "b": true, "name": "own", "c": null}),
            json!({"b": true, "rules": [{"a": 1, "tagInfo": {"id": "", "tagName": "Monthly"}}]}),
        ] {
            assert!(says_the_same(&there, &sent), "{sent}");
        }
        for sent in [
            json!({"rules": [{"tagInfo": {"tagName": "Monthly", "id": "other"}, "a": 1}], "b": true}),
            json!({"rules": [{"tagInfo": {"tagName": "Yearly"}, "a": 1}], "b": true}),
            json!({"rules": [{"tagInfo": {"tagName": "Monthly"}}], "b": true}),
            json!({"rules": [{"tagInfo": {"tagName": "Monthly"}, "a": 1}], "b": true, "c": 1}),
            json!({"rules": [{"tagInfo": {"tagName": "Monthly"}, "a": 1}, {}], "b": true}),
            json!({"rules": [{"tagInfo": {"tagName": "Monthly"}, "a": 1}]}),
            json!(null),
        ] {
            assert!(!says_the_same(&there, &sent), "{sent}");
        }
    }
}
