//! Putting it all together: sockets, certificates, blob store, front door and driver.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::blob_store::BlobStore;
use super::certificates::{CertificateError, Certificates};
use super::clock::Clock;
use super::database_gate::{DatabaseEntrance, DatabaseGate};
use super::drive::Driver;
use super::engine::DatabaseEngine;
use super::entrance::Entrance;
use super::front_door::FrontDoor;
use super::listen::accept;
use super::names::Names;
use super::slots::ConnectionSlots;
use crate::machine::Core;
use crate::model::NetworkPath;

/// How to start a server.
#[derive(Clone)]
pub struct ServerOptions {
    /// The address to listen on; anything but a loopback address is refused.
    pub address: IpAddr,
    /// The port; 0 for any free one.
    pub port: u16,
    /// Where the authority is kept from one start to the next, and blob bytes rest.
    pub state_directory: PathBuf,
    /// The clock everything goes by.
    pub clock: Clock,
    /// Where callers of the main socket stand in the network.
    pub path: NetworkPath,
    /// The store blob bytes rest in; left out, one that is gone with the process, in the state directory.
    pub blobs: Option<BlobStore>,
    /// The size at which the blob store behaves like a full disk.
    pub blob_bytes_max: Option<u64>,
    /// Who is told of the names that answer.
    pub names: Option<Arc<dyn Names>>,
    /// Most connections at a time; left out, as many as the system allows, within reason. Beyond
    /// that, those idle for longest are closed.
    pub connections_max: Option<usize>,
}

