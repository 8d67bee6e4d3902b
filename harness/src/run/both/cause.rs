//! Finding the rules that make a difference between two machines: each rule that is taken differently is turned
//! on one machine alone, the scenario is played again, and what changes is that rule's doing.
//!
//! These plays move no row: see [`super::super::simulated`]. So each is held against what really happened
//! first. What a simulated pair of machines does not show as the real pair did is not explained by simulating: the
//! scenario is played once more with real servers, for the rules that change anything at all in the simulation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use azdrill_emulator::rules::{Assumptions, Profile, RuleId};
use serde::Serialize;

use super::choice::Choices;
use super::done::{Aspect, Done};
use crate::run::{Machine, Outside, Report, play, transcript};
use crate::scenario::Scenario;

/// Rules that make a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Because {
    /// The rule, or those that make it only together.
    pub rules: Vec<String>,
    /// What changes with it.
    pub aspects: Vec<Aspect>,
    /// How it was found.
    pub found: FoundBy,
}

/// How a cause was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FoundBy {
    /// By plays in which no row was moved.
    Simulating,
    /// By plays with real servers.
    Playing,
}

/// One machine's steps, from one play.
pub(super) struct Played {
    steps: Vec<Done>,
    /// All that happened, as a text.
    transcript: String,
}

impl Played {
    pub(super) fn of(report: &Report) -> Self {
        Self {
            steps: report.steps.iter().map(|step| Done::of(step, "")).collect(),
            transcript: transcript(report),
        }
    }

    fn agrees(&self, other: &Self, step: usize, aspect: Aspect) -> bool {
        match (self.steps.get(step), other.steps.get(step)) {
            (Some(own), Some(other)) => own.played && other.played && own.agrees(other, aspect),
            _ => false,
        }
    }
}

/// A play: on which machine, and which rules are turned to what the other takes.
type Turned = (Profile, BTreeSet<RuleId>);

/// Looks for causes in one scenario.
pub(super) struct Finder {
    scenario: Arc<Scenario>,
    choices: Arc<Choices>,
    /// Who moves rows, should simulating not do.
    outside: Outside,
    majors: Vec<u32>,
    /// Simulated plays; `None` where one came to no end.
    simulated: BTreeMap<Turned, Option<Arc<Played>>>,
}

/// A difference to be explained: the step's index, and what differs.
pub(super) type Difference = (usize, Vec<Aspect>);

impl Finder {
    pub(super) fn new(
        scenario: Arc<Scenario>,
        choices: Arc<Choices>,
        outside: Outside,
        majors: Vec<u32>,
    ) -> Self {
        Self {
            scenario,
            choices,
            outside,
            majors,
            simulated: BTreeMap::new(),
        }
    }

    /// The causes of each difference, in the order of the differences.
    pub(super) async fn explain(
        &mut self,
        real: &[Played; 2],
        differences: &[Difference],
    ) -> Vec<Vec<Because>> {
        let rules: Vec<RuleId> = self.choices.differing.keys().cloned().collect();
        let alone = rules.iter().map(|rule| BTreeSet::from([rule.clone()]));
        let wanted: Vec<BTreeSet<RuleId>> = std::iter::once(BTreeSet::new()).chain(alone).collect();
        self.simulate(&wanted).await;
        let mut causes = Vec::new();
        for (step, aspects) in differences {
            let mut found = self.alone(*step, aspects, &rules);
            let mut left = unexplained(aspects, &found);
            left.retain(|aspect| self.reproduces(real, *step, *aspect));
            if !left.is_empty() {
                found.extend(self.together(*step, &left, &rules).await);
            }
            // What simulating shows otherwise than it was is no explanation of it.
            let is_shown = |aspect: &Aspect| self.reproduces(real, *step, *aspect);
            for because in &mut found {
                because.aspects.retain(is_shown);
            }
            found.retain(|because| !because.aspects.is_empty());
            let left = unexplained(aspects, &found);
            if !left.is_empty() {
                found.extend(self.really(real, *step, &left, &rules).await);
            }
            // What decides how it ends comes first.
            found.sort_by_key(|because| because.aspects.iter().min().copied());
            causes.push(found);
        }
        causes
    }

    fn of(&self, profile: Profile, rules: &BTreeSet<RuleId>) -> Option<&Arc<Played>> {
        self.simulated.get(&(profile, rules.clone()))?.as_ref()
    }

    /// Whether the simulated machines do at this step what the real ones did.
    fn reproduces(&self, real: &[Played; 2], step: usize, aspect: Aspect) -> bool {
        let none = BTreeSet::new();
        Profile::ALL.iter().zip(real).all(|(profile, real)| {
            self.of(*profile, &none)
                .is_some_and(|simulated| simulated.agrees(real, step, aspect))
        })
    }

