//! What the Backup service shows in Resource Graph: policies, instances with what is known of their
//! backups, jobs.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::datasource::short_name;
use super::deleted_instance::DeletedInstance;
use super::deleted_vault::DeletedVault;
use super::duration::timespan;
use super::instance::{self, INSTANCE};
use super::job::JobKind;
use super::policy::{POLICY, rules_of};
use super::replica::Replica;
use super::vault::{VAULT, restores_across_regions};
use super::{retention, schedule};
use crate::model::{Timestamp, wire_hundred_nanoseconds};
use crate::rules::Rules;
use crate::services::{Context, Listed};
use crate::state::{Resource, field};

/// The time that stands for none.
const NEVER: &str = "0001-01-01T00:00:00Z";
/// The duration that stands for none: the shortest .NET has.
const LEAST: &str = "-10675199.02:48:05.4775808";

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
            // Those of the other region are asked for there.
            .filter(|job| job.kind != JobKind::CrossRegionRestore)
            .filter_map(|job| {
                let body = job.describe(context.rules, &vault.id, true);
                let id = body["id"].as_str()?.parse().ok()?;
                Some(Listed {
                    id,
                    body: body.into(),
                })
            })
            .collect::<Vec<_>>()
    });
    let gone = context.own.data_protection.deleted_vaults.values();
    let left = gone.flat_map(|vault| {
        vault
            .instances()
            .iter()
            .map(|own| describe_left(context.rules, vault, own))
    });
    policies.chain(instances).chain(jobs).chain(left).collect()
}

/// An instance of a vault that was deleted: what policies it had is not known any more.
fn describe_left(rules: &Rules, vault: &DeletedVault, own: &DeletedInstance) -> Listed {
    let mut body = own.describe();
    let id = vault.id().child(["deletedBackupInstances", own.name()]);
    let vault_id = vault.shown_id();
    body["type"] = json!("Microsoft.DataProtection/locations/deletedVaults/deletedBackupInstances");
    body["location"] = json!(vault.vault().location());
    body["tags"] = own.tags();
    let properties = &mut body["properties"];
    fill_instance(properties);
    let source = properties["dataSourceInfo"].clone();
    if properties["dataSourceSetInfo"].is_null() {
        properties["dataSourceSetInfo"] = source;
        properties["dataSourceSetInfo"]["objectType"] = json!("DatasourceSet");
    }
    if let Some(policy) = properties["policyInfo"]["policyId"].as_str() {
        let name = policy.rsplit('/').next().unwrap_or_default();
        properties["policyInfo"]["policyId"] = json!(vault_id.child(["backupPolicies", name]));
    }
    properties["policyInfo"]["policyVersion"] = Value::Null;
    properties["backupInstanceExtendedProperties"] = json!({
        "allowedOperations": rules.vaults.listed_instance.deleted,
        "vaultId": vault_id,
        "protectedPrimaryRegion": vault.vault().location(),
        "protectedSecondaryRegion": "",
        "protectionStateInSecondaryRegion": "NotProtected",
        "dataSourceExtendedInfo": {"dataSourceId": own.short_name(rules)},
        "policyExtendedInfo": {
            "configuredRPGenerationFrequency": LEAST,
            "configuredMaximumRetention": LEAST,
            "rpoWarningThresholdInPrimaryRegion": LEAST,
            "configuredRPGenerationFrequencyInSecondaryRegion": LEAST,
            "configuredMaximumRetentionInSecondaryRegion": LEAST,
            "rpoWarningThresholdInSecondaryRegion": LEAST,
        },
        "recoveryPointInfo": {
            "latestRecoveryPointInPrimaryRegion": NEVER,
            "oldestRecoveryPointInPrimaryRegion": NEVER,
            "latestRecoveryPointInSecondaryRegion": NEVER,
            "oldestRecoveryPointInSecondaryRegion": NEVER,
        },
    });
    let body = body.into();
    Listed { id, body }
}

/// An instance, where its datasource is, and with what the vault knows of its backups. What it does
/// not say is null in a row.
fn describe(context: &Context<'_>, own: &Resource) -> Listed {
    let mut body = own.body.to_value();
    let info = field(own.at("/properties"), "dataSourceInfo");
    body["location"] = field(info, "resourceLocation").clone();
    let properties = &mut body["properties"];
    fill_instance(properties);
    properties["policyInfo"]["policyVersion"] = json!("");
    properties["backupInstanceExtendedProperties"] = extended(context, own);
    Listed {
        id: own.id.clone(),
        body: body.into(),
    }
}

