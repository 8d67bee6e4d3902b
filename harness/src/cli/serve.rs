//! `azdrill serve` and `azdrill env`.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use azdrill::postgres::{self, PostgresMode};
use azdrill::serve::{Environment, Form, Found, HostsFile, ServedWorld, Setup, quoted_for_sh};
use azdrill::state_folder::StateFolder;
use azdrill_emulator::server::{check_own, claim_state_directory, open_lock_file};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::az;
use super::failure::Failure;
use super::given::{Given, Opening, WorldArguments};
use super::interrupts::Interrupts;
use super::output::{tell, write};
use super::replay::with_journal;

/// What a running `serve` leaves for `env` to find.
const RUNNING: &str = "running.json";
/// What a running `serve` has locked in its folder: the system lets go of it when the process ends, in
/// whatever way.
const LOCK: &str = "serve.lock";

#[derive(Args)]
pub(super) struct ServeArguments {
    /// The port to listen on, on 127.0.0.1; 0 for any free one.
    #[arg(long, value_name = "NUMBER", default_value_t = 8443)]
    port: u16,
    /// Where the world is kept, with its blobs and databases: whoever starts on the same folder again has it as it was
    /// left, however the process ended. Without it no world is kept, and the certificate authority and the environment
    /// for clients are in `azdrill` in `$XDG_STATE_HOME`, or else in `~/.local/state`.
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    /// How the world's clock goes once the world is built. Without `--start` it begins where the world begins, or now.
    #[arg(long, value_enum, default_value_t)]
    clock: ClockArgument,
    /// Keep bodies in the log as well, without their secrets.
    #[arg(long)]
    bodies: bool,
    #[command(flatten)]
    world: WorldArguments,
}

/// How a world's clock goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ClockArgument {
    /// As fast as the machine's.
    #[default]
    Going,
    /// It stands still until `azdrill time` moves it. What is begun is still done at once, in no time.
    Virtual,
}

#[derive(Args)]
pub(super) struct EnvArguments {
    /// Where the running `serve` keeps its state; if left out, `azdrill` in `$XDG_STATE_HOME`, or else in
    /// `~/.local/state`.
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    /// The form to print it in.
    #[arg(long, value_enum, default_value_t)]
    form: FormArgument,
    /// Print the lines a hosts file needs instead.
    #[arg(long, conflicts_with = "form")]
    hosts: bool,
}

/// A form environments are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FormArgument {
    /// For POSIX shells: eval "$(azdrill env)", which fails where this fails.
    #[default]
    Sh,
    /// For fish: azdrill env --form fish | source.
    Fish,
    /// For PowerShell: azdrill env --form powershell | Out-String | Invoke-Expression.
    Powershell,
    /// For a file .env.
    Dotenv,
    /// For a workflow of GitHub Actions: azdrill env --form github >> "$GITHUB_ENV".
    Github,
}

impl From<FormArgument> for Form {
    fn from(argument: FormArgument) -> Self {
        match argument {
            FormArgument::Sh => Self::Sh,
            FormArgument::Fish => Self::Fish,
            FormArgument::Powershell => Self::PowerShell,
            FormArgument::Dotenv => Self::Dotenv,
            FormArgument::Github => Self::GitHub,
        }
    }
}

/// What a running `serve` says of itself.
#[derive(Serialize, Deserialize)]
struct ServeProcess {
    process: u32,
    hosts: PathBuf,
    environment: Environment,
}

/// Where the state is kept: absolute, since its files are told to programs that run elsewhere.
fn state_directory(given: Option<&Path>) -> Result<PathBuf, String> {
    let folder = given.map_or_else(standing_state_directory, Path::to_owned);
    std::path::absolute(&folder).map_err(|error| format!("cannot use {}: {error}", folder.display()))
}

fn standing_state_directory() -> PathBuf {
    let base = std::env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state")))
        .unwrap_or_else(std::env::temp_dir);
    base.join("azdrill")
}

