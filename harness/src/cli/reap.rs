//! A hidden command: starts another, and lets nothing that it starts outlive it, however it detaches itself. In a
//! process of its own, to which the system gives whoever has lost their parent.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::Args;
use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getppid};

use super::output::tell;

/// How long those that are asked to end may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long it may take until all have ended that are killed: one that waits for a disk ends later.
const LAST: Duration = Duration::from_secs(10);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(5);
/// What asks the command to end.
const PASSED_ON: [Signal; 5] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
];

#[derive(Args)]
pub(super) struct ReapArguments {
    /// Signals reach the whole group, so that none is passed on; to quit is to end all of them at once.
    #[arg(long)]
    group: bool,
    /// The process it is started by: with it, everything ends.
    #[arg(long, value_name = "PROCESS")]
    of: i32,
    /// The command.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<OsString>,
}

pub(super) fn run(arguments: &ReapArguments) -> ExitCode {
    match reap(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            tell(&error);
            ExitCode::from(2)
        }
    }
}

fn reap(arguments: &ReapArguments) -> Result<u8, String> {
    become_a_parent()
        .map_err(|error| format!("cannot look after the command's processes: {}", error.desc()))?;
    let azdrill = Pid::from_raw(arguments.of);
    if getppid() != azdrill {
        // It has ended before we could be told.
        return Ok(128 + 15);
    }
    let (program, rest) = arguments.command.split_first().ok_or("there is no command")?;
    let signals: SigSet = PASSED_ON
        .into_iter()
        .chain([Signal::SIGCHLD, Signal::SIGQUIT])
        .collect();
    // Before there is a child whose end could be missed. It begins without: what starts it sees to that.
    signals
        .thread_block()
        .map_err(|error| format!("cannot wait for signals: {}", error.desc()))?;
    let child = Command::new(program)
        .args(rest)
        .spawn()
        .map_err(|error| format!("cannot start `{}`: {error}", program.display()))?;
    let id = i32::try_from(child.id()).map_err(|error| error.to_string())?;
    let (code, ending) = wait(Pid::from_raw(id), &signals, arguments.group, azdrill);
    end_the_rest(ending);
    Ok(code)
}

#[cfg(target_os = "linux")]
fn become_a_parent() -> nix::Result<()> {
    use nix::sys::prctl;
    prctl::set_child_subreaper(true)?;
    // The command must not outlive the Azure it talks to, and neither must what it starts.
    prctl::set_pdeathsig(Signal::SIGTERM)
}

#[cfg(not(target_os = "linux"))]
fn become_a_parent() -> nix::Result<()> {
    Ok(())
}

/// How what runs still is ended.
#[derive(Clone, Copy)]
struct Ending {
    /// How long it may take once it has been asked.
    patience: Duration,
    /// Whether it is named: the command did not mean to leave it, or does not know.
    told: bool,
}

impl Ending {
    /// What the command has left.
    const LEFT: Self = Self {
        patience: PATIENCE,
        told: true,
    };
    /// The command as well.
    const ALL: Self = Self {
        patience: PATIENCE,
        told: false,
    };
    /// All of it, unasked.
    const AT_ONCE: Self = Self {
        patience: Duration::ZERO,
        told: false,
    };
}

/// Waits for the command's end, and passes signals on to it. Answers with its exit code (128 and the signal's number if
/// a signal ended it), and how what runs still is ended.
fn wait(command: Pid, signals: &SigSet, group: bool, azdrill: Pid) -> (u8, Ending) {
    loop {
        let signal = match signals.wait() {
            Ok(signal) => signal,
            Err(_) => continue,
        };
        match signal {
            Signal::SIGCHLD => {
                if let Some(code) = reap_ended(command) {
                    return (code, Ending::LEFT);
                }
            }
            Signal::SIGQUIT if group => {
                return (128 + 9, Ending::AT_ONCE);
            }
            // azdrill has ended, in whatever way.
            Signal::SIGTERM if getppid() != azdrill => return (128 + 15, Ending::ALL),
            // A terminal sends Ctrl-C to the command as well: it would come twice.
            Signal::SIGINT | Signal::SIGQUIT if std::io::stdin().is_terminal() => {}
            _ if group => {}
            signal => {
                // It may have ended this moment.
                let _ = kill(command, signal);
            }
        }
    }
}

/// Takes note of every process that has ended; the command's exit code, if it was among them.
fn reap_ended(command: Pid) -> Option<u8> {
    let mut code = None;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(process, exit)) if process == command => {
                code = Some(u8::try_from(exit).unwrap_or(u8::MAX));
            }
            Ok(WaitStatus::Signaled(process, signal, _)) if process == command => {
                code = Some(u8::try_from(128 + signal as i32).unwrap_or(u8::MAX));
            }
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return code,
            Err(error) if error != Errno::EINTR => return code,
            _ => {}
        }
    }
}

/// Ends what the command has left running. Whoever is ended leaves its own children to us.
fn end_the_rest(ending: Ending) {
    let Ending { patience, told } = ending;
    let began = Instant::now();
    let mut asked: BTreeSet<i32> = BTreeSet::new();
    loop {
        reap_ended(Pid::from_raw(0));
        let left = children();
        if left.is_empty() || began.elapsed() > patience + LAST {
            return;
        }
        let for_good = began.elapsed() >= patience;
        for (process, name) in left {
            let is_new = asked.insert(process);
            if is_new && told {
                tell(&format!(
                    "`{name}` (process {process}) was left running by the command, and is ended"
                ));
            }
            if is_new || for_good {
                let signal = if for_good {
                    Signal::SIGKILL
                } else {
                    Signal::SIGTERM
                };
                let _ = kill(Pid::from_raw(process), signal);
            }
        }
        std::thread::sleep(LOOK);
    }
}

/// The processes whose parent we are, with their names.
fn children() -> Vec<(i32, String)> {
    let me = std::process::id();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    numbers
        .filter_map(|process| {
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            // The name in parentheses may itself hold spaces and parentheses.
            let (before, after) = stat.rsplit_once(')')?;
            let mut fields = after.split_whitespace();
            let (state, parent) = (fields.next()?, fields.next()?);
            let name = before.split_once('(')?.1.to_owned();
            (parent.parse() == Ok(me) && state != "Z").then_some((process, name))
        })
        .collect()
}
