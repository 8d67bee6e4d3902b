//! What a vault may be changed into: doors that open one way.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::instance::INSTANCE;
use super::{deleted_instance, names, refused};
use crate::gateway::Refusal;
use crate::model::{Request, ResourceId, region_name};
use crate::rules::{rule, unplayed};
use crate::services::{Context, json_body, plain};
use crate::state::field;

fn text<'a>(vault: &'a Value, path: &[&str]) -> &'a str {
    path.iter()
        .fold(vault, |value, name| field(value, name))
        .as_str()
        .unwrap_or_default()
}

const SOFT_DELETE: [&str; 4] = ["properties", "securitySettings", "softDeleteSettings", "state"];
const CROSS_REGION: [&str; 4] = [
    "properties",
    "featureSettings",
    "crossRegionRestoreSettings",
    "state",
];
const ENCRYPTION: [&str; 4] = ["properties", "securitySettings", "encryptionSettings", "state"];

/// What is sent of a vault, with what it keeps where nothing is said of it: a key of one's own.
pub(super) fn keeping<'a>(sent: &'a Value, existing: Option<&Value>) -> Cow<'a, Value> {
    const SETTINGS: &str = "/properties/securitySettings/encryptionSettings";
    let settings = existing.and_then(|vault| vault.pointer(SETTINGS));
    match settings {
        Some(settings) if text(sent, &ENCRYPTION).is_empty() => {
            let mut sent = sent.clone();
            plain::merge(
                &mut sent,
                &json!({"properties": {"securitySettings": {"encryptionSettings": settings}}}),
            );
            Cow::Owned(sent)
        }
        _ => Cow::Borrowed(sent),
    }
}

/// Refuses a vault that may not be written like this.
pub(super) fn check(
    context: &Context<'_>,
    request: &Request,
    id: &ResourceId,
    sent: &Value,
    existing: Option<&Value>,
) -> Result<(), Refusal> {
    names::check_name(context, id)?;
    let facts = &context.rules.vaults;
    let version = request.query_value("api-version").unwrap_or_default();
    let always_on = version >= facts.always_on.from_version;
    if always_on && !text(sent, &SOFT_DELETE).eq_ignore_ascii_case("AlwaysOn") {
        return Err(refused::by(context, rule::VLT_03));
    }
    let settings = field(field(sent, "properties"), "storageSettings");
    check_storage(context, settings, existing)?;
    check_replicas(context, request, sent, existing)?;
    let redundancy = |value: &Value| text(&value[0], &["type"]).to_owned();
    if text(sent, &CROSS_REGION) == "Enabled" && redundancy(settings) != facts.cross_region.redundancy {
        return Err(refused::by(context, rule::FX_CR_01));
    }
    let Some(existing) = existing else { return Ok(()) };
    for door in &facts.one_way {
        let place: Vec<&str> = std::iter::once("properties").chain(door.place()).collect();
        let (own, wanted) = (text(existing, &place), text(sent, &place));
        let keeps = wanted == door.stays || wanted.is_empty() && door.unsaid_keeps;
        if own == door.stays && !keeps {
            return Err(refused::by(context, door.rule));
        }
    }
    check_key(context, sent, existing)?;
    let own = redundancy(&existing["properties"]["storageSettings"]);
    let holds = context.state.resources_below(id, INSTANCE).next().is_some()
        || deleted_instance::held_by(context, id);
    if holds && settings.is_array() && redundancy(settings) != own {
        return Err(refused::by(context, rule::VLT_01));
    }
    Ok(())
}

/// Of a vault that is encrypted with a key of its owner's, one thing changes at a time.
fn check_key(context: &Context<'_>, sent: &Value, existing: &Value) -> Result<(), Refusal> {
    let differs = |path: &[&str]| {
        let place: Vec<&str> = ENCRYPTION[..3].iter().chain(path).copied().collect();
        let (own, wanted) = (text(existing, &place), text(sent, &place));
        !wanted.is_empty() && !own.eq_ignore_ascii_case(wanted)
    };
    let encrypted = text(existing, &ENCRYPTION) == "Enabled";
    let identity = differs(&["kekIdentity", "identityType"]) || differs(&["kekIdentity", "identityId"]);
    if encrypted && identity && differs(&["keyVaultProperties", "keyUri"]) {
        let why = "keyVaultProperties.keyUri and kekIdentity are both others than before";
        return Err(refused::by(context, rule::VLT_07_ONE).because(why));
    }
    Ok(())
}

/// What a vault keeps backups in: of each kind one, and none that needs another alone.
fn check_storage(context: &Context<'_>, settings: &Value, existing: Option<&Value>) -> Result<(), Refusal> {
    let Some(all) = settings.as_array() else {
        return Ok(());
    };
    let refuse = |why: String| Err(refused::by(context, rule::VLT_STORAGE).because(why));
    // A vault that was made without them shows none, and may be written as it was shown.
    let none = |vault: &Value| vault["properties"]["storageSettings"] == json!([]);
    if all.is_empty() && !existing.is_some_and(none) {
        return refuse("storageSettings is empty".to_owned());
    }
    let facts = &context.rules.vaults.storage;
    let mut kinds: Vec<&str> = Vec::new();
    for setting in all {
        let kind = field(setting, "datastoreType").as_str().unwrap_or_default();
        let Some(known) = facts
            .datastore_types
            .iter()
            .find(|own| own.eq_ignore_ascii_case(kind))
        else {
            // What is none of them was refused with the body.
            continue;
        };
        if kinds.contains(&known.as_str()) {
            return refuse(format!("storageSettings names {known} twice"));
        }
        if field(setting, "type").is_null() {
            return refuse(format!("storageSettings says no redundancy of {known}"));
        }
        kinds.push(known);
    }
    for (kind, other) in &facts.beside {
        if kinds.contains(&kind.as_str()) && !kinds.contains(&other.as_str()) {
            return refuse(format!("storageSettings has {kind} without {other}"));
        }
    }
    Ok(())
}

/// A vault is copied to the region its own is paired with: another is not played.
fn check_replicas(
    context: &Context<'_>,
    request: &Request,
    vault: &Value,
    existing: Option<&Value>,
) -> Result<(), Refusal> {
    let body = json_body(request)?;
    let named = |value: &Value| -> Vec<String> {
        let all = field(field(value, "properties"), "replicatedRegions").as_array();
        let all = all.into_iter().flatten().filter_map(Value::as_str);
        all.map(region_name).collect()
    };
    let wanted = named(&body);
    let location = existing.unwrap_or(vault)["location"].as_str().unwrap_or_default();
    let location = region_name(location);
    let pair = context.rules.pair_of(&location);
    let as_it_is = existing.is_some_and(|existing| named(existing) == wanted);
    let paired = wanted.iter().all(|region| Some(region.as_str()) == pair);
    if as_it_is || paired {
        return Ok(());
    }
    Err(Refusal::not_played(
        unplayed::ReplicationTo,
        &[("location", &location), ("regions", &wanted.join(", "))],
    ))
}

/// Cross-region restore that is on cannot be switched on again by a PATCH; a PUT may say so.
pub(super) fn check_patch(context: &Context<'_>, patch: &Value, existing: &Value) -> Result<(), Refusal> {
    if text(existing, &CROSS_REGION) == "Enabled" && text(patch, &CROSS_REGION) == "Enabled" {
        let mut refusal = refused::by(context, rule::DPP_CRR_AGAIN);
        refusal.headers.push(("x-ms-failure-cause", "service".to_owned()));
        return Err(refusal.because("cross-region restore is on already"));
    }
    Ok(())
}
