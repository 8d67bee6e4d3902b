//! The gate in front of database servers: sockets on loopback where PostgreSQL's own clients
//! connect, by PostgreSQL's own protocol and with TLS, and where the core is asked about every
//! connection before a byte of it reaches a server.
//!
//! An entrance belongs to one server and to one place in the network. While a server runs, one
//! stands open for programs on this machine; work that signs in from elsewhere opens one for itself
//! and closes it again.

mod address;
mod entrance;
mod error_message;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod fuzzing;
mod line;
mod pass;
mod session;
mod side;
mod startup;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::Semaphore;

use super::certificates::{CertificateError, Certificates};
use super::engine::DatabaseEngine;
use super::front_door::FrontDoor;
use crate::machine::Core;
use crate::model::NetworkPath;

pub use entrance::DatabaseEntrance;

use side::Side;

/// Connections at the same time, at all entrances; more wait to be accepted.
const CONNECTIONS_MAX: usize = 4096;

/// The gate in front of all database servers of one core.
pub(in crate::server) struct DatabaseGate<C> {
    front_door: FrontDoor<C>,
    certificates: OnceLock<Arc<Certificates>>,
    standing: Option<StandingEntrances>,
    slots: Arc<Semaphore>,
    engine: Option<Arc<dyn DatabaseEngine>>,
}

/// The entrances that stand open while their servers run.
struct StandingEntrances {
    /// Where those who come in there stand in the network.
    path: NetworkPath,
    /// By the server's host name.
    entrances: Mutex<BTreeMap<String, DatabaseEntrance>>,
}

impl<C: Core> DatabaseGate<C> {
    /// A gate for work inside this process alone. It has an authority of its own, kept nowhere and
    /// made when it is first needed.
    pub(in crate::server) fn inside(
        front_door: FrontDoor<C>,
        engine: Option<Arc<dyn DatabaseEngine>>,
    ) -> Self {
        Self {
            front_door,
            engine,
            certificates: OnceLock::new(),
            standing: None,
            slots: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
        }
    }

    /// A gate with an entrance for every server that runs, whose callers stand at `path`.
    pub(in crate::server) fn open_to(
        front_door: FrontDoor<C>,
        engine: Option<Arc<dyn DatabaseEngine>>,
        certificates: Arc<Certificates>,
        path: NetworkPath,
    ) -> Self {
        Self {
            certificates: OnceLock::from(certificates),
            standing: Some(StandingEntrances {
                path,
                entrances: Mutex::default(),
            }),
            ..Self::inside(front_door, engine)
        }
    }

    /// Opens entrances of servers that run now, and closes those of servers that do not any more.
    /// To be called under the lock of the core, before anybody can read in it that a server runs.
    pub(in crate::server) fn follow(&self, core: &mut C) {
        let Some(standing) = &self.standing else { return };
        let running: BTreeSet<String> = core.running_databases().into_iter().collect();
        let mut entrances = standing.entrances.lock().unwrap_or_else(PoisonError::into_inner);
        entrances.retain(|host, _| {
            let stays = running.contains(host);
            if !stays {
                core.note_entrance(host, None);
            }
            stays
        });
        for host in running {
            if entrances.contains_key(&host) {
                continue;
            }
            match self.open_own(&host, standing.path.clone()) {
                Ok(entrance) => {
                    if let Some(names) = self.front_door.names() {
                        names.database(&host, entrance.address());
                    }
                    core.note_entrance(&host, Some(entrance.address()));
                    entrances.insert(host, entrance);
                }
                Err(error) => tracing::error!(host, %error, "no entrance to a database server"),
            }
        }
    }

    /// Opens an entrance to one server, for callers at `path`, on any free port of 127.0.0.1.
    pub(in crate::server) fn open(&self, host: &str, path: NetworkPath) -> io::Result<DatabaseEntrance> {
        DatabaseEntrance::open(address::any()?, self.side(host, path)?)
    }

    /// Opens an entrance at the server's own address, if that can be had.
    fn open_own(&self, host: &str, path: NetworkPath) -> io::Result<DatabaseEntrance> {
        DatabaseEntrance::open(address::listen(host)?, self.side(host, path)?)
    }

    /// The authority whose certificates the servers show, in PEM.
    pub(in crate::server) fn authority_pem(&self) -> Result<String, CertificateError> {
        Ok(self.certificates()?.authority_pem().to_owned())
    }

    fn certificates(&self) -> Result<Arc<Certificates>, CertificateError> {
        if let Some(certificates) = self.certificates.get() {
            return Ok(Arc::clone(certificates));
        }
        let made = Certificates::unkept()?;
        Ok(Arc::clone(self.certificates.get_or_init(|| made)))
    }

    fn side(&self, host: &str, path: NetworkPath) -> io::Result<Side<C>> {
        let certificates = self.certificates().map_err(io::Error::other)?;
        Ok(Side::new(
            self.front_door.clone(),
            &certificates,
            host,
            path,
            Arc::clone(&self.slots),
            self.engine.clone(),
        ))
    }
}
