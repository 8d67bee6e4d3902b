//! Running what falls due, and carrying out the outside work the core asks for.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use jiff::SignedDuration;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

use super::database_gate::DatabaseGate;
use super::engine::DatabaseEngine;
use super::front_door::FrontDoor;
use super::outside::{Moment, OpenedWork, Tools, WorkPause, WorkPauses};
use crate::jobs::{EffectFailure, EffectId, EffectResult, SessionFailure, UnderWay, Work};
use crate::machine::Core;
use crate::model::Timestamp;

/// Longest sleep on the machine's clock: one that was set, or a laptop that slept, is noticed.
const SLEEP_MAX: Duration = Duration::from_secs(30);

/// Shortest sleep, should something stay due although it was run.
const SLEEP_MIN: Duration = Duration::from_millis(1);

/// How long until it is tried again to keep what has happened: nothing that is due is run before.
const SLEEP_UNKEPT: Duration = Duration::from_secs(1);

/// Drives a core: lets time pass in it and does its outside work. Clones share one core.
///
/// On a clock that goes, [`Driver::run`] is all there is to it, and pieces of work run side by
/// side. On one that stands still, everything happens in a fixed order, so that the same world does
/// the same: only database servers start side by side.
pub struct Driver<C> {
    shared: Arc<Shared<C>>,
}

struct Shared<C> {
    tools: Tools<C>,
    /// Held by whoever settles; never by a request.
    turn: Mutex<()>,
    /// Lanes of work under way on a clock that goes.
    running: watch::Sender<usize>,
}

/// Time could not be moved.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("this world goes by the machine's clock, which is not azdrill's to move")]
pub struct ClockNotOurs;

impl<C: Core> Driver<C> {
    /// A driver of the core behind this front door. Without an engine, servers never start.
    pub fn new(front_door: FrontDoor<C>, engine: Option<Arc<dyn DatabaseEngine>>) -> Self {
        let gate = DatabaseGate::inside(front_door.clone(), engine.clone());
        Self::with_gate(front_door, engine, gate)
    }