/// What an instance does not say is null in a row.
fn fill_instance(properties: &mut Value) {
    for name in ["dataSourceInfo", "dataSourceSetInfo"] {
        if properties[name].is_object() {
            fill(&mut properties[name], &["baseUri", "resourceProperties"]);
        }
    }
    fill(
        properties,
        &[
            "dataSourceSetInfo",
            "dataSourceProperties",
            "datasourceAuthCredentials",
            "identityDetails",
            "protectionErrorDetails",
            "resourceGuardOperationRequests",
            "validationType",
        ],
    );
    fill(&mut properties["protectionStatus"], &["errorDetails"]);
    fill(&mut properties["policyInfo"], &["policyParameters"]);
}

/// Adds members that are not there as null.
fn fill(object: &mut Value, names: &[&str]) {
    for name in names {
        if object.get(*name).is_none() {
            object[*name] = Value::Null;
        }
    }
}

fn extended(context: &Context<'_>, own: &Resource) -> Value {
    let vault_id = own.id.parent();
    let vault = context.state.resource(&vault_id);
    let primary = vault.map(Resource::location).unwrap_or_default();
    let replicated = vault.and_then(|vault| vault.at("/properties/replicatedRegions")[0].as_str());
    let points = context.own.data_protection.recovery_points(&own.id);
    let time = |time: Option<Timestamp>| time.map_or_else(|| NEVER.to_owned(), wire_hundred_nanoseconds);
    let crosses = vault.is_some_and(restores_across_regions);
    let state = instance::protection_state(own);
    let replica = vault.and_then(|vault| Replica::of(context, vault));
    let copied = replica.as_ref().is_some_and(|replica| replica.has_begun(context));
    let copies = replica
        .map(|replica| replica.points(context, &own.id).0)
        .unwrap_or_default();
    json!({
        "allowedOperations": allowed_operations(context.rules, state, crosses),
        "vaultId": vault_id,
        "protectedPrimaryRegion": primary,
        "protectedSecondaryRegion": replicated.unwrap_or_default(),
        "protectionStateInSecondaryRegion": if copied { state } else { "NotProtected" },
        "dataSourceExtendedInfo": {"dataSourceId": short_name(context.rules, own)},
        "policyExtendedInfo": policy_extended(context, own),
        "recoveryPointInfo": {
            "latestRecoveryPointInPrimaryRegion": time(points.first().map(|point| point.time)),
            "oldestRecoveryPointInPrimaryRegion": time(points.last().map(|point| point.time)),
            "latestRecoveryPointInSecondaryRegion": time(copies.first().map(|point| point.time)),
            "oldestRecoveryPointInSecondaryRegion": time(copies.last().map(|point| point.time)),
        },
    })
}

/// What may be done to a protected instance; nobody has recorded it of other states.
fn allowed_operations<'a>(rules: &'a Rules, state: &str, crosses: bool) -> Vec<&'a String> {
    if state != "ProtectionConfigured" {
        return Vec::new();
    }
    let facts = &rules.vaults.listed_instance;
    let across = facts.across_regions.iter().filter(|_| crosses);
    facts.protected.iter().chain(across).collect()
}

/// How often the policy makes points and how long it keeps them. When a point is late, and how
/// much later the other region has it, the rules say.
fn policy_extended(context: &Context<'_>, own: &Resource) -> Value {
    let policy = instance::policy_id(own.at("/properties")).and_then(|id| context.state.resource(&id));
    let Some(policy) = policy else { return Value::Null };
    let every = rules_of(&policy.body, "AzureBackupRule")
        .flat_map(schedule::intervals_of)
        .map(|interval| interval.every())
        .min()
        .unwrap_or_default();
    let facts = &context.rules.vaults.listed_instance;
    let late = |every: SignedDuration| timespan(every.mul_f64(facts.late_after_intervals));
    let elsewhere = every + SignedDuration::from_hours(facts.hours_later);
    let longest = SignedDuration::from_hours(24 * retention::longest_days(&policy.body));
    json!({
        "configuredRPGenerationFrequency": timespan(every),
        "configuredMaximumRetention": timespan(longest),
        "rpoWarningThresholdInPrimaryRegion": late(every),
        "configuredRPGenerationFrequencyInSecondaryRegion": timespan(elsewhere),
        "configuredMaximumRetentionInSecondaryRegion": timespan(longest),
        "rpoWarningThresholdInSecondaryRegion": late(elsewhere),
    })
}
