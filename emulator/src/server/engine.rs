//! What the shell needs of a real PostgreSQL. The harness provides it; without one, servers are
//! control-plane resources only and a backup job fails, saying so.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;

use crate::jobs::{DumpKind, ServerSpec};

/// A running dump: its bytes as they come. The last item is an error if the dump failed, so a
/// truncated dump is never mistaken for a whole one.
pub type Dump = Pin<Box<dyn Stream<Item = Result<Bytes, EngineError>> + Send>>;

/// A future that can be boxed in a trait object.
pub type EngineFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send + 'a>>;

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

    /// The databases that take connections, in order of name: `template0` and `template1` left out.
    fn databases<'a>(&'a self, key: &'a str) -> EngineFuture<'a, Vec<String>>;

    /// The size of all databases together, in bytes.
    fn size<'a>(&'a self, key: &'a str) -> EngineFuture<'a, u64>;

    /// Starts a dump as the server's own superuser.
    fn dump<'a>(&'a self, key: &'a str, kind: DumpKind) -> EngineFuture<'a, Dump>;
}

/// Why the engine could not do it. The text is for a person and holds no secret.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum EngineError {
    /// No server runs under that key.
    #[error("no PostgreSQL server is running for `{0}`")]
    NotRunning(String),
    /// A tool or the server failed.
    #[error("{what}: {detail}")]
    Failed {
        /// What was being done.
        what: String,
        /// The tool's own last words.
        detail: String,
    },
}
