//! The machine as whoever drives it sees it: what can be put into it, and what comes out. `azure::Azure` is
//! the one that plays Azure, `journal::Journalled` the same with a journal; the shell's own tests drive small
//! doubles.

use std::net::SocketAddr;

use bytes::Bytes;
use http::StatusCode;

use crate::fault::ConnectionFault;
use crate::jobs::{Effect, EffectId, EffectResult, SessionFailure};
use crate::model::{Extent, NetworkPath, Preparation, Request, Response, Timestamp};

/// What to do with a request whose headers have been read and whose body has not.
#[derive(Clone, Debug)]
pub enum Admission {
    /// Read the body into memory, then call. A longer body is refused with 413.
    Buffer {
        /// The most it may hold, in bytes.
        limit_bytes: u64,
    },
    /// Stream the body into the blob store, then call with the stored body.
    Store {
        /// The most it may hold, in bytes.
        limit_bytes: u64,
        /// Whether to compute the MD5 of the bytes.
        md5: bool,
    },
    /// Answer this and do not read the body.
    Refuse(Response),
}

/// Where a connection to a database server goes on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseRoute {
    /// Where the real server listens; a loopback address.
    pub backend: SocketAddr,
    /// The key the engine knows the server by.
    pub key: String,
    /// The server's name: users may write theirs as `user@name`.
    pub server: String,
    /// Whether a connection that is not encrypted is to be refused.
    pub tls_required: bool,
    /// What is to go wrong with the connection, if anything.
    pub fault: Option<ConnectionFault>,
}

/// Why a connection to a database server is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseRefusal {
    /// [`SessionFailure::NoServer`] or [`SessionFailure::NotLetIn`].
    pub failure: SessionFailure,
    /// What the gate in front of the server says, for a person. `{user}` and `{database}` in it
    /// stand for what the client asked for: see [`Self::said_to`].
    pub message: String,
}

impl DatabaseRefusal {
    /// The message to a client that asked to sign in as that user to that database.
    pub fn said_to(&self, user: &str, database: &str) -> String {
        // Braces in a user's name must not be taken for ours.
        let mut parts = self.message.splitn(2, "{user}");
        let before = parts.next().unwrap_or_default().replace("{database}", database);
        match parts.next() {
            Some(after) => format!("{before}{user}{}", after.replace("{database}", database)),
            None => before,
        }
    }
}

/// What has happened is not kept: why, for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("azdrill cannot keep what happens: {0}")]
pub struct NotKept(pub String);

impl NotKept {
    /// What a client is told while what happens cannot be kept, in plain text, so that nobody takes it for one of
    /// Azure's. What it asked for has not happened, or, if nothing could be kept only afterwards, may have: as after any
    /// answer that tells of a failure.
    pub(crate) fn response(&self) -> Response {
        Response::new(StatusCode::INSUFFICIENT_STORAGE)
            .with_header("content-type", "text/plain; charset=utf-8")
            .with_header("x-ms-error-code", "SyntheticStateNotKept")
            .with_header("x-azdrill-synthetic", "true")
            .with_body(Bytes::from(format!("{self}.\n")))
    }
}

/// The synchronous machine behind the front door.
pub trait Core: Send + 'static {
    /// Decides on the headers alone, and takes note of a refusal. A request that is admitted may
    /// still be refused by [`Core::call`].
    fn admit(&mut self, now: Timestamp, path: &NetworkPath, request: &Request) -> Admission;

    /// How a request is refused whose body turned out longer than it may be, where the service has words of
    /// its own for that; the core takes note of it.
    fn too_long(&mut self, _now: Timestamp, _path: &NetworkPath, _request: &Request) -> Option<Response> {
        None
    }

    /// What is to be worked out for a request before it is called, without the core: what takes long, so
    /// that nobody else waits for it. The shell carries it out and puts it into the request. `None`: the
    /// request can be called as it is, which is true of nearly all.
    fn prepare(&mut self, _now: Timestamp, _path: &NetworkPath, _request: &Request) -> Option<Preparation> {
        None
    }

    /// Answers a request.
    fn call(&mut self, now: Timestamp, path: &NetworkPath, request: Request) -> Response;

    /// Decides whether a connection to the database server of that host name is let in, and takes
    /// note of it either way.
    ///
    /// # Errors
    ///
    /// If there is no such server, if it does not run, or if its network settings say no.
    fn connect_database(
        &mut self,
        now: Timestamp,
        path: &NetworkPath,
        host: &str,
    ) -> Result<DatabaseRoute, DatabaseRefusal>;

    /// The host names of the database servers that run.
    fn running_databases(&self) -> Vec<String>;

    /// Takes note of where programs on this machine reach the database server of that host name;
    /// `None` once they reach it nowhere.
    fn note_entrance(&mut self, host: &str, address: Option<SocketAddr>);

    /// Runs everything that has fallen due, and hands over outside work to carry out.
    fn tick(&mut self, now: Timestamp) -> Vec<Effect>;

    /// Takes the result of outside work.
    fn complete(&mut self, now: Timestamp, id: EffectId, result: EffectResult);

    /// When the next thing falls due, if anything is waiting for time.
    fn next_due(&self) -> Option<Timestamp>;

    /// Whether this host name is one of ours. Others are refused and never dialled.
    fn knows_host(&self, host: &str) -> bool;

    /// What is to be found at a host of the internet that clients are known to ask, and how to do
    /// without it.
    fn outside(&self, _host: &str) -> Option<String> {
        None
    }

    /// Whether what a host name of ours belongs to is there. On Azure the name of an account or a vault
    /// resolves only as long as there is one.
    fn resolves(&self, _host: &str) -> bool {
        true
    }

    /// Host names that services have begun to answer under since the last time of asking.
    fn take_new_hosts(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// Bytes in the blob store that nothing refers to any more, since the last time of asking.
    fn take_released(&mut self) -> Vec<Extent>;

    /// Whether everything that has happened is kept where it has to be before anybody is told of it.
    ///
    /// # Errors
    ///
    /// If it is not: then nothing more may happen and nobody be told, until it is.
    fn kept(&mut self) -> Result<(), NotKept> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_user_and_database() {
        let refusal = DatabaseRefusal {
            failure: SessionFailure::NotLetIn,
            message: "user \"{user}\", database \"{database}\"".to_owned(),
        };
        assert_eq!(
            refusal.said_to("{database}", "shop"),
            "user \"{database}\", database \"shop\""
        );
        let plain = DatabaseRefusal {
            message: "no".to_owned(),
            ..refusal
        };
        assert_eq!(plain.said_to("a", "b"), "no");
    }
}
