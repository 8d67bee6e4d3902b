//! Nothing outlives us. A small shell waits for the end of its input, which comes when this
//! process ends in whatever way, then stops the servers below a folder and removes it. If even the
//! shell was killed, the next engine to start sweeps.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::owner::Owner;

const PREFIX: &str = "azdrill-postgres-";
const OWNER: &str = "owner";
/// A link to where the data of its servers is kept, if it is.
const KEEPS: &str = "keeps";

/// A socket's path has some hundred characters at most, which a long temporary folder uses up.
const LONGEST: usize = 50;

/// A folder for servers that is gone when this is dropped, and when this process is.
pub(super) struct GuardedFolder {
    watchdog: Child,
    // After the watchdog, which must not find a folder of the same name made by somebody else.
    folder: TempDir,
}

impl GuardedFolder {
    /// Sweeps what ended processes left behind, then makes a folder.
    /// The servers whose data is kept in `keeps` are stopped as well; that folder stays.
    pub(super) fn new(keeps: Option<&Path>) -> io::Result<Self> {
        let base = base();
        sweep(&base);
        let me = Owner::me();
        let folder = tempfile::Builder::new()
            .prefix(&format!("{PREFIX}{}-", me.pid()))
            .tempdir_in(base)?;
        // Another user, as whom the servers run, has to get through to its own folders.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711))?;
        fs::write(folder.path().join(OWNER), me.to_string())?;
        if let Some(keeps) = keeps {
            std::os::unix::fs::symlink(keeps, folder.path().join(KEEPS))?;
        }
        Ok(Self {
            watchdog: watch(folder.path())?,
            folder,
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for GuardedFolder {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

/// Where folders for servers are made.
fn base() -> PathBuf {
    let base = std::env::temp_dir();
    if base.as_os_str().len() > LONGEST {
        PathBuf::from("/tmp")
    } else {
        base
    }
}

/// Removes what ended processes have left of their servers. For every start, also of what has no servers
/// of its own.
pub fn sweep_ended() {
    sweep(&base());
}

fn watch(folder: &Path) -> io::Result<Child> {
    const SCRIPT: &str = r#"
trap '' INT TERM HUP QUIT
while read -r _; do :; done
for file in "$1"/*/data/postmaster.pid "$1"/keeps/*/data/postmaster.pid; do
    [ -f "$file" ] && kill -QUIT "$(head -n 1 "$file")" 2>/dev/null
done
# What was being made when this process ended goes on writing for a moment.
attempt=0
while [ "$attempt" -lt 50 ]; do
    rm -rf -- "$1" 2>/dev/null && break
    attempt=$((attempt + 1))
    sleep 0.2
done
"#;
    Command::new("sh")
        .args(["-c", SCRIPT, "azdrill-watchdog"])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/")
        // Out of reach of a Ctrl-C meant for us.
        .process_group(0)
        .spawn()
}

/// Removes the folders of ended processes, and stops servers still running in them.
fn sweep(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else { return };
    let uid = rustix::process::geteuid().as_raw();
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry
                .metadata()
                .is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == uid);
        let owner = ours
            .then(|| fs::read_to_string(entry.path().join(OWNER)).ok())
            .flatten();
        let Some(Ok(owner)) = owner.map(|text| text.parse::<Owner>()) else {
            // One that was killed before it had written its name left it empty.
            if ours && !is_being_made(&entry.path()) {
                let _ = fs::remove_dir(entry.path());
            }
            continue;
        };
        if owner.is_gone() {
            tracing::debug!(folder = %entry.path().display(), "removing what an ended process left");
            stop_servers(&entry.path());
            stop_servers(&entry.path().join(KEEPS));
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether the process whose number is in a folder's name is there, or another of that number.
fn is_being_made(folder: &Path) -> bool {
    let name = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let number = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
    let number = number.and_then(|number| number.parse().ok());
    number
        .and_then(rustix::process::Pid::from_raw)
        .is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

fn stop_servers(folder: &Path) {
    for server in fs::read_dir(folder).into_iter().flatten().flatten() {
        // As its command line has it.
        let data = fs::canonicalize(server.path().join("data"));
        if let Ok(data) = data {
            stop_server_in(&data);
        }
    }
}

/// Stops the server that runs in a folder, if one does.
pub(super) fn stop_server_in(data: &Path) {
    let Some(pid) = server_in(data) else { return };
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::QUIT);
    for _ in 0..500 {
        if server_in(data).is_none() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
}

/// The server that runs in a folder: the number in its file, if a process of that number was
/// started for that very folder.
fn server_in(data: &Path) -> Option<rustix::process::Pid> {
    let file = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let number: i32 = file.lines().next()?.trim().parse().ok()?;
    let command = fs::read(format!("/proc/{number}/cmdline")).ok().or_else(|| {
        let output = Command::new("ps")
            .args(["-o", "command=", "-p", &number.to_string()])
            .output()
            .ok()?;
        Some(output.stdout)
    })?;
    let command = String::from_utf8_lossy(&command).into_owned();
    if !command.contains(&*data.to_string_lossy()) {
        return None;
    }
    rustix::process::Pid::from_raw(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits_until(condition: impl Fn() -> bool) -> bool {
        (0..300).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            condition()
        })
    }

    #[test]
    fn a_dropped_folder_is_gone() {
        let folder = GuardedFolder::new(None).unwrap();
        let path = folder.path().to_owned();
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn the_end_of_input_alone_removes_the_folder() {
        // What a killed process leaves: a closed pipe, and nobody who waits.
        let folder = tempfile::tempdir().unwrap();
        let mut watchdog = watch(folder.path()).unwrap();
        drop(watchdog.stdin.take());
        assert!(waits_until(|| !folder.path().exists()));
        watchdog.wait().unwrap();
    }

    #[test]
    fn sweeping_removes_the_dead_and_spares_the_living() {
        let base = tempfile::tempdir().unwrap();
        let make = |name: &str, owner: &str| {
            let path = base.path().join(name);
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join(OWNER), owner).unwrap();
            path
        };
        let dead = make(
            "azdrill-postgres-1-a",
            &Owner::me().to_string().replacen('|', "|0", 1),
        );
        let alive = make("azdrill-postgres-1-b", &Owner::me().to_string());
        let foreign = make("something-else", "1|0|0|0");
        sweep(base.path());
        assert!(!dead.exists() && alive.exists() && foreign.exists());
    }
}
