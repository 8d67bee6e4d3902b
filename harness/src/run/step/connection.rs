//! What happens to a connection to a database server.

use azdrill_emulator::fault::ConnectionFault;
use serde::Deserialize;

use super::Take;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::Site;

/// Has something happen to one of the connections that Azure services will make to a server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// Which server: `server` or `target`.
    #[serde(default = "of_the_source")]
    on: Site,
    /// What happens: `refuse`, `close`, `reset:BYTES`.
    connection: Happens,
    /// Which of the connections to come is meant, from 1.
    #[serde(default = "next")]
    count: u64,
}

/// What happens to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Happens(ConnectionFault);

impl TryFrom<String> for Happens {
    type Error = String;

    fn try_from(said: String) -> Result<Self, String> {
        let (word, count) = said.split_once(':').unwrap_or((&said, ""));
        Ok(Self(match (word, count.parse()) {
            ("refuse", _) => ConnectionFault::Refuse,
            ("close", _) => ConnectionFault::AcceptThenClose,
            ("reset", Ok(bytes)) => ConnectionFault::ResetAfter { bytes },
            _ => return Err(format!("\"{said}\": expected refuse, close or reset:BYTES")),
        }))
    }
}

fn of_the_source() -> Site {
    Site::Server
}

fn next() -> u64 {
    1
}

impl Take for Connection {
    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let server = play.names.site(self.on);
        let server = server.rsplit('/').next().unwrap_or_default().to_owned();
        play.break_connection(server, self.count, self.connection.0);
        Ok(Outcome::done())
    }
}
