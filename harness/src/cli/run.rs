//! `azdrill run`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use azdrill::check::{self, Asked, Checked};
use azdrill::page::{Ink, Page};
use azdrill::postgres::{self, PostgresMode};
use azdrill::private_file;
use azdrill::scratch::{Purpose, Scratch};
use azdrill::serve::{
    Detail, Environment, HostsFile, Record, Resolving, RunExpect, ServedWorld, java_options, print,
    write_trust_store,
};
use azdrill_emulator::rules::Rules;
use clap::{Args, ValueEnum};

use super::chaos_arguments::ChaosArguments;
use super::failure::Failure;
use super::given::{Given, Opening, WorldArguments};
use super::interrupts::Interrupts;
use super::output::{tell, tell_raw, tell_result};
use super::replay::with_journal;
use super::{az, child, pg_restore};

#[derive(Args)]
pub(super) struct RunArguments {
    /// A file (TOML) that says what must come of it; without it, the world's `[expect]`.
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// Where to write everything the command did to Azure, as JSON, with bodies and without their secrets;
    /// `azdrill compare` reads it.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// How the command looks names up.
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    pub(super) names: NamesArgument,
    /// Say nothing, unless an expectation is missed.
    #[arg(long, short)]
    quiet: bool,
    /// Show every call of the command, however many there were.
    #[arg(long, short, conflicts_with = "quiet")]
    verbose: bool,
    /// The command and its arguments.
    #[arg(trailing_var_arg = true, required = true)]
    pub(super) command: Vec<OsString>,
    #[command(flatten)]
    pub(super) chaos: ChaosArguments,
    #[command(flatten)]
    pub(super) world: WorldArguments,
}

/// How a command looks names up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum NamesArgument {
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
    mut interrupts: Interrupts,
) -> Result<ExitCode, Failure> {
    // Everything that can be wrong is found out before anything is built.
    child::check(&arguments.command)?;
    if let Some(file) = &arguments.record {
        private_file::check(file).map_err(|error| unwritable(file, &error))?;
    }
    let given = Given::read(&arguments.world, folder)?;
    let expect = match (&arguments.expect, &given.world) {
        (Some(file), _) => RunExpect::read(file, &given.rules)?,
        (None, Some(world)) => world.expect.clone(),
        (None, None) => RunExpect::default(),
    };
    let journal = given.journal.clone();
    let other = arguments.world.other_rules(given.world.as_ref())?;
    let scratch =
        Scratch::new(Purpose::Run).map_err(|error| format!("cannot make a temporary folder: {error}"))?;
    let hosts = HostsFile::create(scratch.path(), Path::new("/etc/hosts"))
        .map_err(|error| format!("cannot write a hosts file: {error}"))?;
    let hosts = Arc::new(hosts);
    let how = Starting {
        world: &arguments.world,
        quiet: arguments.quiet,
        bodies: arguments.record.is_some(),
    };
    let served = interrupts
        .or(start(&how, given, scratch.path(), &hosts, mode))
        .await?;
    let (resolving, why) = resolving(arguments.names, &hosts);
    let told = hosts.lines();
    let quiet = arguments.quiet;
    if resolving == Resolving::System && !told.is_empty() && !quiet {
        tell(&format!(
            "names do not resolve by themselves ({why}); lines for /etc/hosts:"
        ));
        tell_raw(&told);
    }
    let environment = environment(&served, scratch.path())?;
    let own_hosts = (resolving == Resolving::Private).then(|| hosts.path());
    let code = child::run(&arguments.command, &environment, own_hosts, &mut interrupts).await?;
    let record = served.record(&name_of(&arguments.command), i32::from(code));
    let remedy = (!quiet)
        .then(|| remedy(&served, &arguments.world, other, &record))
        .flatten();
    interrupts.or_at_once(served.shutdown()).await;
    if resolving == Resolving::System && hosts.lines() != told && !quiet {
        tell(&format!(
            "these names did not resolve by themselves ({why}); lines for /etc/hosts:"
        ));
        tell_raw(&hosts.lines());
    }
    for (host, address) in hosts.elsewhere().into_iter().filter(|_| !quiet) {
        tell(&format!(
            "{host} was reached at {address}, since its own port was taken"
        ));
    }
    let concluded = conclude(&arguments, &expect, &record, code)?;
    if let Some(remedy) = remedy {
        tell_raw(&remedy);
    }
    Ok(with_journal(journal.as_ref(), concluded))
}

/// What would have to change for the first backup or restore that failed, as things stand at the end; `None` where
/// none failed, or what failed works by now.
fn remedy(
    served: &ServedWorld,
    world: &WorldArguments,
    other: Arc<Rules>,
    record: &Record,
) -> Option<String> {
    let failed = record.told.iter().find(|told| told.refused.is_some())?;
    let asked = match failed.about.as_str() {
        "validate_backup" | "protect" => Asked::Protect,
        "backup" => Asked::BackUp,
        "validate_restore" | "restore" => Asked::RestoreAsFiles,
        _ => return None,
    };
    let (azure, now, operator) = served.copy();
    let checked = Checked {
        world: &azure,
        now,
        operator,
        profile: world.profile(),
        other,
    };
    let explained = check::explain(&checked, &asked).unwrap_or_default();
    let first: Vec<_> = explained.into_iter().filter(|own| !own.works).take(1).collect();
    let page = Page::of(&std::io::stderr());
    let head = page.paragraph(
        "",
        2,
        Ink::Bold,
        "as things stand at the end, and what would have to change",
    );
    (!first.is_empty()).then(|| format!("\n{head}{}", check::print_explained(&page, &first)))
}

