//! What a flexible server cannot be: its storage, its zones and standby, its role, its version.

use super::proposal::{ServerProposal, SettingResult, create_mode, property, says, text, unless};
use serde_json::Value;

use crate::gateway::Refusal;
use crate::rules::{rule, unplayed};
use crate::services::postgres::sizes::is_available;
use crate::state::field;

/// Refuses by name what could be on Azure and is not played.
pub(super) fn check_played(asked: &ServerProposal<'_>) -> Result<(), Refusal> {
    refuse_own_key(field(asked.sent, "properties"))?;
    let kind = text(asked.sent, &["storage", "type"]);
    if !asked.context.rules.servers.capabilities.storage.plays(kind) {
        return Err(Refusal::not_played(
            unplayed::FlexibleStorageType,
            &[("kind", kind)],
        ));
    }
    let cluster = asked.sent(&["cluster", "clusterSize"]);
    if cluster.as_u64().is_some_and(|size| size > 0) {
        let also = &asked.context.rules.rule(rule::V2_01).also;
        let refusal = Refusal::not_played(unplayed::ElasticClusters, &[]).by([rule::V2_01]);
        return Err(refusal.by(also.iter().copied()));
    }
    let higher = match (asked.existing, version(asked.sent)) {
        (Some(server), Some(asked)) => version(server).is_some_and(|before| before < asked),
        _ => false,
    };
    if higher && is_version(asked) {
        return Err(Refusal::not_played(unplayed::MajorUpgrade, &[]));
    }
    Ok(())
}

pub(super) fn check(asked: &ServerProposal<'_>) -> SettingResult {
    create_mode(asked)?;
    check_version(asked)?;
    storage(asked)?;
    zones(asked)?;
    standby(asked)?;
    role(asked)?;
    source(asked)?;
    let off = |way: &str| text(asked.wanted, &["authConfig", way]).eq_ignore_ascii_case("Disabled");
    unless(
        !(off("activeDirectoryAuth") && off("passwordAuth")),
        rule::PG_NO_AUTHENTICATION,
    )?;
    let geo = text(asked.sent, &["backup", "geoRedundantBackup"]).eq_ignore_ascii_case("Enabled");
    let pair = asked.context.rules.pair_of(location(asked));
    unless(!geo || pair.is_some(), rule::PG_GEO_WITHOUT_PAIR)
}

fn location<'a>(asked: &ServerProposal<'a>) -> &'a str {
    field(asked.wanted, "location").as_str().unwrap_or_default()
}

fn version(body: &serde_json::Value) -> Option<u32> {
    text(body, &["version"]).parse().ok()
}

/// Whether what is said of the version is one there is.
fn is_version(asked: &ServerProposal<'_>) -> bool {
    let at_hand = &asked.context.settings.postgres_majors;
    let minors = &asked.context.rules.servers.minors;
    version(asked.sent)
        .is_some_and(|asked| at_hand.contains(&asked) || minors.iter().any(|row| row.major == asked))
}

fn check_version(asked: &ServerProposal<'_>) -> SettingResult {
    if !says(asked.sent(&["version"])) {
        return Ok(());
    }
    unless(is_version(asked), rule::PG_VERSION_UNKNOWN)?;
    let before = asked.existing.and_then(version);
    unless(version(asked.sent) >= before, rule::PG_VERSION_LOWER)
}

fn storage(asked: &ServerProposal<'_>) -> SettingResult {
    let facts = &asked.context.rules.servers.capabilities.storage;
    let size_of = |body| property(body, &["storage", "storageSizeGB"]).as_f64();
    let Some(size) = size_of(asked.wanted) else {
        return Ok(());
    };
    let before = asked.existing.and_then(size_of);
    // Clients write whole numbers with a fraction, too.
    let whole = size as u64;
    unless(
        size >= 0.0 && (before == Some(size) || facts.is_sold(whole)),
        rule::PG_STORAGE_NOT_SOLD,
    )?;
    unless(
        before.is_none_or(|before| size >= before),
        rule::PG_STORAGE_SHRINKS,
    )?;
    // Clients that make it larger say the tier and the operations again that it had.
    let grows = before.is_some_and(|before| size > before);
    let echoed = |name: &str| grows && asked.is_already(&["storage", name]);
    let tiers = facts.tiers_of(whole);
    let tier = text(asked.sent, &["storage", "tier"]);
    let found = tiers.iter().find(|(known, _)| known.eq_ignore_ascii_case(tier));
    unless(
        tier.is_empty() || found.is_some() || echoed("tier"),
        rule::PG_STORAGE_TIER,
    )?;
    let iops = asked.sent(&["storage", "iops"]);
    let of_tier = found.or_else(|| tiers.first()).map(|(_, iops)| f64::from(*iops));
    unless(
        iops.is_null()
            || iops.as_f64() == of_tier
            || echoed("iops")
            || asked.is_already(&["storage", "iops"]),
        rule::PG_STORAGE_IOPS,
    )?;
    let throughput = asked.sent(&["storage", "throughput"]).as_f64();
    unless(
        throughput.is_none_or(|throughput| throughput == 0.0),
        rule::PG_STORAGE_THROUGHPUT,
    )
}

