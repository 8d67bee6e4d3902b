//! A hidden command: gives itself a hosts file of its own, then becomes the command it was given.
//! In a process of its own and before it has a second thread, as the system demands.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Args;

use super::output::{tell, tell_raw};

#[derive(Args)]
pub(super) struct WithinHostsArguments {
    /// The hosts file to see at `/etc/hosts`.
    hosts: PathBuf,
    /// The command to become; without one, it is only tried.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

pub(super) fn run(arguments: &WithinHostsArguments) -> ExitCode {
    if let Err(error) = isolate(&arguments.hosts) {
        tell_raw(&format!("{error}\n"));
        return ExitCode::from(2);
    }
    let Some((program, rest)) = arguments.command.split_first() else {
        return ExitCode::SUCCESS;
    };
    // Comes back only if it fails.
    let error = Command::new(program).args(rest).exec();
    tell(&format!("cannot start `{}`: {error}", program.display()));
    ExitCode::from(2)
}

/// Puts `hosts` in the place of the system's file, in a view of the file system that only this
/// process and its children have. Whoever is not root becomes the only user of a namespace first.
#[cfg(target_os = "linux")]
fn isolate(hosts: &Path) -> Result<(), String> {
    use nix::mount::{MsFlags, mount};
    use nix::sched::{CloneFlags, unshare};
    use nix::unistd::{getgid, getuid};

    let (user, group) = (getuid(), getgid());
    let none: Option<&str> = None;
    let failed = |what: &str| {
        let what = what.to_owned();
        move |error: nix::Error| format!("{what}: {}", error.desc())
    };
    if user.is_root() {
        unshare(CloneFlags::CLONE_NEWNS).map_err(failed("no view of its own"))?;
    } else {
        unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS).map_err(failed("no view of its own"))?;
        let map =
            |file: &str, text: String| std::fs::write(file, text).map_err(|error| format!("{file}: {error}"));
        map("/proc/self/setgroups", "deny".to_owned())?;
        map("/proc/self/uid_map", format!("{user} {user} 1"))?;
        map("/proc/self/gid_map", format!("{group} {group} 1"))?;
    }
    let system = std::fs::canonicalize("/etc/hosts").map_err(|error| format!("/etc/hosts: {error}"))?;
    // What is mounted elsewhere later is seen here as well, and not the other way round.
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_SLAVE, none).map_err(failed("mounting"))?;
    mount(Some(hosts), &system, none, MsFlags::MS_BIND, none).map_err(failed("mounting /etc/hosts"))?;
    // The command must not outlive the Azure it talks to.
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGTERM).map_err(failed("prctl"))
}

#[cfg(not(target_os = "linux"))]
fn isolate(_: &Path) -> Result<(), String> {
    Err("only Linux gives a command a hosts file of its own".to_owned())
}
