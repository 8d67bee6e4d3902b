//! One run of the command in a fresh world.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use azdrill::chaos::{Facts, Plan, Played};
use azdrill::postgres::RealPostgres;
use azdrill::scratch::{Purpose, Scratch};
use azdrill::serve::{HostsFile, Resolving, ServedWorld};
use azdrill_emulator::log::without_secrets;
use azdrill_emulator::rules::Rules;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::cli::child;
use crate::cli::failure::Failure;
use crate::cli::given::{Given, Opening};
use crate::cli::run::{RunArguments, environment, name_of, resolving};

/// How much of what a command writes is looked at: the end of it.
const OUTPUT_MAX: u64 = 256 * 1024;
/// How long a command has to end once it is asked to.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a command may take of which nothing is known yet.
const LONG: Duration = Duration::from_secs(30 * 60);

/// Plays the command, as often as is wanted.
pub(super) struct Player<'a> {
    arguments: &'a RunArguments,
    folder: Option<&'a Path>,
    postgres: Option<Arc<dyn RealPostgres>>,
    rules: Rules,
    seed: u64,
}

impl<'a> Player<'a> {
    /// Checks everything that can be before anything is built.
    pub(super) fn new(
        arguments: &'a RunArguments,
        folder: Option<&'a Path>,
        postgres: Option<Arc<dyn RealPostgres>>,
    ) -> Result<Self, Failure> {
        child::check(&arguments.command)?;
        let given = Given::read(&arguments.world, folder)?;
        Ok(Self {
            arguments,
            folder,
            postgres,
            seed: given.seed(),
            rules: given.rules,
        })
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The program's name.
    pub(super) fn command(&self) -> String {
        name_of(&self.arguments.command)
    }

    /// How many runs there are at a time.
    pub(super) fn side_by_side(&self) -> usize {
        let said = self
            .arguments
            .chaos
            .side_by_side
            .and_then(|number| usize::try_from(number).ok());
        said.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
    }

    /// Runs it under a plan, in a world made for it alone.
    pub(super) async fn play(&self, plan: &Plan, bound: Option<Duration>) -> Result<Played, Failure> {
        let bound = bound.unwrap_or(LONG);
        let mut given = Given::read(&self.arguments.world, self.folder)?.with_seed(self.seed);
        given.faults = plan.file(&self.rules).map_err(|error| error.to_string())?;
        let scratch =
            Scratch::new(Purpose::Run).map_err(|error| format!("cannot make a temporary folder: {error}"))?;
        let hosts = HostsFile::create(scratch.path(), Path::new("/etc/hosts"))
            .map_err(|error| format!("cannot write a hosts file: {error}"))?;
        let hosts = Arc::new(hosts);
        let opening = Opening {
            port: 0,
            state_directory: scratch.path().to_owned(),
            bodies: true,
            stands_still: false,
            hosts: Arc::clone(&hosts),
            postgres: self.postgres.clone(),
        };
        let setup = given.setup(&self.arguments.world, opening);
        let served = ServedWorld::start(setup)
            .await
            .map_err(|error| error.to_string())?;
        let before = self.facts(&served);
        let environment = environment(&served, scratch.path())?;
        let (resolving, _) = resolving(self.arguments.names, &hosts);
        let own_hosts = (resolving == Resolving::Private).then(|| hosts.path());
        let signals = child::Signals::ToTheGroup;
        let mut command = child::command(&self.arguments.command, &environment, own_hosts, signals)?;
        let (code, killed, output) = bounded(&mut command, bound, scratch.path()).await?;
        // It is shown to people, and written where others read it.
        let output = without_secrets(&output, &environment.secrets());
        let after = self.facts(&served);
        let record = served.record(&self.command(), i32::from(code));
        served.shutdown().await;
        Ok(Played {
            record,
            code,
            killed,
            bound,
            output,
            before,
            after,
        })
    }

    fn facts(&self, served: &ServedWorld) -> Facts {
        let door = served.server().front_door();
        let now = door.clock().now();
        door.with_core(|azure| Facts::of(azure, &self.rules, now))
    }
}

/// A command's processes, which end with this: also those it leaves when it ends itself, which are ended by the process
/// that looks after it.
struct Group {
    child: Child,
    id: Option<Pid>,
}

impl Group {
    fn of(child: Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            child,
            id: id.map(Pid::from_raw),
        }
    }

    /// Ends all of them, however they have detached themselves: by the process that looks after them, if it is there
    /// still.
    fn end_at_once(&self) {
        match (self.id, self.child.id()) {
            (Some(id), Some(_)) => {
                let _ = kill(id, Signal::SIGQUIT);
            }
            _ => self.signal(Signal::SIGKILL),
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(id) = self.id {
            // There may be none left.
            let _ = killpg(id, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end_at_once();
    }
}

/// Starts a command, waits for its end or ends it after its bound. Answers with its exit code, whether it was ended,
/// and the end of what it wrote.
async fn bounded(
    command: &mut Command,
    bound: Duration,
    scratch: &Path,
) -> Result<(u8, bool, String), Failure> {
    let cannot = |what: &str, error: &std::io::Error| Failure::Plain(format!("cannot {what}: {error}"));
    let file = scratch.join("output");
    let output = File::create(&file).map_err(|error| cannot("write what the command says", &error))?;
    let again = output
        .try_clone()
        .map_err(|error| cannot("write what the command says", &error))?;
    command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(again)
        .process_group(0);
    let child = command
        .spawn()
        .map_err(|error| cannot("start the command", &error))?;
    let mut group = Group::of(child);
    let ended = tokio::time::timeout(bound, group.child.wait()).await;
    let (status, killed) = match ended {
        Ok(status) => (status, false),
        Err(_) => {
            group.signal(Signal::SIGTERM);
            match tokio::time::timeout(PATIENCE, group.child.wait()).await {
                Ok(status) => (status, true),
                Err(_) => {
                    group.end_at_once();
                    (group.child.wait().await, true)
                }
            }
        }
    };
    let status = status.map_err(|error| cannot("wait for the command", &error))?;
    let output = last(&file).map_err(|error| cannot("read what the command said", &error))?;
    Ok((child::code(status), killed, output))
}

/// The end of a file.
fn last(file: &Path) -> std::io::Result<String> {
    let mut file = File::open(file)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(OUTPUT_MAX)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
