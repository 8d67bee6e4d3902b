//! Initialised clusters, kept from one run to the next: a new server costs a copy, not an
//! `initdb`. A template is complete or absent: it is moved to its name in one step, under a lock,
//! and what it holds is counted again with every copy.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::azure::{prepare_script, template_name};
use super::install::Install;
use super::run_as::{RunAs, private_folder, run_as};

/// Between two looks at whether something has ended, or is still wanted.
const LOOK: Duration = Duration::from_millis(10);

/// Whether somebody still waits for what is being made: not once this has been dropped.
#[derive(Default)]
pub(super) struct StillWanted(Arc<AtomicBool>);

/// The same, for who makes it, on another thread.
#[derive(Clone, Default)]
pub(super) struct Abandoned(Arc<AtomicBool>);

impl StillWanted {
    pub(super) fn abandoned(&self) -> Abandoned {
        Abandoned(Arc::clone(&self.0))
    }
}

impl Drop for StillWanted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Abandoned {
    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Relaxed) {
            return Err(io::Error::other("nobody waits for it any more"));
        }
        Ok(())
    }
}

/// Where templates and downloads are kept. Root's own cache is closed to the user its servers run
/// as, so root keeps them elsewhere.
pub(super) fn cache_folder() -> io::Result<PathBuf> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let folder = match variable("XDG_CACHE_HOME") {
        Some(folder) => folder.join("azdrill"),
        None if rustix::process::geteuid().is_root() => PathBuf::from("/var/cache/azdrill"),
        None => match variable("HOME") {
            Some(home) => home.join(".cache/azdrill"),
            None => {
                return Err(io::Error::new(
                    io::ErrorKind::NotFound,
                    "neither XDG_CACHE_HOME nor HOME is set",
                ));
            }
        },
    };
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Puts a copy of the cluster of one installation at `data`, making the template first if there is
/// none, or none that is whole. `scratch` is a folder where `user` may work.
pub(super) fn instantiate(
    cache: &Path,
    install: &Install,
    user: Option<RunAs>,
    scratch: &Path,
    data: &Path,
    abandoned: &Abandoned,
) -> Result<(), String> {
    let templates = cache.join("templates");
    let told = |what: &'static str| move |error: io::Error| format!("{what}: {error}");
    fs::create_dir_all(&templates).map_err(told("making the folder for templates"))?;
    let name = format!("postgres-{}-{}", install.major, template_name(&install.build));
    let template = templates.join(&name);
    let lock = lock_file(&templates, &format!("postgres-{}", install.major))
        .map_err(told("opening the templates' lock"))?;

    wait_for(abandoned, || lock.try_lock_shared()).map_err(told("waiting for the templates' lock"))?;
    if copy_whole(&template, data, user, abandoned) {
        return Ok(());
    }
    // A shared lock cannot be turned into an exclusive one in a single step, and somebody else may
    // make the template in between.
    lock.unlock()
        .and_then(|()| wait_for(abandoned, || lock.try_lock()))
        .map_err(told("waiting for the templates' lock"))?;
    if copy_whole(&template, data, user, abandoned) {
        return Ok(());
    }
    // What was not copied because nobody waits is no reason to make it anew.
    abandoned.check().map_err(told("copying a template"))?;
    make(&templates, &name, install, user, scratch, abandoned)?;
    if copy_whole(&template, data, user, abandoned) {
        return Ok(());
    }
    abandoned.check().map_err(told("copying a template"))?;
    Err(format!(
        "the template `{}` changed while it was copied",
        template.display()
    ))
}

