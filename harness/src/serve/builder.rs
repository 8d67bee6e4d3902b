//! The world of a fake Azure: building it, keeping it to come back to, beginning again.

use std::sync::Arc;

use azdrill_emulator::azure::NotNow;
use azdrill_emulator::journal::{Beginning, Journalled, NotBroughtBack, Sink};
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::RulesError;
use azdrill_emulator::server::Driver;
use azdrill_emulator::world::Operator;

use super::setup::{ServeError, Setup};
use crate::run::{Client, Names, Play, settings};
use crate::scenario::{Scenario, World};

/// How often to try between two pieces of work before it counts as not possible.
const TRIES_MAX: usize = 20;

/// What a world is built with.
pub(super) struct WorldBuilder {
    pub(super) setup: Setup,
    pub(super) operator: Operator,
    pub(super) driver: Driver<Journalled>,
    /// Held by whoever builds, keeps or brings back.
    turn: tokio::sync::Mutex<()>,
}

/// What the machine begins with, under settings that are its own: no two share their servers.
async fn beginning(setup: &Setup) -> Result<Beginning, ServeError> {
    let assumptions = setup.assumptions();
    let none = World::default();
    let world = setup.world.as_ref().map_or(&none, |scenario| &scenario.world);
    let mut settings = settings(world, setup.postgres.as_ref()).await?;
    settings.fast_polls = setup.fast_polls;
    Ok(Beginning::new(setup.profile, &assumptions, setup.seed, settings))
}

/// A machine in which nothing has been built yet, with its journal if it has one.
pub(super) async fn found(
    setup: &Setup,
    start: Timestamp,
    sink: Option<Box<dyn Sink>>,
) -> Result<(Journalled, Operator), ServeError> {
    let beginning = beginning(setup).await?;
    let mut machine = match sink {
        Some(sink) => Journalled::with_journal(beginning, &setup.what(), sink)?,
        None => Journalled::new(&beginning)?,
    };
    if setup.bodies {
        machine.keep_bodies();
    }
    let operator = machine.found(start, setup.certificate.as_deref());
    Ok((machine, operator))
}

impl WorldBuilder {
    pub(super) fn new(setup: Setup, operator: Operator, driver: Driver<Journalled>) -> Self {
        Self {
            setup,
            operator,
            driver,
            turn: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn names(&self, scenario: &Scenario) -> Names {
        Names::of(&scenario.world, &self.operator.subscription)
    }

    /// Builds the world, puts the faults in place, and sets the clock going, if it is to go.
    pub(super) async fn build(&self) -> Result<(), ServeError> {
        if let Some(scenario) = &self.setup.world {
            let client = Client::new(self.driver.clone(), self.operator.clone());
            let mut play = Play::begin(scenario, client, self.setup.postgres.clone()).await?;
            for step in play.steps(self.setup.profile, None).await? {
                if let Some(miss) = step.misses.into_iter().next() {
                    return Err(ServeError::Step {
                        world: scenario.name.clone(),
                        step: step.title,
                        miss,
                    });
                }
            }
            play.throttle()?;
        }
        let faults = &self.setup.faults;
        let door = self.driver.front_door();
        let now = door.clock().now();
        door.with_core(|machine| faults.apply(machine, now))
            .map_err(ServeError::Faults)?;
        if self.setup.keeps.is_some() {
            door.with_core(|machine| machine.note_built(now));
            door.kept()?;
        }
        if !self.setup.stands_still {
            self.driver.set_clock_going();
        }
        Ok(())
    }

    /// Begins again: another world is built from the same file, in the place of this one. What was
    /// kept is gone, the log goes on.
    pub(super) async fn reset(&self) -> Result<(), ServeError> {
        let _turn = self.turn.lock().await;
        let start = self.setup.begins();
        let beginning = beginning(&self.setup).await?;
        self.driver.settle().await;
        let door = self.driver.front_door();
        let servers = door.with_core(|machine| {
            let servers = machine.begin_again(start, &beginning)?;
            machine.found(start, self.setup.certificate.as_deref());
            Ok::<_, RulesError>(servers)
        })?;
        door.clock().begin_again(start);
        self.remove_servers(&servers).await;
        self.build().await
    }

    /// Keeps the world under a name; what was kept under it before is let go of.
    pub(super) async fn keep(&self, name: &str) -> Result<(), NotNow> {
        let _turn = self.turn.lock().await;
        self.between_work(
            |machine, now| machine.keep(now, name),
            |why| *why == NotNow::WorkUnderWay,
        )
        .await
    }

    /// Makes the world as it was when it was kept under that name.
    pub(super) async fn bring_back(&self, name: &str) -> Result<(), NotBroughtBack> {
        let _turn = self.turn.lock().await;
        let surplus = self
            .between_work(
                |machine, now| machine.come_back(now, name),
                |why| matches!(why, NotBroughtBack::NotNow(NotNow::WorkUnderWay)),
            )
            .await?;
        self.remove_servers(&surplus).await;
        Ok(())
    }

    /// Lets go of what was kept under that name; whether there was something.
    pub(super) async fn forget(&self, name: &str) -> bool {
        let _turn = self.turn.lock().await;
        let door = self.driver.front_door();
        let now = door.clock().now();
        door.with_core(|machine| machine.forget(now, name))
    }

    /// The names under which worlds are kept, and from when they are.
    pub(super) fn kept_names(&self) -> Vec<(String, Timestamp)> {
        let door = self.driver.front_door();
        door.with_core(|machine| {
            let kept = machine.kept();
            kept.map(|(name, at)| (name.to_owned(), at)).collect()
        })
    }

    /// Does something to the machine while no outside work is under way. On a clock that goes, more may
    /// begin at any moment: then it is tried again.
    async fn between_work<T, E>(
        &self,
        mut action: impl FnMut(&mut Journalled, Timestamp) -> Result<T, E>,
        is_work: impl Fn(&E) -> bool,
    ) -> Result<T, E> {
        let mut tries = 1;
        loop {
            self.driver.settle().await;
            let door = self.driver.front_door();
            let now = door.clock().now();
            match door.with_core(|machine| action(machine, now)) {
                Err(why) if is_work(&why) && tries < TRIES_MAX => tries += 1,
                other => return other,
            }
        }
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
}

/// What the routes of [`super::admin`] work with.
pub(super) type SharedBuilder = Arc<WorldBuilder>;
