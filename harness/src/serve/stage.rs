//! The world of a fake Azure: building it, keeping it to come back to, beginning again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azdrill_emulator::azure::{Azure, KeptWorld, NotNow};
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::{Assumptions, Rules};
use azdrill_emulator::server::{Core, Driver};
use azdrill_emulator::world::{self, Operator};

use super::served_world::{ServeError, Setup};
use crate::run::{Client, Names, Play, settings};
use crate::scenario::{Scenario, World};

/// How often to try between two pieces of work before it counts as not possible.
const TRIES_MAX: usize = 20;

/// What a world is built with, and worlds that were kept.
pub(super) struct Stage {
    pub(super) setup: Setup,
    pub(super) operator: Operator,
    pub(super) driver: Driver<Azure>,
    kept: Mutex<BTreeMap<String, Kept>>,
    /// Held by whoever builds, keeps or brings back.
    turn: tokio::sync::Mutex<()>,
}

struct Kept {
    at: Timestamp,
    world: KeptWorld,
}

/// Why a kept world was not brought back.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotBroughtBack {
    #[error("no snapshot is called `{0}`")]
    Unknown(String),
    #[error(transparent)]
    NotNow(#[from] NotNow),
}

/// An Azure in which nothing has been built yet.
pub(super) async fn found(setup: &Setup, start: Timestamp) -> Result<(Azure, Operator), ServeError> {
    let assumptions: Assumptions = setup
        .world
        .iter()
        .flat_map(|scenario| &scenario.assume)
        .chain(setup.assume.iter().map(|(rule, alternative)| (rule, alternative)))
        .map(|(rule, alternative)| (rule.clone(), alternative.clone()))
        .collect();
    let rules = Rules::load(setup.profile, &assumptions)?;
    let none = World::default();
    let world = setup.world.as_ref().map_or(&none, |scenario| &scenario.world);
    let mut settings = settings(world, setup.postgres.as_ref()).await?;
    settings.fast_polls = setup.fast_polls;
    let mut azure = Azure::new(rules, settings, setup.seed);
    if setup.bodies {
        azure.keep_bodies();
    }
    let operator = world::found(&mut azure, start);
    if let Some(certificate) = &setup.certificate {
        world::admit_certificate(&mut azure, &operator, certificate.clone());
    }
    Ok((azure, operator))
}

impl Stage {
    pub(super) fn new(setup: Setup, operator: Operator, driver: Driver<Azure>) -> Self {
        Self {
            setup,
            operator,
            driver,
            kept: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn names(&self, scenario: &Scenario) -> Names {
        Names::of(&scenario.world, &self.operator.subscription)
    }

    /// Builds the world, puts the faults in place, and sets the clock going.
    pub(super) async fn build(&self) -> Result<(), ServeError> {
        if let Some(scenario) = &self.setup.world {
            let client = Client::new(self.driver.clone(), self.operator.clone());
            let mut play = Play::begin(scenario, client, self.setup.postgres.clone()).await?;
            for step in play.steps(self.setup.profile).await? {
                if let Some(miss) = step.misses.into_iter().next() {
                    return Err(ServeError::Step {
                        world: scenario.name.clone(),
                        step: step.title,
                        miss,
                    });
                }
            }
        }
        let faults = &self.setup.faults;
        self.driver
            .front_door()
            .with_core(|azure| faults.apply(azure))
            .map_err(ServeError::Faults)?;
        self.driver.set_clock_going();
        Ok(())
    }

    /// Begins again: another world is built from the same file, in the place of this one. What was
    /// kept is gone, the log goes on.
    pub(super) async fn reset(&self) -> Result<(), ServeError> {
        let _turn = self.turn.lock().await;
        let start = self.setup.begins();
        let (mut fresh, _) = found(&self.setup, start).await?;
        self.driver.settle().await;
        let kept = std::mem::take(&mut *self.kept());
        let door = self.driver.front_door();
        let (servers, released) = door.with_core(move |azure| {
            for (_, kept) in kept {
                azure.forget(kept.world);
            }
            let (servers, log) = azure.wind_up();
            let released = azure.take_released();
            fresh.continue_log(log);
            *azure = fresh;
            (servers, released)
        });
        door.store().release(&released);
        door.clock().begin_again(start);
        self.remove_servers(&servers).await;
        self.build().await
    }

    /// Keeps the world under a name; what was kept under it before is let go of.
    pub(super) async fn keep(&self, name: &str) -> Result<(), NotNow> {
        let _turn = self.turn.lock().await;
        let world = self.between_work(Azure::keep).await?;
        let at = self.driver.front_door().clock().now();
        let earlier = self.kept().insert(name.to_owned(), Kept { at, world });
        self.let_go(earlier);
        Ok(())
    }

    /// Makes the world as it was when it was kept under that name.
    pub(super) async fn bring_back(&self, name: &str) -> Result<(), NotBroughtBack> {
        let _turn = self.turn.lock().await;
        // Looked up under its lock each time: what is kept cannot be shared between threads.
        let surplus = self
            .between_work(|azure| match self.kept().get(name) {
                Some(kept) => azure.come_back_to(&kept.world).map(Some),
                None => Ok(None),
            })
            .await?;
        let surplus = surplus.ok_or_else(|| NotBroughtBack::Unknown(name.to_owned()))?;
        self.remove_servers(&surplus).await;
        Ok(())
    }

    /// Lets go of what was kept under that name; whether there was something.
    pub(super) async fn forget(&self, name: &str) -> bool {
        let _turn = self.turn.lock().await;
        let kept = self.kept().remove(name);
        let found = kept.is_some();
        self.let_go(kept);
        found
    }

    /// The names under which worlds are kept, and from when they are.
    pub(super) fn kept_names(&self) -> Vec<(String, Timestamp)> {
        let kept = self.kept();
        kept.iter().map(|(name, kept)| (name.clone(), kept.at)).collect()
    }

    fn let_go(&self, kept: Option<Kept>) {
        if let Some(kept) = kept {
            self.driver
                .front_door()
                .with_core(|azure| azure.forget(kept.world));
        }
    }

    /// Does something to the core while no outside work is under way. On a clock that goes, more may
    /// begin at any moment: then it is tried again.
    async fn between_work<T>(
        &self,
        mut action: impl FnMut(&mut Azure) -> Result<T, NotNow>,
    ) -> Result<T, NotNow> {
        for _ in 0..TRIES_MAX {
            self.driver.settle().await;
            match self.driver.front_door().with_core(&mut action) {
                Err(NotNow::WorkUnderWay) => {}
                other => return other,
            }
        }
        Err(NotNow::WorkUnderWay)
    }

    /// Removes servers that are no part of the world any more.
    async fn remove_servers(&self, keys: &[String]) {
        self.driver.follow_databases();
        let Some(postgres) = &self.setup.postgres else {
            return;
        };
        for key in keys {
            if let Err(error) = postgres.remove(key).await {
                tracing::warn!("could not remove a server: {error}");
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the routes of [`super::admin`] work with.
pub(super) type SharedStage = Arc<Stage>;
