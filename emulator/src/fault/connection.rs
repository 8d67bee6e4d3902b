//! What goes wrong with connections to database servers.

use serde::{Deserialize, Serialize};

use super::Moment;
use crate::model::NetworkPath;
use crate::rules::OriginKind;

/// What goes wrong with a connection to a database server that the network let in. The gate in
/// front of the server carries it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionFault {
    /// The connection is refused.
    Refuse,
    /// Nothing passes for this long, in either direction; then all goes on.
    Stall {
        /// How long, in seconds.
        seconds: u64,
    },
    /// The connection is reset once the server has sent this much.
    ResetAfter {
        /// How much, in bytes.
        bytes: u64,
    },
    /// What the server sends passes slowly.
    Slow {
        /// How fast, in bytes a second.
        bytes_per_second: u64,
    },
    /// The connection is accepted, and closed without a word.
    AcceptThenClose,
    /// The server breaks down once it has sent this much: all its connections end, and it recovers.
    CrashAfter {
        /// How much, in bytes.
        bytes: u64,
    },
    /// The server ends all its sessions once it has sent this much, as a restart or a failover does.
    EndSessionsAfter {
        /// How much, in bytes.
        bytes: u64,
    },
    /// The server has no connection left to give (SQLSTATE 53300).
    TooManyClients,
    /// The session may only read (SQLSTATE 25006), as on a server whose storage is nearly full.
    ReadOnly,
}

/// What is done to a whole database server by a fault of one of its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// One of its processes is killed, so that it ends all the others and recovers from its log.
    Crash,
    /// All its sessions are ended.
    EndSessions,
}

impl ConnectionFault {
    /// What it does to the server, and once the server has sent how much on this connection.
    pub(crate) fn disturbance(self) -> Option<(Disturbance, u64)> {
        match self {
            Self::CrashAfter { bytes } => Some((Disturbance::Crash, bytes)),
            Self::EndSessionsAfter { bytes } => Some((Disturbance::EndSessions, bytes)),
            _ => None,
        }
    }
}

impl std::fmt::Display for ConnectionFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refuse => f.write_str("it is refused"),
            Self::Stall { seconds } => write!(f, "nothing passes for {seconds} s"),
            Self::ResetAfter { bytes } => {
                write!(f, "it is reset once the server has sent {bytes} bytes")
            }
            Self::Slow { bytes_per_second } => {
                write!(
                    f,
                    "what the server sends passes at {bytes_per_second} bytes a second"
                )
            }
            Self::AcceptThenClose => f.write_str("it is accepted and closed without a word"),
            Self::CrashAfter { bytes } => {
                write!(f, "the server breaks down once it has sent {bytes} bytes")
            }
            Self::EndSessionsAfter { bytes } => {
                write!(f, "the server ends all sessions once it has sent {bytes} bytes")
            }
            Self::TooManyClients => f.write_str("the server has too many clients already"),
            Self::ReadOnly => f.write_str("the server lets it only read"),
        }
    }
}

/// One fault of database connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseFault {
    /// What other faults call it; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The server's name, without regard to case; empty matches any.
    pub server: String,
    /// Where the client stands; `None` matches anywhere.
    pub from: Option<OriginKind>,
    /// When it strikes.
    #[serde(flatten)]
    pub moment: Moment,
    /// Whether it may never strike.
    pub optional: bool,
    /// What goes wrong.
    pub kind: ConnectionFault,
}

impl DatabaseFault {
    /// Whether a connection to this server from there is one it is about.
    pub(super) fn is_about(&self, server: &str, path: &NetworkPath) -> bool {
        let from = OriginKind::from(&path.origin);
        self.is_of(server) && self.from.is_none_or(|wanted| wanted == from)
    }

    /// Whether a dump that the server's own service makes is one it is about. That one passes no network,
    /// so that it has to be said; and it writes nothing on the server.
    pub(super) fn is_about_own_dump(&self, server: &str) -> bool {
        self.is_of(server) && self.from == Some(OriginKind::Service) && self.kind != ConnectionFault::ReadOnly
    }

    fn is_of(&self, server: &str) -> bool {
        self.server.is_empty() || self.server.eq_ignore_ascii_case(server)
    }
}

impl std::fmt::Display for DatabaseFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let server = match self.server.as_str() {
            "" => "any server",
            server => server,
        };
        write!(f, "connections to {server}, {}: {}", self.moment, self.kind)
    }
}
