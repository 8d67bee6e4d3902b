//! What a single server cannot be: its storage, and its SKU, whose name says all of it.

use serde_json::Value;

use super::proposal::{ServerProposal, SettingResult, create_mode, property, says, text, unless};
use crate::gateway::Refusal;
use crate::rules::{RuleId, TierRow, rule, unplayed};
use crate::state::field;

const SIZE: [&str; 2] = ["storageProfile", "storageMB"];

/// Refuses by name what could be on Azure and is not played.
pub(super) fn check_played(asked: &ServerProposal<'_>) -> Result<(), Refusal> {
    const VERSION: [&str; 1] = ["version"];
    if asked.existing.is_none() || !says(asked.sent(&VERSION)) || asked.is_already(&VERSION) {
        return Ok(());
    }
    Err(Refusal::not_played(unplayed::MajorUpgrade, &[]))
}

pub(super) fn check(asked: &ServerProposal<'_>) -> SettingResult {
    create_mode(asked)?;
    let tier = tier(asked, field(asked.wanted, "sku"))?;
    let before = asked
        .existing
        .and_then(|server| field(field(server, "sku"), "tier").as_str());
    unless(
        before.is_none_or(|before| before == tier.name || !tier.alone && !stands_alone(asked, before)),
        rule::PG_SINGLE_TIER_CHANGE,
    )?;
    let geo = text(asked.wanted, &["storageProfile", "geoRedundantBackup"]);
    unless(
        tier.geo_redundant || !geo.eq_ignore_ascii_case("Enabled"),
        rule::PG_SINGLE_BASIC_GEO,
    )?;
    storage(asked, tier)
}

fn stands_alone(asked: &ServerProposal<'_>, tier: &str) -> bool {
    let rows = &asked.context.rules.single_server.tiers;
    rows.iter().any(|row| row.alone && row.name == tier)
}

/// The tier of a SKU, if all of it agrees with its name.
fn tier<'a>(asked: &ServerProposal<'a>, sku: &Value) -> Result<&'a TierRow, RuleId> {
    let name = field(sku, "name").as_str().unwrap_or_default();
    let rows = &asked.context.rules.single_server.tiers;
    let found = rows.iter().find_map(|row| {
        let cores = row.cores.iter();
        let mut names = cores.map(|cores| (cores, format!("{}_{}_{cores}", row.prefix, row.generation)));
        let (cores, _) = names.find(|(_, sold)| sold == name)?;
        Some((row, *cores))
    });
    let (row, cores) = found.ok_or(rule::PG_SINGLE_SKU)?;
    let is = |member: &str, wanted: &str| {
        field(sku, member)
            .as_str()
            .is_none_or(|value| value.eq_ignore_ascii_case(wanted))
    };
    let capacity = field(sku, "capacity").as_f64();
    unless(
        is("tier", &row.name)
            && is("family", &row.generation)
            && capacity.is_none_or(|capacity| capacity == f64::from(cores)),
        rule::PG_SINGLE_SKU,
    )?;
    Ok(row)
}

fn storage(asked: &ServerProposal<'_>, tier: &TierRow) -> SettingResult {
    let size_of = |body| property(body, &SIZE).as_f64();
    let Some(size) = size_of(asked.wanted) else {
        return Ok(());
    };
    let step = asked.context.rules.single_server.storage_step.megabytes;
    let whole = size as u64;
    let sold = size >= 0.0
        && (tier.min_storage_mb..=tier.max_storage_mb).contains(&whole)
        && whole.is_multiple_of(step);
    unless(sold, rule::PG_SINGLE_STORAGE)?;
    let before = asked.existing.and_then(size_of);
    unless(
        before.is_none_or(|before| size >= before),
        rule::PG_SINGLE_STORAGE_SHRINKS,
    )
}
