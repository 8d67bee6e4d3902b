//! What the retention rules of a policy may say: which stores they keep in, for how long, and when they copy.

use serde_json::Value;

use super::policy::rules_of;
use super::recovery_point::ARCHIVE_STORE;
use super::refused;
use super::retention::{self, CopyAfter, copies, copy_after, duration_of, source, store_of};
use crate::gateway::Refusal;
use crate::rules::{ArchiveFacts, PolicyFacts, rule};
use crate::services::Context;
use crate::state::field;

/// Refuses a policy with a retention rule that cannot be.
pub(super) fn check(context: &Context<'_>, sent: &Value, facts: &PolicyFacts) -> Result<(), Refusal> {
    for rule in rules_of(sent, "AzureRetentionRule") {
        check_rule(context, rule, facts)?;
    }
    Ok(())
}

/// A lifecycle for vault storage, and one for the archive it copies to, if it copies.
fn check_rule(context: &Context<'_>, rule: &Value, facts: &PolicyFacts) -> Result<(), Refusal> {
    let name = field(rule, "name").as_str().unwrap_or_default();
    let about = |why: String| format!("retention rule `{name}`: {why}");
    let lifecycles = retention::lifecycles(rule);
    for lifecycle in lifecycles {
        check_stores(context, lifecycle, facts)?;
    }
    let of_vault = |own: &&Value| source(own).eq_ignore_ascii_case(&facts.store);
    let (first, others): (Vec<&Value>, Vec<&Value>) = lifecycles.iter().partition(of_vault);
    let [first] = first[..] else {
        let why = about(format!(
            "{} lifecycles of the {} instead of one",
            first.len(),
            facts.store
        ));
        return Err(refused::perhaps_by(context, rule::DPP_POLICY, why));
    };
    let shortest = context
        .rules
        .takes(rule::FX_B_17, "seven_days_to_ten_years")
        .then_some(facts.shortest.as_str());
    retention::check_duration(duration_of(first), context.now, shortest, &facts.longest)
        .map_err(|why| refused::perhaps_by(context, rule::FX_B_17, about(why)))?;
    let Some(archive) = &facts.archive else {
        return Ok(());
    };
    check_archive(context, first, &others, archive)
        .map_err(|why| refused::perhaps_by(context, rule::SS_B_ARCHIVE, about(why)))
}

/// No store but those the datasource has, and no copy but one from vault storage to the archive.
fn check_stores(context: &Context<'_>, lifecycle: &Value, facts: &PolicyFacts) -> Result<(), Refusal> {
    let own = source(lifecycle);
    let targets = || {
        copies(lifecycle)
            .iter()
            .map(|copy| store_of(field(copy, "dataStore")))
    };
    let archived = |store: &str| store.eq_ignore_ascii_case(ARCHIVE_STORE);
    if facts.archive.is_none() && (archived(own) || targets().any(archived)) {
        let why = "flexible servers have no archive tier";
        return Err(refused::by(context, rule::FX_B_16).because(why));
    }
    let known = |store: &str| store.eq_ignore_ascii_case(&facts.store) || archived(store);
    if let Some(store) = targets().chain([own]).find(|store| !known(store)) {
        let vault = &facts.store;
        let why = format!("a backup of PostgreSQL is kept in the {vault}, not in `{store}`");
        return Err(refused::perhaps_by(context, rule::FX_B_16, why));
    }
    match targets().find(|store| archived(own) || !archived(store)) {
        Some(store) => {
            let why = format!("targetDataStoreCopySettings copies from the {own} to the {store}");
            Err(refused::perhaps_by(context, rule::FX_B_16, why))
        }
        None => Ok(()),
    }
}

/// What is copied to the archive is kept there for a time that it takes, and nothing else is kept there.
fn check_archive(
    context: &Context<'_>,
    first: &Value,
    others: &[&Value],
    facts: &ArchiveFacts,
) -> Result<(), String> {
    let store = ARCHIVE_STORE;
    let (copy, kept) = match (copies(first), others) {
        ([], []) => return Ok(()),
        ([copy], [kept]) => (copy, kept),
        ([], _) => return Err(format!("a lifecycle of the {store}, and nothing is copied there")),
        ([_], []) => {
            return Err(format!(
                "it copies to the {store}, and does not say how long it is kept there"
            ));
        }
        ([_], _) => {
            return Err(format!(
                "{} lifecycles of the {store} instead of one",
                others.len()
            ));
        }
        (copies, _) => return Err(format!("{} copies to the {store} instead of one", copies.len())),
    };
    let now = context.now;
    retention::check_duration(duration_of(kept), now, Some(&facts.shortest), &facts.longest)
        .map_err(|why| format!("in the {store}: {why}"))?;
    match copy_after(copy) {
        Some(CopyAfter::Expiry | CopyAfter::AtOnce) => Ok(()),
        Some(CopyAfter::Time(time)) => {
            let own = duration_of(first);
            retention::check_duration(time, now, None, own)
                .map_err(|why| format!("the duration of its CustomCopyOption: {why}"))
        }
        None => Err("its CustomCopyOption has no duration".to_owned()),
    }
}
