//! What leads Java here: it reads neither PEM files nor the variables other programs go by.

use std::path::{Path, PathBuf};

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The trust store's password. It keeps no secret: what is in it is public.
const PASSWORD: &str = "azdrill";

/// Writes a trust store with azdrill's authority, and answers with its path.
///
/// # Errors
///
/// If the authority is no certificate, or the file cannot be written.
pub fn write_trust_store(folder: &Path, authority_pem: &str) -> Result<PathBuf, String> {
    let failed = |error: &dyn std::fmt::Display| format!("cannot make a trust store for Java: {error}");
    let der = CertificateDer::from_pem_slice(authority_pem.as_bytes()).map_err(|error| failed(&error))?;
    let certificate = Certificate::from_der(&der).map_err(|error| failed(&error))?;
    let mut store = KeyStore::new();
    store.add_entry("azdrill", KeyStoreEntry::Certificate(certificate));
    let bytes = store.writer(PASSWORD).write().map_err(|error| failed(&error))?;
    let file = folder.join("trust.p12");
    crate::private_file::write_bytes(&file, &bytes).map_err(|error| failed(&error))?;
    Ok(file)
}

/// The options for `JAVA_TOOL_OPTIONS`, which every Java program takes and says so.
pub fn java_options(trust_store: &Path, address: &str) -> String {
    let (host, port) = address
        .trim_start_matches("http://")
        .rsplit_once(':')
        .unwrap_or(("127.0.0.1", "0"));
    let trust_store = trust_store.display();
    format!(
        "-Djavax.net.ssl.trustStore={trust_store} -Djavax.net.ssl.trustStorePassword={PASSWORD} \
         -Djavax.net.ssl.trustStoreType=PKCS12 -Djava.net.useSystemProxies=true \
         -Dhttps.proxyHost={host} -Dhttps.proxyPort={port} -Dhttp.proxyHost={host} -Dhttp.proxyPort={port} \
         -Dhttp.nonProxyHosts=localhost|127.*|[::1]"
    )
}
