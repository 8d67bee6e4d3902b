//! What a vault may be changed into: doors that open one way.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::INSTANCE;
use crate::gateway::Refusal;
use crate::model::{Request, ResourceId, region_name};
use crate::rules::{Code, code, rule};
use crate::services::{Context, json_body, plain};
use crate::state::field;

fn text<'a>(vault: &'a Value, path: &[&str]) -> &'a str {
    path.iter()
        .fold(vault, |value, name| field(value, name))
        .as_str()
        .unwrap_or_default()
}

const SOFT_DELETE: [&str; 4] = ["properties", "securitySettings", "softDeleteSettings", "state"];
const IMMUTABILITY: [&str; 4] = ["properties", "securitySettings", "immutabilitySettings", "state"];
const CROSS_REGION: [&str; 4] = [
    "properties",
    "featureSettings",
    "crossRegionRestoreSettings",
    "state",
];

const CROSS_SUBSCRIPTION: [&str; 4] = [
    "properties",
    "featureSettings",
    "crossSubscriptionRestoreSettings",
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
    let refuse = |code: Code| Err(Refusal::user_facing(context.rules.error(code), &[]));
    if existing.is_none() {
        super::check_name(context, id)?;
    }
    let version = request.query_value("api-version").unwrap_or_default();
    let always_on = version >= context.rules.vaults.always_on.from_version;
    if always_on && !text(sent, &SOFT_DELETE).eq_ignore_ascii_case("AlwaysOn") {
        return refuse(code::SyntheticSoftDeleteAlwaysOnRequired);
    }
    let settings = field(field(sent, "properties"), "storageSettings");
    check_storage(context, settings, existing)?;
    check_replicas(context, request, sent, existing)?;
    let redundancy = |value: &Value| text(&value[0], &["type"]).to_owned();
    if text(sent, &CROSS_REGION) == "Enabled" && redundancy(settings) != "GeoRedundant" {
        return refuse(code::SyntheticCrossRegionRestoreNeedsGeoRedundancy);
    }
    let Some(existing) = existing else { return Ok(()) };
    if text(existing, &SOFT_DELETE) == "AlwaysOn" && text(sent, &SOFT_DELETE) != "AlwaysOn" {
        return refuse(code::UserErrorDisableSoftDeleteNotAllowed);
    }
    if text(existing, &IMMUTABILITY) == "Locked" && text(sent, &IMMUTABILITY) != "Locked" {
        return refuse(code::UserErrorUnsupportedVaultImmutabilityStateChange);
    }
    if text(existing, &CROSS_REGION) == "Enabled" && text(sent, &CROSS_REGION) != "Enabled" {
        return refuse(code::UserErrorCrossRegionRestoreStateChangeNotAllowed);
    }
    let never = |vault: &Value| text(vault, &CROSS_SUBSCRIPTION) == "PermanentlyDisabled";
    if never(existing) && !never(sent) {
        return refuse(code::SyntheticCrossSubscriptionRestoreStaysDisabled);
    }
    // One that says nothing of it keeps it.
    if text(existing, &ENCRYPTION) == "Enabled" && !["", "Enabled"].contains(&text(sent, &ENCRYPTION)) {
        return refuse(code::SyntheticEncryptionKeyOfOnesOwnStays).map_err(|no| no.by([rule::VLT_07]));
    }
    let own = redundancy(&existing["properties"]["storageSettings"]);
    let holds = context.state.resources_below(id, INSTANCE).next().is_some();
    if holds && settings.is_array() && redundancy(settings) != own {
        return refuse(code::SyntheticRedundancyFixed);
    }
    Ok(())
}

/// What a vault keeps backups in: of each kind one, and none that needs another alone.
fn check_storage(context: &Context<'_>, settings: &Value, existing: Option<&Value>) -> Result<(), Refusal> {
    let Some(all) = settings.as_array() else {
        return Ok(());
    };
    let refuse = |why: String| {
        let error = context.rules.error(code::VaultStorageSettings);
        Err(Refusal::user_facing(error, &[]).because(why))
    };
    // A vault that was made without them shows none, and may be written as it was shown.
    let none = |vault: &Value| {
        let own = field(field(vault, "properties"), "storageSettings").as_array();
        own.is_none_or(Vec::is_empty)
    };
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
            let error = context.rules.error(code::VaultDatastoreType);
            return Err(Refusal::user_facing(error, &[("type", kind)]));
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
    let what = format!(
        "a vault in {location} that is replicated to {}",
        wanted.join(", ")
    );
    Err(Refusal::not_played(&what))
}

/// Cross-region restore that is on cannot be switched on again by a PATCH; a PUT may say so.
pub(super) fn check_patch(context: &Context<'_>, patch: &Value, existing: &Value) -> Result<(), Refusal> {
    if text(existing, &CROSS_REGION) == "Enabled" && text(patch, &CROSS_REGION) == "Enabled" {
        let mut refusal = Refusal::user_facing(context.rules.error(code::CloudInternalError), &[]);
        refusal.headers.push(("x-ms-failure-cause", "service".to_owned()));
        return Err(refusal.because("cross-region restore is on already"));
    }
    Ok(())
}
