//! What a backup policy may say.

use std::collections::BTreeSet;

use serde_json::Value;

use super::datasource::{FLEXIBLE_SERVER, SINGLE_SERVER_DATABASE, is_retired};
use super::policies::rules_of;
use super::{retention, schedule};
use crate::gateway::Refusal;
use crate::rules::{Flavour, Mark, RuleId, code, rule};
use crate::services::Context;
use crate::state::field;

/// The one store backups of PostgreSQL are kept in, as far as it is played.
const VAULT_STORE: &str = "VaultStore";
const ARCHIVE_STORE: &str = "ArchiveStore";

fn invalid(context: &Context<'_>, why: impl Into<String>) -> Refusal {
    Refusal::user_facing(context.rules.error(code::BMSUserErrorInvalidInput), &[]).because(why)
}

/// The same, where that Azure refuses it is an inference.
fn perhaps_invalid(context: &Context<'_>, rule: RuleId, why: impl Into<String>) -> Refusal {
    let mut refusal = invalid(context, why).by([rule]);
    refusal.mark = Mark::Inferred;
    refusal
}

fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Whether the one datasource type a policy is for is played.
fn check_types(context: &Context<'_>, types: &[Value]) -> Result<bool, Refusal> {
    let mut found: Option<(&str, bool)> = None;
    for kind in types {
        let kind = kind.as_str().unwrap_or_default();
        let Some(own) = context.rules.vaults.datasource_type(kind) else {
            let why = format!("`{kind}` is no datasource type of Azure Backup");
            return Err(perhaps_invalid(context, rule::FX_B_DATASOURCE, why));
        };
        match found {
            Some((other, _)) if other != own.name => {
                let why = format!("a policy is for one datasource type, and not for `{other}` and `{kind}`");
                return Err(perhaps_invalid(context, rule::FX_B_DATASOURCE, why));
            }
            _ => found = Some((own.name.as_str(), own.played)),
        }
    }
    match found {
        Some((_, played)) => Ok(played),
        None => Err(invalid(context, "datasourceTypes names no datasource type")),
    }
}

/// Refuses a policy that cannot be. Of datasources that are not played a policy is kept, as Azure keeps
/// it, and nothing is looked at: no instance can be made with it.
pub(super) fn check(context: &Context<'_>, sent: &Value) -> Result<(), Refusal> {
    let types = elements(field(field(sent, "properties"), "datasourceTypes"));
    let played = check_types(context, types)?;
    check_names(context, sent)?;
    let has_default =
        rules_of(sent, "AzureRetentionRule").any(|rule| field(rule, "isDefault").as_bool() == Some(true));
    if !has_default {
        return Err(invalid(
            context,
            "policyRules holds no default AzureRetentionRule",
        ));
    }
    let is_for = |wanted: &str| {
        types
            .iter()
            .filter_map(Value::as_str)
            .any(|kind| kind.eq_ignore_ascii_case(wanted))
    };
    if is_for(SINGLE_SERVER_DATABASE) && is_retired(context, Flavour::SingleServer) {
        let error = context.rules.error(code::SyntheticSingleServerRetired);
        return Err(Refusal::user_facing(error, &[]).by([rule::SS_B_21]));
    }
    if played {
        check_retentions(context, sent, is_for(FLEXIBLE_SERVER))?;
        check_backups(context, sent)?;
    }
    Ok(())
}

/// Rules are told apart by their names: backups name the one they follow, tags the one they are kept by.
fn check_names(context: &Context<'_>, sent: &Value) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for rule in elements(field(field(sent, "properties"), "policyRules")) {
        let name = field(rule, "name").as_str().unwrap_or_default();
        if !seen.insert(name.to_ascii_lowercase()) {
            let why = format!("policyRules has two rules with the name `{name}`");
            return Err(perhaps_invalid(context, rule::FX_B_16, why));
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
        Some(interval) => Err(Refusal::not_played(&format!(
            "a schedule that repeats so many times and no more (`{interval}`)"
        ))),
        None => Ok(()),
    }
}

