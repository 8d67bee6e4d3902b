//! Backup policies. Written and deleted at once, with no operation to wait for.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::datasource::{FLEXIBLE_SERVER, SINGLE_SERVER_DATABASE, is_retired};
use super::{INSTANCE, POLICY, schedule, vault_of};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{Flavour, RuleId};
use crate::services::{Context, json_body, plain};
use crate::state::{field, field_mut};

/// The rules of a policy that back up, and those that retain.
pub(super) fn rules_of<'a>(policy: &'a Value, object_type: &'a str) -> impl Iterator<Item = &'a Value> {
    field(field(policy, "properties"), "policyRules")
        .as_array()
        .into_iter()
        .flatten()
        .filter(move |rule| field(rule, "objectType").as_str() == Some(object_type))
}

/// The name of the tag a backup carries if nothing else is said.
pub(super) fn default_tag(policy: &Value) -> String {
    rules_of(policy, "AzureRetentionRule")
        .find(|rule| field(rule, "isDefault").as_bool() == Some(true))
        .and_then(|rule| field(rule, "name").as_str())
        .unwrap_or("Default")
        .to_owned()
}

fn check(context: &Context<'_>, sent: &Value) -> Result<(), Refusal> {
    let invalid = |why: &str| {
        Err(Refusal::user_facing(context.rules.error("BMSUserErrorInvalidInput"), &[]).because(why))
    };
    let properties = field(sent, "properties");
    let types = elements(field(properties, "datasourceTypes"));
    if types.is_empty() {
        return invalid("datasourceTypes names no datasource type");
    }
    let backups: Vec<&Value> = rules_of(sent, "AzureBackupRule").collect();
    let retentions: Vec<&Value> = rules_of(sent, "AzureRetentionRule").collect();
    if backups.is_empty() {
        return invalid("policyRules holds no AzureBackupRule");
    }
    if !retentions
        .iter()
        .any(|rule| field(rule, "isDefault").as_bool() == Some(true))
    {
        return invalid("policyRules holds no default AzureRetentionRule");
    }
    let is_for = |wanted: &str| {
        types.iter().any(|kind| {
            kind.as_str()
                .is_some_and(|kind| kind.eq_ignore_ascii_case(wanted))
        })
    };
    if is_for(SINGLE_SERVER_DATABASE) && is_retired(context, Flavour::SingleServer) {
        let error = context.rules.error("SyntheticSingleServerRetired");
        return Err(Refusal::user_facing(error, &[]).by([RuleId::new("SS-B-21")]));
    }
    if !is_for(FLEXIBLE_SERVER) {
        return Ok(());
    }
    if names_archive(field(properties, "policyRules")) {
        return Err(
            Refusal::user_facing(context.rules.error("BMSUserErrorInvalidInput"), &[])
                .because("flexible servers have no archive tier")
                .by([RuleId::new("FX-B-16")]),
        );
    }
    for rule in backups {
        let schedule = field(field(rule, "trigger"), "schedule");
        let intervals = elements(field(schedule, "repeatingTimeIntervals"));
        let weekly = intervals.iter().all(|interval| {
            interval.as_str().is_some_and(|interval| {
                schedule::Interval::parse(interval).is_some_and(|own| own.is_weekly())
            })
        });
        if intervals.is_empty() || !weekly {
            let error = context
                .rules
                .error("BMSUserErrorDPPBackupPolicyBackupFrequencyNotMatchingRule");
            return Err(Refusal::user_facing(error, &[])
                .because("a schedule of flexible servers repeats weekly (R/…/P1W)"));
        }
    }
    Ok(())
}

fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Whether any data store below is the archive.
fn names_archive(value: &Value) -> bool {
    match value {
        Value::String(text) => text.eq_ignore_ascii_case("ArchiveStore"),
        Value::Array(items) => items.iter().any(names_archive),
        Value::Object(members) => members.values().any(names_archive),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    vault_of(context, &id)?;
    let mut sent = json_body(request)?;
    check(context, &sent)?;
    // Taken out and put in again, not copied: policies are long.
    let mut properties = field_mut(&mut sent, "properties").take();
    // The service drops a name inside the properties, and gives every tag an id.
    if let Some(own) = properties.as_object_mut() {
        own.retain(|key, _| !key.eq_ignore_ascii_case("name"));
    }
    for rule in field_mut(&mut properties, "policyRules")
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
    let mut body = Map::with_capacity(4);
    body.insert("properties".to_owned(), properties);
    body.insert("id".to_owned(), Value::from(id.as_str()));
    body.insert("name".to_owned(), Value::from(id.name()));
    body.insert("type".to_owned(), Value::from(POLICY));
    let response = plain::keep(context, id.clone(), Value::Object(body), StatusCode::OK);
    schedule::begin_for_policy(context, &id);
    Ok(response)
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
        let error = context.rules.error("SyntheticPolicyInUse");
        return Err(Refusal::user_facing(error, &[("instance", user.id.name())]));
    }
    let removed = context.state.resources.remove(&id).is_some();
    Ok(Response::new(if removed {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    }))
}
