//! What can be created where.

use http::StatusCode;
use serde_json::{Value, json};

use super::SERVER;
use crate::gateway::{Permit, Refusal, Shape, server_named};
use crate::model::{Request, ResourceId, Response};
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
    let majors = if context.settings.postgres_majors.is_empty() {
        vec![17, 16, 15, 14, 13]
    } else {
        context.settings.postgres_majors.clone()
    };
    let versions: Vec<Value> = majors
        .iter()
        .map(|major| {
            let newer: Vec<String> = majors
                .iter()
                .filter(|other| *other > major)
                .map(u32::to_string)
                .collect();
            json!({"name": major.to_string(), "supportedVersionsToUpgrade": newer, "status": "Available"})
        })
        .collect();
    let storage: Vec<Value> = [32, 64, 128, 256, 512, 1024]
        .iter()
        .map(|gibibytes: &u64| {
            json!({
                "storageSizeMb": gibibytes * 1024,
                "supportedIops": 120,
                "defaultIopsTier": "P4",
                "supportedIopsTiers": [{"name": "P4", "iops": 120}, {"name": "P6", "iops": 240}, {"name": "P10", "iops": 500}],
                "status": "Available",
            })
        })
        .collect();
    let edition = |name: &str, sku: &str, cores: u32| {
        json!({
            "name": name,
            "defaultSkuName": sku,
            "supportedStorageEditions": [{"name": "ManagedDisk", "defaultStorageSizeMb": 32768, "supportedStorageMb": storage}],
            "supportedServerSkus": [{
                "name": sku, "vCores": cores, "supportedIops": 3200, "supportedMemoryPerVcoreMb": 4096,
                "supportedZones": ["1", "2", "3"], "supportedHaMode": ["SameZone", "ZoneRedundant"], "status": "Available",
            }],
            "status": "Available",
        })
    };
    let body = json!({"value": [{
        "name": "FlexibleServerCapabilities",
        "supportedServerEditions": [
            edition("Burstable", "Standard_B1ms", 1),
            edition("GeneralPurpose", "Standard_D2ds_v5", 2),
            edition("MemoryOptimized", "Standard_E2ds_v5", 2),
        ],
        "supportedServerVersions": versions,
        "supportedFeatures": [{"name": "OfferRestricted", "status": "Disabled"}],
        "fastProvisioningSupported": "Disabled",
        "geoBackupSupported": "Enabled",
        "restricted": "Disabled",
        "status": "Available",
    }]});
    Ok(Response::json(StatusCode::OK, &body))
}
