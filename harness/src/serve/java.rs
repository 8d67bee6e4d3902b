//! What leads Java here: it reads neither PEM files nor the variables other programs go by.

use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha1::{Digest, Sha1};

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
    let store = trust_store(&der).ok_or_else(|| failed(&"the authority's certificate is too long"))?;
    let file = folder.join("trust.jks");
    crate::private_file::write_bytes(&file, &store).map_err(|error| failed(&error))?;
    Ok(file)
}

/// A trust store of the format `JKS`, which Java has read since its first versions: numbers with the
/// highest byte first, texts with their length before them, and a hash that proves nothing was changed.
fn trust_store(certificate: &[u8]) -> Option<Vec<u8>> {
    const MAGIC: u32 = 0xFEED_FEED;
    const VERSION: u32 = 2;
    const ENTRIES: u32 = 1;
    const TRUSTED_CERTIFICATE: u32 = 2;
    const MADE_MILLISECONDS: u64 = 0;
    let mut store = Vec::with_capacity(certificate.len() + 128);
    for number in [MAGIC, VERSION, ENTRIES, TRUSTED_CERTIFICATE] {
        store.extend(number.to_be_bytes());
    }
    let text = |store: &mut Vec<u8>, text: &str| {
        let length = u16::try_from(text.len()).unwrap_or_default();
        store.extend(length.to_be_bytes());
        store.extend(text.bytes());
    };
    text(&mut store, "azdrill");
    store.extend(MADE_MILLISECONDS.to_be_bytes());
    text(&mut store, "X.509");
    store.extend(u32::try_from(certificate.len()).ok()?.to_be_bytes());
    store.extend(certificate);
    let hash = Sha1::new()
        .chain_update(
            PASSWORD
                .encode_utf16()
                .flat_map(u16::to_be_bytes)
                .collect::<Vec<_>>(),
        )
        .chain_update("Mighty Aphrodite")
        .chain_update(&store)
        .finalize();
    store.extend(hash);
    Some(store)
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
         -Djavax.net.ssl.trustStoreType=JKS -Djava.net.useSystemProxies=true \
         -Dhttps.proxyHost={host} -Dhttps.proxyPort={port} -Dhttp.proxyHost={host} -Dhttp.proxyPort={port} \
         -Dhttp.nonProxyHosts=localhost|127.*|[::1]"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers, lengths and the hash of a store that `keytool` takes.
    #[test]
    fn a_trust_store_is_laid_out_as_java_reads_it() {
        let store = trust_store(b"certificate").unwrap();
        let (body, hash) = store.split_at(store.len() - 20);
        let expected = [
            &b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x01\0\0\0\x02"[..],
            b"\0\x07azdrill",
            &[0; 8],
            b"\0\x05X.509\0\0\0\x0bcertificate",
        ];
        assert_eq!(body, expected.concat());
        assert_eq!(hash.len(), 20);
    }

    /// Java itself, where it is at hand.
    #[test]
    fn java_reads_the_trust_store() {
        let folder = tempfile::tempdir().unwrap();
        let key = rcgen::generate_simple_self_signed(["azdrill.test".to_owned()]).unwrap();
        let file = write_trust_store(folder.path(), &key.cert.pem()).unwrap();
        let asked = std::process::Command::new("keytool")
            .args(["-list", "-storetype", "JKS", "-storepass", PASSWORD, "-keystore"])
            .arg(&file)
            .output();
        let Ok(asked) = asked else { return };
        let said = String::from_utf8_lossy(&asked.stdout);
        assert!(
            asked.status.success() && said.contains("trustedCertEntry"),
            "{said}"
        );
    }
}
