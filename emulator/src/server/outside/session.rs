//! Work a client of a database does: it comes in through an entrance of its own, from where the
//! work says it stands, signs in, and looks, dumps or loads.

use std::io;

use futures_util::StreamExt;

use super::dump::upload_dump;
use super::dump_fault::DumpFault;
use super::pause::{Moment, Pauses};
use super::upload::{Credential, TargetContainer};
use crate::jobs::{
    DumpDatabaseWork, DumpKind, DumpedFile, EffectFailure, EffectResult, ExamineWork, LoadDatabaseWork,
    SessionFailure, SignIn,
};
use crate::machine::Core;
use crate::server::blob_store::StoredReader;
use crate::server::database_gate::{DatabaseEntrance, DatabaseGate};
use crate::server::engine::{ClientCall, DatabaseEngine, Dump, EngineError};
use crate::server::front_door::FrontDoor;

/// The port servers listen on, and no other.
const POSTGRES_PORT: u16 = 5432;

/// What a client's work is done with.
pub(super) struct Desk<'a, C> {
    pub(super) front_door: &'a FrontDoor<C>,
    pub(super) gate: &'a DatabaseGate<C>,
    pub(super) engine: &'a dyn DatabaseEngine,
    /// The version of the client's programs, if one is asked for.
    pub(super) client_major: Option<u32>,
}

impl<C: Core> Desk<'_, C> {
    /// Looks what a user may do.
    pub(super) async fn examine(&self, work: &ExamineWork) -> Result<EffectResult, EffectFailure> {
        let (entrance, call) = self.come_in(&work.sign_in)?;
        let missing = self.engine.client_examine(&call, &work.needed).await;
        let missing = missing.map_err(|error| explain(&entrance, error))?;
        Ok(EffectResult::Examined(missing))
    }

    /// Dumps a database into a blob, which is committed only when the dump has ended well.
    pub(super) async fn dump(
        &self,
        work: &DumpDatabaseWork,
        mut pauses: Pauses,
    ) -> Result<EffectResult, EffectFailure> {
        let (entrance, call) = self.come_in(&work.sign_in)?;
        let container = TargetContainer {
            front_door: self.front_door,
            path: &work.sign_in.path,
            host: &work.blob_host,
            name: &work.container,
            credential: Credential::Sas(&work.sas),
        };
        let begun = self.engine.client_dump(&call).await;
        let begun = begun.map_err(|error| explain(&entrance, error))?;
        let failed = |error| explain(&entrance, error);
        // What goes wrong with this one's connection goes wrong at the gate.
        let mut no_fault = DumpFault::new(self.engine, "", None);
        let length = upload_dump(
            &container,
            begun.dump,
            &work.blob,
            &mut pauses,
            &mut no_fault,
            failed,
        )
        .await?;
        Ok(EffectResult::Dumped {
            files: vec![DumpedFile {
                blob: work.blob.clone(),
                kind: DumpKind::Database(work.sign_in.database.clone()),
                length,
            }],
            datasource_size_bytes: begun.size_bytes,
        })
    }

    /// Loads a dump into a new database.
    pub(super) async fn load(
        &self,
        work: &LoadDatabaseWork,
        source: Option<io::Result<StoredReader>>,
        mut pauses: Pauses,
    ) -> Result<EffectResult, EffectFailure> {
        let (entrance, call) = self.come_in(&work.sign_in)?;
        check_text(&work.database)?;
        let source = source
            .unwrap_or_else(|| Err(io::ErrorKind::NotFound.into()))
            .map_err(|error| EffectFailure::Store(format!("cannot read the dump: {error}")))?;
        let bytes = source.remaining();
        pauses.at(Moment::Loading).await;
        let loaded = self.engine.client_load(&call, &work.database, read(source));
        loaded.await.map_err(|error| explain(&entrance, error))?;
        Ok(EffectResult::Loaded { bytes })
    }

    fn come_in(&self, sign_in: &SignIn) -> Result<(DatabaseEntrance, ClientCall), EffectFailure> {
        for text in [&sign_in.user, &sign_in.password, &sign_in.database] {
            check_text(text)?;
        }
        if sign_in.port != POSTGRES_PORT {
            return Err(EffectFailure::Session {
                failure: SessionFailure::NoServer,
                message: format!(
                    "nothing listens on port {} of {}: servers listen on {POSTGRES_PORT}",
                    sign_in.port, sign_in.host
                ),
            });
        }
        let no_entrance =
            |error: &dyn std::fmt::Display| EffectFailure::Engine(format!("no way to the server: {error}"));
        let entrance = self.gate.open(&sign_in.host, sign_in.path.clone());
        let entrance = entrance.map_err(|error| no_entrance(&error))?;
        let authority_pem = self.gate.authority_pem().map_err(|error| no_entrance(&error))?;
        let call = ClientCall {
            host: sign_in.host.clone(),
            address: entrance.address(),
            authority_pem,
            user: sign_in.user.clone(),
            password: sign_in.password.clone(),
            database: sign_in.database.clone(),
            major: self.client_major,
        };
        Ok((entrance, call))
    }
}

/// A zero ends a text for PostgreSQL and for every program's environment, and what is cut off there
/// would be something else than what was asked for.
fn check_text(text: &str) -> Result<(), EffectFailure> {
    if !text.contains('\0') {
        return Ok(());
    }
    Err(EffectFailure::Session {
        failure: SessionFailure::SignInRefused,
        message: "user, password or database hold a zero byte, which PostgreSQL does not take".to_owned(),
    })
}

/// Why a client failed, with what only the gate knows: a client that was turned away sees an error
/// that the server itself could have sent, and one that was cut off sees nothing at all.
fn explain(entrance: &DatabaseEntrance, error: EngineError) -> EffectFailure {
    if let Some(refusal) = entrance.refusal() {
        return EffectFailure::Session {
            failure: refusal.failure,
            message: refusal.message,
        };
    }
    match error {
        EngineError::Session { failure, message } => EffectFailure::Session { failure, message },
        other if entrance.was_struck() => EffectFailure::Session {
            failure: SessionFailure::ConnectionClosed,
            message: other.to_string(),
        },
        other => EffectFailure::Engine(other.to_string()),
    }
}

/// Stored bytes as a dump, read as they are needed.
fn read(source: StoredReader) -> Dump {
    Box::pin(source.then(|chunk| async {
        // Nothing here waits for anything, and others have work to do.
        tokio::task::yield_now().await;
        chunk.map_err(|error| EngineError::Failed {
            what: "reading the dump".to_owned(),
            detail: error.to_string(),
        })
    }))
}
