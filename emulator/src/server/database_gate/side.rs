//! What the connections at one entrance have in common.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::fault::Disturbance;
use crate::machine::{Core, DatabaseRefusal};
use crate::model::NetworkPath;
use crate::server::certificates::Certificates;
use crate::server::engine::DatabaseEngine;
use crate::server::front_door::FrontDoor;

/// What happened at an entrance, for whoever opened it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    refusal: Mutex<Option<DatabaseRefusal>>,
    struck: AtomicBool,
}

/// What every connection at an entrance needs.
pub(super) struct Side<C> {
    pub(super) front_door: FrontDoor<C>,
    /// The server's host name.
    pub(super) host: String,
    /// Where its callers stand.
    pub(super) path: NetworkPath,
    pub(super) tls: TlsAcceptor,
    /// What a client that does not trust us is told to trust; empty if that is in no file.
    pub(super) bundle: String,
    pub(super) seen: Arc<Seen>,
    /// Where the newest session that was let in went on to: what asks for its end goes there too.
    backend: Mutex<Option<SocketAddr>>,
    pub(super) slots: Arc<Semaphore>,
    /// What runs the real servers.
    pub(super) engine: Option<Arc<dyn DatabaseEngine>>,
}

impl Seen {
    /// The newest connection that was not let in, if one was not.
    pub(super) fn refusal(&self) -> Option<DatabaseRefusal> {
        let refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        refusal.clone()
    }

    /// Whether a fault has ended a connection here.
    pub(super) fn was_struck(&self) -> bool {
        self.struck.load(Ordering::Relaxed)
    }

    pub(super) fn refused(&self, refusal: DatabaseRefusal) {
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
    }

    pub(super) fn struck(&self) {
        self.struck.store(true, Ordering::Relaxed);
    }
}

impl<C: Core> Side<C> {
    pub(super) fn new(
        front_door: FrontDoor<C>,
        certificates: &Arc<Certificates>,
        host: &str,
        path: NetworkPath,
        slots: Arc<Semaphore>,
        engine: Option<Arc<dyn DatabaseEngine>>,
    ) -> Self {
        Self {
            front_door,
            host: host.to_owned(),
            path,
            tls: certificates.database_config(host).into(),
            bundle: certificates.bundle_path().display().to_string(),
            seen: Arc::default(),
            backend: Mutex::default(),
            slots,
            engine,
        }
    }

    /// Does to the server behind the route what a fault says, and answers whether that could be done.
    pub(super) async fn disturb(&self, key: &str, how: Disturbance) -> bool {
        let Some(engine) = &self.engine else { return false };
        let done = engine.disturb(key, how).await;
        if let Err(error) = &done {
            tracing::warn!(host = self.host, %error, "a fault of a database server could not be carried out");
        }
        done.is_ok()
    }

    pub(super) fn backend(&self) -> Option<SocketAddr> {
        *self.backend.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn leads_to(&self, backend: SocketAddr) {
        *self.backend.lock().unwrap_or_else(PoisonError::into_inner) = Some(backend);
    }
}
