//! What the region a vault's is paired with has of the vault. Nothing is moved for it: the documents say when a copy is
//! there, and from then on it is.

use jiff::SignedDuration;

use super::datasource::Datasource;
use super::recovery_point::RecoveryPoint;
use crate::model::{ResourceId, Timestamp};
use crate::rules::{PlayedDatasource, RuleId, rule};
use crate::services::Context;
use crate::state::Resource;

/// The other region's copy of a vault.
#[derive(Clone, Debug)]
pub(super) struct Replica {
    region: String,
    since: Timestamp,
}

/// What keeps a recovery point from being there.
pub(super) struct Awaited {
    /// From when on it is there.
    pub(super) from: Timestamp,
    /// The rule by which it is not there before.
    pub(super) rule: RuleId,
}

impl Replica {
    /// That of a vault whose backups may be restored there. `None` also if there is no such region.
    pub(super) fn of(context: &Context<'_>, vault: &Resource) -> Option<Self> {
        let since = *context.own.data_protection.copied_since.get(&vault.id)?;
        let region = vault.at("/properties/replicatedRegions")[0].as_str()?;
        Some(Self {
            region: region.to_owned(),
            since,
        })
    }

    /// The region.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// When the first copies are there.
    fn begins(&self, context: &Context<'_>) -> Timestamp {
        let hours = match context.rules.takes(rule::FX_CR_03, "after_48_hours") {
            true => context.rules.vaults.cross_region.first_hours,
            false => 0,
        };
        self.since + SignedDuration::from_hours(hours)
    }

    /// Whether the first copies are there.
    pub(super) fn has_begun(&self, context: &Context<'_>) -> bool {
        self.begins(context) <= context.now
    }

    /// What a recovery point waits for, as long as it is not there.
    pub(super) fn lacks(
        &self,
        context: &Context<'_>,
        played: &PlayedDatasource,
        point: &RecoveryPoint,
    ) -> Option<Awaited> {
        let facts = &context.rules.vaults;
        let hours = match context.rules.takes(played.copied_by, "after_12_hours") {
            true => facts.cross_region.hours_later,
            false => facts.listed_instance.hours_later,
        };
        let copied = Awaited {
            from: point.time + SignedDuration::from_hours(hours),
            rule: played.copied_by,
        };
        let first = Awaited {
            from: self.begins(context),
            rule: rule::FX_CR_03,
        };
        let last = if copied.from < first.from { first } else { copied };
        (context.now < last.from).then_some(last)
    }

    /// The recovery points of an instance that are there, newest first, and what the first of the others waits for.
    pub(super) fn points<'a>(
        &self,
        context: &'a Context<'_>,
        instance: &ResourceId,
    ) -> (Vec<&'a RecoveryPoint>, Option<Awaited>) {
        let protects = context.state.resource(instance);
        let source = protects.and_then(|own| Datasource::of(context.rules, own.at("/properties")));
        let Some(source) = source else {
            return (Vec::new(), None);
        };
        let played = source.played(context.rules);
        let mut awaited = None;
        let mut there = Vec::new();
        for point in context.own.data_protection.recovery_points(instance) {
            match self.lacks(context, played, point) {
                Some(later) => awaited = Some(later),
                None => there.push(point),
            }
        }
        (there, awaited)
    }
}
