//! Files that only their owner may read, written whole or not at all.

use std::io::{self, Write as _};
use std::path::Path;

/// Writes it.
///
/// # Errors
///
/// If it cannot be written; what was there before is there still.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
