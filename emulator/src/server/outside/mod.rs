//! Carrying out one piece of outside work: a database server, a dump, a copy, a client's session.

mod copy;
mod database;
mod dump;
mod dump_fault;
mod pause;
mod session;
mod upload;

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::jobs::{Effect, EffectFailure, EffectId, EffectResult, UnderWay, Work};

use super::blob_store::{BlobStore, StoredReader};
use super::database_gate::DatabaseGate;
use super::engine::DatabaseEngine;
use super::front_door::FrontDoor;
use crate::machine::Core;

pub(super) use pause::WorkPauses;
pub use pause::{Moment, WorkPause};

use copy::FilesToCopy;
use session::Desk;

/// A piece of work whose bytes are held open, so that nothing the world does meanwhile takes them
/// away.
pub(super) struct OpenedWork {
    pub(super) id: EffectId,
    pub(super) work: Work,
    /// One a file, for a copy; the dump, for a load.
    sources: Vec<io::Result<StoredReader>>,
    /// The paths of blobs that it committed before its process ended.
    committed: BTreeSet<String>,
}

impl OpenedWork {
    /// To be called under the lock of the core that asked for the work.
    pub(super) fn new(effect: Effect, store: &BlobStore) -> Self {
        let sources = match &effect.work {
            Work::Copy(copy) => copy.files.iter().map(|file| store.reader(&file.source)).collect(),
            Work::LoadDatabase(load) => vec![store.reader(&load.source)],
            Work::Server(_) | Work::Dump(_) | Work::Examine(_) | Work::DumpDatabase(_) | Work::WorkOut(_) => {
                Vec::new()
            }
        };
        Self {
            id: effect.id,
            work: effect.work,
            sources,
            committed: BTreeSet::new(),
        }
    }

    /// The same for work that an earlier process began: it goes on from the blobs that are committed.
    pub(super) fn again(under_way: UnderWay, store: &BlobStore) -> Self {
        Self {
            committed: under_way.committed,
            ..Self::new(under_way.effect, store)
        }
    }

    /// What has to happen one after the other shares a key: all that is about one server.
    pub(super) fn server_key(&self) -> Option<&str> {
        match &self.work {
            Work::Server(work) => Some(work.key()),
            Work::Dump(work) => Some(&work.key),
            Work::Copy(_)
            | Work::Examine(_)
            | Work::DumpDatabase(_)
            | Work::LoadDatabase(_)
            | Work::WorkOut(_) => None,
        }
    }
}

/// What outside work is done with.
pub(super) struct Tools<C> {
    pub(super) front_door: FrontDoor<C>,
    pub(super) engine: Option<Arc<dyn DatabaseEngine>>,
    pub(super) pauses: WorkPauses,
    pub(super) gate: DatabaseGate<C>,
    /// The version of clients' programs that is asked for; 0 if none is.
    pub(super) client_major: AtomicU32,
    /// Whether work came that needs a PostgreSQL, and there was none.
    pub(super) lacked_engine: AtomicBool,
}

impl<C: Core> Tools<C> {
    /// Does the work and says how it ended.
    pub(super) async fn carry_out(&self, prepared: OpenedWork) -> EffectResult {
        let result = match prepared.work {
            Work::Server(work) => match self.engine() {
                Ok(engine) => database::carry_out(engine, work).await,
                Err(failure) => Err(failure),
            },
            Work::Dump(work) => match self.engine() {
                Ok(engine) => {
                    let pauses = self.pauses.take(Moment::Dumping);
                    dump::carry_out(&self.front_door, engine, &work, pauses).await
                }
                Err(failure) => Err(failure),
            },
            Work::Copy(work) => {
                let pauses = self.pauses.take(Moment::Copied(0));
                let files = FilesToCopy {
                    sources: prepared.sources,
                    committed: &prepared.committed,
                };
                copy::carry_out(&self.front_door, &work, files, pauses).await
            }
            Work::Examine(work) => match self.desk() {
                Ok(desk) => desk.examine(&work).await,
                Err(failure) => Err(failure),
            },
            Work::DumpDatabase(work) => match self.desk() {
                Ok(desk) => desk.dump(&work, self.pauses.take(Moment::Dumping)).await,
                Err(failure) => Err(failure),
            },
            Work::LoadDatabase(work) => match self.desk() {
                Ok(desk) => {
                    let pauses = self.pauses.take(Moment::Loading);
                    desk.load(&work, prepared.sources.into_iter().next(), pauses)
                        .await
                }
                Err(failure) => Err(failure),
            },
            Work::WorkOut(work) => {
                let worked_out = tokio::task::spawn_blocking(move || work.carry_out()).await;
                // It panicked, and would go on to.
                worked_out.map_err(|error| EffectFailure::Engine(format!("azdrill itself failed: {error}")))
            }
        };
        result.unwrap_or_else(EffectResult::Failed)
    }

    fn desk(&self) -> Result<Desk<'_, C>, EffectFailure> {
        let major = self.client_major.load(Ordering::Relaxed);
        Ok(Desk {
            front_door: &self.front_door,
            gate: &self.gate,
            engine: self.engine()?,
            client_major: (major > 0).then_some(major),
        })
    }

    fn engine(&self) -> Result<&dyn DatabaseEngine, EffectFailure> {
        self.engine.as_deref().ok_or_else(|| {
            self.lacked_engine.store(true, Ordering::Relaxed);
            EffectFailure::Engine(
                "this world has no PostgreSQL: start azdrill with `--postgres container`, `local` or \
                 `download` to give it one"
                    .to_owned(),
            )
        })
    }
}
