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
        (self.server.is_empty() || self.server.eq_ignore_ascii_case(server))
            && self.from.is_none_or(|wanted| wanted == from)
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