    /// The rules that change something each by itself, on either machine.
    fn alone(&self, step: usize, aspects: &[Aspect], rules: &[RuleId]) -> Vec<Because> {
        let none = BTreeSet::new();
        let changes = |rule: &RuleId, aspect: Aspect| {
            Profile::ALL.iter().any(|profile| {
                let turned = self.of(*profile, &BTreeSet::from([rule.clone()]));
                let (Some(before), Some(after)) = (self.of(*profile, &none), turned) else {
                    return false;
                };
                !before.agrees(after, step, aspect)
            })
        };
        let found = rules.iter().map(|rule| Because {
            rules: vec![rule.to_string()],
            aspects: aspects
                .iter()
                .copied()
                .filter(|aspect| changes(rule, *aspect))
                .collect(),
            found: FoundBy::Simulating,
        });
        found.filter(|because| !because.aspects.is_empty()).collect()
    }

    /// The smallest set of rules, found by leaving out one after the other, that changes together what none
    /// changes alone.
    async fn together(&mut self, step: usize, aspects: &[Aspect], rules: &[RuleId]) -> Option<Because> {
        let mut needed: BTreeSet<RuleId> = rules.iter().cloned().collect();
        if !self.changes_all(&needed, step, aspects).await {
            return None;
        }
        for rule in rules {
            let mut fewer = needed.clone();
            fewer.remove(rule);
            if self.changes_all(&fewer, step, aspects).await {
                needed = fewer;
            }
        }
        Some(Because {
            rules: needed.iter().map(ToString::to_string).collect(),
            aspects: aspects.to_vec(),
            found: FoundBy::Simulating,
        })
    }

    async fn changes_all(&mut self, rules: &BTreeSet<RuleId>, step: usize, aspects: &[Aspect]) -> bool {
        self.simulate(std::slice::from_ref(rules)).await;
        let none = BTreeSet::new();
        let played = self.of(Profile::Documented, &none);
        let (Some(before), Some(after)) = (played, self.of(Profile::Documented, rules)) else {
            return false;
        };
        aspects.iter().all(|aspect| !before.agrees(after, step, *aspect))
    }

    /// The rules that change something when it is played with real servers. Only those are tried that change
    /// anything that happens in the simulation.
    async fn really(
        &self,
        real: &[Played; 2],
        step: usize,
        aspects: &[Aspect],
        rules: &[RuleId],
    ) -> Vec<Because> {
        if !matches!(&self.outside, Outside::Real(Some(_))) {
            return Vec::new();
        }
        let none = BTreeSet::new();
        let mut found = Vec::new();
        for rule in rules {
            let turned = BTreeSet::from([rule.clone()]);
            let matters = Profile::ALL.iter().any(|profile| {
                match (self.of(*profile, &none), self.of(*profile, &turned)) {
                    (Some(before), Some(after)) => before.transcript != after.transcript,
                    _ => true,
                }
            });
            if !matters {
                continue;
            }
            let machine = self.machine(Profile::Documented, &turned, self.outside.clone());
            let Ok(report) = play(&self.scenario, &machine).await else {
                continue;
            };
            let (after, [before, _]) = (Played::of(&report), real);
            let aspects: Vec<Aspect> = aspects
                .iter()
                .copied()
                .filter(|aspect| !before.agrees(&after, step, *aspect))
                .collect();
            if !aspects.is_empty() {
                found.push(Because {
                    rules: vec![rule.to_string()],
                    aspects,
                    found: FoundBy::Playing,
                });
            }
        }
        found
    }

    /// A machine that goes by a profile, but for some rules that it takes as the other does.
    fn machine(&self, profile: Profile, turned: &BTreeSet<RuleId>, outside: Outside) -> Machine {
        let besides: Assumptions = turned
            .iter()
            .filter_map(|rule| {
                let [documented, observed] = self.choices.differing.get(rule)?;
                let other = match profile {
                    Profile::Documented => observed,
                    Profile::Observed => documented,
                };
                Some((rule.clone(), other.clone()))
            })
            .collect();
        Machine {
            profile,
            besides,
            outside,
        }
    }

    /// Plays both machines with each of these sets turned, side by side.
    async fn simulate(&mut self, sets: &[BTreeSet<RuleId>]) {
        let mut plays = tokio::task::JoinSet::new();
        for (profile, set) in Profile::ALL
            .iter()
            .flat_map(|profile| sets.iter().map(|set| (*profile, set)))
        {
            let key = (profile, set.clone());
            if self.simulated.contains_key(&key) {
                continue;
            }
            let machine = self.machine(profile, set, Outside::Simulated(self.majors.clone()));
            let scenario = Arc::clone(&self.scenario);
            plays.spawn(async move { (key, play(&scenario, &machine).await) });
        }
        while let Some(played) = plays.join_next().await {
            let Ok((key, played)) = played else { continue };
            let played = played.ok().map(|report| Arc::new(Played::of(&report)));
            self.simulated.insert(key, played);
        }
    }
}

/// What none of these explains.
fn unexplained(aspects: &[Aspect], found: &[Because]) -> Vec<Aspect> {
    let explained = |aspect: &Aspect| found.iter().any(|because| because.aspects.contains(aspect));
    let left = aspects.iter().copied();
    left.filter(|aspect| !explained(aspect)).collect()
}
