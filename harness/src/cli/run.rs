//! `azdrill run`.

use std::ffi::OsString;
use std::fs::Permissions;
use std::io::{IsTerminal, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use azdrill::postgres::{self, PostgresMode};
use azdrill::scenario::Scenario;
use azdrill::serve::{
    Environment, FaultFile, HostsFile, Record, Resolving, RunExpect, ServedWorld, Setup, java_options,
    origin, print, write_az_profile, write_trust_store,
};
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::{ProfileArgument, child, library};

#[derive(Args)]
pub(super) struct RunArguments {
    /// The world to begin with, or a scenario to begin where it begins; without one, an empty
    /// subscription whose operator is Owner.
    #[arg(long)]
    world: Option<String>,
    /// Whose word to take where documents and observation differ.
    #[arg(long, value_enum, default_value_t)]
    profile: ProfileArgument,
    /// A file of faults to put in place.
    #[arg(long)]
    faults: Option<PathBuf>,
    /// Where the command stands in the network: `internet`, `internet:ADDRESS`, `subnet:NAME`,
    /// `private-endpoint:NAME`, or with a resource id.
    #[arg(long, default_value = "internet")]
    from: String,
    /// A file that says what must come of it; without one, the world's `[expect]`.
    #[arg(long)]
    expect: Option<PathBuf>,
    /// Where to write everything it did to Azure, as JSON.
    #[arg(long)]
    record: Option<PathBuf>,
    /// The time at which the world's clock begins, e.g. 2025-02-03T06:00:00Z; it goes on from there.
    #[arg(long, value_name = "TIME")]
    start: Option<Timestamp>,
    /// The seed of every id; the world's if left out.
    #[arg(long)]
    seed: Option<u64>,
    /// Polls are answered with `x-ms-retry-after-ms: 50` instead of `Retry-After: 1`.
    #[arg(long)]
    fast_polls: bool,
    /// How the command looks names up: by a hosts file of its own where the system allows it, or not.
    #[arg(long, value_enum, default_value_t)]
    names: NamesArgument,
    /// Say nothing about what it did, unless an expectation is missed.
    #[arg(long, short)]
    quiet: bool,
    /// The command and its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<OsString>,
}

/// How a command looks names up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum NamesArgument {
    /// By a hosts file of its own if the system allows it.
    #[default]
    Auto,
    /// As every other program does.
    System,
}

pub(super) async fn run(
    arguments: RunArguments,
    folder: Option<&Path>,
    mode: Option<PostgresMode>,
) -> Result<ExitCode, Failure> {
    // Everything that can be wrong is found out before anything is built.
    child::check(&arguments.command)?;
    let world = match &arguments.world {
        Some(name) => Some(library(folder)?.world(name)?),
        None => None,
    };
    let expect = match &arguments.expect {
        Some(file) => RunExpect::read(file)?,
        None => world
            .as_ref()
            .map(|world| world.expect.clone())
            .unwrap_or_default(),
    };
    let faults = match &arguments.faults {
        Some(file) => FaultFile::read(file)?,
        None => FaultFile::default(),
    };
    let rules =
        Rules::load(arguments.profile.into(), &Assumptions::new()).map_err(|error| error.to_string())?;
    expect.check(&rules).map_err(|error| match &arguments.expect {
        Some(file) => format!("{}: {error}", file.display()),
        None => format!("[expect]: {error}"),
    })?;
    let scratch = tempfile::Builder::new()
        .prefix("azdrill-run-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .map_err(|error| format!("cannot make a temporary folder: {error}"))?;
    let hosts = HostsFile::create(scratch.path(), Path::new("/etc/hosts"))
        .map_err(|error| format!("cannot write a hosts file: {error}"))?;
    let hosts = Arc::new(hosts);
    let served = start(&arguments, world, faults, scratch.path(), &hosts, mode).await?;
    let (resolving, why) = resolving(arguments.names, &hosts);
    let told = hosts.lines();
    if resolving == Resolving::System && !told.is_empty() {
        eprintln!("azdrill: names do not resolve by themselves ({why}); lines for /etc/hosts:");
        eprint!("{told}");
    }
    let environment = environment(&served, scratch.path())?;
    let own_hosts = (resolving == Resolving::Private).then(|| hosts.path());
    let code = child::run(&arguments.command, &environment, own_hosts).await?;
    let record = served.record(&name_of(&arguments.command), i32::from(code));
    served.shutdown().await;
    if resolving == Resolving::System && hosts.lines() != told {
        eprintln!("azdrill: these names did not resolve by themselves ({why}); lines for /etc/hosts:");
        eprint!("{}", hosts.lines());
    }
    for (host, address) in hosts.elsewhere() {
        eprintln!("azdrill: {host} was reached at {address}, since its own port was taken");
    }
    conclude(&arguments, &expect, &record, code)
}

async fn start(
    arguments: &RunArguments,
    world: Option<Scenario>,
    faults: FaultFile,
    scratch: &Path,
    hosts: &Arc<HostsFile>,
    mode: Option<PostgresMode>,
) -> Result<ServedWorld, Failure> {
    let seed = arguments
        .seed
        .or(world.as_ref().map(|world| world.seed))
        .unwrap_or(1);
    let from = origin(&arguments.from, world.as_ref().map(|world| &world.world), seed)
        .map_err(|error| format!("--from: {error}"))?;
    let chosen = postgres::choose(mode).await.map_err(|error| error.to_string())?;
    for notice in &chosen.notices {
        eprintln!("azdrill: {notice}");
    }
    let setup = Setup {
        world,
        profile: Profile::from(arguments.profile),
        seed: arguments.seed,
        start: arguments.start,
        port: 0,
        state_directory: scratch.to_owned(),
        from,
        fast_polls: arguments.fast_polls,
        faults,
        certificate: None,
        postgres: chosen.postgres,
        hosts: Some(Arc::clone(hosts)),
    };
    Ok(ServedWorld::start(setup)
        .await
        .map_err(|error| error.to_string())?)
}

/// Whether the command can have a hosts file of its own, and if not, why.
fn resolving(wanted: NamesArgument, hosts: &HostsFile) -> (Resolving, String) {
    if wanted == NamesArgument::System {
        return (Resolving::System, "`--names system`".to_owned());
    }
    let tried = std::env::current_exe().and_then(|own| {
        std::process::Command::new(own)
            .arg("within-hosts")
            .arg(hosts.path())
            .output()
    });
    match tried {
        Ok(output) if output.status.success() => (Resolving::Private, String::new()),
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            (Resolving::System, why)
        }
        Err(error) => (Resolving::System, error.to_string()),
    }
}

