//! Worlds to come back to.

use std::collections::BTreeMap;

use super::Azure;
use crate::jobs::{Agenda, WorkflowId};
use crate::services::{ServiceStates, Workflow};
use crate::state::State;

/// A world as it was. What is in its databases is not part of it, and neither are the time, the
/// faults, how much was asked of Resource Manager lately, and the log.
pub struct KeptWorld {
    pub(super) state: State,
    pub(super) own: ServiceStates,
    pub(super) draws: BTreeMap<String, u64>,
    pub(super) agenda: Agenda,
    pub(super) workflows: BTreeMap<WorkflowId, Box<dyn Workflow>>,
}

/// Why a world cannot be kept, or come back to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// A server is being started, data is being moved.
    #[error("work is under way outside the emulator; ask again when it is done")]
    WorkUnderWay,
    /// A database server of that world is gone, or has been stopped or started since.
    #[error(
        "the database server {0} is not as it was then: it has been deleted, stopped or started since, and what \
         is in databases is not kept"
    )]
    Server(String),
}

impl Azure {
    /// Keeps the world as it is now. The bytes of its blobs stay until [`Azure::forget`].
    ///
    /// # Errors
    ///
    /// If work is under way.
    pub fn keep(&mut self) -> Result<KeptWorld, NotNow> {
        if !self.agenda.is_quiet() {
            return Err(NotNow::WorkUnderWay);
        }
        Ok(KeptWorld {
            state: self.state.clone(),
            own: self.own.keep(),
            draws: self.draws.clone(),
            agenda: self.agenda.clone(),
            workflows: self.workflows.clone(),
        })
    }

    /// Makes the world as it was when it was kept. What has fallen due since is due now. Answers with
    /// the database engine's keys of servers that are no part of it, and are to be removed.
    ///
    /// # Errors
    ///
    /// If work is under way, or a database server is not there any more; then nothing has changed.
    pub fn come_back_to(&mut self, kept: &KeptWorld) -> Result<Vec<String>, NotNow> {
        if !self.agenda.is_quiet() {
            return Err(NotNow::WorkUnderWay);
        }
        self.own
            .postgres
            .check_servers_of(&kept.own.postgres)
            .map_err(NotNow::Server)?;
        let (surplus, released) = self.own.bring_back(&kept.own);
        self.released.extend(released);
        self.state = kept.state.clone();
        self.draws.clone_from(&kept.draws);
        self.agenda = kept.agenda.clone();
        self.workflows.clone_from(&kept.workflows);
        self.inner_tokens.clear();
        Ok(surplus)
    }

    /// Lets go of a kept world, and of the bytes only it held.
    pub fn forget(&mut self, kept: KeptWorld) {
        let released = self.own.storage.forget(kept.own.storage);
        self.released.extend(released);
    }

    /// Ends this world for another one to take its place: gives back the bytes of all blobs, and
    /// answers with the database engine's keys of its servers. Its log goes on in the other.
    pub fn make_way_for(&mut self, mut other: Self) -> Vec<String> {
        let released = self.own.storage.clear();
        other.released.append(&mut self.released);
        other.released.extend(released);
        other.log = std::mem::take(&mut self.log);
        let servers = self.own.postgres.keys();
        *self = other;
        servers
    }
}
