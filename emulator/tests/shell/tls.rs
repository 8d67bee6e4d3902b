//! TLS as clients see it, and what is logged when they turn away.

use std::io;
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::wire::{Running, start};

fn connector(roots: RootCertStore) -> TlsConnector {
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// A client that trusts the server's authority.
pub(crate) fn client(running: &Running) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(running.server.ca_pem().as_bytes()).unwrap();
    roots.add(authority).unwrap();
    connector(roots)
}

pub(crate) async fn handshake(running: &Running, stream: TcpStream, name: &str) -> TlsStream<TcpStream> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    client(running).connect(name, stream).await.unwrap()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn start(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::WARN)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    /// The first line, once there is one. The server runs on this thread, so yielding lets it work.
    async fn first_line(&self) -> String {
        let line = async {
            loop {
                let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
                if let Some((line, _)) = text.split_once('\n') {
                    return line.to_owned();
                }
                tokio::task::yield_now().await;
            }
        };
        // Whoever waits for an answer is to find the reason in the log at once.
        tokio::time::timeout(std::time::Duration::from_secs(1), line)
            .await
            .expect("a line should be logged within a second")
    }
}

fn assert_tells_what_to_set(line: &str, running: &Running) {
    let bundle = running.directory.path().join("ca-bundle.pem");
    for expected in [
        "WARN",
        "management.azure.com",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
        bundle.to_str().unwrap(),
    ] {
        assert!(line.contains(expected), "{expected} is missing: {line}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_trust_us_is_told_what_to_set() {
    let log = Log::default();
    let _logging = log.start();
    let running = start().await;
    let name = "management.azure.com".try_into().unwrap();
    let distrustful = connector(RootCertStore::empty());
    distrustful
        .connect(name, running.connect().await)
        .await
        .unwrap_err();
    let line = log.first_line().await;
    assert!(line.contains("UnknownCA"), "{line}");
    assert_tells_what_to_set(&line, &running);
    running.server.shutdown().await;
    assert_eq!(
        log.0
            .lock()
            .unwrap()
            .iter()
            .filter(|byte| **byte == b'\n')
            .count(),
        1
    );
}

#[tokio::test]
async fn a_client_that_leaves_after_the_handshake_is_told_too() {
    let log = Log::default();
    let _logging = log.start();
    let running = start().await;
    let stream = handshake(&running, running.connect().await, "management.azure.com").await;
    drop(stream);
    assert_tells_what_to_set(&log.first_line().await, &running);
}

#[tokio::test]
async fn an_unknown_server_name_is_logged_as_such() {
    let log = Log::default();
    let _logging = log.start();
    let running = start().await;
    let name = "example.com".try_into().unwrap();
    client(&running)
        .connect(name, running.connect().await)
        .await
        .unwrap_err();
    let line = log.first_line().await;
    assert!(
        line.contains("`example.com`") && line.contains("never dials out"),
        "{line}"
    );
}