impl ServerOptions {
    /// Any free port on 127.0.0.1, the machine's clock, and callers on the internet.
    pub fn new(state_directory: impl Into<PathBuf>) -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            state_directory: state_directory.into(),
            clock: Clock::system(),
            path: NetworkPath::internet(),
            blobs: None,
            blob_bytes_max: None,
            names: None,
            connections_max: None,
        }
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Others could reach that address.
    #[error("azdrill listens on loopback addresses only, and {0} is none")]
    NotLoopback(IpAddr),
    /// Somebody else listens there.
    #[error(
        "port {} on {} is taken by another program. Choose another one (`--port {}`), \
         or let azdrill find one (`--port 0`)",
        .0.port(), .0.ip(), .0.port().checked_add(1).unwrap_or(8443)
    )]
    PortTaken(SocketAddr),
    /// Listening failed for another reason.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// There is no TLS.
    #[error(transparent)]
    Certificates(#[from] CertificateError),
    /// There is nowhere to keep blobs.
    #[error("cannot keep blobs in {}: {source}", directory.display())]
    BlobStore {
        /// The directory.
        directory: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// A running server. Dropping it stops it at once; [`Server::shutdown`] lets requests end first.
#[derive(Debug)]
pub struct Server<C: Core> {
    front_door: FrontDoor<C>,
    driver: Driver<C>,
    driving: JoinHandle<()>,
    certificates: Arc<Certificates>,
    address: SocketAddr,
    own_routes: Router,
    slots: Arc<ConnectionSlots>,
    shutdown: watch::Sender<bool>,
    entrances: Mutex<Vec<JoinHandle<()>>>,
}

impl<C: Core> Server<C> {
    /// Starts serving this core.
    pub async fn start(
        core: C,
        engine: Option<Arc<dyn DatabaseEngine>>,
        options: ServerOptions,
    ) -> Result<Self, StartError> {
        Self::start_with(core, engine, options, |_| Router::new()).await
    }

    /// The same, with routes of one's own below `/_azdrill/`. They are asked by programs on this
    /// machine at its own name only, and a request's place in the network is nothing to them.
    ///
    /// # Errors
    ///
    /// If nothing can listen there, or there is nowhere to keep what must be kept.
    pub async fn start_with(
        core: C,
        engine: Option<Arc<dyn DatabaseEngine>>,
        options: ServerOptions,
        own_routes: impl FnOnce(&Driver<C>) -> Router,
    ) -> Result<Self, StartError> {
        let listener = listen(options.address, options.port).await?;
        let address = local_address(&listener, options.address)?;
        let certificates = Certificates::open(&options.state_directory)?;
        let store = match options.blobs.clone() {
            Some(store) => store,
            None => open_store(&options)?,
        };
        let front_door = FrontDoor::telling(options.names, core, options.clock, store);
        let gate = DatabaseGate::open_to(
            front_door.clone(),
            engine.clone(),
            Arc::clone(&certificates),
            options.path.clone(),
        );
        let driver = Driver::with_gate(front_door.clone(), engine, gate);
        let driving = {
            let driver = driver.clone();
            tokio::spawn(async move { driver.run().await })
        };
        let server = Self {
            front_door,
            own_routes: own_routes(&driver),
            driver,
            driving,
            certificates,
            address,
            slots: Arc::new(match options.connections_max {
                Some(count) => ConnectionSlots::new(count),
                None => ConnectionSlots::as_many_as_there_can_be(),
            }),
            shutdown: watch::Sender::new(false),
            entrances: Mutex::default(),
        };
        server.serve(listener, address, options.path);
        Ok(server)
    }

    /// The address of the main socket.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The file that makes clients trust us.
    pub fn ca_bundle_path(&self) -> &Path {
        self.certificates.bundle_path()
    }

    /// Our authority's own certificate, in PEM.
    pub fn ca_pem(&self) -> &str {
        self.certificates.authority_pem()
    }

    /// The way in for callers inside this process.
    pub fn front_door(&self) -> &FrontDoor<C> {
        &self.front_door
    }

    /// What lets time pass and does the outside work.
    pub fn driver(&self) -> &Driver<C> {
        &self.driver
    }

    /// Opens one more socket, whose callers stand elsewhere in the network.
    ///
    /// # Errors
    ///
    /// If that is no loopback address, or nothing can listen there.
    pub async fn open_entrance(
        &self,
        path: NetworkPath,
        address: SocketAddr,
    ) -> Result<SocketAddr, StartError> {
        let listener = listen(address.ip(), address.port()).await?;
        let address = local_address(&listener, address.ip())?;
        self.serve(listener, address, path);
        Ok(address)
    }

    /// Opens one more entrance to a database server, whose callers stand elsewhere in the network.
    /// It stands open until it is dropped, whether the server runs or not.
    ///
    /// # Errors
    ///
    /// If there is no port left, or no certificate can be made.
    pub fn open_database_entrance(&self, host: &str, path: NetworkPath) -> io::Result<DatabaseEntrance> {
        self.driver.gate().open(host, path)
    }

    /// Stops accepting, lets the requests under way end, and stops.
    pub async fn shutdown(mut self) {
        self.shutdown.send_replace(true);
        let entrances = std::mem::take(&mut *self.entrances.lock().unwrap_or_else(PoisonError::into_inner));
        for entrance in entrances {
            // One that panicked has stopped too.
            let _ = entrance.await;
        }
        // Waited for, so that the database engine has stopped its servers when this returns.
        self.driving.abort();
        let _ = (&mut self.driving).await;
    }

    fn serve(&self, listener: TcpListener, address: SocketAddr, path: NetworkPath) {
        let entrance = Entrance::new(
            &self.front_door,
            Arc::clone(&self.certificates),
            path,
            address.port(),
            self.own_routes.clone(),
            Arc::clone(&self.slots),
            self.shutdown.subscribe(),
        );
        let task = tokio::spawn(accept(listener, entrance));
        let mut entrances = self.entrances.lock().unwrap_or_else(PoisonError::into_inner);
        entrances.push(task);
    }
}

impl<C: Core> Drop for Server<C> {
    fn drop(&mut self) {
        let entrances = self.entrances.lock().unwrap_or_else(PoisonError::into_inner);
        for entrance in entrances.iter() {
            entrance.abort();
        }
        self.driving.abort();
    }
}

async fn listen(ip: IpAddr, port: u16) -> Result<TcpListener, StartError> {
    if !ip.is_loopback() {
        return Err(StartError::NotLoopback(ip));
    }
    let address = SocketAddr::new(ip, port);
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => StartError::PortTaken(address),
            _ => StartError::Listen { address, source },
        })
}

fn local_address(listener: &TcpListener, ip: IpAddr) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|source| StartError::Listen {
        address: SocketAddr::new(ip, 0),
        source,
    })
}

fn open_store(options: &ServerOptions) -> Result<BlobStore, StartError> {
    let directory = options.state_directory.join("blobs");
    BlobStore::with_limit(&directory, options.blob_bytes_max.unwrap_or(u64::MAX))
        .map_err(|source| StartError::BlobStore { directory, source })
}
