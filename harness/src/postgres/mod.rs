//! Real PostgreSQL, three ways to get it: in containers, from an installation on this machine, or
//! from a downloaded build. Each gives a [`RealPostgres`], which is the emulator's
//! [`DatabaseEngine`] and what a drill needs besides: a superuser's connection and a restore.
//!
//! Servers are throw-away, unless a folder keeps their data ([`choose_keeping`]). They listen on loopback only, promise nothing about a power failure,
//! and neither a process nor a folder nor a container outlives the engine: not when it is dropped,
//! and not when its process is killed.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use azdrill_emulator::server::{DatabaseEngine, Dump, EngineFuture};
use tokio_postgres::Client;

mod azure;
mod backend;
mod choose;
mod client;
mod client_container;
mod container;
pub mod content;
mod docker;
mod download;
mod engine;
mod exec;
pub mod grants;
mod image;
mod install;
mod kept;
mod local;
mod missing;
mod owner;
mod process;
mod run_as;
mod superuser;
mod template;
#[cfg(test)]
mod tests;
mod throwaway;
mod tool;
mod watchdog;

pub(crate) use azure::{MAINTENANCE, password_verifier, quote_identifier, quote_literal};
pub(crate) use superuser::sql_error;

pub use choose::{ChooseError, Chosen, choose, choose_keeping};
pub use client::sign_in;
pub use docker::clear_away;
pub use missing::Missing;
pub use tool::{ProgramOutcome, RestoreOutcome, dump_from_bytes, dump_from_file};
pub use watchdog::sweep_ended;

/// Where servers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PostgresMode {
    /// Containers of an image `postgres:<major>`.
    Container,
    /// Programs installed on this machine.
    Local,
    /// A build fetched once and kept.
    Download,
    /// No PostgreSQL: servers are control-plane resources only.
    None,
}

impl PostgresMode {
    /// The environment variable that chooses a mode.
    pub const VARIABLE: &str = "AZDRILL_POSTGRES";

    /// The mode [`Self::VARIABLE`] asks for, if it asks for one.
    ///
    /// # Errors
    /// If it holds something else than a mode.
    pub fn from_environment() -> Result<Option<Self>, UnknownMode> {
        match std::env::var(Self::VARIABLE) {
            Ok(text) if !text.is_empty() => text.parse().map(Some),
            _ => Ok(None),
        }
    }
}

impl fmt::Display for PostgresMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Container => "container",
            Self::Local => "local",
            Self::Download => "download",
            Self::None => "none",
        })
    }
}

impl FromStr for PostgresMode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        match text {
            "container" => Ok(Self::Container),
            "local" => Ok(Self::Local),
            "download" => Ok(Self::Download),
            "none" => Ok(Self::None),
            _ => Err(UnknownMode(text.to_owned())),
        }
    }
}

/// A text that names no way to get PostgreSQL.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no way to get PostgreSQL: say container, local, download or none")]
pub struct UnknownMode(pub String);

/// A program that loads files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientProgram {
    /// Runs SQL.
    Psql,
    /// Loads a dump in a format of `pg_dump`'s own.
    PgRestore,
}

impl ClientProgram {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Psql => "psql",
            Self::PgRestore => "pg_restore",
        }
    }
}

/// In whose name a dump is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreAs {
    /// The server's own superuser, which no customer has: nothing is refused.
    Superuser,
    /// The server's administrator: what belongs to Azure is refused, as it is for real.
    Administrator,
}

/// Real servers, and what a drill needs of them besides what the emulator does.
pub trait RealPostgres: DatabaseEngine {
    /// How these servers are had.
    fn mode(&self) -> PostgresMode;

    /// The major versions that can be started without fetching anything, ascending.
    fn available_majors(&self) -> EngineFuture<'_, Vec<u32>>;

    /// Removes the data of servers that an earlier process kept and that are none of these any more.
    fn keep_only<'a>(&'a self, keys: &'a BTreeSet<String>) -> EngineFuture<'a, ()>;

    /// Connects to a database as the server's own superuser. Needs a tokio runtime, which carries
    /// the connection until the client is dropped.
    fn connect<'a>(&'a self, key: &'a str, database: &'a str) -> EngineFuture<'a, Client>;

    /// Restores a dump in the custom format into a database that exists, with `pg_restore`.
    /// Objects it could not restore do not make it fail: they are in the outcome.
    fn restore<'a>(
        &'a self,
        key: &'a str,
        database: &'a str,
        dump: Dump,
        by: RestoreAs,
    ) -> EngineFuture<'a, RestoreOutcome>;

    /// Runs a program of PostgreSQL's as the server's administrator, with a file for its input: `psql` or
    /// `pg_restore`. That it fails is an outcome.
    fn run_program<'a>(
        &'a self,
        key: &'a str,
        program: ClientProgram,
        arguments: Vec<String>,
        database: &'a str,
        file: Dump,
    ) -> EngineFuture<'a, ProgramOutcome>;
}
