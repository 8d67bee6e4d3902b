//! What the Backup service shows in Resource Graph: policies, instances with what is known of their
//! backups, jobs.

use serde_json::{Value, json};

use super::{INSTANCE, POLICY, VAULT, instance};
use crate::model::{Timestamp, wire_hundred_nanoseconds};
use crate::services::{Context, Listed};
use crate::state::{Resource, field};

/// The time that stands for none.
const NEVER: &str = "0001-01-01T00:00:00Z";

pub(in crate::services) fn listed(context: &Context<'_>) -> Vec<Listed> {
    let resources = || context.state.resources.values();
    let policies = resources()
        .filter(|resource| resource.is_type(POLICY))
        .map(|policy| Listed {
            id: policy.id.clone(),
            body: policy.body.clone(),
        });
    let instances = resources()
        .filter(|resource| resource.is_type(INSTANCE))
        .map(|instance| describe(context, instance));
    let vaults = resources().filter(|resource| resource.is_type(VAULT));
    let jobs = vaults.flat_map(|vault| {
        let jobs = context.own.data_protection.jobs.get(&vault.id);
        jobs.into_iter()
            .flatten()
            .filter_map(|job| {
                let body = job.describe(&vault.id, true);
                let id = body["id"].as_str()?.parse().ok()?;
                Some(Listed { id, body })
            })
            .collect::<Vec<_>>()
    });
    policies.chain(instances).chain(jobs).collect()
}

/// An instance, where its datasource is, and with what the vault knows of its backups.
fn describe(context: &Context<'_>, own: &Resource) -> Listed {
    let mut body = own.body.clone();
    let info = field(own.at("/properties"), "dataSourceInfo");
    body["location"] = field(info, "resourceLocation").clone();
    body["properties"]["backupInstanceExtendedProperties"] = extended(context, own);
    Listed {
        id: own.id.clone(),
        body,
    }
}

fn extended(context: &Context<'_>, own: &Resource) -> Value {
    let vault_id = own.id.parent();
    let vault = context.state.resource(&vault_id);
    let primary = vault.map(Resource::location).unwrap_or_default();
    let replicated = vault.and_then(|vault| vault.at("/properties/replicatedRegions")[0].as_str());
    let points = context.own.data_protection.recovery_points(&own.id);
    let time = |time: Option<Timestamp>| time.map_or_else(|| NEVER.to_owned(), wire_hundred_nanoseconds);
    json!({
        "vaultId": vault_id,
        "protectedPrimaryRegion": primary,
        "protectedSecondaryRegion": replicated.unwrap_or_default(),
        "protectionStateInSecondaryRegion": "NotProtected",
        "dataSourceExtendedInfo": {"dataSourceId": instance::datasource_id(own.at("/properties"))},
        "recoveryPointInfo": {
            "latestRecoveryPointInPrimaryRegion": time(points.first().map(|point| point.time)),
            "oldestRecoveryPointInPrimaryRegion": time(points.last().map(|point| point.time)),
            "latestRecoveryPointInSecondaryRegion": NEVER,
            "oldestRecoveryPointInSecondaryRegion": NEVER,
        },
    })
}
