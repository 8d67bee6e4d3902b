//! How outside work ended, as a journal holds it.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::jobs::{
    CopiedFile, DumpedFile, EffectFailure, EffectResult, MissingRight, RealParameter, WorkOut,
};

/// How outside work ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OutsideResult {
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
    /// A copy is whole and committed: the blobs written, in order.
    Copied(Vec<CopiedFile>),
    /// These rights are missing.
    Examined(Vec<MissingRight>),
    /// A database has been loaded from this many bytes.
    Loaded(u64),
    /// What was to be worked out has been: whoever plays it again works it out again.
    WorkedOut,
    /// It failed.
    Failed(EffectFailure),
}

impl From<&EffectResult> for OutsideResult {
    fn from(result: &EffectResult) -> Self {
        match result {
            EffectResult::ServerStarted(address) => Self::ServerStarted(*address),
            EffectResult::Described(parameters) => Self::Described(parameters.clone()),
            EffectResult::ServerDone => Self::ServerDone,
            EffectResult::Dumped {
                files,
                datasource_size_bytes,
            } => Self::Dumped {
                files: files.clone(),
                datasource_size_bytes: *datasource_size_bytes,
            },
            EffectResult::Copied { files } => Self::Copied(files.clone()),
            EffectResult::Examined(missing) => Self::Examined(missing.clone()),
            EffectResult::Loaded { bytes } => Self::Loaded(*bytes),
            EffectResult::WorkedOut(_) => Self::WorkedOut,
            EffectResult::Failed(failure) => Self::Failed(failure.clone()),
        }
    }
}

impl OutsideResult {
    /// The result; what was to be worked out is taken from `work`.
    pub(super) fn result(self, work: Option<&WorkOut>) -> EffectResult {
        match self {
            Self::ServerStarted(address) => EffectResult::ServerStarted(address),
            Self::Described(parameters) => EffectResult::Described(parameters),
            Self::ServerDone => EffectResult::ServerDone,
            Self::Dumped {
                files,
                datasource_size_bytes,
            } => EffectResult::Dumped {
                files,
                datasource_size_bytes,
            },
            Self::Copied(files) => EffectResult::Copied { files },
            Self::Examined(missing) => EffectResult::Examined(missing),
            Self::Loaded(bytes) => EffectResult::Loaded { bytes },
            // Another build may not have asked for it: its answers differ before this.
            Self::WorkedOut => work.map_or_else(
                || EffectResult::Failed(EffectFailure::Engine("it was not asked for".to_owned())),
                WorkOut::carry_out,
            ),
            Self::Failed(failure) => EffectResult::Failed(failure),
        }
    }

    /// What it is, for a person.
    pub(super) fn what(&self) -> String {
        match self {
            Self::ServerStarted(_) => "a database server takes connections".to_owned(),
            Self::Described(parameters) => format!("{} parameters of a database server", parameters.len()),
            Self::ServerDone => "something was done to a database server".to_owned(),
            Self::Dumped { files, .. } => format!("{} files were dumped", files.len()),
            Self::Copied(files) => format!("{} files were copied", files.len()),
            Self::Examined(missing) => format!("{} rights are missing in a database", missing.len()),
            Self::Loaded(bytes) => format!("a dump of {bytes} bytes was loaded"),
            Self::WorkedOut => "something was worked out".to_owned(),
            Self::Failed(EffectFailure::Refused { status, code, .. }) => format!("refused: {status} {code}"),
            Self::Failed(
                EffectFailure::Session { message, .. }
                | EffectFailure::Engine(message)
                | EffectFailure::Store(message),
            ) => format!("failed: {message}"),
        }
    }
}
