//! The data flow of a single server's backup and restore: what the plugin of the backup extension
//! does on Azure. It dumps a database straight into vault storage, and loads a dump into a new one.
//! When and whether it does so is the business of the jobs, in [`super::backup`] and [`super::restore`].

use super::vault_store::VaultContainer;
use super::violation::{Broken, Violation};
use crate::jobs::{DumpDatabaseWork, EffectFailure, LoadDatabaseWork, SessionFailure, SignIn};
use crate::model::StoredBody;
use crate::rules::{Cause, DatasourceName, SignInFault, Stage};
use crate::services::Context;

/// The name of the one file a recovery point of a single server's database has.
const FILE: &str = "database";

/// The blob a dump goes to.
pub(super) fn blob(point: &str) -> String {
    format!("{point}/{FILE}")
}

/// Dumps the database of the sign-in into vault storage. Nothing is staged on the way.
pub(super) fn dump(
    sign_in: SignIn,
    place: &VaultContainer,
    point: &str,
    signature: &str,
) -> DumpDatabaseWork {
    DumpDatabaseWork {
        sign_in,
        blob_host: place.host(),
        container: place.container.clone(),
        blob: blob(point),
        sas: signature.to_owned(),
    }
}

/// Loads a recovery point's file into a database that is created for it.
pub(super) fn load(sign_in: SignIn, database: &str, source: StoredBody) -> LoadDatabaseWork {
    LoadDatabaseWork {
        sign_in,
        database: database.to_owned(),
        source,
    }
}

/// What a failed session means.
pub(super) fn fault(failure: SessionFailure) -> SignInFault {
    match failure {
        SessionFailure::NotLetIn => SignInFault::Network,
        SessionFailure::SignInRefused => SignInFault::Credentials,
        SessionFailure::NoServer | SessionFailure::NoDatabase => SignInFault::Database,
        SessionFailure::DatabaseExists => SignInFault::DatabaseExists,
        SessionFailure::MissingPrivilege => SignInFault::Rights,
        SessionFailure::ConnectionClosed => SignInFault::Closed,
        SessionFailure::ClientTooOld => SignInFault::ClientTooOld,
    }
}

/// What `failures.toml` calls a failed session.
fn word(failure: SessionFailure) -> &'static str {
    match failure {
        SessionFailure::NotLetIn => "not_let_in",
        SessionFailure::SignInRefused => "sign_in_refused",
        SessionFailure::NoServer => "no_server",
        SessionFailure::NoDatabase => "no_database",
        SessionFailure::DatabaseExists => "database_exists",
        SessionFailure::MissingPrivilege => "missing_privilege",
        SessionFailure::ConnectionClosed => "connection_closed",
        SessionFailure::ClientTooOld => "client_too_old",
    }
}

/// What a data flow that failed is answered with. `about` is the database and its server.
pub(super) fn failed(
    context: &Context<'_>,
    of: DatasourceName,
    stage: Stage,
    about: (&str, &str),
    failure: EffectFailure,
) -> Violation {
    match failure {
        EffectFailure::Session { failure, message } => {
            let broken = Broken {
                of,
                stage,
                cause: Cause::Session,
                says: word(failure),
                inner: "InnerErrorCodeUnavailable",
                message: &message,
                reason: message.clone(),
            };
            Violation::broken(context, &broken, &[("database", about.0), ("server", about.1)])
        }
        EffectFailure::Engine(text) | EffectFailure::Store(text) => Violation::moving(&text),
        EffectFailure::Refused {
            status,
            code,
            message,
        } => {
            let text = format!("vault storage answered {status} {code}: {message}");
            Violation::moving(&text)
        }
    }
}
