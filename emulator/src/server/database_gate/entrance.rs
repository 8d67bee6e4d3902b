//! One entrance: a socket that stands for one server and one place in the network.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::session;
use super::side::{Seen, Side};
use crate::machine::{Core, DatabaseRefusal};

/// A way in to one database server. Dropping it closes it, and every connection that came in by it.
#[derive(Debug)]
pub struct DatabaseEntrance {
    address: SocketAddr,
    seen: Arc<Seen>,
    /// The one task that accepts; ended when this is dropped.
    _accepting: JoinSet<()>,
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
        self.seen.refusal()
    }

    /// Whether a fault has ended a connection here.
    pub(in crate::server) fn was_struck(&self) -> bool {
        self.seen.was_struck()
    }
}

/// Accepts connections until the entrance is closed.
async fn accept<C: Core>(listener: TcpListener, side: Arc<Side<C>>) {
    let mut sessions = JoinSet::new();
    loop {
        let next = async {
            let slot = Arc::clone(&side.slots).acquire_owned().await;
            (listener.accept().await, slot)
        };
        let (accepted, slot) = tokio::select! {
            biased;
            Some(_) = sessions.join_next(), if !sessions.is_empty() => continue,
            next = next => next,
        };
        match accepted {
            Ok((socket, _)) => {
                let side = Arc::clone(&side);
                sessions.spawn(async move {
                    session::serve(&side, socket).await;
                    drop(slot);
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
