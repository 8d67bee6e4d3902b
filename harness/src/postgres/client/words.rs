//! What a program's last words mean. `pg_dump` and `pg_restore` say what the server said, but not
//! by which code; they run in the C locale, and the server does.

use azdrill_emulator::jobs::SessionFailure;
use azdrill_emulator::server::EngineError;

use super::failed::failed;

/// Parts of a message and what they mean; the first that is found counts.
const MEANINGS: [(&str, SessionFailure); 19] = [
    ("server version mismatch", SessionFailure::ClientTooOld),
    // Of the archive: a newer `pg_dump` wrote it.
    ("unsupported version (", SessionFailure::ClientTooOld),
    ("password authentication failed", SessionFailure::SignInRefused),
    ("is not permitted to log in", SessionFailure::SignInRefused),
    ("no pg_hba.conf entry", SessionFailure::SignInRefused),
    ("FATAL:  database ", SessionFailure::NoDatabase),
    ("permission denied", SessionFailure::MissingPrivilege),
    ("must be owner of", SessionFailure::MissingPrivilege),
    ("row-level security policy", SessionFailure::MissingPrivilege),
    (
        "server closed the connection unexpectedly",
        SessionFailure::ConnectionClosed,
    ),
    (
        "connection has been closed unexpectedly",
        SessionFailure::ConnectionClosed,
    ),
    ("connection to server was lost", SessionFailure::ConnectionClosed),
    ("no connection to the server", SessionFailure::ConnectionClosed),
    ("terminating connection", SessionFailure::ConnectionClosed),
    ("the database system is ", SessionFailure::ConnectionClosed),
    ("does not accept connections", SessionFailure::ConnectionClosed),
    ("SSL SYSCALL error", SessionFailure::ConnectionClosed),
    ("Connection reset by peer", SessionFailure::ConnectionClosed),
    ("timeout expired", SessionFailure::ConnectionClosed),
];

/// Turns a program's failure into what it means for the session, if that can be told.
pub(super) fn understand(error: EngineError) -> EngineError {
    let EngineError::Failed { what, detail } = error else {
        return error;
    };
    let detail = without_port(&detail);
    let meaning = MEANINGS.iter().find(|(part, _)| detail.contains(part));
    match meaning {
        Some((_, failure)) => failed(*failure, detail),
        None => EngineError::Failed { what, detail },
    }
}

/// The port is another one each time, and says nothing to anybody.
fn without_port(detail: &str) -> String {
    let begin = "connection to server at ";
    let end = " failed: ";
    match detail.split_once(begin) {
        Some((before, rest)) => match rest.split_once(end) {
            Some((_, after)) => format!("{before}{after}"),
            None => detail.to_owned(),
        },
        None => detail.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(detail: &str) -> EngineError {
        understand(EngineError::Failed {
            what: "dumping".to_owned(),
            detail: detail.to_owned(),
        })
    }

    #[test]
    fn last_words_are_understood() {
        let said = "pg_dump: error: connection to server at \"drill\" (127.0.0.1), port 40123 failed: \
                    FATAL:  password authentication failed for user \"backup\"";
        assert_eq!(
            meaning(said),
            failed(
                SessionFailure::SignInRefused,
                "pg_dump: error: FATAL:  password authentication failed for user \"backup\""
            )
        );
        let said = "pg_dump: error: query failed: ERROR:  permission denied for table t; pg_dump: detail: Query was: LOCK";
        assert_eq!(meaning(said), failed(SessionFailure::MissingPrivilege, said));
    }

    #[test]
    fn other_words_stay_what_they_are() {
        let said = "pg_restore: error: could not execute query: ERROR:  syntax error";
        assert_eq!(
            meaning(said),
            EngineError::Failed {
                what: "dumping".to_owned(),
                detail: said.to_owned()
            }
        );
        let running = EngineError::NotRunning("a".to_owned());
        assert_eq!(understand(running.clone()), running);
    }
}