pub(super) async fn run(
    arguments: ServeArguments,
    folder: Option<&Path>,
    mode: Option<PostgresMode>,
    mut interrupts: Interrupts,
) -> Result<ExitCode, Failure> {
    let state = state_directory(arguments.state.as_deref())?;
    // Until the process ends.
    let _lock = claim(&state)?;
    // Nothing of the system's in it: these are lines to add to a hosts file.
    let hosts = HostsFile::create(&state, Path::new("/dev/null"))
        .map_err(|error| format!("cannot write {}: {error}", state.join("hosts").display()))?;
    let hosts = Arc::new(hosts);
    let keeps = arguments
        .state
        .as_ref()
        .map(|_| StateFolder::open(&state))
        .transpose();
    let keeps = keeps.map_err(|error| error.to_string())?;
    let given = read(&arguments, folder, keeps.as_ref())?;
    let journal = given.journal.clone();
    let waits_as_recorded = given
        .world
        .as_ref()
        .is_some_and(|own| own.world.pace == "recorded");
    let starting = async {
        let setup = setup(&arguments, given, mode, &state, &hosts, keeps).await?;
        let served = ServedWorld::start(setup).await;
        Ok(served.map_err(|error| error.to_string())?)
    };
    let served = interrupts.or(starting).await?;
    if let Some(found) = served.found() {
        tell(&said_of(&found));
    }
    let mut environment = served.environment();
    az::sign_in(&mut environment, &served, &state.join("az"))?;
    let running = ServeProcess {
        process: std::process::id(),
        hosts: hosts.path().to_owned(),
        environment,
    };
    let told = RunningFile::write(state.join(RUNNING), &running)?;
    let address = served.reach().address;
    let profile = arguments.world.profile();
    tell(&format!("a fake Azure listens on {address} (profile {profile})"));
    let env = env_command(arguments.state.is_some().then_some(&*state));
    tell(&format!("in another shell: eval \"$({env})\"; Ctrl-C ends it"));
    if arguments.clock == ClockArgument::Virtual {
        tell(&still(&served.now().to_string(), waits_as_recorded));
    }
    tell(&format!(
        "names of database servers resolve nowhere; `{env} --hosts` prints lines for /etc/hosts, \
         and {address}/_azdrill/servers says where they are reached"
    ));
    match write(&running.environment.text(Form::Sh)) {
        // What was to be read there can be had again.
        Err(Failure::NobodyReads) => {
            tell(&format!(
                "nobody reads standard output; `{env}` prints the environment again"
            ));
        }
        other => other?,
    }
    interrupts.next().await;
    drop(told);
    interrupts.or_at_once(served.shutdown()).await;
    Ok(with_journal(journal.as_ref(), ExitCode::SUCCESS))
}

/// What is said of a clock that stands still.
fn still(now: &str, waits_as_recorded: bool) -> String {
    let what = if waits_as_recorded {
        "operations of this world take as long as they were recorded to take, so that whoever waits for one waits until \
         somebody moves the clock: `azdrill time until-quiet`"
    } else {
        "operations end when their real work is done; what takes its time (schedules, retention, role assignments that \
         are seen late) waits for `azdrill time advance`"
    };
    format!("its clock stands still at {now}: {what}")
}

/// What is told of a world that was come back to.
fn said_of(found: &Found) -> String {
    let mut text = format!(
        "the world is the one that is kept, as it was at {}: {} inputs played in {} ms",
        found.at,
        found.inputs,
        found.took.as_millis()
    );
    if found.under_way > 0 {
        text += &format!("; work that was under way goes on: {}", found.under_way);
    }
    if found.torn > 0 {
        text += &format!(
            "; {} bytes at the journal's end were never written to their end, and nobody was told of them",
            found.torn
        );
    }
    text
}

/// The command that prints the environment of a process with this folder.
fn env_command(state: Option<&Path>) -> String {
    match state {
        None => "azdrill env".to_owned(),
        Some(state) => format!(
            "azdrill env --state {}",
            quoted_for_sh(&state.display().to_string())
        ),
    }
}

/// Takes the folder for this process, and removes what an ended one has told of itself there.
fn claim(state: &Path) -> Result<File, String> {
    claim_state_directory(state).map_err(|error| error.to_string())?;
    for file in ["hosts", RUNNING] {
        check_own(&state.join(file)).map_err(|error| error.to_string())?;
    }
    let lock = open_lock_file(&state.join(LOCK)).map_err(|error| error.to_string())?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(taken(state)),
        Err(TryLockError::Error(error)) => {
            return Err(format!("cannot lock {}: {error}", state.join(LOCK).display()));
        }
    }
    // There are secrets in it, and nobody any more who takes them.
    let _ = std::fs::remove_file(state.join(RUNNING));
    Ok(lock)
}

/// What is said where another `serve` has the folder.
fn taken(state: &Path) -> String {
    let running = std::fs::read_to_string(state.join(RUNNING)).ok();
    let running = running.and_then(|text| serde_json::from_str::<ServeProcess>(&text).ok());
    let whose = running.map_or_else(String::new, |running| {
        format!(
            " (process {}; `azdrill env` prints its environment)",
            running.process
        )
    });
    format!(
        "another `azdrill serve`{whose} keeps its state in {}. End it, or give this one a folder with `--state` and \
         a port with `--port` of its own",
        state.display()
    )
}

/// The file by which `env` finds a running `serve`; gone when this is dropped.
struct RunningFile(PathBuf);

impl RunningFile {
    fn write(file: PathBuf, running: &ServeProcess) -> Result<Self, String> {
        let text = serde_json::to_string_pretty(running).map_err(|error| error.to_string())?;
        azdrill::private_file::write(&file, &text)
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        Ok(Self(file))
    }
}

