//! Finding the rules that make a difference between two machines. Each rule that is taken differently is turned on
//! the documented machine, alone, and the scenario is played again: what changes is that rule's doing. Where it then
//! still does not do what the observed machine does, the search goes on from there; and where no rule changes anything
//! alone, for the smallest set that does.
//!
//! These plays move no row (see `simulated.rs`), so that there can be many. So they are held against what
//! really happened first. What simulated machines do not show as the real ones did is not explained by simulating: the
//! scenario is played again with real servers, for the rules that change anything at all in the simulation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use azdrill_emulator::rules::{Assumptions, Profile, RuleId};
use serde::Serialize;

use super::choice::Choices;
use super::done::{Aspect, Done};
use crate::run::{Machine, Outside, Report, RunError, play, transcript};
use crate::scenario::Scenario;

/// Rules that make a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Because {
    /// The rule, or those that make it only together.
    pub rules: Vec<RuleId>,
    /// What changes with it.
    pub aspects: Vec<Aspect>,
    /// The rules that have to be turned before it changes that.
    pub given: Vec<RuleId>,
    /// How it was found.
    pub found: FoundBy,
}

/// How a cause was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FoundBy {
    /// By plays in which no row was moved.
    Simulating,
    /// By plays with real servers.
    Playing,
}

/// A play of the search that came to no end: what it would have shown is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unfinished {
    /// The rules that were taken as observed in it.
    pub rules: Vec<RuleId>,
    /// How it was played.
    pub found: FoundBy,
    /// Why it came to no end.
    pub why: String,
}

