//! The command that `run` was given, as a process.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use azdrill::serve::Environment;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// Starts it and waits for its end. Signals that ask us to end are passed on, and we wait all the
/// same. Answers with its exit code; 128 and the signal's number if a signal ended it.
pub(super) async fn run(
    command: &[OsString],
    environment: &Environment,
    hosts: Option<&Path>,
) -> Result<u8, String> {
    let (program, arguments) = command.split_first().ok_or("there is no command to run")?;
    find(program)?;
    let mut process = match hosts {
        None => Command::new(program),
        Some(hosts) => {
            let own =
                std::env::current_exe().map_err(|error| format!("cannot find azdrill itself: {error}"))?;
            let mut process = Command::new(own);
            process.arg("within-hosts").arg(hosts).arg("--").arg(program);
            process
        }
    };
    process.args(arguments);
    for (name, value) in environment.entries() {
        match value {
            Some(value) => process.env(name, value),
            None => process.env_remove(name),
        };
    }
    let child = process
        .spawn()
        .map_err(|error| format!("cannot start `{}`: {error}", program.display()))?;
    let status = wait(child).await.map_err(|error| error.to_string())?;
    Ok(code(status))
}

fn code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| Some(128 + status.signal()?))
        .unwrap_or(1);
    u8::try_from(code).unwrap_or(u8::MAX)
}

async fn wait(mut child: Child) -> std::io::Result<ExitStatus> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    loop {
        let passed_on = tokio::select! {
            status = child.wait() => return status,
            // A terminal sends Ctrl-C to the command as well: it would come twice.
            _ = interrupt.recv() => (!std::io::stdin().is_terminal()).then_some(Signal::SIGINT),
            _ = terminate.recv() => Some(Signal::SIGTERM),
            _ = hang_up.recv() => Some(Signal::SIGHUP),
        };
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        if let (Some(signal), Some(id)) = (passed_on, id) {
            // It may have ended this moment.
            let _ = kill(Pid::from_raw(id), signal);
        }
    }
}

/// Where the program is, before anything is built for it.
fn find(program: &OsStr) -> Result<PathBuf, String> {
    let is_program = |path: &Path| {
        path.metadata()
            .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    };
    let named = Path::new(program);
    if program.as_encoded_bytes().contains(&b'/') {
        return if is_program(named) {
            Ok(named.to_owned())
        } else if named.exists() {
            Err(format!(
                "cannot start `{}`: it is not executable (chmod +x)",
                named.display()
            ))
        } else {
            Err(format!(
                "cannot start `{}`: there is no such file",
                named.display()
            ))
        };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| is_program(path))
        .ok_or_else(|| format!("cannot start `{}`: it is in no folder of PATH", named.display()))
}

/// Checks that the command can be started at all.
pub(super) fn check(command: &[OsString]) -> Result<(), String> {
    match command.first() {
        Some(program) => find(program).map(|_| ()),
        None => Err("there is no command to run: azdrill run -- COMMAND".to_owned()),
    }
}
