//! Carrying out one piece of outside work: a database server, a dump, a copy.

mod copy;
mod database;
mod dump;
mod pause;
mod upload;

use std::io;
use std::sync::Arc;

use crate::jobs::{Effect, EffectFailure, EffectId, EffectResult, Work};

use super::blob_store::{BlobStore, StoredReader};
use super::core::Core;
use super::engine::DatabaseEngine;
use super::front_door::FrontDoor;

pub use pause::CopyPause;
pub(super) use pause::CopyPauses;

/// A piece of work whose bytes are held open, so that nothing the world does meanwhile takes them
/// away.
pub(super) struct Prepared {
    pub(super) id: EffectId,
    pub(super) work: Work,
    /// One a file, for a copy.
    sources: Vec<io::Result<StoredReader>>,
}

impl Prepared {
    /// To be called under the lock of the core that asked for the work.
    pub(super) fn new(effect: Effect, store: &BlobStore) -> Self {
        let sources = match &effect.work {
            Work::Copy(copy) => copy.files.iter().map(|file| store.reader(&file.source)).collect(),
            Work::LoadDatabase(load) => vec![store.reader(&load.source)],
            Work::Server(_) | Work::Dump(_) | Work::Examine(_) | Work::DumpDatabase(_) => Vec::new(),
        };
        Self {
            id: effect.id,
            work: effect.work,
            sources,
        }
    }

    /// What has to happen one after the other shares a key: all that is about one server.
    pub(super) fn server_key(&self) -> Option<&str> {
        match &self.work {
            Work::Server(work) => Some(work.key()),
            Work::Dump(work) => Some(&work.key),
            Work::Copy(_) | Work::Examine(_) | Work::DumpDatabase(_) | Work::LoadDatabase(_) => None,
        }
    }
}

/// What outside work is done with.
pub(super) struct Tools<C> {
    pub(super) front_door: FrontDoor<C>,
    pub(super) engine: Option<Arc<dyn DatabaseEngine>>,
    pub(super) pauses: CopyPauses,
}

impl<C: Core> Tools<C> {
    /// Does the work and says how it ended.
    pub(super) async fn carry_out(&self, prepared: Prepared) -> EffectResult {
        let result = match prepared.work {
            Work::Server(work) => match self.engine() {
                Ok(engine) => database::carry_out(engine, work).await,
                Err(failure) => Err(failure),
            },
            Work::Dump(work) => match self.engine() {
                Ok(engine) => dump::carry_out(&self.front_door, engine, &work).await,
                Err(failure) => Err(failure),
            },
            Work::Copy(work) => {
                let pauses = self.pauses.take();
                copy::carry_out(&self.front_door, &work, prepared.sources, pauses).await
            }
            Work::Examine(_) | Work::DumpDatabase(_) | Work::LoadDatabase(_) => Err(EffectFailure::Engine(
                "nothing signs in to databases yet".to_owned(),
            )),
        };
        result.unwrap_or_else(EffectResult::Failed)
    }

    fn engine(&self) -> Result<&dyn DatabaseEngine, EffectFailure> {
        self.engine.as_deref().ok_or_else(|| {
            EffectFailure::Engine(
                "this world has no PostgreSQL: start azdrill with `--postgres container`, `local` or \
                 `download` to give it one"
                    .to_owned(),
            )
        })
    }
}
