//! The data of servers that outlives their process: a folder a server, by its key.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::run_as::{RunAs, private_folder};
use super::watchdog::stop_server_in;

/// Who may pass through a folder, but not see what is in it: everybody.
const PASS: u32 = 0o711;

/// Where the data of servers is kept.
#[derive(Clone, Debug)]
pub(super) struct KeptServers {
    folder: PathBuf,
    user: Option<RunAs>,
}

impl KeptServers {
    /// The folder, which is made if it is missing.
    pub(super) fn open(folder: &Path, user: Option<RunAs>) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let folder = fs::canonicalize(folder)?;
        if user.is_some() {
            // Another user, as whom the servers run, has to get through to its own folders.
            let above = folder.parent().unwrap_or(&folder);
            for passed in [&*folder, above] {
                fs::set_permissions(passed, fs::Permissions::from_mode(PASS))?;
            }
            check_passable(&folder)?;
        }
        Ok(Self { folder, user })
    }

    /// Where the data of the server of that key is.
    pub(super) fn data(&self, key: &str) -> PathBuf {
        self.folder.join(key).join("data")
    }

    /// Has the data of a server in its place: what was kept, or else what `make` makes.
    pub(super) fn prepare(
        &self,
        key: &str,
        major: u32,
        make: impl FnOnce(&Path) -> Result<(), String>,
    ) -> Result<(), String> {
        let told = |error: io::Error| format!("the folder of a server that is kept: {error}");
        let data = self.data(key);
        if data.exists() {
            return check_kept(&data, major);
        }
        // What an earlier process had begun to make is in nobody's way.
        self.remove(key).map_err(told)?;
        let server = self.folder.join(key);
        private_folder(&server, self.user).map_err(told)?;
        let partial = server.join("partial");
        make(&partial)?;
        fs::rename(&partial, &data).map_err(told)
    }

    /// Removes the data of a server, and ends the server.
    pub(super) fn remove(&self, key: &str) -> io::Result<()> {
        let data = self.data(key);
        if data.exists() {
            stop_server_in(&data);
        }
        match fs::remove_dir_all(self.folder.join(key)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes the data of servers that are none of these.
    pub(super) fn keep_only(&self, keys: &BTreeSet<String>) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let key = entry?.file_name().to_string_lossy().into_owned();
            if !keys.contains(&key) {
                self.remove(&key)?;
            }
        }
        Ok(())
    }
}

/// Makes sure that what was kept is of the version, and that nobody runs in it.
fn check_kept(data: &Path, major: u32) -> Result<(), String> {
    let version = fs::read_to_string(data.join("PG_VERSION")).unwrap_or_default();
    if version.trim() != major.to_string() {
        return Err(format!(
            "what is kept in {} is of version {}; that is to be had again, or the folder removed",
            data.display(),
            version.trim()
        ));
    }
    stop_server_in(data);
    // The number in it may be another process's by now, and the server would refuse to start.
    match fs::remove_file(data.join("postmaster.pid")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", data.join("postmaster.pid").display()))
        }
        _ => Ok(()),
    }
}

/// Whether everybody gets through to a folder.
fn check_passable(folder: &Path) -> io::Result<()> {
    for above in folder.ancestors() {
        let mode = fs::metadata(above)?.permissions().mode();
        if mode & 0o001 == 0 {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!(
                    "root's servers run as another user, who does not get through {}: name a folder elsewhere with \
                     `--state`",
                    above.display()
                ),
            ));
        }
    }
    Ok(())
}