/// Takes a lock as soon as it can be had, for as long as it is wanted: another process may hold it for as long
/// as an `initdb` takes.
fn wait_for(abandoned: &Abandoned, take: impl Fn() -> Result<(), TryLockError>) -> io::Result<()> {
    loop {
        abandoned.check()?;
        match take() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOOK),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// A file in `folder` for several processes to agree by.
pub(super) fn lock_file(folder: &Path, name: &str) -> io::Result<File> {
    let path = folder.join(format!("{name}.lock"));
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
}

/// Copies a template if it is there and whole; leaves nothing behind otherwise.
fn copy_whole(template: &Path, data: &Path, user: Option<RunAs>, abandoned: &Abandoned) -> bool {
    let Ok(expected) = fs::read_to_string(template.join("tally")) else {
        return false;
    };
    let copied = copy_tree(&template.join("data"), data, user, abandoned);
    if copied.as_ref().is_ok_and(|tally| tally.to_string() == expected) {
        return true;
    }
    tracing::debug!(template = %template.display(), "a template is broken and is made anew");
    let _ = fs::remove_dir_all(data);
    false
}

fn make(
    templates: &Path,
    name: &str,
    install: &Install,
    user: Option<RunAs>,
    scratch: &Path,
    abandoned: &Abandoned,
) -> Result<(), String> {
    let told = |what: &'static str| move |error: io::Error| format!("{what}: {error}");
    // Older builds' clusters, and what a crash left half done. The lock keeps others away.
    for entry in fs::read_dir(templates).into_iter().flatten().flatten() {
        let stale = entry
            .file_name()
            .to_string_lossy()
            .starts_with(&format!("postgres-{}-", install.major));
        if stale {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let work = scratch.join("template");
    let _ = fs::remove_dir_all(&work);
    private_folder(&work, user).map_err(told("making a folder for a template"))?;
    let fresh = work.join("data");
    prepare(install, user, &work, &fresh, abandoned)?;

    let partial = templates.join(format!("{name}.partial"));
    let moved = private_folder(&partial, None)
        .and_then(|()| copy_tree(&fresh, &partial.join("data"), None, abandoned))
        .and_then(|tally| fs::write(partial.join("tally"), tally.to_string()))
        .and_then(|()| fs::rename(&partial, templates.join(name)));
    let _ = fs::remove_dir_all(&work);
    moved.map_err(told("keeping a template"))
}

/// Runs the script that makes a cluster.
fn prepare(
    install: &Install,
    user: Option<RunAs>,
    work: &Path,
    data: &Path,
    abandoned: &Abandoned,
) -> Result<(), String> {
    let mut path = install.bin.clone().into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()));
    let mut command = Command::new("sh");
    command
        .args(["-c", &prepare_script(), "azdrill-prepare"])
        .arg(data);
    command
        .env_clear()
        .env("PATH", path)
        .env("LC_ALL", "C")
        .current_dir(work);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    // With all that it starts it can be ended at once.
    command.process_group(0);
    run_as(&mut command, user);
    let told = |error: io::Error| format!("running `initdb`: {error}");
    // In a file, since nobody reads it before the end.
    let words = work.join("said");
    command.stderr(File::create(&words).map_err(told)?);
    let mut child = command.spawn().map_err(told)?;
    if end_of(&mut child, abandoned).map_err(told)?.success() {
        return Ok(());
    }
    let said = fs::read(&words).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let last: Vec<_> = said
        .lines()
        .filter(|line| !line.contains(" LOG: "))
        .rev()
        .take(4)
        .collect();
    Err(format!(
        "`initdb` failed: {}",
        last.into_iter().rev().collect::<Vec<_>>().join("; ")
    ))
}

/// Waits for the end of a process that leads a group; one that nobody waits for any more is ended with the group.
fn end_of(child: &mut Child, abandoned: &Abandoned) -> io::Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if let Err(error) = abandoned.check() {
            if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            child.wait()?;
            return Err(error);
        }
        std::thread::sleep(LOOK);
    }
}

/// What a tree holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    files: u64,
    bytes: u64,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} files, {} bytes", self.files, self.bytes)
    }
}

