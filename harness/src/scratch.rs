//! Temporary folders that only their user may enter and that outlive nobody: dropped, they are gone;
//! what a killed process left is removed by the next that starts or makes one, whatever for.
//!
//! Whether its process lives is told by a lock on a file in the folder: the system lets go of it when
//! the process ends, in whatever way. Neither the age of a folder nor the number of a process says so.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// What every such folder's name begins with; what it is for comes next.
const PREFIX: &str = "azdrill-";
/// The file that is locked for as long as the folder is in use.
const LOCK: &str = "lock";
/// Between a folder and its lock another process's sweep may find it empty, and remove it.
const TRIES_MAX: usize = 5;

/// What a folder is for: a part of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What `run` gives its command: certificates, hosts, a profile for `az`.
    Run,
    /// The blobs of a scenario.
    Blobs,
    /// The scenarios azdrill was built with, unpacked.
    Scenarios,
}

impl Purpose {
    const ALL: [Self; 3] = [Self::Run, Self::Blobs, Self::Scenarios];

    fn prefix(self) -> String {
        let word = match self {
            Self::Run => "run",
            Self::Blobs => "blobs",
            Self::Scenarios => "scenarios",
        };
        format!("{PREFIX}{word}-")
    }
}

/// Removes what ended processes have left. For every start, also of what makes no folder, or one for
/// something else.
pub fn sweep_ended() {
    sweep(&std::env::temp_dir());
}

/// A temporary folder.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    // After the folder: until it is gone it is in use.
    _lock: File,
}

impl Scratch {
    /// Sweeps, then makes one.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn new(purpose: Purpose) -> io::Result<Self> {
        Self::new_in(&std::env::temp_dir(), purpose)
    }

    fn new_in(base: &Path, purpose: Purpose) -> io::Result<Self> {
        let prefix = purpose.prefix();
        sweep(base);
        let mut tries = 0;
        loop {
            tries += 1;
            match Self::make(base, &prefix) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && tries < TRIES_MAX => {}
                made => return made,
            }
        }
    }

    fn make(base: &Path, prefix: &str) -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(prefix)
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700))
            .tempdir_in(base)?;
        let lock = open_lock(folder.path(), true)?;
        match lock.try_lock() {
            // A sweep that was here in between has removed it, and let go of the lock.
            Ok(()) if lock.metadata()?.nlink() == 0 => Err(io::ErrorKind::NotFound.into()),
            Ok(()) => Ok(Self { folder, _lock: lock }),
            // Another's sweep holds it, and removes the folder.
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::NotFound.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn open_lock(folder: &Path, create: bool) -> io::Result<File> {
    OpenOptions::new()
        .create_new(create)
        .write(true)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(folder.join(LOCK))
}

/// Removes the folders of this user's ended processes.
fn sweep(base: &Path) {
    let prefixes = Purpose::ALL.map(Purpose::prefix);
    let me = rustix::process::geteuid().as_raw();
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        // Not what a link leads to.
        let mine = entry
            .metadata()
            .is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == me);
        let name = entry.file_name().to_string_lossy().into_owned();
        if mine && prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            remove_dead(&entry.path());
        }
    }
}

fn remove_dead(folder: &Path) {
    match open_lock(folder, false) {
        Ok(lock) => {
            if lock.try_lock().is_ok() {
                tracing::debug!(folder = %folder.display(), "removing what an ended process left");
                let _ = fs::remove_dir_all(folder);
            }
        }
        // One that was killed before it made its lock left it empty. So is one that is just being
        // made; whoever makes it tries again.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let _ = fs::remove_dir(folder);
        }
        Err(_) => {}
    }
}

/// Makes a folder, with those above it, that only its user may enter.
///
/// # Errors
///
/// If it cannot be made.
pub fn private_folder(path: &Path) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_private_and_gone_when_dropped() {
        let base = tempfile::tempdir().unwrap();
        let scratch = Scratch::new_in(base.path(), Purpose::Run).unwrap();
        let path = scratch.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let lock = fs::metadata(path.join(LOCK)).unwrap();
        assert_eq!(lock.permissions().mode() & 0o777, 0o600);
        fs::write(path.join("ca.key"), "secret").unwrap();
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn whoever_has_one_has_it_while_others_sweep() {
        let base = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let scratch = Scratch::new_in(base.path(), Purpose::Blobs).unwrap();
                        fs::write(scratch.path().join("blob"), "x").unwrap();
                    }
                });
            }
        });
    }

    #[test]
    fn the_dead_are_swept_and_the_living_spared() {
        let base = tempfile::tempdir().unwrap();
        let living = Scratch::new_in(base.path(), Purpose::Run).unwrap();
        let other = Scratch::new_in(base.path(), Purpose::Blobs).unwrap();
        let dead = base.path().join("azdrill-run-dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        fs::write(dead.join("ca.key"), "secret").unwrap();
        let dead_otherwise = base.path().join("azdrill-blobs-dead");
        fs::create_dir(&dead_otherwise).unwrap();
        fs::write(dead_otherwise.join(LOCK), "").unwrap();
        // Those of servers have no lock, and a sweep of their own.
        let servers = base.path().join("azdrill-postgres-1-a");
        fs::create_dir(&servers).unwrap();
        let unfinished = base.path().join("azdrill-run-unfinished");
        fs::create_dir(&unfinished).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join(LOCK), "").unwrap();
        let link = base.path().join("azdrill-run-link");
        std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
        let strange = base.path().join("azdrill-run-strange");
        fs::create_dir(&strange).unwrap();
        fs::write(strange.join("kept"), "").unwrap();

        drop(Scratch::new_in(base.path(), Purpose::Run).unwrap());
        assert!(living.path().exists() && other.path().exists());
        assert!(!dead.exists() && !dead_otherwise.exists() && !unfinished.exists());
        assert!(servers.exists());
        assert!(elsewhere.path().join(LOCK).exists() && link.is_symlink());
        assert!(strange.join("kept").exists(), "nobody knows whose it is");
    }

    #[test]
    fn another_users_folder_is_left_alone() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let base = tempfile::tempdir().unwrap();
        let theirs = base.path().join("azdrill-run-theirs");
        fs::create_dir(&theirs).unwrap();
        fs::write(theirs.join(LOCK), "").unwrap();
        std::os::unix::fs::chown(&theirs, Some(65_534), Some(65_534)).unwrap();
        drop(Scratch::new_in(base.path(), Purpose::Run).unwrap());
        assert!(theirs.join(LOCK).exists());
    }
}
