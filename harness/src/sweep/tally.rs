//! What a sweep has come to; those of shards are put together.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::coverage::{Coverage, Totals};
use super::shard::Shard;

/// What a sweep has come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Tally {
    /// The build that swept.
    pub build: String,
    /// Whose steps.
    pub what: Vec<String>,
    /// Whether on a real PostgreSQL.
    pub with_postgres: bool,
    /// The first seed, and how many, of all shards.
    pub from: u64,
    /// How many seeds, of all shards.
    pub seeds: u64,
    /// The shards that are in it.
    pub shards: Vec<Shard>,
    /// How many runs were played.
    pub runs: u64,
    /// How many of them whoever plays a scenario could not play to their end, by why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cut_short: BTreeMap<String, u64>,
    /// The digest of all their transcripts, in hexadecimal digits: the same in whatever order they were played.
    pub digest: String,
    /// What was come to.
    pub covered: Coverage,
    /// How much there is to come to.
    pub totals: Totals,
    /// What did not hold.
    pub broken: Vec<Finding>,
}

/// A run in which something did not hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Its seed.
    pub seed: u64,
    /// The invariant's name.
    pub invariant: String,
    /// What was seen.
    pub why: String,
    /// What is left of it when everything is left out that can be: steps and faults in order.
    pub plan: Vec<String>,
    /// The line that plays it again.
    pub line: String,
}

/// Why tallies are not put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// There is none.
    #[error("there is nothing to put together: name the files that `--json` wrote, one a shard")]
    Nothing,
    /// They are of different sweeps.
    #[error(
        "{0} are of different sweeps: build, seeds, scenarios and the number of shards have to be the same"
    )]
    Different(String),
    /// One is there twice.
    #[error("shard {0} is there twice")]
    Twice(Shard),
    /// Some are missing.
    #[error("shard {0} is missing: without it nothing is known of its seeds")]
    Missing(Shard),
}

/// Adds a digest to a digest of several, so that the order makes no difference.
pub(super) fn add_digest(all: &mut [u8; 32], one: [u8; 32]) {
    for (own, other) in all.iter_mut().zip(one) {
        *own ^= other;
    }
}

fn bytes(hex: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        let digits = hex.get(at..at + 2).unwrap_or("00");
        *byte = u8::from_str_radix(digits, 16).unwrap_or_default();
    }
    bytes
}

impl Tally {
    /// Puts the tallies of all shards of a sweep together.
    ///
    /// # Errors
    ///
    /// If they are not those of one sweep, each once.
    pub fn merge(all: &[Self]) -> Result<Self, MergeError> {
        let mut all = all.iter();
        let mut whole = all.next().ok_or(MergeError::Nothing)?.clone();
        let mut digest = bytes(&whole.digest);
        let same = |own: &Self| {
            (
                own.build.clone(),
                own.what.clone(),
                (own.with_postgres, own.from, own.seeds, own.totals),
            )
        };
        for other in all {
            let of = |own: &Self| own.shards.first().map(|shard| shard.of());
            if same(&whole) != same(other) || of(&whole) != of(other) {
                let names = [&whole, other].map(|own| {
                    let shards: Vec<String> = own.shards.iter().map(ToString::to_string).collect();
                    format!("shard {}", shards.join(", "))
                });
                return Err(MergeError::Different(names.join(" and ")));
            }
            whole.shards.extend(&other.shards);
            whole.runs += other.runs;
            for (why, times) in &other.cut_short {
                *whole.cut_short.entry(why.clone()).or_default() += times;
            }
            whole.covered.add(&other.covered);
            whole.broken.extend(other.broken.iter().cloned());
            add_digest(&mut digest, bytes(&other.digest));
        }
        whole.digest = super::line::hex(&digest);
        whole.broken.sort_by_key(|own| own.seed);
        let mut seen = BTreeSet::new();
        for shard in &whole.shards {
            if !seen.insert(*shard) {
                return Err(MergeError::Twice(*shard));
            }
        }
        let of = whole.shards.first().map_or(1, |shard| shard.of());
        for number in 1..=of {
            let wanted: Shard = format!("{number}/{of}").parse().unwrap_or(Shard::WHOLE);
            if !seen.contains(&wanted) {
                return Err(MergeError::Missing(wanted));
            }
        }
        whole.shards.sort();
        Ok(whole)
    }
}
