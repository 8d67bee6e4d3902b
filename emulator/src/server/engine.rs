//! What the shell needs of a real PostgreSQL. The harness provides it; without one, servers are
//! control-plane resources only and a backup job fails, saying so.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;

use crate::fault::Disturbance;
use crate::jobs::{DumpKind, MissingRight, NeededRights, RealParameter, ServerSpec, SessionFailure};

/// A running dump: its bytes as they come. The last item is an error if the dump failed, so a
/// truncated dump is never mistaken for a whole one.
pub type Dump = Pin<Box<dyn Stream<Item = Result<Bytes, EngineError>> + Send>>;

/// A future that can be boxed in a trait object.
pub type EngineFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send + 'a>>;

/// How a client signs in to a database: over TCP and TLS, as anybody does. Holds a password.
#[derive(Clone)]
pub struct ClientCall {
    /// The server's host name, which its certificate is for. It resolves nowhere.
    pub host: String,
    /// Where to connect; a loopback address.
    pub address: SocketAddr,
    /// The authority that signed the certificate, in PEM.
    pub authority_pem: String,
    /// The user.
    pub user: String,
    /// The password. Never logged.
    pub password: String,
    /// The database.
    pub database: String,
    /// The major version of the client's programs; `None` for the server's own, or else the next
    /// that is not older.
    pub major: Option<u32>,
}

/// A dump that a client has begun.
pub struct ClientDump {
    /// The size of the database, in bytes.
    pub size_bytes: u64,
    /// Its bytes.
    pub dump: Dump,
}

/// Real database servers, one a key.
///
/// Dropping the engine stops every server it started and removes what they left behind.
pub trait DatabaseEngine: Send + Sync {
    /// Starts a server (a new, empty one for a new key; the same data for a key that was stopped)
    /// and waits until it takes connections. Azure's own roles (`azure_pg_admin`, `azuresu`) and
    /// databases (`azure_maintenance`, `azure_sys`) exist in it. Answers with the address it
    /// listens on, which is a loopback address.
    fn start<'a>(&'a self, spec: &'a ServerSpec) -> EngineFuture<'a, SocketAddr>;

    /// Stops a server and keeps its data. Stopping one that is not running does nothing.
    fn stop<'a>(&'a self, key: &'a str) -> EngineFuture<'a, ()>;

    /// Stops a server and removes its data. Removing one that does not exist does nothing.
    fn remove<'a>(&'a self, key: &'a str) -> EngineFuture<'a, ()>;

    /// Sets the administrator's password.
    fn set_admin_password<'a>(&'a self, key: &'a str, password: &'a str) -> EngineFuture<'a, ()>;

    /// Creates a database owned by the administrator. One that exists already is left alone.
    fn create_database<'a>(&'a self, key: &'a str, name: &'a str) -> EngineFuture<'a, ()>;

    /// Drops a database. One that does not exist is no error.
    fn drop_database<'a>(&'a self, key: &'a str, name: &'a str) -> EngineFuture<'a, ()>;

    /// What the server knows of its parameters.
    fn parameters<'a>(&'a self, key: &'a str) -> EngineFuture<'a, Vec<RealParameter>>;

    /// Sets a parameter for the whole server: at once where that is possible, otherwise with the next
    /// start.
    fn set_parameter<'a>(&'a self, key: &'a str, name: &'a str, value: &'a str) -> EngineFuture<'a, ()>;

    /// The databases that take connections, in order of name: `template0` and `template1` left out.
    fn databases<'a>(&'a self, key: &'a str) -> EngineFuture<'a, Vec<String>>;

    /// The size of all databases together, in bytes.
    fn size<'a>(&'a self, key: &'a str) -> EngineFuture<'a, u64>;

    /// Does to the whole server what a fault says, and answers once it is over. A server that broke down
    /// takes connections again by then, at the same address.
    fn disturb<'a>(&'a self, key: &'a str, how: Disturbance) -> EngineFuture<'a, ()>;

    /// Starts a dump as the server's own superuser.
    fn dump<'a>(&'a self, key: &'a str, kind: DumpKind) -> EngineFuture<'a, Dump>;

    /// Signs in as a client and looks what the user may do, changing nothing. The first fifty
    /// missing rights, in order of their objects.
    fn client_examine<'a>(
        &'a self,
        call: &'a ClientCall,
        needed: &'a NeededRights,
    ) -> EngineFuture<'a, Vec<MissingRight>>;

    /// Signs in as a client and starts `pg_dump` of the database, in the custom format, without
    /// owners, privileges and tablespaces. It makes two connections: one to look, one to dump.
    fn client_dump<'a>(&'a self, call: &'a ClientCall) -> EngineFuture<'a, ClientDump>;

    /// Signs in as a client, creates a database, and loads a dump into it with `pg_restore`. What
    /// a load that fails has created is dropped again. It makes two connections: one that creates
    /// and drops, one that loads.
    fn client_load<'a>(&'a self, call: &'a ClientCall, database: &'a str, dump: Dump)
    -> EngineFuture<'a, ()>;
}

/// Why the engine could not do it. The text is for a person and holds no secret.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum EngineError {
    /// No server runs under that key.
    #[error("the database server does not run")]
    NotRunning(String),
    /// A client of a database failed. The message is the server's own.
    #[error("{message}")]
    Session {
        /// What went wrong.
        failure: SessionFailure,
        /// The message.
        message: String,
    },
    /// A tool or the server failed.
    #[error("{what}: {detail}")]
    Failed {
        /// What was being done.
        what: String,
        /// The tool's own last words.
        detail: String,
    },
}

impl std::fmt::Debug for ClientCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientCall")
            .field("host", &self.host)
            .field("address", &self.address)
            .field("user", &self.user)
            .field("database", &self.database)
            .field("major", &self.major)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ClientDump {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientDump")
            .field("size_bytes", &self.size_bytes)
            .finish_non_exhaustive()
    }
}