    /// The same, with this gate in front of database servers.
    pub(super) fn with_gate(
        front_door: FrontDoor<C>,
        engine: Option<Arc<dyn DatabaseEngine>>,
        gate: DatabaseGate<C>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                tools: Tools {
                    front_door,
                    engine,
                    pauses: WorkPauses::default(),
                    gate,
                    client_major: AtomicU32::new(0),
                    lacked_engine: AtomicBool::new(false),
                },
                turn: Mutex::new(()),
                running: watch::Sender::new(0),
            }),
        }
    }

    /// Makes the next work of that kind stop when it comes to the moment.
    pub fn pause_at(&self, moment: Moment) -> WorkPause {
        self.shared.tools.pauses.add(moment)
    }

    /// Makes work that signs in to databases use programs of this major version from now on; `None`
    /// for those that fit each server.
    pub fn use_client_major(&self, major: Option<u32>) {
        let major = major.unwrap_or_default();
        self.shared.tools.client_major.store(major, Ordering::Relaxed);
    }

    /// Whether something needed a PostgreSQL, and there was none.
    pub fn lacked_postgres(&self) -> bool {
        self.shared.tools.lacked_engine.load(Ordering::Relaxed)
    }

    /// Keeps driving, for ever. Stopping it cuts off the work under way.
    pub async fn run(&self) {
        let mut running = JoinSet::new();
        loop {
            while self.front_door().clock().stands_still() {
                self.settle().await;
                self.front_door().alarm().rung().await;
            }
            self.run_on_going_clock(&mut running).await;
        }
    }

    /// Sets a clock of our own going, and goes on with it.
    pub fn set_clock_going(&self) {
        let front_door = self.front_door();
        front_door.clock().set_going();
        front_door.alarm().ring();
    }

    /// Lets a clock of our own stand still where it is. What is under way goes on to its end.
    pub fn freeze_clock(&self) {
        let front_door = self.front_door();
        front_door.clock().freeze();
        front_door.alarm().ring();
    }

    /// Runs everything that is due now and carries out all work, until nothing more is due at this
    /// time and no work is under way.
    pub async fn settle(&self) {
        let _turn = self.shared.turn.lock().await;
        self.settle_in_turn().await;
    }

    /// Goes on with what an earlier process had under way when it ended: to be called before the clock goes. It is
    /// done again, from where it can be told what has been done; what cannot be done twice has ended with the process.
    pub async fn resume(&self, under_way: Vec<UnderWay>) {
        let _turn = self.shared.turn.lock().await;
        let store = self.front_door().store();
        let mut opened = Vec::new();
        for under_way in under_way {
            match broken_off(&under_way.effect.work) {
                Some(failure) => self.complete(under_way.effect.id, EffectResult::Failed(failure)),
                None => opened.push(OpenedWork::again(under_way, store)),
            }
        }
        self.carry_out_in_order(opened).await;
        self.settle_in_turn().await;
    }

    /// The same at the side of whoever settles: for one who changes the world while a piece of work is paused, and
    /// whose own changes are not to wait for it.
    pub async fn settle_beside(&self) {
        loop {
            let prepared = self.tick();
            if prepared.is_empty() {
                return;
            }
            for prepared in prepared {
                let id = prepared.id;
                let result = self.carry_out(prepared).await;
                self.complete(id, result);
            }
        }
    }

    /// Moves a clock of our own forward, from one due time to the next, settling at each.
    ///
    /// # Errors
    ///
    /// On the machine's clock.
    pub async fn advance(&self, duration: SignedDuration) -> Result<(), ClockNotOurs> {
        let target = self.front_door().clock().now().checked_add(duration);
        let target = target.unwrap_or(Timestamp::MAX);
        if self.advance_while(target, |_| true).await? {
            self.front_door().clock().advance_to(target);
        }
        Ok(())
    }

    /// The same, for as long as `goes_on` says so of the core, which is asked before each due time. Whether it did up to
    /// the last due time before `target`; the clock is left there.
    ///
    /// # Errors
    ///
    /// On the machine's clock.
    pub async fn advance_while(
        &self,
        target: Timestamp,
        goes_on: impl Fn(&C) -> bool,
    ) -> Result<bool, ClockNotOurs> {
        let clock = self.front_door().clock();
        if !clock.is_ours() {
            return Err(ClockNotOurs);
        }
        let _turn = self.shared.turn.lock().await;
        self.settle_in_turn().await;
        loop {
            if !goes_on(&self.front_door().lock()) {
                return Ok(false);
            }
            let Some(due) = self.next_due().filter(|due| *due <= target) else {
                return Ok(true);
            };
            // It stays due until what has happened is kept.
            if self.front_door().kept().is_err() {
                return Ok(false);
            }
            // On a clock that goes, or went a moment ago, it may have fallen due by itself.
            let overdue = due <= clock.now();
            clock.advance_to(due);
            self.settle_in_turn().await;
            if overdue && clock.stands_still() && self.next_due() == Some(due) {
                tracing::error!(%due, "something stays due although it was run");
                return Ok(true);
            }
        }
    }

    /// Opens and closes the entrances of database servers as the core says. To be called when servers
    /// were added or removed behind its back.
    pub fn follow_databases(&self) {
        self.front_door()
            .with_core(|core| self.shared.tools.gate.follow(core));
    }

    /// The front door whose core it drives.
    pub fn front_door(&self) -> &FrontDoor<C> {
        &self.shared.tools.front_door
    }

    /// The gate in front of its database servers.
    pub(super) fn gate(&self) -> &DatabaseGate<C> {
        &self.shared.tools.gate
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.front_door().lock().next_due()
    }

    /// Runs what is due and takes over the work it asks for.
    fn tick(&self) -> Vec<OpenedWork> {
        let front_door = self.front_door();
        let store = front_door.store();
        let (prepared, released) = {
            let mut core = front_door.lock();
            if core.kept().is_err() {
                return Vec::new();
            }
            let effects = core.tick(front_door.clock().now());
            front_door.tell_names(&mut core);
            let prepared: Vec<_> = effects
                .into_iter()
                .map(|effect| OpenedWork::new(effect, store))
                .collect();
            front_door.alarm().plan(core.next_due());
            (prepared, core.take_released())
        };
        store.release(&released);
        prepared
    }

    async fn carry_out(&self, prepared: OpenedWork) -> EffectResult {
        let work = AssertUnwindSafe(self.shared.tools.carry_out(prepared));
        // A mistake of ours in one piece of work must not leave its job waiting for ever.
        work.catch_unwind().await.unwrap_or_else(|_| {
            EffectResult::Failed(EffectFailure::Engine(
                "azdrill itself failed; its log says where".to_owned(),
            ))
        })
    }

    fn complete(&self, id: EffectId, result: EffectResult) {
        if let EffectResult::Failed(failure) = &result {
            tracing::info!(?id, ?failure, "outside work failed");
        }
        let front_door = self.front_door();
        let now = front_door.clock().now();
        front_door.with_core(|core| {
            core.complete(now, id, result);
            self.shared.tools.gate.follow(core);
        });
    }

    async fn settle_in_turn(&self) {
        let mut running = self.shared.running.subscribe();
        loop {
            let prepared = self.tick();
            if prepared.is_empty() {
                if *running.borrow_and_update() == 0 {
                    return;
                }
                // Work the other loop began on a clock that goes. The sender lives as long as we do.
                let _ = running.wait_for(|running| *running == 0).await;
                continue;
            }
            self.carry_out_in_order(prepared).await;
        }
    }

    async fn carry_out_in_order(&self, prepared: Vec<OpenedWork>) {
        let (servers, others): (Vec<_>, Vec<_>) = prepared
            .into_iter()
            .partition(|prepared| matches!(prepared.work, Work::Server(_)));
        self.settle_servers(servers).await;
        for prepared in others {
            let id = prepared.id;
            let result = self.carry_out(prepared).await;
            self.complete(id, result);
        }
    }

    /// Servers side by side, what concerns one server in order; reported in the order asked for.
    async fn settle_servers(&self, prepared: Vec<OpenedWork>) {
        let order: Vec<_> = prepared.iter().map(|prepared| prepared.id).collect();
        let lanes = lanes(prepared).into_iter().map(async |lane| {
            let mut results = Vec::with_capacity(lane.len());
            for prepared in lane {
                results.push((prepared.id, self.carry_out(prepared).await));
            }
            results
        });
        let mut results: BTreeMap<_, _> = join_all(lanes).await.into_iter().flatten().collect();
        for id in order {
            if let Some(result) = results.remove(&id) {
                self.complete(id, result);
            }
        }
    }

    async fn run_on_going_clock(&self, running: &mut JoinSet<()>) {
        while !self.front_door().clock().stands_still() {
            for lane in lanes(self.tick()) {
                let underway = LaneUnderWay::begin(&self.shared.running);
                running.spawn(self.clone().carry_out_lane(lane, underway));
            }
            let wait = self.until_next_due();
            tokio::select! {
                () = self.front_door().alarm().rung() => {}
                () = tokio::time::sleep(wait) => {}
                Some(_) = running.join_next(), if !running.is_empty() => {}
            }
        }
    }

    async fn carry_out_lane(self, lane: Vec<OpenedWork>, _underway: LaneUnderWay) {
        for prepared in lane {
            let id = prepared.id;
            let result = self.carry_out(prepared).await;
            self.complete(id, result);
        }
    }

    fn until_next_due(&self) -> Duration {
        let Some(due) = self.next_due() else {
            return SLEEP_MAX;
        };
        if self.front_door().kept().is_err() {
            return SLEEP_UNKEPT;
        }
        let wait = due.duration_since(self.front_door().clock().now());
        Duration::try_from(wait)
            .unwrap_or_default()
            .clamp(SLEEP_MIN, SLEEP_MAX)
    }
}

