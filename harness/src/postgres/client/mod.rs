//! What a client of a database does, in the name of a customer's user: it signs in over TCP and
//! TLS, like anybody, and looks, dumps or loads. Nothing here knows a server's superuser.

mod examine;
mod failed;
mod programs;
mod sign_in;
mod words;

use azdrill_emulator::server::{ClientCall, ClientDump, Dump, EngineError};
use futures_util::StreamExt;
use tokio_postgres::Client;

use super::azure::quote_identifier;
use super::backend::Backend;
use super::tool::{feed, into_dump};

pub(super) use examine::examine;
pub(super) use programs::ClientVersion;
pub use sign_in::sign_in;
#[cfg(test)]
pub(super) use sign_in::tls;
use sign_in::{SignedIn, enter, session_error};

/// The longest name PostgreSQL keeps whole, in bytes.
const NAME_BYTES_MAX: usize = 63;

/// Starts a dump of the database a client signs in to.
pub(super) async fn dump<B: Backend>(backend: &B, call: &ClientCall) -> Result<ClientDump, EngineError> {
    let SignedIn { client, major } = enter(call).await?;
    let size = client
        .query_one(
            "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())",
            &[],
        )
        .await
        .map_err(|error| session_error("measuring the database", &error))?;
    drop(client);
    let version = ClientVersion {
        server: major,
        asked: call.major,
    };
    let tool = backend.client_tool(version, programs::dump_call(call)).await?;
    let what = format!("dumping database `{}`", call.database);
    let dump = into_dump(what, tool).map(|piece| piece.map_err(words::understand));
    Ok(ClientDump {
        size_bytes: size.get::<_, i64>(0).unsigned_abs(),
        dump: Box::pin(dump),
    })
}

/// Creates a database and loads a dump into it. Drops it again if that fails.
pub(super) async fn load<B: Backend>(
    backend: &B,
    call: &ClientCall,
    database: &str,
    dump: Dump,
) -> Result<(), EngineError> {
    let what = format!("creating database `{database}`");
    if database.is_empty() || database.len() > NAME_BYTES_MAX {
        return Err(EngineError::Failed {
            what,
            detail: format!("its name is empty or longer than {NAME_BYTES_MAX} bytes"),
        });
    }
    let SignedIn { client, major } = enter(call).await?;
    let version = ClientVersion {
        server: major,
        asked: call.major,
    };
    client
        .batch_execute(&format!("CREATE DATABASE {}", quote_identifier(database)))
        .await
        .map_err(|error| session_error(&what, &error))?;
    match fill(backend, call, version, database, dump).await {
        Ok(()) => Ok(()),
        Err(error) => Err(undo(call, client, database, error).await),
    }
}

async fn fill<B: Backend>(
    backend: &B,
    call: &ClientCall,
    version: ClientVersion,
    database: &str,
    dump: Dump,
) -> Result<(), EngineError> {
    let what = format!("restoring into database `{database}`");
    let tool = backend
        .client_tool(version, programs::load_call(call, database))
        .await?;
    let outcome = feed(what.clone(), tool, dump).await.map_err(words::understand)?;
    if outcome.complete {
        return Ok(());
    }
    // It stops at the first error, so that there is none to ignore.
    Err(EngineError::Failed {
        what,
        detail: outcome.messages.join("; "),
    })
}

/// Drops what a load that failed has created. Answers with the error of the load, and says so if
/// the database had to be left.
async fn undo(call: &ClientCall, client: Client, database: &str, error: EngineError) -> EngineError {
    // By force: the server may not have noticed yet that the program that loaded has gone.
    let statement = format!("DROP DATABASE {} WITH (FORCE)", quote_identifier(database));
    let mut dropped = client.batch_execute(&statement).await;
    if dropped.is_err()
        && let Ok(again) = enter(call).await
    {
        dropped = again.client.batch_execute(&statement).await;
    }
    let Err(why) = dropped else { return error };
    let left = format!(
        "; database `{database}` could not be dropped again and may be left half restored: {}",
        session_error("dropping it", &why)
    );
    match error {
        EngineError::Session { failure, message } => EngineError::Session {
            failure,
            message: message + &left,
        },
        EngineError::Failed { what, detail } => EngineError::Failed {
            what,
            detail: detail + &left,
        },
        not_running @ EngineError::NotRunning(_) => not_running,
    }
}
