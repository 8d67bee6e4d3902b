//! `pg_dump` and `pg_restore` as a client calls them: over TCP and TLS, by environment variables,
//! the password among them. Nothing secret stands among the arguments, where anybody on the machine
//! could read it.

use std::ffi::OsString;

use azdrill_emulator::jobs::SessionFailure;
use azdrill_emulator::server::{ClientCall, EngineError};

use super::failed::failed;
use super::sign_in::PATIENCE;
use crate::postgres::tool::{ToolCall, restore_call};

/// Which version of a program is to run.
#[derive(Clone, Copy, Debug)]
pub(in crate::postgres) struct ClientVersion {
    /// The server's major version.
    pub(in crate::postgres) server: u32,
    /// The major version asked for, if one is.
    pub(in crate::postgres) asked: Option<u32>,
}

impl ClientVersion {
    /// The version to take of those at hand. Without one asked for it is the server's own, or the
    /// next above it: what a newer `pg_dump` writes, an older `pg_restore` cannot read, and what a
    /// newer `pg_restore` says, an older server does not understand.
    pub(in crate::postgres) fn choose(self, program: &str, at_hand: &[u32]) -> Result<u32, EngineError> {
        let Self { server, asked } = self;
        let chosen = match asked {
            Some(asked) if at_hand.contains(&asked) => asked,
            Some(asked) => {
                return Err(EngineError::Failed {
                    what: format!("running `{program}` of version {asked}"),
                    detail: format!("it is not at hand; these are: {at_hand:?}"),
                });
            }
            None => {
                let fitting = at_hand.iter().filter(|major| **major >= server).min();
                let newest = fitting.or(at_hand.iter().max()).copied();
                newest.ok_or_else(|| EngineError::Failed {
                    what: format!("running `{program}`"),
                    detail: format!(
                        "there is none: install the client programs of version {server} or newer"
                    ),
                })?
            }
        };
        if chosen < server {
            let text = format!(
                "`{program}` of version {chosen} is older than the server, which is of version {server}: a \
                 client must be as new as its server"
            );
            return Err(failed(SessionFailure::ClientTooOld, text));
        }
        Ok(chosen)
    }
}

/// `pg_dump` of one database.
pub(super) fn dump_call(call: &ClientCall) -> ToolCall {
    let mut environment = environment(call);
    environment.push(("PGDATABASE", call.database.clone().into()));
    ToolCall {
        program: "pg_dump",
        arguments: [
            "--format=custom",
            "--no-privileges",
            "--no-owner",
            "--no-tablespaces",
            "--no-password",
        ]
        .map(str::to_owned)
        .to_vec(),
        environment,
    }
}

/// `pg_restore` into a database that has just been created: all or nothing, so it stops at the
/// first error.
pub(super) fn load_call(call: &ClientCall, database: &str) -> ToolCall {
    let mut tool = restore_call(database);
    tool.arguments.extend(
        [
            "--no-privileges",
            "--no-owner",
            "--no-tablespaces",
            "--exit-on-error",
        ]
        .map(str::to_owned),
    );
    tool.environment = environment(call);
    tool
}

fn environment(call: &ClientCall) -> Vec<(&'static str, OsString)> {
    vec![
        ("PGHOST", call.host.clone().into()),
        ("PGHOSTADDR", call.address.ip().to_string().into()),
        ("PGPORT", call.address.port().to_string().into()),
        ("PGUSER", call.user.clone().into()),
        ("PGPASSWORD", call.password.clone().into()),
        ("PGSSLMODE", "require".into()),
        // Somebody's own list of authorities in the home folder would be checked against.
        ("PGSSLROOTCERT", "/nonexistent/root.crt".into()),
        ("PGGSSENCMODE", "disable".into()),
        ("PGCONNECT_TIMEOUT", PATIENCE.as_secs().to_string().into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_version_that_is_not_older_is_taken() {
        let choose = |server, asked| {
            let version = ClientVersion { server, asked };
            version.choose("pg_dump", &[13, 15, 17])
        };
        assert_eq!(choose(13, None), Ok(13));
        assert_eq!(choose(14, None), Ok(15));
        assert_eq!(choose(13, Some(17)), Ok(17));
        for (server, asked) in [(17, Some(15)), (18, None)] {
            let error = choose(server, asked).unwrap_err();
            let EngineError::Session { failure, message } = error else {
                panic!("{error}");
            };
            assert_eq!(failure, SessionFailure::ClientTooOld);
            assert!(
                message.contains("is older than the server") && message.contains(&server.to_string()),
                "{message}"
            );
        }
        let missing = choose(13, Some(14)).unwrap_err().to_string();
        assert!(
            missing.contains("not at hand; these are: [13, 15, 17]"),
            "{missing}"
        );
    }

    #[test]
    fn a_password_is_no_argument() {
        let call = ClientCall {
            host: "drill.postgres.database.azure.com".to_owned(),
            address: ([127, 0, 0, 1], 4000).into(),
            authority_pem: String::new(),
            user: "backup".to_owned(),
            password: "open sesame".to_owned(),
            database: "a=b".to_owned(),
            major: None,
        };
        for tool in [dump_call(&call), load_call(&call, "c=d")] {
            assert!(tool.arguments.iter().all(|argument| !argument.contains("sesame")));
            assert!(tool.environment.contains(&("PGPASSWORD", "open sesame".into())));
        }
        assert!(!format!("{call:?}").contains("sesame"));
    }
}
