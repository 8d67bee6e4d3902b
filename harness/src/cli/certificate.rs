//! Certificates the operator may sign in with.

use std::path::Path;

use azdrill::given_file;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The first certificate of a PEM file, which may hold the key as well.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("no certificate in {}: {error}", file.display());
    let text = given_file::read(file, given_file::WRITTEN_MAX).map_err(|error| failed(&error))?;
    let der = CertificateDer::from_pem_slice(&text).map_err(|error| failed(&error))?;
    Ok(der.to_vec())
}
