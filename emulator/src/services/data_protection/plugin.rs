//! The data flow of a single server's backup and restore: what the plugin of the backup extension
//! does on Azure. It dumps a database straight into vault storage, and loads a dump into a new one.
//! When and whether it does so is the business of the coordinator, in [`super::coordinator`] and
//! [`super::restore_job`].

use super::vault_store::Place;
use super::violation::{Violation, inner_error};
use crate::gateway::Refusal;
use crate::jobs::{DumpDatabaseWork, EffectFailure, LoadDatabaseWork, SessionFailure, SignIn, Work};
use crate::model::StoredBody;
use crate::rules::{Code, Gate, RuleId, SignInFault, Stage, code, rule};
use crate::services::{Context, Next};

/// The name of the one file a recovery point of a single server's database has.
const FILE: &str = "database";

/// The blob a dump goes to.
pub(super) fn blob(point: &str) -> String {
    format!("{point}/{FILE}")
}

/// Dumps the database of the sign-in into vault storage. Nothing is staged on the way.
pub(super) fn dump(sign_in: SignIn, place: &Place, point: &str, signature: &str) -> Next {
    Next::Work(Work::DumpDatabase(DumpDatabaseWork {
        sign_in,
        blob_host: place.host(),
        container: place.container.clone(),
        blob: blob(point),
        sas: signature.to_owned(),
    }))
}

/// Loads a recovery point's file into a database that is created for it.
pub(super) fn load(sign_in: SignIn, database: &str, source: StoredBody) -> Next {
    Next::Work(Work::LoadDatabase(LoadDatabaseWork {
        sign_in,
        database: database.to_owned(),
        source,
    }))
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

/// The rule and the code of a fault that shows only while data flows.
fn rule(fault: SignInFault, stage: Stage) -> (RuleId, Code) {
    let restore = stage == Stage::RestoreJob;
    match fault {
        SignInFault::Network if restore => (rule::SS_RD_05, code::UserErrorMissingNetworkSecurityPermissions),
        SignInFault::Network => (rule::SS_B_06, code::UserErrorMissingNetworkSecurityPermissions),
        SignInFault::Credentials => (rule::SS_B_11, code::UserErrorDBUserAuthFailed),
        SignInFault::EntraIdentity => (rule::SS_B_20_ENTRA, code::UserErrorBackupUserAuthFailed),
        SignInFault::Database => (rule::SS_B_DATABASE, code::UserErrorDBNotFound),
        SignInFault::Rights if restore => (rule::SS_RD_04, code::UserErrorMissingDBPermissions),
        SignInFault::Rights => (rule::SS_B_12, code::UserErrorMissingDBPermissions),
        SignInFault::DatabaseExists => (rule::SS_RD_06, code::UserErrorDatabaseNameAlreadyInUse),
        SignInFault::Closed => (rule::SS_B_CLOSED, code::UserErrorServerConnectionClosed),
        SignInFault::ClientTooOld => (rule::SS_B_TOOL, code::SyntheticClientTooOld),
    }
}

/// What a data flow that failed is answered with. `about` is the database and its server.
pub(super) fn failed(
    context: &Context<'_>,
    stage: Stage,
    about: (&str, &str),
    failure: EffectFailure,
) -> Violation {
    let (failure, message) = match failure {
        EffectFailure::Session { failure, message } => (failure, message),
        EffectFailure::Engine(text) | EffectFailure::Store(text) => return Violation::moving(context, &text),
        EffectFailure::Refused {
            status,
            code,
            message,
        } => {
            return Violation::moving(
                context,
                &format!("vault storage answered {status} {code}: {message}"),
            );
        }
    };
    let fault = fault(failure);
    // What a program says when its connection breaks depends on where it was just then.
    let message = match fault {
        SignInFault::Closed => "the server closed the connection before the work was done".to_owned(),
        _ => message,
    };
    let (rule, code) = rule(fault, stage);
    let refusal = Refusal::user_facing(context.rules.error(code), &[])
        .because(message.clone())
        .by([rule])
        .at(match fault {
            SignInFault::Network => Gate::Network,
            SignInFault::Credentials | SignInFault::EntraIdentity => Gate::Authentication,
            SignInFault::Rights => Gate::Authorization,
            _ => Gate::Service,
        });
    let inner = match fault {
        // The one inner text that was recorded.
        SignInFault::DatabaseExists => {
            let (database, server) = about;
            let text = format!("Database with name:{database} already exists on server {server}.");
            inner_error("InnerErrorCodeUnavailable", &text)
        }
        _ => inner_error("InnerErrorCodeUnavailable", &message),
    };
    Violation { refusal, inner }
}
