//! Signing in as a client, and what may come of it.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use azdrill_emulator::jobs::SessionFailure;
use azdrill_emulator::server::{ClientCall, EngineError};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::failed::failed;
use crate::postgres::superuser::sql_error;

/// Longest that a server may take to let a client in.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A client that is in.
pub(super) struct SignedIn {
    pub(super) client: Client,
    /// The server's major version.
    pub(super) major: u32,
}

/// Signs in to a database over TCP and TLS, as a customer's program does, and checks the server's
/// certificate. Needs a tokio runtime, which carries the connection until the client is dropped.
///
/// # Errors
/// If the client is not let in, by the gate or by the server.
pub async fn sign_in(call: &ClientCall) -> Result<Client, EngineError> {
    Ok(enter(call).await?.client)
}

pub(super) async fn enter(call: &ClientCall) -> Result<SignedIn, EngineError> {
    let what = format!("signing in to database `{}` of {}", call.database, call.host);
    let tls = tls(call).map_err(|detail| EngineError::Failed {
        what: what.clone(),
        detail,
    })?;
    let mut config = Config::new();
    config
        .host(&call.host)
        .hostaddr(call.address.ip())
        .port(call.address.port())
        .user(&call.user)
        .password(&call.password)
        .dbname(&call.database)
        .ssl_mode(SslMode::Require)
        .application_name("azdrill");
    let connected = tokio::time::timeout(PATIENCE, config.connect(tls)).await;
    let connected = connected.map_err(|_| {
        let text = format!("{} did not answer within {} s", call.host, PATIENCE.as_secs());
        failed(SessionFailure::ConnectionClosed, text)
    })?;
    let (client, connection) = connected.map_err(|error| session_error(&what, &error))?;
    let major = connection
        .parameter("server_version")
        .and_then(|version| version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
        .ok_or_else(|| EngineError::Failed {
            what,
            detail: "the server does not say its version".to_owned(),
        })?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a client's connection ended");
        }
    });
    Ok(SignedIn { client, major })
}

/// TLS as a client that trusts this call's authority, and checks the server's name, speaks it.
pub(in crate::postgres) fn tls(call: &ClientCall) -> Result<MakeRustlsConnect, String> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(call.authority_pem.as_bytes())
        .map_err(|error| format!("the authority's certificate: {error}"))?;
    roots
        .add(authority)
        .map_err(|error| format!("the authority's certificate: {error}"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let config = config.with_root_certificates(roots).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// What went wrong in a client's session, by what the server said or by how it fell silent.
pub(super) fn session_error(what: &str, error: &tokio_postgres::Error) -> EngineError {
    if let Some(refusal) = error.as_db_error() {
        let Some(failure) = failure_of(refusal.code()) else {
            return sql_error(what, error);
        };
        let detail = refusal.detail().map(|detail| format!(": {detail}"));
        let message = format!("{}{}", refusal.message(), detail.unwrap_or_default());
        return failed(failure, message);
    }
    if error.is_closed() || was_cut(error) {
        let why = error.source().map(|cause| format!(": {cause}"));
        return failed(
            SessionFailure::ConnectionClosed,
            format!("{what}: the connection was lost{}", why.unwrap_or_default()),
        );
    }
    sql_error(what, error)
}

fn failure_of(code: &SqlState) -> Option<SessionFailure> {
    let failure = match code.code() {
        "28P01" | "28000" => SessionFailure::SignInRefused,
        "3D000" => SessionFailure::NoDatabase,
        "42P04" => SessionFailure::DatabaseExists,
        "42501" => SessionFailure::MissingPrivilege,
        // The server is going down, or has gone already, or is not there yet.
        "57P01" | "57P02" | "57P03" => SessionFailure::ConnectionClosed,
        code if code.starts_with("08") => SessionFailure::ConnectionClosed,
        _ => return None,
    };
    Some(failure)
}

/// Whether the other side went away. A certificate that does not please is an error of input and
/// output too, but of another kind.
fn was_cut(error: &tokio_postgres::Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(error) = inner.downcast_ref::<io::Error>() {
            return !matches!(
                error.kind(),
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
            );
        }
        cause = inner.source();
    }
    false
}
