//! The file clients are pointed at: the variables that name a bundle replace the system's own, so
//! the system's authorities have to be in it too.

use std::path::{Path, PathBuf};

use super::error::CertificateError;
use super::file::write_whole;

/// Where distributions keep their bundle.
const SYSTEM_BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Writes `ca-bundle.pem`: the system's authorities, if they are found, then ours.
pub(super) fn write(directory: &Path, authority_pem: &str) -> Result<PathBuf, CertificateError> {
    let mut bundle = SYSTEM_BUNDLES
        .iter()
        .find_map(|file| std::fs::read(file).ok())
        .unwrap_or_default();
    if !bundle.is_empty() && !bundle.ends_with(b"\n") {
        bundle.push(b'\n');
    }
    bundle.extend_from_slice(authority_pem.as_bytes());
    let file = directory.join("ca-bundle.pem");
    write_whole(&file, &bundle, 0o644)?;
    Ok(file)
}