impl Unfinished {
    fn new(turned: &Turned, found: FoundBy, why: &impl ToString) -> Self {
        Self {
            rules: turned.iter().copied().collect(),
            found,
            why: why.to_string(),
        }
    }
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

/// Rules that are turned to what the observed machine takes.
type Turned = BTreeSet<RuleId>;

/// Looks for causes in one scenario.
pub(super) struct Finder {
    scenario: Arc<Scenario>,
    choices: Arc<Choices>,
    /// Who moves rows, should simulating not do.
    outside: Outside,
    majors: Vec<u32>,
    /// Plays on the documented machine without rows; `None` where one came to no end.
    simulated: BTreeMap<Turned, Option<Arc<Played>>>,
    /// The plays that came to none, in an order that does not depend on which was over first.
    unfinished: BTreeMap<(Turned, FoundBy), Unfinished>,
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
            unfinished: BTreeMap::new(),
        }
    }

    /// The plays that came to no end, once all is explained that can be.
    pub(super) fn into_unfinished(self) -> Vec<Unfinished> {
        self.unfinished.into_values().collect()
    }

    /// A play's end; where it came to none, that is kept to be told.
    fn ended(&mut self, turned: &Turned, found: FoundBy, played: Result<Report, RunError>) -> Option<Played> {
        match played {
            Ok(report) => Some(Played::of(&report)),
            Err(error) => {
                let told = Unfinished::new(turned, found, &error);
                self.unfinished.insert((turned.clone(), found), told);
                None
            }
        }
    }

    /// The causes of each difference, in the order of the differences. `real` is what the documented and the
    /// observed machine did.
    pub(super) async fn explain(
        &mut self,
        real: &[Played; 2],
        differences: &[Difference],
    ) -> Vec<Vec<Because>> {
        let all: Turned = self.choices.differing.clone();
        let mut wanted: Vec<Turned> = all.iter().map(|rule| Turned::from([*rule])).collect();
        wanted.extend([Turned::new(), all]);
        self.simulate(wanted).await;
        let mut causes = Vec::new();
        for (step, aspects) in differences {
            let shown = aspects.iter().copied();
            let shown: Vec<Aspect> = shown
                .filter(|aspect| self.reproduces(real, *step, *aspect))
                .collect();
            let mut found = self.simulating(*step, &shown).await;
            let left = unexplained(aspects, &found);
            if !left.is_empty() {
                found.extend(self.playing(real, *step, &left).await);
            }
            causes.push(found);
        }
        causes
    }

    fn all(&self) -> Turned {
        self.choices.differing.clone()
    }

    fn of(&self, turned: &Turned) -> Option<&Arc<Played>> {
        self.simulated.get(turned)?.as_ref()
    }

    /// Whether the simulated machines do at this step what the real ones did. With every rule turned, the
    /// documented machine is the observed one.
    fn reproduces(&self, real: &[Played; 2], step: usize, aspect: Aspect) -> bool {
        [Turned::new(), self.all()]
            .iter()
            .zip(real)
            .all(|(turned, real)| {
                self.of(turned)
                    .is_some_and(|simulated| simulated.agrees(real, step, aspect))
            })
    }

    /// The rules whose turning changes anything at all that happens.
    fn that_matter(&self) -> Vec<RuleId> {
        let base = self.of(&Turned::new());
        let matters = |rule: &&RuleId| match (base, self.of(&Turned::from([**rule]))) {
            (Some(before), Some(after)) => before.transcript != after.transcript,
            _ => true,
        };
        self.choices.differing.iter().filter(matters).copied().collect()
    }

    /// What differs between two simulated plays, of these aspects of a step.
    fn changed(&self, before: &Turned, after: &Turned, step: usize, aspects: &[Aspect]) -> Vec<Aspect> {
        let (Some(before), Some(after)) = (self.of(before), self.of(after)) else {
            return Vec::new();
        };
        let aspects = aspects.iter().copied();
        aspects
            .filter(|aspect| !before.agrees(after, step, *aspect))
            .collect()
    }

    /// Turns rule after rule until the step is what it is on the observed machine.
    async fn simulating(&mut self, step: usize, aspects: &[Aspect]) -> Vec<Because> {
        let (all, candidates) = (self.all(), self.that_matter());
        let mut turned = Turned::new();
        let mut found: Vec<Because> = Vec::new();
        loop {
            let left = self.changed(&turned, &all, step, aspects);
            if left.is_empty() {
                return found;
            }
            let rest = candidates.iter().filter(|rule| !turned.contains(*rule));
            let with = |rule: &RuleId| turned.iter().chain([rule]).copied().collect();
            let tried: Vec<(RuleId, Turned)> = rest.map(|rule| (*rule, with(rule))).collect();
            self.simulate(tried.iter().map(|(_, set)| set.clone()).collect())
                .await;
            let given: Vec<RuleId> = turned.iter().copied().collect();
            let mut more = Vec::new();
            for (rule, set) in tried {
                let aspects = self.changed(&turned, &set, step, &left);
                if !aspects.is_empty() {
                    more.push((rule, aspects));
                }
            }
            // What decides how it ends comes first.
            more.sort_by_key(|(_, aspects)| aspects.iter().min().copied());
            if more.is_empty() {
                found.extend(self.together(&turned, step, &left).await);
                return found;
            }
            found.extend(more.iter().map(|(rule, aspects)| Because {
                rules: vec![*rule],
                aspects: aspects.clone(),
                given: given.clone(),
                found: FoundBy::Simulating,
            }));
            turned.extend(more.into_iter().map(|(rule, _)| rule));
        }
    }

    /// The smallest set of rules, found by leaving out one after the other, that changes together what none
    /// changes alone.
    async fn together(&mut self, given: &Turned, step: usize, aspects: &[Aspect]) -> Option<Because> {
        let mut needed = self.all();
        for rule in self.all().difference(given) {
            let mut fewer = needed.clone();
            fewer.remove(rule);
            self.simulate(vec![fewer.clone()]).await;
            if self.changed(given, &fewer, step, aspects).len() == aspects.len() {
                needed = fewer;
            }
        }
        let rules: Vec<RuleId> = needed.difference(given).copied().collect();
        (!rules.is_empty()).then(|| Because {
            rules,
            aspects: aspects.to_vec(),
            given: given.iter().copied().collect(),
            found: FoundBy::Simulating,
        })
    }

    /// The rules that change something when it is played with real servers.
    async fn playing(&mut self, real: &[Played; 2], step: usize, aspects: &[Aspect]) -> Vec<Because> {
        let mut found = Vec::new();
        if !matches!(&self.outside, Outside::Real(Some(_))) {
            return found;
        }
        for rule in self.that_matter() {
            let turned = Turned::from([rule]);
            let machine = self.machine(&turned, self.outside.clone());
            let played = play(&self.scenario, &machine).await;
            let Some(after) = self.ended(&turned, FoundBy::Playing, played) else {
                continue;
            };
            let [before, _] = real;
            let aspects = aspects.iter().copied();
            let aspects: Vec<Aspect> = aspects
                .filter(|aspect| !before.agrees(&after, step, *aspect))
                .collect();
            if !aspects.is_empty() {
                found.push(Because {
                    rules: vec![rule],
                    aspects,
                    given: Vec::new(),
                    found: FoundBy::Playing,
                });
            }
        }
        found
    }

    /// The documented machine, but for some rules that it takes as the observed one does.
    fn machine(&self, turned: &Turned, outside: Outside) -> Machine {
        let turned = turned.iter();
        let besides: Assumptions = turned
            .map(|rule| (rule.to_string(), self.choices.observed(*rule)))
            .collect();
        Machine {
            profile: Profile::Documented,
            besides,
            outside,
        }
    }

    /// Plays with each of these sets turned, side by side, without rows.
    async fn simulate(&mut self, sets: Vec<Turned>) {
        let mut plays = tokio::task::JoinSet::new();
        let mut under_way = BTreeMap::new();
        for set in sets {
            if self.simulated.contains_key(&set) {
                continue;
            }
            let machine = self.machine(&set, Outside::Simulated(self.majors.clone()));
            let scenario = Arc::clone(&self.scenario);
            let spawned = plays.spawn(async move { play(&scenario, &machine).await });
            under_way.insert(spawned.id(), set);
        }
        while let Some(joined) = plays.join_next_with_id().await {
            let (id, played) = match joined {
                Ok((id, played)) => (id, played),
                // A mistake of azdrill's own, whose words stand on standard error.
                Err(error) => (error.id(), Err(RunError::Emulator("it broke off".to_owned()))),
            };
            let Some(set) = under_way.remove(&id) else {
                continue;
            };
            let played = self.ended(&set, FoundBy::Simulating, played).map(Arc::new);
            self.simulated.insert(set, played);
        }
    }
}

/// What none of these explains.
fn unexplained(aspects: &[Aspect], found: &[Because]) -> Vec<Aspect> {
    let explained = |aspect: &Aspect| found.iter().any(|because| because.aspects.contains(aspect));
    let left = aspects.iter().copied();
    left.filter(|aspect| !explained(aspect)).collect()
}
