//! Files written whole or not at all; most of them only their owner may read.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::Errno;

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
    match open_special(path)? {
        Some(mut special) => special.write_all(bytes),
        None => begin(path, bytes).map(|_| ()),
    }
}

/// Writes what anybody may read: a new file is as the system makes them, and what was there keeps who may read it.
///
/// # Errors
///
/// As [`write`].
pub fn write_public(path: &Path, text: &str) -> io::Result<()> {
    let path = &replaceable(path)?;
    let kept = there(path)?.map(|found| found.permissions());
    let mut file = beside_with(folder_of(path), Some(fs::Permissions::from_mode(0o666)))?;
    file.write_all(text.as_bytes())?;
    if let Some(kept) = kept {
        file.as_file().set_permissions(kept)?;
    }
    file.persist(path).map(|_| ()).map_err(|error| error.error)
}

/// Begins a file that is written bit by bit, with these bytes, in the place of what was there.
///
/// # Errors
///
/// If it cannot be written; what was there before is there still.
pub fn begin(path: &Path, bytes: &[u8]) -> io::Result<fs::File> {
    let path = &replaceable(path)?;
    let mut file = beside(folder_of(path))?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)
}

/// Finds out whether it could be written, before there is anything to write.
///
/// # Errors
///
/// If it cannot.
pub fn check(path: &Path) -> io::Result<()> {
    match there(path)? {
        Some(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        // A pipe may have nobody yet who reads it.
        Some(found) if !found.is_file() => Ok(()),
        _ => beside(folder_of(&replaceable(path)?)).map(|_| ()),
    }
}

/// Opens what is there and no plain file, such as a pipe or a device; `None` where it is one, or nothing is there.
///
/// # Errors
///
/// If it cannot be written, or is a pipe that nobody reads: whoever opened that would wait, perhaps for ever.
pub fn open_special(path: &Path) -> io::Result<Option<fs::File>> {
    if there(path)?.is_none_or(|found| found.is_file()) {
        return Ok(None);
    }
    let at_once = i32::try_from(OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
    let opened = OpenOptions::new().write(true).custom_flags(at_once).open(path);
    let file = opened.map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::NXIO) => io::Error::new(error.kind(), "nobody reads it: it is a pipe or a socket"),
        _ => error,
    })?;
    // From here on, whoever reads slowly is waited for.
    fcntl_setfl(&file, OFlags::empty())?;
    Ok(Some(file))
}

/// Opens what a file is to take the place of, where it is one of the same kind or empty: `is_one` sees how it begins,
/// up to a length, and what is no `kind` is somebody's who does not mean to lose it. `None` where there is nothing.
///
/// # Errors
///
/// If it is something else, or cannot be read.
pub fn open_earlier(
    path: &Path,
    kind: &str,
    length: usize,
    is_one: impl Fn(&[u8]) -> bool,
) -> io::Result<Option<fs::File>> {
    let refused = |why: String| Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
    let Ok(earlier) = fs::File::open(path) else {
        return match fs::symlink_metadata(path) {
            Ok(_) => refused(format!(
                "there is a file that cannot be read: it may be no {kind}"
            )),
            Err(_) => Ok(None),
        };
    };
    let mut begins = Vec::new();
    (&earlier).take(length as u64).read_to_end(&mut begins)?;
    if !begins.is_empty() && !is_one(&begins) {
        return refused(format!(
            "there is a file that is no {kind}: remove it, or name another"
        ));
    }
    Ok(Some(earlier))
}

/// What is there, if anything is.
fn there(path: &Path) -> io::Result<Option<fs::Metadata>> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Err(error) => match fs::symlink_metadata(path) {
            Ok(_) => Err(io::Error::new(error.kind(), "it is a link to what is not there")),
            Err(_) => Ok(None),
        },
    }
}

/// The path of the file that is put in the place of what is there: a link stays one, and what is to be read alone
/// stays whole.
fn replaceable(path: &Path) -> io::Result<PathBuf> {
    match there(path)? {
        None => Ok(path.to_owned()),
        Some(found) if found.permissions().readonly() => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "there is a file that is to be read alone",
        )),
        Some(_) => fs::canonicalize(path),
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
    beside_with(folder, None)
}

/// The same, with other permissions than its owner's alone.
fn beside_with(folder: &Path, others: Option<fs::Permissions>) -> io::Result<tempfile::NamedTempFile> {
    if !fs::metadata(folder)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    let mut builder = tempfile::Builder::new();
    if let Some(others) = others {
        builder.permissions(others);
    }
    builder.tempfile_in(folder).map_err(|error| error.kind().into())
}

#[cfg(test)]
mod tests {
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
    fn what_anybody_may_read_keeps_who_may() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let [usual, path] = ["usual", "page.html"].map(|name| folder.path().join(name));
        fs::write(&usual, "").unwrap();
        write_public(&path, "one").unwrap();
        assert_eq!(mode(&path), mode(&usual));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let open = fs::File::open(&path).unwrap();
        write_public(&path, "other").unwrap();
        assert_eq!(
            (mode(&path), fs::read_to_string(&path).unwrap()),
            (0o640, "other".to_owned())
        );
        assert_eq!(
            io::read_to_string(open).unwrap(),
            "one",
            "it is another file, and whole at once"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
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

    #[test]
    fn a_pipe_that_nobody_reads_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        let told = write(&path, "x").unwrap_err().to_string();
        assert!(told.contains("nobody reads it"), "{told}");
        let reader = std::thread::spawn({
            let path = path.clone();
            move || fs::read_to_string(path).unwrap()
        });
        // More than a pipe holds, as soon as somebody reads.
        let long = "x".repeat(1 << 20);
        while write(&path, &long).is_err() {
            std::thread::yield_now();
        }
        assert_eq!(reader.join().unwrap().len(), long.len());
    }

    #[test]
    fn what_is_protected_or_led_astray_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("kept"), "kept").unwrap();
        fs::set_permissions(path("kept"), fs::Permissions::from_mode(0o444)).unwrap();
        std::os::unix::fs::symlink(path("none"), path("astray")).unwrap();
        std::os::unix::fs::symlink(path("kept"), path("to-kept")).unwrap();
        for (name, says) in [
            ("kept", "to be read alone"),
            ("to-kept", "to be read alone"),
            ("astray", "a link to what is not there"),
        ] {
            for error in [
                check(&path(name)).unwrap_err(),
                write(&path(name), "x").unwrap_err(),
            ] {
                assert!(error.to_string().contains(says), "{name}: {error}");
            }
        }
        assert_eq!(fs::read_to_string(path("kept")).unwrap(), "kept");
        fs::write(path("other"), "old").unwrap();
        std::os::unix::fs::symlink(path("other"), path("link")).unwrap();
        write(&path("link"), "new").unwrap();
        assert!(path("link").is_symlink());
        assert_eq!(fs::read_to_string(path("other")).unwrap(), "new");
    }
}
