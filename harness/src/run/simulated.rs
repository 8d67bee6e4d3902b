//! Servers that are said to run and do not: for plays in which no row is moved.
//!
//! Everything the emulator decides is decided as ever: every call, every gate, who may connect from where. What
//! only a real server knows is not known: whether a password fits, what a user may read, what is in a table. A play
//! with these servers is good for what does not depend on that, and whoever uses one has to see to it that it does not: [`SimulatedServers::has_guessed`].

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use azdrill_emulator::fault::Disturbance;
use azdrill_emulator::jobs::{DumpKind, MissingRight, NeededRights, RealParameter, ServerSpec};
use azdrill_emulator::server::{ClientCall, ClientDump, DatabaseEngine, Dump, EngineError, EngineFuture};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use crate::postgres::{MAINTENANCE, dump_from_bytes, sign_in};

/// The major versions that are said to be at hand.
pub(crate) const SIMULATED_MAJORS: [u32; 5] = [13, 14, 15, 16, 17];
/// What a dump of nothing holds.
const NOTHING: &[u8] = b"-- simulated: no row was moved\n";
/// Databases every server has from its beginning.
const FROM_THE_BEGINNING: [&str; 3] = [MAINTENANCE, "azure_sys", "postgres"];
/// The longest first message that is read, in bytes.
const STARTUP_MAX: u32 = 10_000;

/// The servers.
#[derive(Default)]
pub(super) struct SimulatedServers {
    /// The databases of each, by its key.
    databases: Mutex<BTreeMap<String, BTreeSet<String>>>,
    /// Where they all listen.
    listening: OnceCell<Listening>,
    /// Whether something was asked that only a real server can answer.
    guessed: AtomicBool,
}

/// A socket at which everybody is let in, and nobody is told anything.
struct Listening {
    address: SocketAddr,
    /// Ended when this is dropped.
    _accepting: JoinSet<()>,
}

impl Listening {
    async fn open() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                sessions.spawn(let_in(socket));
                while sessions.try_join_next().is_some() {}
            }
        });
        Ok(Self {
            address,
            _accepting: accepting,
        })
    }
}

/// Tells a client that it is signed in, and waits until it leaves.
async fn let_in(mut socket: TcpStream) -> std::io::Result<()> {
    let length = socket.read_u32().await?.clamp(4, STARTUP_MAX);
    let mut startup = vec![0; length as usize - 4];
    socket.read_exact(&mut startup).await?;
    // AuthenticationOk, a parameter that clients ask for, ReadyForQuery.
    let version = b"server_version\x000.0\0";
    let mut told = b"R\0\0\0\x08\0\0\0\0S\0\0\0".to_vec();
    told.extend([u8::try_from(version.len() + 4).unwrap_or_default()]);
    told.extend(version);
    told.extend(b"Z\0\0\0\x05I");
    socket.write_all(&told).await?;
    tokio::io::copy(&mut socket, &mut tokio::io::sink()).await?;
    Ok(())
}

impl SimulatedServers {
    fn known(&self) -> MutexGuard<'_, BTreeMap<String, BTreeSet<String>>> {
        self.databases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody was told what only a real server knows: that a password fits, that rights suffice, that what is
    /// in a database could be read or loaded.
    pub(super) fn has_guessed(&self) -> bool {
        self.guessed.load(Ordering::Relaxed)
    }

    fn guess(&self) {
        self.guessed.store(true, Ordering::Relaxed);
    }

    /// Nothing was asked that has an answer.
    fn done<'a, T: Send + 'a>(value: T) -> EngineFuture<'a, T> {
        Box::pin(std::future::ready(Ok(value)))
    }
}

impl DatabaseEngine for SimulatedServers {
    fn start<'a>(&'a self, spec: &'a ServerSpec) -> EngineFuture<'a, SocketAddr> {
        let own = FROM_THE_BEGINNING.map(str::to_owned);
        self.known().entry(spec.key.clone()).or_default().extend(own);
        Box::pin(async move {
            let listening = self.listening.get_or_try_init(Listening::open).await;
            let listening = listening.map_err(|error| EngineError::Failed {
                what: "opening a socket".to_owned(),
                detail: error.to_string(),
            })?;
            Ok(listening.address)
        })
    }

    fn stop<'a>(&'a self, _key: &'a str) -> EngineFuture<'a, ()> {
        Self::done(())
    }

    fn remove<'a>(&'a self, key: &'a str) -> EngineFuture<'a, ()> {
        self.known().remove(key);
        Self::done(())
    }

    fn set_admin_password<'a>(&'a self, _key: &'a str, _password: &'a str) -> EngineFuture<'a, ()> {
        Self::done(())
    }

    fn create_database<'a>(&'a self, key: &'a str, name: &'a str) -> EngineFuture<'a, ()> {
        self.known()
            .entry(key.to_owned())
            .or_default()
            .insert(name.to_owned());
        Self::done(())
    }

    fn drop_database<'a>(&'a self, key: &'a str, name: &'a str) -> EngineFuture<'a, ()> {
        if let Some(databases) = self.known().get_mut(key) {
            databases.remove(name);
        }
        Self::done(())
    }

    fn parameters<'a>(&'a self, _key: &'a str) -> EngineFuture<'a, Vec<RealParameter>> {
        Self::done(Vec::new())
    }

    fn disturb<'a>(&'a self, key: &'a str, how: Disturbance) -> EngineFuture<'a, ()> {
        let what = format!("{how:?} of `{key}`");
        let detail = "no server really runs in this play, so that none can break down".to_owned();
        Box::pin(std::future::ready(Err(EngineError::Failed { what, detail })))
    }

    fn set_parameter<'a>(&'a self, _key: &'a str, _name: &'a str, _value: &'a str) -> EngineFuture<'a, ()> {
        Self::done(())
    }

    fn databases<'a>(&'a self, key: &'a str) -> EngineFuture<'a, Vec<String>> {
        let databases = self.known().get(key).cloned().unwrap_or_default();
        Self::done(databases.into_iter().collect())
    }

    fn size<'a>(&'a self, _key: &'a str) -> EngineFuture<'a, u64> {
        Self::done(NOTHING.len() as u64)
    }

    fn dump<'a>(&'a self, _key: &'a str, _kind: DumpKind) -> EngineFuture<'a, Dump> {
        Self::done(dump_from_bytes(NOTHING.into()))
    }

    fn client_examine<'a>(
        &'a self,
        call: &'a ClientCall,
        _needed: &'a NeededRights,
    ) -> EngineFuture<'a, Vec<MissingRight>> {
        Box::pin(async move {
            // The gate in front of the server is real, and says no to who may not pass.
            sign_in(call).await?;
            self.guess();
            Ok(Vec::new())
        })
    }

    fn client_dump<'a>(&'a self, call: &'a ClientCall) -> EngineFuture<'a, ClientDump> {
        Box::pin(async move {
            sign_in(call).await?;
            sign_in(call).await?;
            self.guess();
            Ok(ClientDump {
                size_bytes: NOTHING.len() as u64,
                dump: dump_from_bytes(NOTHING.into()),
            })
        })
    }

    fn client_load<'a>(
        &'a self,
        call: &'a ClientCall,
        _database: &'a str,
        _dump: Dump,
    ) -> EngineFuture<'a, ()> {
        Box::pin(async move {
            sign_in(call).await?;
            sign_in(call).await?;
            self.guess();
            Ok(())
        })
    }
}