/// The command's environment: what leads it here, and a folder in which `az` is signed in.
fn environment(served: &ServedWorld, scratch: &Path) -> Result<Environment, String> {
    let mut environment = served.environment();
    let az = scratch.join("az");
    write_az_profile(&az, &served.reach())
        .map_err(|error| format!("cannot write a profile for az: {error}"))?;
    environment.set("AZURE_CONFIG_DIR", &az.display().to_string());
    let trust_store = write_trust_store(scratch, served.server().ca_pem())?;
    let java = java_options(&trust_store, &served.reach().address);
    let java = match std::env::var("JAVA_TOOL_OPTIONS") {
        Ok(own) => format!("{own} {java}"),
        Err(_) => java,
    };
    environment.set("JAVA_TOOL_OPTIONS", &java);
    // Extensions live in the folder that was just replaced.
    if std::env::var_os("AZURE_EXTENSION_DIR").is_none()
        && let Some(extensions) = az_extensions().filter(|folder| folder.is_dir())
    {
        environment.set("AZURE_EXTENSION_DIR", &extensions.display().to_string());
    }
    Ok(environment)
}

fn az_extensions() -> Option<PathBuf> {
    let config = std::env::var_os("AZURE_CONFIG_DIR").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".azure"));
    Some(config.or_else(home)?.join("cliextensions"))
}

/// The program's name, without folder and arguments: arguments may hold secrets.
fn name_of(command: &[OsString]) -> String {
    let name = command.first().and_then(|program| Path::new(program).file_name());
    name.unwrap_or_default().to_string_lossy().into_owned()
}

fn conclude(
    arguments: &RunArguments,
    expect: &RunExpect,
    record: &Record,
    code: u8,
) -> Result<ExitCode, Failure> {
    let expect = expect.under(Profile::from(arguments.profile));
    let misses = (!expect.is_empty()).then(|| expect.misses(record));
    let missed = misses.as_ref().is_some_and(|misses| !misses.is_empty());
    if !arguments.quiet || missed {
        let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        // A reader that has seen enough is no error.
        let _ = std::io::stderr().write_all(print(record, misses.as_deref(), colour).as_bytes());
    }
    if let Some(file) = &arguments.record {
        let text = serde_json::to_string_pretty(record).map_err(|error| error.to_string())?;
        std::fs::write(file, text + "\n")
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    Ok(if missed {
        ExitCode::from(1)
    } else {
        ExitCode::from(code)
    })
}