/// A lane under way, counted until it is dropped, however it ends.
struct LaneUnderWay(watch::Sender<usize>);

impl LaneUnderWay {
    fn begin(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|running| *running += 1);
        Self(count.clone())
    }
}

impl Drop for LaneUnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}

/// How work ended that cannot be begun again. A load had a session open, which broke off; whether it or somebody else
/// made the database that is there now, nobody can tell, so that it is not dropped and made again.
fn broken_off(work: &Work) -> Option<EffectFailure> {
    match work {
        Work::LoadDatabase(load) => Some(EffectFailure::Session {
            failure: SessionFailure::ConnectionClosed,
            message: format!(
                "the connection to {} broke off while database \"{}\" was being loaded: azdrill ended. What is in a \
                 database of that name may be a part",
                load.sign_in.host, load.database
            ),
        }),
        Work::Server(_)
        | Work::Dump(_)
        | Work::Copy(_)
        | Work::Examine(_)
        | Work::DumpDatabase(_)
        | Work::WorkOut(_) => None,
    }
}

/// Work that may run side by side: what concerns one server stays in order, in one lane.
fn lanes(prepared: Vec<OpenedWork>) -> Vec<Vec<OpenedWork>> {
    let mut lanes: Vec<Vec<OpenedWork>> = Vec::new();
    for prepared in prepared {
        let key = prepared.server_key();
        let lane = lanes
            .iter_mut()
            .find(|lane| key.is_some() && lane.first().is_some_and(|first| first.server_key() == key));
        match lane {
            Some(lane) => lane.push(prepared),
            None => lanes.push(vec![prepared]),
        }
    }
    lanes
}

impl<C> Clone for Driver<C> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<C> std::fmt::Debug for Driver<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}
