//! The folder a fake Azure keeps its authority in. Whoever can write there can make clients trust
//! theirs, so that only one's own will do.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Why a folder or a file in it is not used.
#[derive(Debug, thiserror::Error)]
pub enum NotOurs {
    /// It cannot be made or looked at.
    #[error("cannot use {}: {source}", path.display())]
    Unusable {
        /// The folder or file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Somebody else made it.
    #[error(
        "{} belongs to another user (uid {owner}), who could make your clients trust an authority of theirs. \
         Name another folder with `--state`, or remove this one",
        path.display()
    )]
    Anothers {
        /// The folder or file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// A link, a pipe or the like stands where a file or a folder of ours should be.
    #[error(
        "{} is neither a plain file nor a folder, and leads who knows where. Remove it, or name another folder \
         with `--state`",
        path.display()
    )]
    Strange {
        /// What stands there.
        path: PathBuf,
    },
    /// Others may change what is in it, or read what must stay secret.
    #[error(
        "others may {what} {} (mode {mode:03o}). Look whether what is in it is yours, then `chmod {fix} '{}'`",
        path.display(), path.display()
    )]
    Open {
        /// The folder or file.
        path: PathBuf,
        /// What they may do with it.
        what: &'static str,
        /// Its permissions.
        mode: u32,
        /// What to change them by.
        fix: &'static str,
    },
}

/// Makes the folder for its owner alone if it is missing, and refuses it if it is not the caller's or
/// others may write to it.
///
/// # Errors
///
/// If it is not the caller's alone to write to, or cannot be made.
pub fn claim_state_directory(path: &Path) -> Result<(), NotOurs> {
    let unusable = |source| NotOurs::Unusable {
        path: path.to_owned(),
        source,
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(unusable)?;
    let found = std::fs::metadata(path).map_err(unusable)?;
    check(path, &found, 0o022, "write to", "go-w")
}

/// Refuses what is in such a folder and another's, or no plain file or folder; what is missing is fine.
/// The folder may have been open to others before.
///
/// # Errors
///
/// As said, or if it cannot be looked at.
pub fn check_own(path: &Path) -> Result<(), NotOurs> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() && !found.is_dir() => Err(NotOurs::Strange {
            path: path.to_owned(),
        }),
        Ok(found) => check(path, &found, 0, "use", ""),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(NotOurs::Unusable {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Opens a file of such a folder for processes to agree by, making it if it is missing. Nothing in it is
/// ever written: what stands there in its place is refused, and neither followed nor waited for.
///
/// # Errors
///
/// If it is another's or no plain file, or cannot be opened.
pub fn open_lock_file(path: &Path) -> Result<File, NotOurs> {
    use rustix::fs::OFlags;
    check_own(path)?;
    let unusable = |source| NotOurs::Unusable {
        path: path.to_owned(),
        source,
    };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        // Between the look and this it may have been put there.
        .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
        .open(path)
        .map_err(unusable)?;
    let found = file.metadata().map_err(unusable)?;
    if !found.is_file() {
        return Err(NotOurs::Strange {
            path: path.to_owned(),
        });
    }
    check(path, &found, 0, "use", "")?;
    Ok(file)
}

/// Refuses a secret file that is not the caller's or that others may read; one that is missing is
/// fine.
pub(super) fn check_secret_file(path: &Path) -> Result<(), NotOurs> {
    match std::fs::metadata(path) {
        Ok(found) => check(path, &found, 0o077, "use", "go-rwx"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(NotOurs::Unusable {
            path: path.to_owned(),
            source,
        }),
    }
}

fn check(
    path: &Path,
    found: &Metadata,
    forbidden: u32,
    what: &'static str,
    fix: &'static str,
) -> Result<(), NotOurs> {
    let path = path.to_owned();
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(NotOurs::Anothers {
            path,
            owner: found.uid(),
        });
    }
    let mode = found.permissions().mode() & 0o777;
    if mode & forbidden != 0 {
        return Err(NotOurs::Open {
            path,
            what,
            mode,
            fix,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_new_folder_is_its_owners_alone() {
        let around = tempfile::tempdir().unwrap();
        let state = around.path().join("deep/state");
        claim_state_directory(&state).unwrap();
        let mode = std::fs::metadata(&state).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        claim_state_directory(&state).unwrap();
    }

    #[test]
    fn one_that_others_can_write_to_is_refused_with_what_to_do() {
        let state = tempfile::tempdir().unwrap();
        set_mode(state.path(), 0o755);
        claim_state_directory(state.path()).unwrap();
        for mode in [0o777, 0o775] {
            set_mode(state.path(), mode);
            let error = claim_state_directory(state.path()).unwrap_err().to_string();
            assert!(error.contains("chmod go-w"), "{error}");
        }
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let state = tempfile::tempdir().unwrap();
        let key = state.path().join("ca.key");
        check_secret_file(&key).unwrap();
        std::fs::write(&key, "").unwrap();
        set_mode(&key, 0o640);
        let error = check_secret_file(&key).unwrap_err().to_string();
        assert!(error.contains("chmod go-rwx"), "{error}");
        set_mode(&key, 0o600);
        check_secret_file(&key).unwrap();
    }

    #[test]
    fn a_lock_file_is_a_plain_file_of_ours() {
        let state = tempfile::tempdir().unwrap();
        let lock = state.path().join("lock");
        open_lock_file(&lock).unwrap();
        std::fs::write(&lock, "kept").unwrap();
        open_lock_file(&lock).unwrap();
        assert_eq!(std::fs::read_to_string(&lock).unwrap(), "kept");
        std::fs::remove_file(&lock).unwrap();

        let target = state.path().join("target");
        std::os::unix::fs::symlink(&target, &lock).unwrap();
        let error = open_lock_file(&lock).unwrap_err().to_string();
        assert!(error.contains("neither a plain file"), "{error}");
        assert!(!target.exists(), "nothing is made where a link leads");
        std::fs::remove_file(&lock).unwrap();

        let made = std::process::Command::new("mkfifo").arg(&lock).status().unwrap();
        assert!(made.success());
        let error = open_lock_file(&lock).unwrap_err().to_string();
        assert!(error.contains("neither a plain file"), "{error}");
    }

    #[test]
    fn what_another_user_left_in_it_is_refused() {
        let state = tempfile::tempdir().unwrap();
        let inner = state.path().join("az");
        check_own(&inner).unwrap();
        std::fs::create_dir(&inner).unwrap();
        check_own(&inner).unwrap();
        if std::os::unix::fs::chown(&inner, Some(12345), None).is_ok() {
            let error = check_own(&inner).unwrap_err().to_string();
            assert!(error.contains("uid 12345"), "{error}");
        }
    }

    #[test]
    fn another_users_folder_is_refused() {
        let state = tempfile::tempdir().unwrap();
        if std::os::unix::fs::chown(state.path(), Some(12345), None).is_err() {
            eprintln!("skipped: only root can give a folder away");
            return;
        }
        let error = claim_state_directory(state.path()).unwrap_err().to_string();
        assert!(
            error.contains("uid 12345") && error.contains("--state"),
            "{error}"
        );
    }
}