/// Copies a tree of folders and plain files, readable by its new owner only.
fn copy_tree(from: &Path, to: &Path, user: Option<RunAs>, abandoned: &Abandoned) -> io::Result<Tally> {
    private_folder(to, user)?;
    let mut tally = Tally::default();
    for entry in fs::read_dir(from)? {
        abandoned.check()?;
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            let inner = copy_tree(&entry.path(), &target, user, abandoned)?;
            tally.files += inner.files;
            tally.bytes += inner.bytes;
        } else {
            tally.files += 1;
            tally.bytes += copy_file(&entry.path(), &target, user)?;
        }
    }
    Ok(tally)
}

/// Cheaper than the library's copy for the many tiny files of a cluster.
fn copy_file(from: &Path, to: &Path, user: Option<RunAs>) -> io::Result<u64> {
    let mut source = File::open(from)?;
    let length = source.metadata()?.size();
    let mut target = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)?;
    let copied = if length > 64 * 1024 {
        io::copy(&mut source, &mut target)?
    } else {
        let mut content = Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1);
        source.read_to_end(&mut content)?;
        io::Write::write_all(&mut target, &content)?;
        content.len() as u64
    };
    if let Some(user) = user {
        std::os::unix::fs::fchown(&target, Some(user.uid), Some(user.gid))?;
    }
    Ok(copied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_that_lost_a_file_is_not_copied() {
        let root = tempfile::tempdir().unwrap();
        let template = root.path().join("template");
        fs::create_dir_all(template.join("data/base")).unwrap();
        fs::write(template.join("data/PG_VERSION"), "15").unwrap();
        fs::write(template.join("data/base/1"), vec![7; 100_000]).unwrap();
        let copy = root.path().join("copy");
        assert!(
            !copy_whole(&template, &copy, None, &Abandoned::default()),
            "no tally: it was never finished"
        );
        fs::write(template.join("tally"), "2 files, 100002 bytes").unwrap();
        assert!(copy_whole(&template, &copy, None, &Abandoned::default()));
        assert_eq!(fs::read(copy.join("base/1")).unwrap(), vec![7; 100_000]);

        fs::remove_dir_all(&copy).unwrap();
        fs::remove_file(template.join("data/PG_VERSION")).unwrap();
        assert!(!copy_whole(&template, &copy, None, &Abandoned::default()));
        assert!(!copy.exists());
    }

    #[test]
    fn what_nobody_waits_for_ends_at_once() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("child");
        let mut command = Command::new("sh");
        // A child of its own, as `initdb` has.
        command
            .args(["-c", "sleep 60 & echo $! >\"$1\"; wait", "sh"])
            .arg(&file);
        command.process_group(0);
        let mut child = command.spawn().unwrap();
        let wanted = StillWanted::default();
        let abandoned = wanted.abandoned();
        let began = std::time::Instant::now();
        let waiting = std::thread::spawn(move || end_of(&mut child, &abandoned).is_err());
        let written = || fs::read_to_string(&file).is_ok_and(|text| text.ends_with('\n'));
        while !written() && began.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(LOOK);
        }
        let abandoned = wanted.abandoned();
        drop(wanted);
        assert!(waiting.join().unwrap());
        assert!(began.elapsed() < Duration::from_secs(30));
        let number = fs::read_to_string(&file).unwrap();
        let state = || fs::read_to_string(format!("/proc/{}/stat", number.trim())).unwrap_or_default();
        let is_gone = || !state().contains(") S ") && !state().contains(") R ");
        assert!(
            (0..100).any(|_| {
                std::thread::sleep(LOOK);
                is_gone()
            }),
            "{}",
            state()
        );

        // Nor is anything copied, or a lock waited for.
        let template = root.path().join("template");
        fs::create_dir_all(template.join("data")).unwrap();
        fs::write(template.join("data/PG_VERSION"), "15").unwrap();
        fs::write(template.join("tally"), "1 files, 2 bytes").unwrap();
        let copy = root.path().join("copy");
        assert!(!copy_whole(&template, &copy, None, &abandoned) && !copy.exists());
        let held = lock_file(root.path(), "held").unwrap();
        held.lock().unwrap();
        let other = lock_file(root.path(), "held").unwrap();
        assert!(wait_for(&abandoned, || other.try_lock()).is_err());
    }
}
