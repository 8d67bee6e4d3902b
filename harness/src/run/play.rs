//! A scenario being played: its world is built, and its steps are taken one after the other.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use azdrill_emulator::fault::ThrottlingFault;
use azdrill_emulator::jobs::ServerSpec;
use azdrill_emulator::rules::Profile;
use azdrill_emulator::world::Operator;

use super::client::Client;
use super::error::RunError;
use super::names::Names;
use super::onlooker::Onlooker;
use super::owners::Owners;
use super::personas::persona;
use super::report::{self, JobState, JobTimes, Outcome, RuleNote, StepReport};
use super::{build, missed};
use crate::postgres::RealPostgres;
use crate::postgres::content::DatabaseContent;
use crate::scenario::{Scenario, Step, World};

/// A scenario being played.
pub(crate) struct Play<'a> {
    pub(super) scenario: &'a Scenario,
    /// The scenario's world, with what has been moved in the place it has come to.
    pub(super) whole: World,
    /// The world as the step being taken sees it: what it is about stands in the places of the short forms.
    pub(super) world: World,
    pub(crate) names: Names,
    pub(super) client: Client,
    pub(super) postgres: Option<Arc<dyn RealPostgres>>,
    /// The source servers, by the id of each.
    pub(super) sources: BTreeMap<String, ServerSpec>,
    /// The newest restore's file prefix.
    pub(super) last_prefix: String,
    /// The blobs the last restore as files made.
    pub(super) restored: Vec<String>,
    pub(super) restores: u32,
    pub(super) scratch: Option<ServerSpec>,
    /// The server that files are loaded into.
    pub(super) loading: Option<ServerSpec>,
    /// The database the newest restore created, if it went to one.
    pub(super) last_database: Option<String>,
    /// The engine's key of the server to restore to.
    pub(super) target_key: Option<String>,
    /// The version of the secret that the instance names.
    pub(super) pinned: Option<String>,
    pub(super) rotations: u32,
    /// What was in the source of each instance when its newest backup was taken.
    pub(super) backed_up: BTreeMap<String, DatabaseContent>,
    /// Whether its servers only are said to run: steps of rows are passed over.
    pub(super) simulated: bool,
    /// Whether somebody looks on who has things go wrong: a step that finds nothing to go on with is passed over.
    pub(super) watched: bool,
    /// How many of the scenario's steps have been taken.
    pub(super) taken: usize,
    /// The steps that happen in the job of the one being taken.
    pub(super) meanwhile: Vec<&'a Step>,
    /// What came of those that happened in a job and have not been told.
    pub(super) happened: VecDeque<Outcome>,
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

    /// Has Resource Manager refuse what is too much, where the world says so: from here on, so that what builds a world is
    /// never too much.
    pub(crate) fn throttle(&self) -> Result<(), RunError> {
        let Some(limits) = &self.scenario.world.throttling else {
            return Ok(());
        };
        let now = self.client.now();
        self.client.look(|machine| {
            let limits = limits.limits(machine.rules());
            let fault = ThrottlingFault {
                name: String::new(),
                limits: limits.map_err(|wrong| RunError::Scenario(wrong.to_string()))?,
                optional: true,
            };
            machine.put_throttling_fault(now, fault);
            Ok(())
        })
    }

    /// Stands at the beginning of a scenario.
    pub(super) fn at(
        scenario: &'a Scenario,
        client: Client,
        postgres: Option<Arc<dyn RealPostgres>>,
    ) -> Self {
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
            watched: false,
            taken: 0,
            meanwhile: Vec::new(),
            happened: VecDeque::new(),
        }
    }

    /// Takes the scenario's steps.
    pub(crate) async fn steps(
        &mut self,
        profile: Profile,
        mut onlooker: Option<&mut dyn Onlooker>,
    ) -> Result<Vec<StepReport>, RunError> {
        let mut steps = Vec::new();
        for (number, step) in self.scenario.steps.iter().enumerate() {
            if let Some(onlooker) = &mut onlooker {
                let now = self.client.now();
                self.client.look(|core| onlooker.before(number, core, now));
            }
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
            // What was not done because of a fault may leave nothing to go on with.
            Err(RunError::Scenario(_)) if self.watched => (Outcome::default(), false),
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

    /// Whoever is meant by the name of a persona or of a tenant.
    pub(super) fn somebody(&self, name: &str) -> Result<Operator, RunError> {
        match self.client.owners().of_tenant(name) {
            Some(owner) => Ok(owner.clone()),
            None => persona(&self.client, &self.names, &self.scenario.world, name),
        }
    }

    /// Every backup and restore job, by its id.
    fn jobs(&self) -> BTreeMap<String, JobState> {
        self.client.look(|core| {
            let jobs = core.services().data_protection.all_jobs();
            jobs.map(|job| (job.id.to_owned(), JobState::of(&job))).collect()
        })
    }

    /// When each of them ran, in an order that no id decides.
    pub(super) fn job_times(&self) -> Vec<JobTimes> {
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

    pub(super) fn about(&self, scenario: &Scenario) -> Vec<RuleNote> {
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
    pub(super) async fn clean_up(self) {
        let Some(postgres) = self.postgres else { return };
        for spec in self.sources.values().chain(&self.scratch).chain(&self.loading) {
            if let Err(error) = postgres.remove(&spec.key).await {
                tracing::warn!("could not remove a server: {error}");
            }
        }
    }
}
