//! Files that only their owner may read, written whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Writes it. What is there and no plain file, such as a pipe or a device, is written to.
///
/// # Errors
///
/// If it cannot be written; what was there before is there still.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    write_bytes(path, text.as_bytes())
}

/// Writes what is no text.
///
/// # Errors
///
/// As [`write`].
pub fn write_bytes(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    // A link stays one.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = folder_of(path);
    let mut file = beside(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Begins a file that is written bit by bit, in the place of what was there. What is there and no plain file, such
/// as a pipe or a device, is written to.
///
/// # Errors
///
/// If it cannot be written; what was there before is there still.
pub fn create(path: &Path) -> io::Result<fs::File> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return OpenOptions::new().write(true).open(path);
    }
    // A link stays one.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    beside(folder_of(path))?
        .persist(path)
        .map_err(|error| error.error)
}

/// Finds out whether it could be written, before there is anything to write.
///
/// # Errors
///
/// If it cannot.
pub fn check(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        // A pipe would wait for whoever reads it.
        Ok(found) if !found.is_file() => Ok(()),
        _ => {
            let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            beside(folder_of(&path)).map(|_| ())
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A file in that folder to be moved to another's name. Its own name, which nobody has asked for, is in no error.
fn beside(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    if !fs::metadata(folder)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    tempfile::NamedTempFile::new_in(folder).map_err(|error| error.kind().into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn nobody_else_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, "open to all").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write(&path, "secret").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&path).unwrap(), "secret");
    }

    #[test]
    fn what_cannot_be_written_is_found_out_before_and_names_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        check(&folder.path().join("new")).unwrap();
        check(Path::new("/dev/null")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::write(folder.path().join("plain"), "").unwrap();
        for name in ["no/such/folder", "plain/below", "."] {
            let path = folder.path().join(name);
            for error in [check(&path).unwrap_err(), write(&path, "").unwrap_err()] {
                assert!(!error.to_string().contains(".tmp"), "{name}: {error}");
            }
        }
    }

    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        write(Path::new("/dev/null"), "gone").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        #[cfg(target_os = "linux")]
        assert!(write(Path::new("/dev/full"), "no room").is_err());
    }
}
