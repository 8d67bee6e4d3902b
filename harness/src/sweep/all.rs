//! Many runs, side by side.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use azdrill_emulator::rules::{Assumptions, Profile, Rules, RulesError};
use sha2::{Digest as _, Sha256};

use super::coverage::{Coverage, Totals};
use super::drawn::{Doing, Drawn};
use super::invariant::Broken;
use super::line::{Line, hex, own_build};
use super::mistake::Mistake;
use super::play::{Kept, play};
use super::shard::Shard;
use super::shrink::least;
use super::tally::{Finding, Tally, add_digest};
use super::wrong::Wrong;

/// What runs are called whose steps are drawn as well.
pub const VAULT: &str = "vault";
/// How many of the runs that break something are made less.
const SHRUNK_MAX: usize = 10;

/// How much is swept.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// The first seed.
    pub from: u64,
    /// How many, of all shards.
    pub seeds: u64,
    /// Which of them.
    pub shard: Shard,
    /// How many runs there are at a time.
    pub side_by_side: usize,
}

/// What the runs of one thread have come to.
#[derive(Default)]
pub(super) struct Several {
    pub(super) digest: [u8; 32],
    pub(super) covered: Coverage,
    pub(super) broken: BTreeMap<u64, Broken>,
}

impl Several {
    /// Adds a run.
    pub(super) fn add(&mut self, seed: u64, digest: [u8; 32], coverage: &Coverage, broken: Option<Broken>) {
        let own = Sha256::new()
            .chain_update(seed.to_be_bytes())
            .chain_update(digest);
        add_digest(&mut self.digest, own.finalize().into());
        self.covered.add(coverage);
        self.broken.extend(broken.map(|broken| (seed, broken)));
    }

    /// Adds what others have come to.
    pub(super) fn join(&mut self, other: Self) {
        add_digest(&mut self.digest, other.digest);
        self.covered.add(&other.covered);
        self.broken.extend(other.broken);
    }
}

/// Sweeps runs whose steps and faults are drawn, in memory. `mistake` is planted in each.
///
/// # Errors
///
/// If the rules do not load.
pub fn sweep(extent: Extent, mistake: Option<Mistake>) -> Result<Tally, RulesError> {
    let rules = Rules::load(Profile::Observed, &Assumptions::new())?;
    let seeds = extent.shard.seeds(extent.from, extent.seeds);
    let next = AtomicUsize::new(0);
    let all = Mutex::new(Several::default());
    std::thread::scope(|scope| {
        for _ in 0..extent.side_by_side.clamp(1, seeds.len().max(1)) {
            scope.spawn(|| {
                let mut several = Several::default();
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let drawn = Drawn::of(*seed);
                    let played = play(&drawn, &Kept::all(&drawn), mistake);
                    several.add(*seed, played.digest, &played.coverage, played.broken);
                }
                all.lock().unwrap_or_else(PoisonError::into_inner).join(several);
            });
        }
    });
    let several = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    let found = several.broken.iter().enumerate();
    let broken = found.map(|(number, (seed, broken))| {
        let drawn = Drawn::of(*seed);
        finding(&drawn, broken, mistake, number < SHRUNK_MAX)
    });
    Ok(Tally {
        build: own_build().to_owned(),
        what: vec![VAULT.to_owned()],
        with_postgres: false,
        from: extent.from,
        seeds: extent.seeds,
        shards: vec![extent.shard],
        runs: seeds.len() as u64,
        cut_short: BTreeMap::new(),
        digest: hex(&several.digest),
        broken: broken.collect(),
        covered: several.covered,
        totals: Totals::of(&rules),
    })
}

/// A run that breaks something, made less.
fn finding(drawn: &Drawn, broken: &Broken, mistake: Option<Mistake>, shrunk: bool) -> Finding {
    let breaks = |kept: &Kept| {
        let played = play(drawn, kept, mistake);
        played.broken.is_some_and(|own| own.invariant == broken.invariant)
    };
    let mut kept = Kept::all(drawn);
    let mut why = broken.why.clone();
    if shrunk {
        kept = least(kept, breaks);
        let again = play(drawn, &kept, mistake).broken;
        why = again.map_or(why, |own| own.why);
    }
    Finding {
        seed: drawn.seed,
        invariant: broken.invariant.name().to_owned(),
        why,
        plan: plan(drawn, &kept),
        line: Line::of(VAULT, false, drawn.seed, &drawn.told(), &kept).to_string(),
    }
}

/// What is kept of a run, for a person: how the world begins, and steps and faults in order.
pub fn plan(drawn: &Drawn, kept: &Kept) -> Vec<String> {
    let own = drawn.beginning;
    let begins = format!(
        "a world by what is {:?}, {}, at the {} pace",
        own.profile.book,
        if own.encrypted {
            "with a key of its own"
        } else {
            "without a key of its own"
        },
        if own.recorded { "recorded" } else { "fast" }
    );
    let mut lines = vec![begins];
    let faults = |from: usize, to: usize| -> Vec<&Wrong> {
        let all = drawn.faults.iter().enumerate();
        let kept =
            all.filter(|(number, (before, _))| kept.faults.contains(number) && (from..to).contains(before));
        kept.map(|(_, (_, wrong))| wrong).collect()
    };
    let mut from = 0;
    for number in &kept.steps {
        let wrong = faults(from, number + 1);
        lines.extend(wrong.into_iter().map(|wrong| format!("fault: {wrong:?}")));
        from = number + 1;
        let doing: Option<&Doing> = drawn.doings.get(*number);
        lines.extend(doing.map(|doing| format!("{doing:?}")));
    }
    let rest = faults(from, usize::MAX);
    lines.extend(rest.into_iter().map(|wrong| format!("fault: {wrong:?}")));
    lines
}
