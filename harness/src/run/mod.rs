//! Playing scenarios.

mod both;
mod build;
mod build_single;
#[cfg(test)]
mod build_tests;
mod client;
mod compare;
mod datasource;
mod during;
mod ended;
mod error;
mod job;
mod kind;
mod machine;
mod missed;
mod names;
mod print;
mod progress;
mod report;
mod roles;
mod simulated;
#[cfg(test)]
mod single_server_tests;
mod step;
mod tenants;
mod transcript;
mod users;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use azdrill_emulator::jobs::ServerSpec;
use azdrill_emulator::rules::Profile;
use azdrill_emulator::services::{Pace, Settings};

pub use both::{
    Aspect, Because, Both, ComparedStep, Comparison, Done, FoundBy, MachineRun, Made, RuleChoice, Taken,
    Unfinished, play_both, print_both,
};
pub(crate) use during::NOT_REACHED;
pub use during::{During, Job, Phase};
pub use error::RunError;
pub use kind::Resource;
pub use machine::{Machine, Outside, play, play_into};
pub(crate) use print::{certainty, cited, found};
pub use print::{print, source_list};
pub use progress::{Watcher, watched};
pub use report::{JobState, JobTimes, Outcome, Report, RuleNote, StepReport};
pub(crate) use report::{rule_note, titled};
pub use step::Action;
pub(crate) use transcript::for_people;
pub use transcript::transcript;

use crate::postgres::RealPostgres;
use crate::scenario::{Scenario, Step, World};
pub(crate) use tenants::Owners;
/// The administrator of a world's server.
pub(crate) const ADMIN: &str = build::ADMIN;

pub(crate) use client::Client;
pub(crate) use names::Names;

/// The oldest major version there are servers of.
const OLDEST_REAL: u32 = 13;

/// Counts the worlds of this process: they share a database engine and must not share its servers.
static WORLDS: AtomicU64 = AtomicU64::new(1);

/// Checks that the versions a world names are at hand. Without any PostgreSQL, every version will do.
fn check_versions(world: &World, at_hand: &[u32]) -> Result<(), RunError> {
    let target = world.target.as_ref().and_then(|target| target.version);
    let wanted = world.server.version.into_iter().chain(target);
    // A single server's own versions have no packages any more: the oldest at hand stands for them.
    let mut real = wanted.filter(|version| *version >= OLDEST_REAL);
    match real.find(|version| !at_hand.is_empty() && !at_hand.contains(version)) {
        Some(version) => Err(RunError::NotAtHand {
            version,
            at_hand: at_hand.to_vec(),
        }),
        None => Ok(()),
    }
}

/// A scenario being played.
pub(crate) struct Play<'a> {
    scenario: &'a Scenario,
    /// The scenario's world, with what has been moved in the place it has come to.
    whole: World,
    /// The world as the step being taken sees it: what it is about stands in the places of the short forms.
    world: World,
    pub(crate) names: Names,
    client: Client,
    postgres: Option<Arc<dyn RealPostgres>>,
    /// The source servers, by the id of each.
    sources: BTreeMap<String, ServerSpec>,
    /// The newest restore's file prefix.
    last_prefix: String,
    /// The blobs the last restore as files made.
    restored: Vec<String>,
    restores: u32,
    scratch: Option<ServerSpec>,
    /// The server that files are loaded into.
    loading: Option<ServerSpec>,
    /// The database the newest restore created, if it went to one.
    last_database: Option<String>,
    /// The engine's key of the server to restore to.
    target_key: Option<String>,
    /// The version of the secret that the instance names.
    pinned: Option<String>,
    rotations: u32,
    /// What was in the source of each instance when its newest backup was taken.
    backed_up: BTreeMap<String, crate::postgres::content::DatabaseContent>,
    /// Whether its servers only are said to run: steps of rows are passed over.
    simulated: bool,
    /// How many of the scenario's steps have been taken.
    taken: usize,
    /// The steps that happen in the job of the one being taken.
    meanwhile: Vec<&'a Step>,
    /// What came of those that happened in a job and have not been told.
    happened: VecDeque<Outcome>,
}

/// What a world is set to, with the servers there are.
pub(crate) async fn settings(
    world: &World,
    postgres: Option<&Arc<dyn RealPostgres>>,
) -> Result<Settings, RunError> {
    let majors = match postgres {
        Some(postgres) => postgres.available_majors().await?,
        None => Vec::new(),
    };
    Ok(Settings {
        pace: if world.pace == "recorded" {
            Pace::Recorded
        } else {
            Pace::Fast
        },
        role_propagation: world.role_propagation,
        has_postgres: postgres.is_some(),
        postgres_majors: majors.into_iter().rev().collect(),
        engine_namespace: format!("w{}-", WORLDS.fetch_add(1, Ordering::Relaxed)),
        entra_credentials_until: world.entra_credentials_until,
        fast_polls: false,
    })
}

