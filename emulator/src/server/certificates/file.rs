//! Files of the authority.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::error::CertificateError;

/// Writes a file so that it is there whole or not at all.
pub(super) fn write_whole(file: &Path, text: &[u8], mode: u32) -> Result<(), CertificateError> {
    let directory = file.parent().unwrap_or(Path::new("."));
    let written = tempfile::Builder::new()
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(directory)
        .and_then(|mut unfinished| {
            unfinished.write_all(text)?;
            unfinished.persist(file).map_err(|error| error.error)
        });
    written
        .map(|_| ())
        .map_err(|error| file_error("write", file, error))
}

/// What the system says of a file.
pub(super) fn file_error(what: &'static str, file: &Path, source: io::Error) -> CertificateError {
    CertificateError::File {
        what,
        file: file.to_owned(),
        source,
    }
}
