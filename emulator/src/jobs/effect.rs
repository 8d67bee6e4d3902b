//! Work that is truly outside: the core describes it, the shell carries it out and reports back.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{
    DumpDatabaseWork, DumpKind, ExamineWork, LoadDatabaseWork, MissingRight, RealParameter, ServerSpec,
    SessionFailure,
};
use crate::fault::{BROKEN_OFF, ConnectionFault};
use crate::model::{NetworkPath, Preparation, Prepared, StoredBody};

/// Names one piece of outside work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EffectId(pub u64);

/// One piece of outside work to carry out.
#[derive(Clone, Debug)]
pub struct Effect {
    /// To report the result under.
    pub id: EffectId,
    /// What to do.
    pub work: Work,
}

/// Work that was asked for in an earlier process, which ended before it did.
#[derive(Debug)]
pub struct UnderWay {
    /// The work.
    pub effect: Effect,
    /// The paths of the blobs it has committed.
    pub committed: BTreeSet<String>,
}

/// What to do.
#[derive(Clone, Debug)]
pub enum Work {
    /// Something to a database server.
    Server(ServerWork),
    /// Dump a whole server into a container, by SAS.
    Dump(DumpWork),
    /// Copy stored bytes into a container, as an identity.
    Copy(CopyWork),
    /// Look what a database user may do.
    Examine(ExamineWork),
    /// Dump one database, signed in to it.
    DumpDatabase(DumpDatabaseWork),
    /// Load a dump into a new database, signed in to its server.
    LoadDatabase(LoadDatabaseWork),
    /// Work something out beside the core.
    WorkOut(WorkOut),
}

/// Something to be worked out that takes long and needs nothing of the core: so that nobody waits for it.
#[derive(Clone, Debug)]
pub struct WorkOut(Arc<Mutex<Option<Preparation>>>);

impl WorkOut {
    /// This is to be worked out.
    pub fn new(preparation: Preparation) -> Self {
        Self(Arc::new(Mutex::new(Some(preparation))))
    }

    /// Works it out, the first time it is asked for.
    pub fn carry_out(&self) -> EffectResult {
        let preparation = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match preparation {
            Some(preparation) => EffectResult::WorkedOut(preparation.carry_out()),
            None => EffectResult::Failed(EffectFailure::Engine("it was worked out before".to_owned())),
        }
    }
}

/// Something to do to a database server.
#[derive(Clone)]
pub enum ServerWork {
    /// Start it (creating it if it is new).
    Start(ServerSpec),
    /// Stop it and start it again.
    Restart(ServerSpec),
    /// Say what it knows of its parameters.
    Describe(String),
    /// Set one of its parameters, for it and for when it is started again.
    SetParameter {
        /// The server's key.
        key: String,
        /// The parameter's name.
        name: String,
        /// Its value, in its own unit.
        value: String,
    },
    /// Stop it, keeping its data.
    Stop(String),
    /// Stop it and throw its data away.
    Remove(String),
    /// Change the administrator's password.
    SetAdminPassword {
        /// The server's key.
        key: String,
        /// The new password.
        password: String,
    },
    /// Create a database.
    CreateDatabase {
        /// The server's key.
        key: String,
        /// The database's name.
        name: String,
    },
    /// Drop a database.
    DropDatabase {
        /// The server's key.
        key: String,
        /// The database's name.
        name: String,
    },
}

/// A whole server, written as block blobs into a container: one `pg_dump -Fc` a database, then
/// roles, tablespaces and schema. Each dump is streamed; every blob is committed only when its
/// dump has ended well.
#[derive(Clone)]
pub struct DumpWork {
    /// The server's key.
    pub key: String,
    /// Databases to leave out.
    pub excluded_databases: Vec<String>,
    /// The host of the storage account, e.g. `x.blob.core.windows.net`.
    pub host: String,
    /// The container's name.
    pub container: String,
    /// What every blob name begins with.
    pub blob_prefix: String,
    /// The shared access signature: the query string, without `?`. A secret.
    pub sas: String,
    /// Where the writer stands in the network.
    pub path: NetworkPath,
    /// What is to go wrong with it, if anything.
    pub fault: Option<ConnectionFault>,
}

/// Stored bytes to be written into a container as block blobs. All blocks of all files are staged
/// before the first list is committed, so that a refusal half-way leaves nothing that looks whole.
#[derive(Clone)]
pub struct CopyWork {
    /// The files, in order.
    pub files: Vec<FileToCopy>,
    /// The host of the storage account.
    pub host: String,
    /// The container's name.
    pub container: String,
    /// A bearer token of the writing identity. A secret.
    pub bearer: String,
    /// Where the writer stands in the network.
    pub path: NetworkPath,
    /// Whether a fault breaks it off once its first block is there.
    pub breaks_off: bool,
}