impl<'a> Play<'a> {
    /// Builds the scenario's world through this client.
    pub(crate) async fn begin(
        scenario: &'a Scenario,
        client: Client,
        postgres: Option<Arc<dyn RealPostgres>>,
    ) -> Result<Self, RunError> {
        let mut play = Self::at(scenario, client, postgres);
        Box::pin(build::build(&mut play.client, &play.names, scenario)).await?;
        play.prepare_servers().await?;
        Ok(play)
    }

    /// Stands at the beginning of a scenario.
    fn at(scenario: &'a Scenario, client: Client, postgres: Option<Arc<dyn RealPostgres>>) -> Self {
        let names = Names::of(&scenario.world, &client.operator().subscription);
        let owners = Owners::of(&scenario.world, &names, client.operator());
        Self {
            scenario,
            whole: scenario.world.clone(),
            world: scenario.world.clone(),
            names,
            client: client.with_owners(owners),
            postgres,
            sources: BTreeMap::new(),
            last_prefix: String::new(),
            restored: Vec::new(),
            restores: 0,
            scratch: None,
            loading: None,
            last_database: None,
            target_key: None,
            pinned: None,
            rotations: 0,
            backed_up: BTreeMap::new(),
            simulated: false,
            taken: 0,
            meanwhile: Vec::new(),
            happened: VecDeque::new(),
        }
    }

    /// Takes the scenario's steps.
    pub(crate) async fn steps(&mut self, profile: Profile) -> Result<Vec<StepReport>, RunError> {
        let mut steps = Vec::new();
        for step in &self.scenario.steps {
            let step = self.step(step, profile).await?;
            if self.client.driver().lacked_postgres() && !step.misses.is_empty() {
                return Err(RunError::NeedsRows);
            }
            steps.push(step);
        }
        Ok(steps)
    }

    async fn step(&mut self, step: &'a Step, profile: Profile) -> Result<StepReport, RunError> {
        let (exchanges, notes) = self
            .client
            .look(|core| (core.log().count(), core.log().notes().len()));
        let began = Instant::now();
        let from = self.client.now();
        let who = step
            .by_whom
            .as_ref()
            .map(|name| self.somebody(name))
            .transpose()?;
        self.client.act_as(who);
        let jobs = self.jobs();
        let outcome = self.take(step).await;
        self.client.act_as(None);
        let (outcome, played) = match outcome {
            Err(RunError::NeedsRows) if self.simulated => (Outcome::default(), false),
            outcome => (outcome?, true),
        };
        let (exchanges, notes): (Vec<_>, Vec<_>) = self.client.look(|core| {
            let exchanges = core.log().since(exchanges).cloned().collect();
            let notes = core.log().notes()[notes..].to_vec();
            (exchanges, notes)
        });
        let outcome = outcome.explained_by(&exchanges);
        let expected = step.expect.under(profile);
        let misses = if played {
            missed::misses(&expected, &outcome, &exchanges, &notes)
        } else {
            Vec::new()
        };
        Ok(StepReport {
            title: step
                .title
                .clone()
                .unwrap_or_else(|| step.action.word().replace('_', " ")),
            kind: step.kind(),
            expects: !step.expect.is_empty(),
            documented: step.expect.under(Profile::Documented).brief(),
            observed: step.expect.under(Profile::Observed).brief(),
            rules: self.rule_notes(&outcome),
            jobs: report::changed(&jobs, self.jobs()),
            played,
            outcome,
            misses,
            exchanges,
            notes,
            began: from,
            virtual_time: self.client.now().duration_since(from),
            real_time: began.elapsed(),
        })
    }

    /// Every backup and restore job, by its id.
    fn jobs(&self) -> BTreeMap<String, JobState> {
        self.client.look(|core| {
            let jobs = core.services().data_protection.all_jobs();
            jobs.map(|job| (job.id.to_owned(), JobState::of(&job))).collect()
        })
    }

    /// When each of them ran, in an order that no id decides.
    fn job_times(&self) -> Vec<JobTimes> {
        let mut times: Vec<JobTimes> = self.client.look(|core| {
            let jobs = core.services().data_protection.all_jobs();
            jobs.map(|job| JobTimes::of(&job)).collect()
        });
        times.sort();
        times
    }

    /// The statements and sources of the rules that decided.
    fn rule_notes(&self, outcome: &Outcome) -> Vec<RuleNote> {
        self.client.look(|core| {
            let rules = core.rules();
            outcome
                .rules
                .iter()
                .filter_map(|id| report::rule_note(rules, id))
                .collect()
        })
    }

    fn about(&self, scenario: &Scenario) -> Vec<RuleNote> {
        self.client.look(|core| {
            let rules = core.rules();
            scenario
                .about
                .iter()
                .filter_map(|id| report::rule_note(rules, id))
                .collect()
        })
    }

    /// Removes the servers of this world; whatever is left goes with the engine.
    async fn clean_up(self) {
        let Some(postgres) = self.postgres else { return };
        for spec in self.sources.values().chain(&self.scratch).chain(&self.loading) {
            if let Err(error) = postgres.remove(&spec.key).await {
                tracing::warn!("could not remove a server: {error}");
            }
        }
    }
}
