//! The folder a fake Azure keeps its authority in. Whoever can write there can make clients trust
//! theirs, so that only one's own will do.

use std::fs::{DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
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
