//! What a vault may be changed into: doors that open one way.

use serde_json::Value;

use super::INSTANCE;
use crate::gateway::Refusal;
use crate::model::{Request, ResourceId};
use crate::services::Context;
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

/// Refuses a vault that may not be written like this.
pub(super) fn check(
    context: &Context<'_>,
    request: &Request,
    id: &ResourceId,
    sent: &Value,
    existing: Option<&Value>,
) -> Result<(), Refusal> {
    let refuse = |code: &str| Err(Refusal::user_facing(context.rules.error(code), &[]));
    let version = request.query_value("api-version").unwrap_or_default();
    let always_on = version >= context.rules.vaults.always_on.from_version;
    if always_on && !text(sent, &SOFT_DELETE).eq_ignore_ascii_case("AlwaysOn") {
        return refuse("SyntheticSoftDeleteAlwaysOnRequired");
    }
    let settings = field(field(sent, "properties"), "storageSettings");
    let known = &context.rules.vaults.storage.datastore_types;
    for setting in settings.as_array().into_iter().flatten() {
        let kind = field(setting, "datastoreType").as_str().unwrap_or_default();
        if !known.iter().any(|own| own.eq_ignore_ascii_case(kind)) {
            let error = context.rules.error("VaultDatastoreType");
            return Err(Refusal::user_facing(error, &[("type", kind)]));
        }
    }
    let redundancy = |value: &Value| text(&value[0], &["type"]).to_owned();
    if text(sent, &CROSS_REGION) == "Enabled" && redundancy(settings) != "GeoRedundant" {
        return refuse("SyntheticCrossRegionRestoreNeedsGeoRedundancy");
    }
    let Some(existing) = existing else { return Ok(()) };
    if text(existing, &SOFT_DELETE) == "AlwaysOn" && text(sent, &SOFT_DELETE) != "AlwaysOn" {
        return refuse("UserErrorDisableSoftDeleteNotAllowed");
    }
    if text(existing, &IMMUTABILITY) == "Locked" && text(sent, &IMMUTABILITY) != "Locked" {
        return refuse("UserErrorUnsupportedVaultImmutabilityStateChange");
    }
    if text(existing, &CROSS_REGION) == "Enabled" && text(sent, &CROSS_REGION) != "Enabled" {
        return refuse("UserErrorCrossRegionRestoreStateChangeNotAllowed");
    }
    let own = redundancy(&existing["properties"]["storageSettings"]);
    let holds = context.state.resources_below(id, INSTANCE).next().is_some();
    if holds && settings.is_array() && redundancy(settings) != own {
        return refuse("SyntheticRedundancyFixed");
    }
    Ok(())
}

/// Cross-region restore that is on cannot be switched on again by a PATCH; a PUT may say so.
pub(super) fn check_patch(context: &Context<'_>, patch: &Value, existing: &Value) -> Result<(), Refusal> {
    if text(existing, &CROSS_REGION) == "Enabled" && text(patch, &CROSS_REGION) == "Enabled" {
        let mut refusal = Refusal::user_facing(context.rules.error("CloudInternalError"), &[]);
        refusal.headers.push(("x-ms-failure-cause", "service".to_owned()));
        return Err(refusal.because("cross-region restore is on already"));
    }
    Ok(())
}
