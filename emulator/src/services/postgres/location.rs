//! What can be created where.

use http::StatusCode;
use serde_json::{Value, json};

use super::resource_types::SERVER;
use crate::gateway::{Permit, Refusal, Shape, server_named};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{Edition, Storage, code};
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
    let mut refusal = Refusal::user_facing(code::SyntheticServerNameInUse, &[("server", id.name())]);
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
    let sizes: Vec<Value> = capabilities
        .storage
        .sizes
        .iter()
        .map(|(gibibytes, ..)| size(*gibibytes, &capabilities.storage))
        .collect();
    let editions: Vec<Value> = capabilities
        .editions
        .iter()
        .map(|row| edition(row, &sizes))
        .collect();
    let features = [
        ("FastProvisioning", "Disabled"),
        ("ZoneRedundantHa", "Enabled"),
        ("GeoBackup", "Enabled"),
        ("ZoneRedundantHaAndGeoBackup", "Enabled"),
        ("StorageAutoGrowth", "Enabled"),
        ("OnlineResize", "Enabled"),
        ("OfferRestricted", "Disabled"),
    ];
    let features = features.map(|(name, status)| json!({"name": name, "status": status}));
    let body = json!({"value": [{
        "name": "FlexibleServerCapabilities",
        "supportedServerEditions": editions,
        "supportedServerVersions": versions(majors),
        "supportedFastProvisioningEditions": [],
        "supportedFeatures": features,
        "fastProvisioningSupported": "Disabled",
        "geoBackupSupported": "Enabled",
        "zoneRedundantHaSupported": "Enabled",
        "zoneRedundantHaAndGeoBackupSupported": "Enabled",
        "storageAutoGrowthSupported": "Enabled",
        "onlineResizeSupported": "Enabled",
        "restricted": "Disabled",
        "status": "Available",
    }]});
    Ok(Response::json(StatusCode::OK, &body))
}

/// What private DNS zones end with, as a text of its own.
pub(super) fn private_dns_zone_suffix(
    context: &mut Context<'_>,
    _: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let suffix = &context.rules.servers.private_dns_zone_suffix.suffix;
    Ok(Response::json(StatusCode::OK, &json!(suffix)))
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

fn size(gibibytes: u64, storage: &Storage) -> Value {
    let tiers = storage.tiers_of(gibibytes);
    let default = tiers.first();
    let tiers: Vec<Value> = tiers
        .iter()
        .map(|(name, iops)| json!({"name": name, "iops": iops}))
        .collect();
    json!({
        "storageSizeMb": gibibytes * 1024,
        "supportedIops": default.map(|(_, iops)| iops),
        "defaultIopsTier": default.map(|(name, _)| name),
        "supportedIopsTiers": tiers,
        "status": "Available",
    })
}

fn edition(row: &Edition, sizes: &[Value]) -> Value {
    // Burstable ones too, says the answer; who asks for it is refused.
    let modes = ["SameZone", "ZoneRedundant"];
    let skus: Vec<Value> = row
        .skus
        .iter()
        .map(|(name, cores, iops, memory)| {
            json!({
                "supportedFeatures": [], "name": name, "vCores": cores, "supportedIops": iops,
                "supportedMemoryPerVcoreMb": memory, "supportedZones": ["1", "2", "3"],
                "supportedHaMode": modes, "status": "Available",
            })
        })
        .collect();
    json!({
        "name": row.name,
        "defaultSkuName": row.default_sku,
        "supportedStorageEditions": [{
            "name": "ManagedDisk", "defaultStorageSizeMb": row.storage * 1024, "supportedStorageMb": sizes,
        }],
        "supportedServerSkus": skus,
        "status": "Available",
    })
}
