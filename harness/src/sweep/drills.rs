//! Many drills, side by side.

use std::collections::BTreeMap;

use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use futures_util::StreamExt as _;

use super::all::{Extent, Several};
use super::coverage::Totals;
use super::drill::{Drill, Stage, play_drill};
use super::invariant::Broken;
use super::line::{Line, hex, own_build};
use super::play::{Kept, Played};
use super::rows::{ROWS, rows};
use super::shrink::Shrinking;
use super::tally::{Finding, Tally};
use crate::scenario::{Library, Scenario};
use crate::scratch::{Purpose, Scratch};

/// How many of the drills that break something are made less.
const SHRUNK_MAX: usize = 3;

/// Whose steps are played.
pub struct Scenes {
    all: Library,
    /// By name; drawn for real rows, if there is none.
    named: Vec<Scenario>,
}

impl Scenes {
    /// Of these scenarios, or drawn for real rows if there are none.
    pub fn new(all: Library, named: Vec<Scenario>) -> Self {
        Self { all, named }
    }

    fn names(&self) -> Vec<String> {
        if self.named.is_empty() {
            return vec![ROWS.to_owned()];
        }
        self.named.iter().map(|own| own.name.clone()).collect()
    }

    /// The drills of a seed.
    ///
    /// # Errors
    ///
    /// In words, if its steps cannot be put together.
    pub fn drills(&self, seed: u64) -> Result<Vec<Drill>, String> {
        if !self.named.is_empty() {
            let all = self.named.iter().map(|own| Drill::of(own.clone(), seed));
            return Ok(all.collect());
        }
        let folder = Scratch::new(Purpose::Scenarios).map_err(|error| error.to_string())?;
        let drawn = rows(&self.all, folder.path(), seed).map_err(|error| error.to_string())?;
        Ok(vec![Drill::of(drawn, seed)])
    }
}

/// Sweeps drills of scenes.
///
/// # Errors
///
/// In words, if one of them cannot be begun.
pub async fn sweep_drills(extent: Extent, scenes: &Scenes, stage: &Stage) -> Result<Tally, String> {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).map_err(|error| error.to_string())?;
    let mut drills = Vec::new();
    for seed in extent.shard.seeds(extent.from, extent.seeds) {
        drills.extend(scenes.drills(seed)?);
    }
    let mut several = Several::default();
    let mut broken: Vec<(usize, Broken)> = Vec::new();
    let mut cut_short: BTreeMap<String, u64> = BTreeMap::new();
    let played = drills.iter().enumerate().map(|(number, drill)| {
        let rules = &rules;
        async move { (number, play_drill(drill, &whole(drill), stage, rules).await) }
    });
    let mut played = futures_util::stream::iter(played).buffer_unordered(extent.side_by_side);
    while let Some((number, played)) = played.next().await {
        match played {
            Ok(played) => {
                several.add(drills[number].seed, played.digest, &played.coverage, None);
                broken.extend(played.broken.map(|broken| (number, broken)));
            }
            Err(why) => *cut_short.entry(why).or_default() += 1,
        }
    }
    drop(played);
    broken.sort_by_key(|(number, _)| *number);
    let mut findings = Vec::new();
    for (at, (number, broken)) in broken.into_iter().enumerate() {
        findings.push(finding(&drills[number], broken, stage, &rules, at < SHRUNK_MAX).await);
    }
    Ok(Tally {
        build: own_build().to_owned(),
        what: scenes.names(),
        with_postgres: stage.postgres.is_some(),
        from: extent.from,
        seeds: extent.seeds,
        shards: vec![extent.shard],
        runs: drills.len() as u64,
        cut_short,
        digest: hex(&several.digest),
        covered: several.covered,
        totals: Totals::of(&rules),
        broken: findings,
    })
}

/// All of a drill.
fn whole(drill: &Drill) -> Kept {
    Kept {
        steps: (0..drill.scenario.steps.len()).collect(),
        faults: (0..drill.faults.len()).collect(),
    }
}

async fn finding(drill: &Drill, broken: Broken, stage: &Stage, rules: &Rules, shrunk: bool) -> Finding {
    let mut shrinking = Shrinking::new(whole(drill));
    let mut why = broken.why;
    while shrunk && let Some(less) = shrinking.next_try() {
        let played = play_drill(drill, &less, stage, rules).await;
        if let Ok(Played {
            broken: Some(own), ..
        }) = played
            && own.invariant == broken.invariant
        {
            shrinking.breaks();
            why = own.why;
        }
    }
    let kept = shrinking.least();
    let name = &drill.scenario.name;
    let line = Line::of(name, stage.postgres.is_some(), drill.seed, &drill.told(), &kept);
    Finding {
        seed: drill.seed,
        invariant: broken.invariant.name().to_owned(),
        why,
        plan: drill.plan(&kept),
        line: line.to_string(),
    }
}
