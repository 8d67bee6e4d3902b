//! What the ways to get PostgreSQL have in common: the few things each must know how to do with its servers.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::SocketAddr;

use azdrill_emulator::server::{EngineError, ServerSpec};

use super::PostgresMode;
use super::client::ClientVersion;
use super::superuser::Superuser;
use super::tool::{RunningTool, ToolCall};

/// How to reach a server that runs.
#[derive(Clone)]
pub(super) struct ServerAddress {
    pub(super) address: SocketAddr,
    pub(super) superuser: Superuser,
}

/// What a mode must know how to do. Dropping a server, running or not, leaves nothing of it; where data is kept, it
/// leaves that.
pub(super) trait Backend: Send + Sync + 'static {
    /// A server with its data.
    type Server: Send + Sync;

    fn mode(&self) -> PostgresMode;

    fn available_majors(&self) -> impl Future<Output = Result<Vec<u32>, EngineError>> + Send;

    /// Makes a new server and runs it until it takes connections.
    fn create(
        &self,
        spec: &ServerSpec,
    ) -> impl Future<Output = Result<(Self::Server, ServerAddress), EngineError>> + Send;

    /// Whether a server that was running still is.
    fn is_running(&self, server: &mut Self::Server) -> impl Future<Output = bool> + Send;

    /// Runs a stopped server again.
    fn resume(
        &self,
        server: &mut Self::Server,
    ) -> impl Future<Output = Result<ServerAddress, EngineError>> + Send;

    /// Stops a running server and keeps its data.
    fn pause(&self, server: &mut Self::Server) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Stops a server, if it runs, and removes its data.
    fn discard(&self, server: Self::Server) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Removes the data of a server that an earlier process kept and that has not been started in this one.
    fn discard_kept(&self, _key: &str) -> impl Future<Output = Result<(), EngineError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Removes what an earlier process kept of servers that are none of these.
    fn keep_only(&self, _keys: &BTreeSet<String>) -> impl Future<Output = Result<(), EngineError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Starts one of PostgreSQL's tools against a running server, as its superuser or as the given
    /// login.
    fn tool(
        &self,
        server: &Self::Server,
        login: Option<Login>,
        call: ToolCall,
    ) -> impl Future<Output = Result<RunningTool, EngineError>> + Send;

    /// Starts one of PostgreSQL's client programs, which finds its way by its environment.
    fn client_tool(
        &self,
        version: ClientVersion,
        call: ToolCall,
    ) -> impl Future<Output = Result<RunningTool, EngineError>> + Send;
}

/// A login and its password.
pub(super) struct Login {
    pub(super) name: String,
    pub(super) password: String,
}
