//! Performance tiers: what single servers can be created with.

use serde_json::{Value, json};

use crate::gateway::Permit;
use crate::model::Request;
use crate::rules::TierRow;
use crate::services::Context;
use crate::services::postgres::answer::{Answer, all};
use crate::services::postgres::server_state::require_listed;

fn describe(tier: &TierRow) -> Value {
    let limits = |mut value: Value| {
        value["minStorageMB"] = json!(tier.min_storage_mb);
        value["maxStorageMB"] = json!(tier.max_storage_mb);
        value["minBackupRetentionDays"] = json!(tier.min_backup_days);
        value["maxBackupRetentionDays"] = json!(tier.max_backup_days);
        value
    };
    let objectives: Vec<Value> = tier
        .cores
        .iter()
        .map(|cores| {
            limits(json!({
                "id": format!("{}_{}_{cores}", tier.prefix, tier.generation),
                "edition": tier.name,
                "vCore": cores,
                "hardwareGeneration": tier.generation,
            }))
        })
        .collect();
    limits(json!({"id": tier.name, "serviceLevelObjectives": objectives}))
}

pub(super) fn of_location(context: &mut Context<'_>, _: &Permit, _: &Request) -> Answer {
    let tiers = &context.rules.single_server.tiers;
    let described: Vec<Value> = tiers.iter().map(describe).collect();
    Ok(all(&described))
}

pub(super) fn of_server(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    require_listed(context, permit)?;
    of_location(context, permit, request)
}