impl Drop for RunningFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn setup(
    arguments: &ServeArguments,
    given: Given,
    mode: Option<PostgresMode>,
    state: &Path,
    hosts: &Arc<HostsFile>,
    keeps: Option<StateFolder>,
) -> Result<Setup, Failure> {
    let chosen = match &keeps {
        Some(folder) => postgres::choose_keeping(mode_of(folder, mode)?, &folder.servers()).await,
        None => postgres::choose(mode).await,
    };
    let chosen = chosen.map_err(|error| error.to_string())?;
    for notice in &chosen.notices {
        tell(notice);
    }
    let opening = Opening {
        port: arguments.port,
        state_directory: state.to_owned(),
        bodies: arguments.bodies,
        stands_still: arguments.clock == ClockArgument::Virtual,
        hosts: Arc::clone(hosts),
        postgres: chosen.postgres,
    };
    let mut setup = given.setup(&arguments.world, opening);
    setup.keeps = keeps;
    Ok(setup)
}

/// Reads what the arguments name; a world that is kept has to be the one that is asked for.
fn read(
    arguments: &ServeArguments,
    folder: Option<&Path>,
    keeps: Option<&StateFolder>,
) -> Result<Given, Failure> {
    let Some((keeps, header)) = keeps.and_then(|keeps| Some((keeps, keeps.header()?))) else {
        return Given::read(&arguments.world, folder);
    };
    let given = Given::read_again(&arguments.world, folder, Some(header.beginning.seed))?;
    let checked = keeps.check(given.world.as_ref(), &arguments.world.asked());
    checked.map_err(|error| error.to_string())?;
    if arguments.world.has_faults() {
        tell("the faults are those of the world that is kept; `--faults` puts none in place again");
    }
    Ok(given)
}

/// How the database servers of a world that is kept are had: as they were.
fn mode_of(folder: &StateFolder, asked: Option<PostgresMode>) -> Result<Option<PostgresMode>, Failure> {
    let Some(about) = folder.about() else {
        return Ok(asked);
    };
    let was: PostgresMode = about.postgres.parse().map_err(|error| format!("{error}"))?;
    match asked {
        Some(asked) if asked != was => Err(format!(
            "the world in {} has its database servers by way of `{was}`, not `{asked}`: start with `--postgres {was}`, or \
             name another folder with `--state`",
            folder.path().display()
        )
        .into()),
        _ => Ok(Some(was)),
    }
}

pub(super) fn env(arguments: &EnvArguments) -> Result<ExitCode, Failure> {
    let printed = environment_of_running(arguments);
    let for_eval = matches!(arguments.form, FormArgument::Sh | FormArgument::Fish) && !arguments.hosts;
    if for_eval && matches!(printed, Err(Failure::Plain(_))) {
        // A shell that is to carry out what is printed does not see the exit code, and what comes next would
        // go to the real Azure: what is carried out has to fail.
        write("false\n")?;
    }
    printed
}

/// What the `serve` that keeps its state there says of itself.
///
/// # Errors
///
/// If there is none.
fn running(state: Option<&Path>) -> Result<ServeProcess, Failure> {
    let state = state_directory(state)?;
    let file = state.join(RUNNING);
    let none = || {
        format!(
            "no `azdrill serve` is running (there is no {}). Start one first",
            file.display()
        )
    };
    if !state.exists() {
        return Err(none().into());
    }
    // What is printed here is carried out by a shell.
    claim_state_directory(&state).map_err(|error| error.to_string())?;
    let text = std::fs::read_to_string(&file).map_err(|_| none())?;
    let running: ServeProcess =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let alive = !cfg!(target_os = "linux") || Path::new(&format!("/proc/{}", running.process)).exists();
    if !alive {
        return Err(none().into());
    }
    Ok(running)
}

/// Where the `serve` that keeps its state there is reached.
///
/// # Errors
///
/// If there is none.
pub(super) fn address_of_running(state: Option<&Path>) -> Result<String, Failure> {
    let running = running(state)?;
    let address = running.environment.get("AZDRILL_URL");
    address.map(str::to_owned).ok_or_else(|| {
        Failure::Plain("the running `azdrill serve` does not say where it listens; start it again".to_owned())
    })
}

fn environment_of_running(arguments: &EnvArguments) -> Result<ExitCode, Failure> {
    let running = running(arguments.state.as_deref())?;
    if arguments.hosts {
        let lines = std::fs::read_to_string(&running.hosts)
            .map_err(|error| format!("cannot read {}: {error}", running.hosts.display()))?;
        write(&lines)?;
    } else {
        write(&running.environment.text(arguments.form.into()))?;
    }
    Ok(ExitCode::SUCCESS)
}