fn zones(asked: &ServerProposal<'_>) -> SettingResult {
    let zones = asked.context.rules.zones_of(location(asked));
    let zone = text(asked.sent, &["availabilityZone"]);
    unless(
        zone.is_empty() || zones.iter().any(|known| known == zone),
        rule::PG_ZONE_UNKNOWN,
    )?;
    let redundant = text(asked.wanted, &["highAvailability", "mode"]).eq_ignore_ascii_case("ZoneRedundant");
    unless(!redundant || zones.len() > 1, rule::PG_REDUNDANCY_WITHOUT_ZONES)
}

fn standby(asked: &ServerProposal<'_>) -> SettingResult {
    const STANDBY: [&str; 2] = ["highAvailability", "standbyAvailabilityZone"];
    let mode = property(asked.wanted, &["highAvailability", "mode"]);
    let word = mode.as_str().unwrap_or_default();
    let said = text(asked.sent, &STANDBY);
    if !is_available(mode) {
        return unless(
            said.is_empty() || asked.is_already(&STANDBY),
            rule::PG_STANDBY_WITHOUT_AVAILABILITY,
        );
    }
    let standby = text(asked.wanted, &STANDBY);
    if standby.is_empty() {
        return Ok(());
    }
    let zones = asked.context.rules.zones_of(location(asked));
    unless(
        zones.iter().any(|known| known == standby),
        rule::PG_STANDBY_UNKNOWN,
    )?;
    let zone = text(asked.wanted, &["availabilityZone"]);
    if word.eq_ignore_ascii_case("SameZone") {
        unless(zone == standby, rule::PG_STANDBY_ELSEWHERE)?;
    } else {
        unless(zone != standby, rule::PG_STANDBY_IN_SAME_ZONE)?;
    }
    let before = asked
        .existing
        .map(|server| text(server, &STANDBY))
        .unwrap_or_default();
    let stays = asked
        .existing
        .is_some_and(|server| text(server, &["highAvailability", "mode"]) == word);
    unless(
        !stays || before.is_empty() || before == standby,
        rule::PG_STANDBY_FIXED,
    )
}

/// No server here is a replica of another.
fn role(asked: &ServerProposal<'_>) -> SettingResult {
    const OF_NEW: [&str; 2] = ["None", "Primary"];
    for path in [&["replicationRole"][..], &["replica", "role"]] {
        let role = text(asked.sent, path);
        let fits = match asked.existing {
            None => OF_NEW.iter().any(|known| known.eq_ignore_ascii_case(role)),
            Some(_) => asked.is_already(path),
        };
        unless(role.is_empty() || fits, rule::PG_ROLE_OF_ANOTHER)?;
    }
    let promotes = ["promoteMode", "promoteOption"]
        .iter()
        .any(|name| says(asked.sent(&["replica", name])));
    unless(!promotes, rule::PG_PROMOTION)
}

fn source(asked: &ServerProposal<'_>) -> SettingResult {
    let unsaid = |name: &str| !says(asked.sent(&[name])) || asked.is_already(&[name]);
    unless(
        unsaid("sourceServerResourceId") && unsaid("pointInTimeUTC"),
        rule::PG_SOURCE_WITHOUT_MODE,
    )
}

/// A key nobody has looked at is no encryption.
fn refuse_own_key(properties: &Value) -> Result<(), Refusal> {
    const OWN_KEY: [&str; 4] = [
        "primaryKeyURI",
        "primaryUserAssignedIdentityId",
        "geoBackupKeyURI",
        "geoBackupUserAssignedIdentityId",
    ];
    let encryption = field(properties, "dataEncryption");
    let text = |name: &str| field(encryption, name).as_str().unwrap_or_default();
    let named = OWN_KEY.iter().any(|name| !text(name).is_empty());
    if named || text("type").eq_ignore_ascii_case("AzureKeyVault") {
        return Err(Refusal::not_played(unplayed::ServerKeyOfOnesOwn, &[]).by([rule::FX_B_15]));
    }
    Ok(())
}
