//! Outside work that a client of a database does: it signs in through the gate in front of the
//! server, like anybody, and may be refused there or by the database itself.

use serde::{Deserialize, Serialize};

use crate::model::{NetworkPath, StoredBody};

/// How to sign in to one database of a server. Holds a password.
#[derive(Clone)]
pub struct SignIn {
    /// The server's host name, e.g. `drill.postgres.database.azure.com`.
    pub host: String,
    /// The port; servers listen on 5432.
    pub port: u16,
    /// The user's name, as whoever gave it wrote it: `backup` or `backup@drill`.
    pub user: String,
    /// The password. Never logged.
    pub password: String,
    /// The database.
    pub database: String,
    /// Where the client stands in the network.
    pub path: NetworkPath,
}

/// What a user is to be able to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NeededRights {
    /// Read everything in the database it signs in to, as a dump does.
    Backup,
    /// Create a database of that name, and fill it.
    Restore {
        /// The name.
        database: String,
    },
}

/// Signs in and looks what the user may do, changing nothing.
#[derive(Clone)]
pub struct ExamineWork {
    /// How to sign in.
    pub sign_in: SignIn,
    /// What the user is to be able to do.
    pub needed: NeededRights,
}

/// Dumps one database into one block blob, with `pg_dump` in the custom format, without owners,
/// privileges and tablespaces. The bytes go straight to the blob; it is committed only when the
/// dump has ended well.
#[derive(Clone)]
pub struct DumpDatabaseWork {
    /// How to sign in.
    pub sign_in: SignIn,
    /// The host of the storage account.
    pub blob_host: String,
    /// The container's name.
    pub container: String,
    /// The blob's name.
    pub blob: String,
    /// The shared access signature to write with: the query string, without `?`. A secret.
    pub sas: String,
}

/// Creates a database and loads a dump in the custom format into it, as the user who signs in: that
/// user owns everything afterwards. Fails if the database exists; what a load that fails half-way
/// has created is dropped again.
#[derive(Clone)]
pub struct LoadDatabaseWork {
    /// How to sign in. Its database is the one to connect to for creating the other.
    pub sign_in: SignIn,
    /// The database to create.
    pub database: String,
    /// The dump.
    pub source: StoredBody,
}

/// A right a user lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingRight {
    /// What it is about, e.g. `table sales.orders`.
    pub object: String,
    /// The privilege, e.g. `SELECT`, `USAGE`, `CREATEDB`.
    pub privilege: String,
}

/// Why a client's work failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionFailure {
    /// There is no server of that name, or it does not run.
    NoServer,
    /// The gate in front of the server did not let the client in.
    NotLetIn,
    /// User or password are wrong, or the user may not sign in.
    SignInRefused,
    /// There is no database of that name.
    NoDatabase,
    /// There is one already where none is to be.
    DatabaseExists,
    /// The user lacks a privilege.
    MissingPrivilege,
    /// The connection ended before the work did.
    ConnectionClosed,
    /// The client's programs are older than the server.
    ClientTooOld,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("user", &self.user)
            .field("database", &self.database)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ExamineWork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExamineWork")
            .field("sign_in", &self.sign_in)
            .field("needed", &self.needed)
            .finish()
    }
}

impl std::fmt::Debug for DumpDatabaseWork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DumpDatabaseWork")
            .field("sign_in", &self.sign_in)
            .field("blob_host", &self.blob_host)
            .field("container", &self.container)
            .field("blob", &self.blob)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for LoadDatabaseWork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadDatabaseWork")
            .field("sign_in", &self.sign_in)
            .field("database", &self.database)
            .field("source", &self.source)
            .finish()
    }
}
