//! One entrance: a socket that stands for one server and one place in the network.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::session;
use crate::machine::{Core, DatabaseRefusal};
use crate::model::NetworkPath;
use crate::server::certificates::Certificates;
use crate::server::front_door::FrontDoor;

/// A way in to one database server. Dropping it closes it, and every connection that came in by it.
#[derive(Debug)]
pub struct DatabaseEntrance {
    address: SocketAddr,
    seen: Arc<Seen>,
    /// The one task that accepts; ended when this is dropped.
    _accepting: JoinSet<()>,
}

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
    places: Arc<Semaphore>,
}

impl DatabaseEntrance {
    pub(super) fn open<C: Core>(listener: StdListener, side: Side<C>) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        let seen = Arc::clone(&side.seen);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::new(side)));
        Ok(Self {
            address,
            seen,
            _accepting: accepting,
        })
    }

    /// Where it listens; a loopback address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The newest connection that was not let in, if one was not.
    pub(in crate::server) fn refusal(&self) -> Option<DatabaseRefusal> {
        let refusal = self.seen.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        refusal.clone()
    }

    /// Whether a fault has ended a connection here.
    pub(in crate::server) fn was_struck(&self) -> bool {
        self.seen.struck.load(Ordering::Relaxed)
    }
}

impl Seen {
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
        places: Arc<Semaphore>,
    ) -> Self {
        Self {
            front_door,
            host: host.to_owned(),
            path,
            tls: certificates.database_config(host).into(),
            bundle: certificates.bundle_path().display().to_string(),
            seen: Arc::default(),
            backend: Mutex::default(),
            places,
        }
    }

    pub(super) fn backend(&self) -> Option<SocketAddr> {
        *self.backend.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn leads_to(&self, backend: SocketAddr) {
        *self.backend.lock().unwrap_or_else(PoisonError::into_inner) = Some(backend);
    }
}

/// Accepts connections until the entrance is closed.
async fn accept<C: Core>(listener: TcpListener, side: Arc<Side<C>>) {
    let mut sessions = JoinSet::new();
    loop {
        let next = async {
            let place = Arc::clone(&side.places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            biased;
            Some(_) = sessions.join_next(), if !sessions.is_empty() => continue,
            next = next => next,
        };
        match accepted {
            Ok((socket, _)) => {
                let side = Arc::clone(&side);
                sessions.spawn(async move {
                    session::serve(&side, socket).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: it passes when connections end.
                tracing::warn!(%error, "cannot accept a connection to a database server");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
