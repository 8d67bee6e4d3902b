//! What can be restored.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::Take;
use crate::run::ended::refused;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::Part;

/// Lists recovery points: of the vault's region, or of another one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecoveryPoints {
    /// The region the vault's is paired with, for those that are there.
    in_region: Option<String>,
}

impl Take for RecoveryPoints {
    const NEEDS: &'static [Part] = &[Part::Vault, Part::Server, Part::Instance];

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let response = play.recovery_points(self.in_region.as_deref()).await?;
        let mut outcome = match response.status.is_success() {
            true => Outcome::done(),
            false => Outcome::of(&refused(&response)),
        };
        outcome.status = response.status.as_u16().to_string();
        let listed = response.json_body();
        let points = listed["value"].as_array().map_or(&[][..], Vec::as_slice);
        // Who is refused has counted nothing.
        outcome.count = response.status.is_success().then_some(points.len() as u64);
        if outcome.count.is_some() {
            outcome.message = if points.len() > LISTED_MAX {
                by_rule(points, |tag| play.kept_for(tag))
            } else {
                points.iter().map(kept).collect::<Vec<_>>().join(", ")
            };
        }
        Ok(outcome)
    }
}

/// More of them are told by the retention rule that keeps them.
const LISTED_MAX: usize = 20;

/// Which rule keeps how many, from the oldest to the newest: those first whose oldest is older.
fn by_rule(points: &[Value], kept_for: impl Fn(&str) -> Option<String>) -> String {
    let mut days: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for point in points {
        let properties = &point["properties"];
        let day = properties["recoveryPointTime"]
            .as_str()
            .and_then(|time| time.get(..10));
        let tag = properties["retentionTagName"].as_str().unwrap_or_default();
        days.entry(tag).or_default().extend(day);
    }
    let mut rules: Vec<_> = days.into_iter().collect();
    rules.sort_by_key(|(_, days)| days.first().copied());
    let told = rules.into_iter().map(|(tag, days)| {
        let rule = kept_for(tag).map_or_else(String::new, |keep| format!(" ({keep})"));
        let (oldest, newest) = (days.first().unwrap_or(&""), days.last().unwrap_or(&""));
        format!("{tag}{rule} keeps {}, from {oldest} to {newest}", days.len())
    });
    told.collect::<Vec<_>>().join("; ")
}

/// The day of a recovery point, its tag, until when it is kept, as far as it says so, and in what if not in vault
/// storage alone.
fn kept(point: &Value) -> String {
    let properties = &point["properties"];
    let day = |name: &str| properties[name].as_str().and_then(|time| time.get(..10));
    let mut text = day("recoveryPointTime").unwrap_or_default().to_owned();
    text += " ";
    text += properties["retentionTagName"].as_str().unwrap_or_default();
    if let Some(until) = day("expiryTime") {
        text += " until ";
        text += until;
    }
    let stores = properties["recoveryPointDataStoresDetails"].as_array();
    let stores = stores
        .into_iter()
        .flatten()
        .filter_map(|own| own["type"].as_str());
    let stores: Vec<&str> = stores.collect();
    if stores.contains(&"ArchiveStore") {
        text += " in the ";
        text += &stores.join(" and the ");
    }
    text
}
