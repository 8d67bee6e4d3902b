//! What a backup policy may say.

use std::collections::BTreeSet;

use serde_json::Value;

use super::datasource::is_retired;
use super::policy::rules_of;
use super::retention::store_of;
use super::{refused, retention, retention_checks, schedule};
use crate::gateway::Refusal;
use crate::rules::{DatasourceType, NewerVersion, PolicyFacts, rule, unplayed};
use crate::services::Context;
use crate::state::field;

fn invalid(context: &Context<'_>, why: impl Into<String>) -> Refusal {
    refused::by(context, rule::DPP_POLICY).because(why)
}

fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The one datasource type a policy is for.
fn check_types<'a>(context: &Context<'a>, types: &[Value]) -> Result<&'a DatasourceType, Refusal> {
    let mut found: Option<&DatasourceType> = None;
    for kind in types {
        let kind = kind.as_str().unwrap_or_default();
        let Some(own) = context.rules.datasources.of_type(kind) else {
            let why = format!("`{kind}` is no datasource type of Azure Backup");
            return Err(refused::perhaps_by(context, rule::FX_B_DATASOURCE, why));
        };
        match found {
            Some(other) if other.name != own.name => {
                let other = &other.name;
                let why = format!("a policy is for one datasource type, and not for `{other}` and `{kind}`");
                return Err(refused::perhaps_by(context, rule::FX_B_DATASOURCE, why));
            }
            _ => found = Some(own),
        }
    }
    found.ok_or_else(|| invalid(context, "datasourceTypes names no datasource type"))
}

/// Refuses a policy that cannot be. Of datasources that are not played a policy is kept, as Azure keeps
/// it, and nothing is looked at: no instance can be made with it.
pub(super) fn check(context: &Context<'_>, sent: &Value) -> Result<(), Refusal> {
    let types = elements(field(field(sent, "properties"), "datasourceTypes"));
    let datasource = check_types(context, types)?;
    check_names(context, sent)?;
    let has_default =
        rules_of(sent, "AzureRetentionRule").any(|rule| field(rule, "isDefault").as_bool() == Some(true));
    if !has_default {
        return Err(invalid(
            context,
            "policyRules holds no default AzureRetentionRule",
        ));
    }
    let Some(played) = &datasource.played else {
        return Ok(());
    };
    if is_retired(context, played.name) {
        return Err(refused::by(context, rule::SS_B_21));
    }
    retention_checks::check(context, sent, &played.policy)?;
    check_backups(context, sent, &played.policy, played.newer.as_ref())
}

/// Rules are told apart by their names: backups name the one they follow, tags the one they are kept by.
fn check_names(context: &Context<'_>, sent: &Value) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for rule in elements(field(field(sent, "properties"), "policyRules")) {
        let name = field(rule, "name").as_str().unwrap_or_default();
        if !seen.insert(name.to_ascii_lowercase()) {
            let why = format!("policyRules has two rules with the name `{name}`");
            return Err(refused::perhaps_by(context, rule::DPP_POLICY, why));
        }
    }
    Ok(())
}

/// Every schedule that is known of repeats for ever.
fn check_counts(intervals: &[Value]) -> Result<(), Refusal> {
    let counted = |interval: &&str| {
        let count = interval.strip_prefix('R').and_then(|rest| rest.split('/').next());
        count.is_some_and(|count| !count.is_empty() && count.bytes().all(|digit| digit.is_ascii_digit()))
    };
    match intervals.iter().filter_map(Value::as_str).find(counted) {
        Some(interval) => Err(Refusal::not_played(
            unplayed::ScheduleThatEnds,
            &[("interval", interval)],
        )),
        None => Ok(()),
    }
}

fn check_backups(
    context: &Context<'_>,
    sent: &Value,
    facts: &PolicyFacts,
    newer: Option<&NewerVersion>,
) -> Result<(), Refusal> {
    if rules_of(sent, "AzureBackupRule").next().is_none() {
        return Err(invalid(context, "policyRules holds no AzureBackupRule"));
    }
    for rule in rules_of(sent, "AzureBackupRule") {
        let store = store_of(field(rule, "dataStore"));
        if !store.eq_ignore_ascii_case(&facts.store) {
            let why = format!(
                "a backup of PostgreSQL goes to the {}, not to `{store}`",
                facts.store
            );
            return Err(refused::perhaps_by(context, rule::FX_B_16, why));
        }
        let kind = field(field(rule, "backupParameters"), "backupType")
            .as_str()
            .unwrap_or_default();
        if !kind.eq_ignore_ascii_case(&facts.backup_type) {
            let why = format!(
                "backupType `{kind}`: those of PostgreSQL are {}",
                facts.backup_type
            );
            return Err(refused::perhaps_by(context, rule::DPP_POLICY, why));
        }
        let trigger = field(rule, "trigger");
        let intervals = elements(field(field(trigger, "schedule"), "repeatingTimeIntervals"));
        check_counts(intervals)?;
        let fit = schedule::intervals_of(rule)
            .filter(|interval| interval.is_every(facts.every_days))
            .count();
        if intervals.is_empty() || fit < intervals.len() {
            let every = facts.every_days;
            let why = format!("a schedule of PostgreSQL repeats every {every} days, as R/…/P1W does");
            let newer = newer.map(|newer| newer.schedule);
            return Err(refused::by(context, rule::DPP_WEEKLY).because(why).by(newer));
        }
    }
    retention::check_tags(sent).map_err(|why| refused::perhaps_by(context, rule::DPP_TAG, why))
}