impl CopyWork {
    /// How it ends once its first block is there, where a fault breaks it off.
    ///
    /// # Errors
    ///
    /// What it has failed for then.
    pub fn first_block_written(&self) -> Result<(), EffectFailure> {
        match self.breaks_off {
            true => Err(EffectFailure::Engine(BROKEN_OFF.to_owned())),
            false => Ok(()),
        }
    }
}

/// One file of a [`CopyWork`].
#[derive(Clone, Debug)]
pub struct FileToCopy {
    /// The blob to write.
    pub blob: String,
    /// Its bytes.
    pub source: StoredBody,
}

/// How outside work ended.
#[derive(Clone, Debug)]
pub enum EffectResult {
    /// A server takes connections at this address.
    ServerStarted(SocketAddr),
    /// What a server knows of its parameters.
    Described(Vec<RealParameter>),
    /// Any other server work is done.
    ServerDone,
    /// A dump is whole and committed.
    Dumped {
        /// The blobs written, in order.
        files: Vec<DumpedFile>,
        /// The size of the databases, in bytes.
        datasource_size_bytes: u64,
    },
    /// A copy is whole and committed.
    Copied {
        /// The blobs written, in order.
        files: Vec<CopiedFile>,
    },
    /// A user has been looked at; these rights are missing.
    Examined(Vec<MissingRight>),
    /// A database has been created and loaded; this many bytes of dump went into it.
    Loaded {
        /// The length of the dump, in bytes.
        bytes: u64,
    },
    /// This is what was to be worked out.
    WorkedOut(Prepared),
    /// It failed.
    Failed(EffectFailure),
}

/// One blob a dump wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DumpedFile {
    /// The blob's name, prefix included.
    pub blob: String,
    /// What is in it.
    pub kind: DumpKind,
    /// Its length in bytes.
    pub length: u64,
}

/// One blob a copy wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedFile {
    /// The blob's name.
    pub blob: String,
    /// Its length in bytes.
    pub length: u64,
}

/// Why outside work failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectFailure {
    /// The front door said no: the status, the service's error code, and its message.
    Refused {
        /// HTTP status.
        status: u16,
        /// `x-ms-error-code` or the code in the body.
        code: String,
        /// The message, for a person.
        message: String,
    },
    /// A client of a database failed; the text is the server's own or the gate's, and holds no secret.
    Session {
        /// What went wrong.
        failure: SessionFailure,
        /// The message, for a person.
        message: String,
    },
    /// The database engine or a tool failed; the text holds no secret.
    Engine(String),
    /// The blob store could not take or give the bytes (disk full, say).
    Store(String),
}

impl ServerWork {
    /// The key of the server it is about.
    pub fn key(&self) -> &str {
        match self {
            Self::Start(spec) | Self::Restart(spec) => &spec.key,
            Self::Stop(key) | Self::Remove(key) | Self::Describe(key) => key,
            Self::SetParameter { key, .. }
            | Self::SetAdminPassword { key, .. }
            | Self::CreateDatabase { key, .. }
            | Self::DropDatabase { key, .. } => key,
        }
    }
}

impl std::fmt::Debug for ServerWork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Start(spec) => f.debug_tuple("Start").field(spec).finish(),
            Self::Restart(spec) => f.debug_tuple("Restart").field(spec).finish(),
            Self::Describe(key) => f.debug_tuple("Describe").field(key).finish(),
            Self::SetParameter { key, name, value } => f
                .debug_struct("SetParameter")
                .field("key", key)
                .field("name", name)
                .field("value", value)
                .finish(),
            Self::Stop(key) => f.debug_tuple("Stop").field(key).finish(),
            Self::Remove(key) => f.debug_tuple("Remove").field(key).finish(),
            Self::SetAdminPassword { key, .. } => f
                .debug_struct("SetAdminPassword")
                .field("key", key)
                .finish_non_exhaustive(),
            Self::CreateDatabase { key, name } => f
                .debug_struct("CreateDatabase")
                .field("key", key)
                .field("name", name)
                .finish(),
            Self::DropDatabase { key, name } => f
                .debug_struct("DropDatabase")
                .field("key", key)
                .field("name", name)
                .finish(),
        }
    }
}

impl std::fmt::Debug for DumpWork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DumpWork")
            .field("key", &self.key)
            .field("host", &self.host)
            .field("container", &self.container)
            .field("blob_prefix", &self.blob_prefix)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for CopyWork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CopyWork")
            .field("files", &self.files)
            .field("host", &self.host)
            .field("container", &self.container)
            .finish_non_exhaustive()
    }
}
