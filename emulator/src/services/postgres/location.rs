//! What can be created where.

use http::StatusCode;
use serde_json::{Value, json};

use super::SERVER;
use crate::gateway::{Permit, Refusal, Shape, server_named};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{Edition, PerformanceTier};
use crate::services::{Context, json_body};
use crate::state::field;

/// Server names are taken across all of Azure and both flavours, since they are host names.
pub(super) fn check_name(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let name = field(&sent, "name").as_str().unwrap_or_default().to_owned();
    let taken = server_named(context.state, &name).is_some();
    let kind = field(&sent, "type").as_str().unwrap_or(SERVER);
    let mut body = json!({"name": name, "nameAvailable": !taken, "type": kind, "message": ""});
    if taken {
        body["reason"] = json!("AlreadyExists");
        body["message"] = json!("Specified server name is already used.");
    }
    Ok(Response::json(StatusCode::OK, &body))
}

/// Names are host names: no two servers have the same, of whatever flavour and wherever they are.
pub(super) fn require_free_name(context: &Context<'_>, id: &ResourceId) -> Result<(), Refusal> {
    if server_named(context.state, id.name()).is_none() {
        return Ok(());
    }
    let error = context.rules.error("SyntheticServerNameInUse");
    let mut refusal = Refusal::user_facing(error, &[("server", id.name())]);
    refusal.shape = Shape::Arm;
    Err(refusal)
}

/// The shape the CLI reads its SKUs from; without every level of it, it finds none available.
pub(super) fn capabilities(context: &mut Context<'_>, _: &Permit, _: &Request) -> Result<Response, Refusal> {
    let majors = match context.settings.postgres_majors.as_slice() {
        [] => &context.rules.servers.majors.available,
        at_hand => at_hand,
    };
    let capabilities = &context.rules.servers.capabilities;
    let storage: Vec<Value> = capabilities
        .storage_gibibytes
        .iter()
        .map(|gibibytes| storage(*gibibytes, &capabilities.performance_tiers))
        .collect();
    let editions: Vec<Value> = capabilities
        .editions
        .iter()
        .map(|row| edition(row, &storage))
        .collect();
    let body = json!({"value": [{
        "name": "FlexibleServerCapabilities",
        "supportedServerEditions": editions,
        "supportedServerVersions": versions(majors),
        "supportedFeatures": [{"name": "OfferRestricted", "status": "Disabled"}],
        "fastProvisioningSupported": "Disabled",
        "geoBackupSupported": "Enabled",
        "restricted": "Disabled",
        "status": "Available",
    }]});
    Ok(Response::json(StatusCode::OK, &body))
}

fn versions(majors: &[u32]) -> Vec<Value> {
    let one = |major: &u32| {
        let newer: Vec<String> = majors
            .iter()
            .filter(|other| *other > major)
            .map(u32::to_string)
            .collect();
        json!({"name": major.to_string(), "supportedVersionsToUpgrade": newer, "status": "Available"})
    };
    majors.iter().map(one).collect()
}

fn storage(gibibytes: u64, tiers: &[PerformanceTier]) -> Value {
    let default = tiers.first();
    let tiers: Vec<Value> = tiers
        .iter()
        .map(|tier| json!({"name": tier.name, "iops": tier.iops}))
        .collect();
    json!({
        "storageSizeMb": gibibytes * 1024,
        "supportedIops": default.map(|tier| tier.iops),
        "defaultIopsTier": default.map(|tier| &tier.name),
        "supportedIopsTiers": tiers,
        "status": "Available",
    })
}

fn edition(row: &Edition, storage: &[Value]) -> Value {
    json!({
        "name": row.name,
        "defaultSkuName": row.sku,
        "supportedStorageEditions": [{"name": "ManagedDisk", "defaultStorageSizeMb": 32768, "supportedStorageMb": storage}],
        "supportedServerSkus": [{
            "name": row.sku, "vCores": row.cores, "supportedIops": 3200, "supportedMemoryPerVcoreMb": 4096,
            "supportedZones": ["1", "2", "3"], "supportedHaMode": ["SameZone", "ZoneRedundant"], "status": "Available",
        }],
        "status": "Available",
    })
}
