//! What runs have come to, so that one that comes to nothing is seen.

use std::collections::{BTreeMap, BTreeSet};

use azdrill_emulator::rules::{RuleKind, Rules};
use serde::{Deserialize, Serialize};

use super::wrong::KINDS;

/// Where a job or protection can be seen to stand.
pub const PHASES: [&str; 12] = [
    "Backup InProgress",
    "Backup Completed",
    "Backup Failed",
    "Restore InProgress",
    "Restore Completed",
    "Restore Failed",
    "ConfiguringProtection",
    "ProtectionConfigured",
    "UpdatingProtection",
    "ProtectionError",
    "ProtectionStopped",
    "BackupsSuspended",
];

/// What was come to, each with how often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Rules that decided something, or that the log tells of.
    pub rules: BTreeMap<String, u64>,
    /// Operations that were asked for.
    pub operations: BTreeMap<String, u64>,
    /// Where jobs and protection were seen.
    pub phases: BTreeMap<String, u64>,
    /// Kinds of faults that struck.
    pub faults: BTreeMap<String, u64>,
    /// Kinds of steps, with whether they were let through.
    pub steps: BTreeMap<String, u64>,
}

/// How much there is to come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Rules, without rows that only say what an error is.
    pub rules: usize,
    /// Operations with a row.
    pub operations: usize,
    /// See [`PHASES`].
    pub phases: usize,
    /// See [`KINDS`].
    pub faults: usize,
}

impl Totals {
    /// By the rules.
    pub fn of(rules: &Rules) -> Self {
        let stated = rules.stated.values();
        Self {
            rules: stated.filter(|rule| rule.kind != RuleKind::Error).count(),
            operations: rules.router.operations().len(),
            phases: PHASES.len(),
            faults: KINDS.len(),
        }
    }
}

impl Coverage {
    /// Counts one more.
    pub(super) fn count(list: &mut BTreeMap<String, u64>, what: &str, times: u64) {
        match list.get_mut(what) {
            Some(count) => *count += times,
            None => {
                list.insert(what.to_owned(), times);
            }
        }
    }

    /// Adds what others have come to.
    pub fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.rules, &other.rules),
            (&mut self.operations, &other.operations),
            (&mut self.phases, &other.phases),
            (&mut self.faults, &other.faults),
            (&mut self.steps, &other.steps),
        ];
        for (own, other) in pairs {
            for (what, times) in other {
                Self::count(own, what, *times);
            }
        }
    }

    /// Those of a list that were never come to.
    pub fn missed<'a>(list: &BTreeMap<String, u64>, all: &[&'a str]) -> BTreeSet<&'a str> {
        all.iter()
            .copied()
            .filter(|what| !list.contains_key(*what))
            .collect()
    }
}