fn check_backups(context: &Context<'_>, sent: &Value) -> Result<(), Refusal> {
    if rules_of(sent, "AzureBackupRule").next().is_none() {
        return Err(invalid(context, "policyRules holds no AzureBackupRule"));
    }
    for rule in rules_of(sent, "AzureBackupRule") {
        let store = store_of(field(rule, "dataStore"));
        if !store.eq_ignore_ascii_case(VAULT_STORE) {
            let why = format!("a backup of PostgreSQL goes to the VaultStore, not to `{store}`");
            return Err(perhaps_invalid(context, rule::FX_B_16, why));
        }
        let kind = field(field(rule, "backupParameters"), "backupType")
            .as_str()
            .unwrap_or_default();
        if !kind.eq_ignore_ascii_case("Full") {
            let why = format!("backupType `{kind}`: backups of PostgreSQL are full ones");
            return Err(perhaps_invalid(context, rule::FX_B_16, why));
        }
        let trigger = field(rule, "trigger");
        let intervals = elements(field(field(trigger, "schedule"), "repeatingTimeIntervals"));
        check_counts(intervals)?;
        let weekly = schedule::intervals_of(rule)
            .filter(schedule::Interval::is_weekly)
            .count();
        if intervals.is_empty() || weekly < intervals.len() {
            let error = context
                .rules
                .error(code::BMSUserErrorDPPBackupPolicyBackupFrequencyNotMatchingRule);
            return Err(
                Refusal::user_facing(error, &[]).because("a schedule of PostgreSQL repeats weekly (R/…/P1W)")
            );
        }
    }
    retention::check_tags(sent).map_err(|why| perhaps_invalid(context, rule::DPP_TAG, why))
}

fn store_of(store: &Value) -> &str {
    field(store, "dataStoreType").as_str().unwrap_or_default()
}

fn check_retentions(context: &Context<'_>, sent: &Value, flexible: bool) -> Result<(), Refusal> {
    let limits = &context.rules.vaults.retention;
    let shortest = context
        .rules
        .takes(rule::FX_B_17, "seven_days_to_ten_years")
        .then_some(limits.shortest.as_str());
    for rule in rules_of(sent, "AzureRetentionRule") {
        let name = field(rule, "name").as_str().unwrap_or_default();
        let about = |why: String| format!("retention rule `{name}`: {why}");
        let lifecycles = elements(field(rule, "lifecycles"));
        for lifecycle in lifecycles {
            check_stores(context, lifecycle, flexible)?;
        }
        if lifecycles.len() != 1 {
            let why = about(format!("{} lifecycles instead of one", lifecycles.len()));
            return Err(perhaps_invalid(context, rule::FX_B_16, why));
        }
        retention::check_duration(rule, context.now, shortest, &limits.longest)
            .map_err(|why| perhaps_invalid(context, rule::FX_B_17, about(why)))?;
    }
    Ok(())
}

/// A flexible server's backups have no archive tier; a single server's have one, which is not played.
fn check_stores(context: &Context<'_>, lifecycle: &Value, flexible: bool) -> Result<(), Refusal> {
    let source = store_of(field(lifecycle, "sourceDataStore"));
    let copies = elements(field(lifecycle, "targetDataStoreCopySettings"));
    let stores: Vec<&str> = copies
        .iter()
        .map(|copy| store_of(field(copy, "dataStore")))
        .chain([source])
        .collect();
    let archive = stores
        .iter()
        .any(|store| store.eq_ignore_ascii_case(ARCHIVE_STORE));
    if flexible && archive {
        return Err(invalid(context, "flexible servers have no archive tier").by([rule::FX_B_16]));
    }
    if archive {
        return Err(Refusal::not_played(
            "the archive tier of backups: ArchiveStore, and copies to it by targetDataStoreCopySettings",
        ));
    }
    match stores
        .iter()
        .find(|store| !store.eq_ignore_ascii_case(VAULT_STORE))
    {
        Some(store) => {
            let why = format!("a backup of PostgreSQL is kept in the VaultStore, not in `{store}`");
            Err(perhaps_invalid(context, rule::FX_B_16, why))
        }
        None if !copies.is_empty() => {
            let why = "targetDataStoreCopySettings copies from the VaultStore to itself";
            Err(perhaps_invalid(context, rule::FX_B_16, why))
        }
        None => Ok(()),
    }
}
