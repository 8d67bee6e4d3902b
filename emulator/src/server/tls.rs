//! The TLS end of a connection, and what is said when a client will have none of it.

use std::fmt::Display;
use std::io;
use std::sync::Arc;

use rustls::server::Acceptor;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::entrance::Entrance;
use super::hosts::{HostPort, is_local};
use super::patience::HEAD_TIME_MAX;
use super::rewind::Rewind;

/// Where each kind of client looks for authorities it trusts.
const TRUST_VARIABLES: &str = "SSL_CERT_FILE (Go, .NET, Rust, curl, Python's ssl and aiohttp), REQUESTS_CA_BUNDLE \
     (az and other Python clients), CURL_CA_BUNDLE (curl), NODE_EXTRA_CA_CERTS (Node)";

/// Ends TLS for any host of ours. Answers with the connection and the host the client named, in
/// the handshake or else to `CONNECT`; a handshake that fails is logged.
pub(super) async fn accept(
    entrance: &Entrance,
    stream: Rewind,
    tunnel: Option<HostPort>,
) -> Option<(TlsStream<Rewind>, HostPort)> {
    let mut named = tunnel.unwrap_or_else(|| HostPort {
        host: "localhost".to_owned(),
        port: Some(entrance.own_port),
    });
    let handshake = tokio::time::timeout(HEAD_TIME_MAX, shake_hands(entrance, stream, &mut named));
    let result = handshake
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    match result {
        Ok(stream) => Some((stream, named)),
        Err(error) => {
            warn_failed(entrance, &named.host, &error);
            None
        }
    }
}

async fn shake_hands(
    entrance: &Entrance,
    stream: Rewind,
    named: &mut HostPort,
) -> io::Result<TlsStream<Rewind>> {
    let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    if let Some(name) = start.client_hello().server_name() {
        let host = name.to_ascii_lowercase();
        let port = is_local(&host).then_some(entrance.own_port);
        *named = HostPort { host, port };
    }
    let knows_host = Arc::clone(&entrance.knows_host);
    let config = entrance
        .certificates
        .server_config(knows_host, named.host.clone());
    start.into_stream(config).await
}

fn warn_failed(entrance: &Entrance, host: &str, error: &io::Error) {
    if (entrance.knows_host)(host) {
        warn_untrusted(entrance, host, error);
    } else {
        entrance.strangers.note(host);
        tracing::warn!(
            host,
            "refused TLS for `{host}`: it is not a host of the fake Azure, and azdrill never dials out"
        );
    }
}

/// Logs a connection that ended after the handshake without a request. Some clients (Node) look at
/// the certificate only then, and leave without a word.
pub(super) fn warn_unused(entrance: &Entrance, host: &str, error: Option<hyper::Error>) {
    match error {
        Some(error) => warn_untrusted(entrance, host, &error),
        None => warn_untrusted(entrance, host, &"the client left without a request"),
    }
}

fn warn_untrusted(entrance: &Entrance, host: &str, error: &dyn Display) {
    tracing::warn!(
        host,
        "TLS for `{host}` came to nothing: {error}. A client that does not trust azdrill's authority \
         needs {} in the variable it goes by: {TRUST_VARIABLES}",
        entrance.certificates.bundle_path().display()
    );
}
