//! Steps that happen while a job is under way: what a customer does by calls of its own, while the job waits at a
//! moment that the step names.

use std::pin::Pin;

use azdrill_emulator::server::{Moment, WorkPause};
use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::client::Settles;
use super::hold::{Held, Hold};
use super::{Outcome, Play, RunError};
use crate::scenario::Step;

/// How a step ends whose moment never came.
pub(crate) const NOT_REACHED: &str = "NotReached";

/// When in a job a step happens. It is the job of the step before it that has no `during`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct During {
    /// The job's operation, in Azure's word.
    pub job: Job,
    /// The moment.
    pub phase: Phase,
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Job {
    /// It backs up.
    Backup,
    /// It restores.
    Restore,
}

/// A moment of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Its request has been accepted, and nothing has been done yet.
    Accepted,
    /// The first bytes of a dump have come.
    Dumping,
    /// The first block has been written into the container.
    Copying,
    /// The dump is about to be loaded into a new database.
    Loading,
}

impl Phase {
    /// Whether a job comes to it: one of this kind, and a restore to a database or as files.
    pub(crate) fn is_of(self, job: Job, to_database: bool) -> bool {
        match self {
            Self::Accepted => true,
            Self::Dumping => job == Job::Backup,
            Self::Copying => job == Job::Restore && !to_database,
            Self::Loading => job == Job::Restore && to_database,
        }
    }
}

/// A job that waits.
enum Waiting {
    /// For whoever asked for it.
    Accepted(Held),
    /// In work that moves data.
    Working(WorkPause),
}

impl Waiting {
    async fn reached(&mut self) -> bool {
        match self {
            Self::Accepted(held) => held.reached().await,
            Self::Working(pause) => pause.reached().await,
        }
    }

    fn resume(self) {
        match self {
            Self::Accepted(held) => held.resume(),
            Self::Working(pause) => pause.resume(),
        }
    }
}

impl<'a> Play<'a> {
    /// Takes a step, and those that happen in its job.
    pub(super) async fn take(&mut self, step: &'a Step) -> Result<Outcome, RunError> {
        let number = self.taken;
        self.taken += 1;
        if step.during.is_some() {
            return Ok(self.happened.pop_front().unwrap_or_else(not_reached));
        }
        let later = self.scenario.steps.get(number + 1..).unwrap_or_default();
        self.turn_to(step)?;
        self.meanwhile = later.iter().take_while(|step| step.during.is_some()).collect();
        step.action.take(self).await
    }

    /// Sees the world as a step does.
    fn turn_to(&mut self, step: &Step) -> Result<(), RunError> {
        let world = &self.whole;
        if !world.resources.is_empty() {
            let seen = world.seen_by(&step.about, &step.action.needs())?;
            self.see(seen);
        }
        Ok(())
    }

    /// Begins a job and follows it to its end, with what happens in it.
    pub(super) async fn carry_out(&mut self, path: &str, body: &Value) -> Result<Outcome, RunError> {
        let meanwhile = std::mem::take(&mut self.meanwhile);
        let mut waiting = Vec::new();
        for step in meanwhile {
            if let Some(during) = step.during {
                waiting.push((self.pause(during.phase), step));
            }
        }
        let mut aside = self.aside(Settles::Beside);
        let mut before_it_begins = self.aside(Settles::Not);
        let mut happened = Vec::new();
        let ended = {
            let work = async {
                let ended = self.client.operate(Method::POST, path, Some(body)).await?;
                self.follow_job(ended, path).await
            };
            let changes = async {
                for (mut moment, step) in waiting {
                    if !moment.reached().await {
                        happened.push(not_reached());
                        continue;
                    }
                    let somebody = match &moment {
                        Waiting::Accepted(_) => &mut before_it_begins,
                        Waiting::Working(_) => &mut aside,
                    };
                    let outcome = somebody.take_aside(step).await;
                    moment.resume();
                    happened.push(outcome?);
                }
                Ok::<(), RunError>(())
            };
            let mut work = std::pin::pin!(work);
            let mut changes = std::pin::pin!(changes);
            // A job that is refused comes to none of its moments, and there is nothing to wait for.
            tokio::select! {
                ended = &mut work => ended,
                changed = &mut changes => {
                    changed?;
                    work.await
                }
            }
        }?;
        self.rotations = aside.rotations.max(before_it_begins.rotations);
        self.happened.extend(happened);
        Ok(ended)
    }

    /// Has the job to come wait at a moment.
    fn pause(&mut self, phase: Phase) -> Waiting {
        let moment = match phase {
            Phase::Accepted => {
                let (hold, held) = Hold::new();
                self.client.hold(hold);
                return Waiting::Accepted(held);
            }
            Phase::Dumping => Moment::Dumping,
            Phase::Copying => Moment::Copied(1),
            Phase::Loading => Moment::Loading,
        };
        Waiting::Working(self.client.driver().pause_at(moment))
    }

    /// Somebody else at the same world, at the side of a job that is held.
    fn aside(&self, settles: Settles) -> Self {
        Self {
            postgres: self.postgres.clone(),
            sources: self.sources.clone(),
            names: self.names.clone(),
            target_key: self.target_key.clone(),
            pinned: self.pinned.clone(),
            rotations: self.rotations,
            simulated: self.simulated,
            whole: self.whole.clone(),
            ..Self::at(self.scenario, self.client.aside(settles), None)
        }
    }

    /// Boxed, since a step may take steps.
    fn take_aside<'b>(
        &'b mut self,
        step: &'b Step,
    ) -> Pin<Box<dyn Future<Output = Result<Outcome, RunError>> + Send + 'b>> {
        Box::pin(async move {
            self.turn_to(step)?;
            let who = step
                .by_whom
                .as_ref()
                .map(|name| self.somebody(name))
                .transpose()?;
            self.client.act_as(who);
            step.action.take(self).await
        })
    }
}

fn not_reached() -> Outcome {
    Outcome {
        status: NOT_REACHED.to_owned(),
        ..Outcome::default()
    }
}
