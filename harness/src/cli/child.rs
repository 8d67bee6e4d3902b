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

use super::failure::Failure;
use super::interrupts::Interrupts;

/// Starts it and waits for its end. Signals that ask us to end are passed on, and we wait all the
/// same. Answers with its exit code; 128 and the signal's number if a signal ended it.
pub(super) async fn run(
    command: &[OsString],
    environment: &Environment,
    hosts: Option<&Path>,
    interrupts: &mut Interrupts,
) -> Result<u8, Failure> {
    let process = self::command(command, environment, hosts, Signals::PassedOn)?;
    finish(command, process, interrupts).await
}

/// The same, with what it writes to its standard output on our standard error: the other is for what comes of it.
pub(super) async fn run_aside(
    command: &[OsString],
    environment: &Environment,
    hosts: Option<&Path>,
    interrupts: &mut Interrupts,
) -> Result<u8, Failure> {
    let mut process = self::command(command, environment, hosts, Signals::PassedOn)?;
    process.stdout(std::io::stderr());
    finish(command, process, interrupts).await
}

async fn finish(
    command: &[OsString],
    mut process: Command,
    interrupts: &mut Interrupts,
) -> Result<u8, Failure> {
    // A signal that came before there was a command ends us.
    interrupts.or(async { Ok(()) }).await?;
    let child = process.spawn().map_err(|error| {
        let program = command.first().map(|program| program.display().to_string());
        format!("cannot start `{}`: {error}", program.unwrap_or_default())
    })?;
    interrupts.are_for_us(false);
    let status = wait(child, interrupts).await;
    interrupts.are_for_us(true);
    let status = status.map_err(|error| error.to_string())?;
    Ok(code(status))
}

/// How signals come to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signals {
    /// They are sent to the process that looks after it, which passes them on.
    PassedOn,
    /// They are sent to the group of both.
    ToTheGroup,
}

/// The command, ready to be started: by a process that looks after it, so that nothing it starts outlives it.
pub(super) fn command(
    command: &[OsString],
    environment: &Environment,
    hosts: Option<&Path>,
    signals: Signals,
) -> Result<Command, Failure> {
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| "there is no command to run".to_owned())?;
    find(program)?;
    let azdrill = std::env::current_exe().map_err(|error| format!("cannot find azdrill itself: {error}"))?;
    let mut process = Command::new(&azdrill);
    process
        .arg("reap")
        .arg("--of")
        .arg(std::process::id().to_string());
    if signals == Signals::ToTheGroup {
        process.arg("--group");
    }
    process.arg("--");
    if let Some(hosts) = hosts {
        process.arg(&azdrill).arg("within-hosts").arg(hosts).arg("--");
    }
    process.arg(program).args(arguments);
    for (name, value) in environment.entries() {
        match value {
            Some(value) => process.env(name, value),
            None => process.env_remove(name),
        };
    }
    Ok(process)
}

/// Its exit code; 128 and the signal's number if a signal ended it.
pub(super) fn code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| Some(128 + status.signal()?))
        .unwrap_or(1);
    u8::try_from(code).unwrap_or(u8::MAX)
}

async fn wait(mut child: Child, interrupts: &mut Interrupts) -> std::io::Result<ExitStatus> {
    loop {
        let number = tokio::select! {
            status = child.wait() => return status,
            number = interrupts.next() => number,
        };
        let signal = Signal::try_from(i32::from(number)).ok();
        // A terminal sends Ctrl-C to the command as well: it would come twice.
        let twice = signal == Some(Signal::SIGINT) && std::io::stdin().is_terminal();
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        if let (Some(signal), Some(id), false) = (signal, id, twice) {
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