fn unwritable(file: &Path, error: &std::io::Error) -> String {
    format!("cannot write {}: {error}", file.display())
}

/// How a world is started that a command is run against.
pub(super) struct Starting<'a> {
    /// What is said of the world.
    pub(super) world: &'a WorldArguments,
    /// Whether nothing is said that need not be.
    pub(super) quiet: bool,
    /// Whether the log keeps bodies.
    pub(super) bodies: bool,
}

pub(super) async fn start(
    arguments: &Starting<'_>,
    given: Given,
    scratch: &Path,
    hosts: &Arc<HostsFile>,
    mode: Option<PostgresMode>,
) -> Result<ServedWorld, Failure> {
    let chosen = postgres::choose(mode).await.map_err(|error| error.to_string())?;
    for notice in chosen.notices.iter().filter(|_| !arguments.quiet) {
        tell(notice);
    }
    if let Some(world) = given.world.as_ref().filter(|_| !arguments.quiet) {
        let notice = pg_restore::too_old(&world.world, chosen.postgres.as_ref()).await;
        notice.iter().for_each(|notice| tell(notice));
        let target = world.world.target.as_ref().map(|target| target.name.clone());
        let servers: Vec<String> = std::iter::once(world.world.server.name.clone())
            .chain(target)
            .collect();
        for name in given.faults.waits_for(&servers) {
            tell(&format!(
                "a fault waits for a server `{name}`, and the world has none but {}: the command would have to make it",
                servers.join(", ")
            ));
        }
    }
    let opening = Opening {
        port: 0,
        state_directory: scratch.to_owned(),
        bodies: arguments.bodies,
        stands_still: false,
        hosts: Arc::clone(hosts),
        postgres: chosen.postgres,
    };
    let setup = given.setup(arguments.world, opening);
    Ok(ServedWorld::start(setup)
        .await
        .map_err(|error| error.to_string())?)
}

/// Whether the command can have a hosts file of its own, and if not, why.
pub(super) fn resolving(wanted: NamesArgument, hosts: &HostsFile) -> (Resolving, String) {
    if wanted == NamesArgument::System {
        return (Resolving::System, "`--names system`".to_owned());
    }
    let tried = std::env::current_exe().and_then(|program| {
        std::process::Command::new(program)
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
pub(super) fn environment(served: &ServedWorld, scratch: &Path) -> Result<Environment, String> {
    let mut environment = served.environment();
    az::sign_in(&mut environment, served, &scratch.join("az"))?;
    let trust_store = write_trust_store(scratch, served.server().ca_pem())?;
    let java = java_options(&trust_store, &served.reach().address);
    let java = match std::env::var("JAVA_TOOL_OPTIONS") {
        Ok(before) => format!("{before} {java}"),
        Err(_) => java,
    };
    environment.set("JAVA_TOOL_OPTIONS", &java);
    Ok(environment)
}

/// The program's name, without folder and arguments: arguments may hold secrets.
pub(super) fn name_of(command: &[OsString]) -> String {
    let name = command.first().and_then(|program| Path::new(program).file_name());
    name.unwrap_or_default().to_string_lossy().into_owned()
}

fn conclude(
    arguments: &RunArguments,
    expect: &RunExpect,
    record: &Record,
    code: u8,
) -> Result<ExitCode, Failure> {
    let expect = expect.under(arguments.world.profile());
    let mut misses = expect.misses(record);
    // Who puts a fault in place wants to see what comes of it: without it, nothing was tried.
    let unstruck = record.faults_unstruck.iter();
    misses.extend(unstruck.map(|fault| format!("this fault never struck: {fault}")));
    let missed = !misses.is_empty();
    let mut told = true;
    if !arguments.quiet || missed {
        let detail = match (arguments.quiet, arguments.verbose) {
            (true, _) => Detail::Verdict,
            (false, false) => Detail::Summary,
            (false, true) => Detail::Whole,
        };
        let page = Page::of(&std::io::stderr());
        let misses = (missed || !expect.is_empty()).then_some(misses.as_slice());
        told = tell_result(&print(record, misses, &page, detail));
    }
    if let Some(file) = &arguments.record {
        let text = serde_json::to_string_pretty(record).map_err(|error| error.to_string())?;
        // It holds whatever the command sent.
        private_file::write(file, &(text + "\n")).map_err(|error| unwritable(file, &error))?;
    }
    Ok(match (missed, code) {
        (true, _) => ExitCode::from(1),
        // What it was to show nobody has seen. A command that failed has its own code for that.
        (false, 0) if !told => ExitCode::from(2),
        (false, code) => ExitCode::from(code),
    })
}
