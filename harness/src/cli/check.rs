//! `azdrill check`: would what a command brings up survive?

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use azdrill::check::{self, Addresses, Baseline, Checked, Report, Sort, Written};
use azdrill::journal_file::JournalFile;
use azdrill::page::Page;
use azdrill::postgres::PostgresMode;
use azdrill::run::built;
use azdrill::scratch::{Purpose, Scratch};
use azdrill::serve::{HostsFile, Resolving};
use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{PrincipalId, Timestamp};
use azdrill_emulator::rules::Rules;
use azdrill_emulator::server::Clock;
use clap::{Args, ValueEnum};

use super::child;
use super::failure::Failure;
use super::given::{Given, WorldArguments};
use super::interrupts::Interrupts;
use super::output::{show, tell, write};
use super::replay::with_journal;
use super::run::{NamesArgument, Starting, environment, name_of, resolving, start};

/// What `--help` says below the options.
const CODES: &str = "\
What is played, what is found and what a baseline says: docs/check.md. What it found goes to standard output, and what \
the command says to standard error.

Exit code 0: no error was found, or every one is accepted. 1: an error was found, or the command failed. 2: it could \
not run, or there is nothing to check.";

#[derive(Args)]
#[command(after_help = CODES)]
pub(super) struct CheckArguments {
    /// In which form to say what was found.
    #[arg(long, value_enum, value_name = "FORM", default_value_t)]
    format: FormatArgument,
    /// Look for this alone; may be given several times.
    #[arg(long, value_name = "FINDING", value_parser = sort)]
    only: Vec<Sort>,
    /// A file (TOML) of findings that are known and accepted, each with a reason and a last day.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// The tool in whose words to write what is to be changed; if left out, azurerm where the command left a state of
    /// Terraform, and otherwise all.
    #[arg(long, value_enum, value_name = "TOOL")]
    written_for: Option<ToolArgument>,
    /// Show notes, and the drills that work.
    #[arg(long, short)]
    verbose: bool,
    /// How the command looks names up.
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    names: NamesArgument,
    /// The command and its arguments; without one, what the world has is checked.
    #[arg(trailing_var_arg = true, required_unless_present = "world")]
    command: Vec<OsString>,
    #[command(flatten)]
    world: WorldArguments,
}

/// The forms there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FormatArgument {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For build servers.
    Junit,
    /// For code scanning.
    Sarif,
    /// For a summary, a wiki.
    Md,
}

/// The tools there are words of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ToolArgument {
    /// Terraform's provider azurerm.
    Azurerm,
    /// Bicep, ARM templates, and Terraform's provider azapi.
    Bicep,
    /// The Azure CLI.
    Az,
}

fn sort(text: &str) -> Result<Sort, String> {
    let found = Sort::ALL.into_iter().find(|sort| sort.as_str() == text);
    found.ok_or_else(|| {
        let all: Vec<&str> = Sort::ALL.iter().map(|sort| sort.as_str()).collect();
        format!("one of these was expected: {}", all.join(", "))
    })
}

/// What a command left.
struct Left {
    azure: Azure,
    now: Timestamp,
    operator: PrincipalId,
    /// The rules of the other profile.
    other: Arc<Rules>,
    /// Its exit code; `None` where there was no command.
    code: Option<u8>,
    not_known: std::collections::BTreeMap<String, u64>,
    notes: Vec<String>,
    /// What it is written down in, if it is.
    journal: Option<JournalFile>,
}

pub(super) async fn run(
    arguments: CheckArguments,
    folder: Option<&Path>,
    mode: Option<PostgresMode>,
    mut interrupts: Interrupts,
) -> Result<ExitCode, Failure> {
    let baseline = match &arguments.baseline {
        Some(file) => Baseline::read(file)?,
        None => Baseline::default(),
    };
    let left = if arguments.command.is_empty() {
        interrupts.or(of_world(&arguments, folder)).await?
    } else {
        child::check(&arguments.command)?;
        of_command(&arguments, folder, mode, &mut interrupts).await?
    };
    let Left {
        code,
        not_known,
        notes,
        journal,
        ..
    } = &left;
    let (code, not_known, notes, journal) = (*code, not_known.clone(), notes.clone(), journal.clone());
    let mut report = interrupts.or(report(&arguments, left)).await?;
    report.command = name_of(&arguments.command);
    report.not_known = not_known;
    report.notes.splice(0..0, notes);
    let here = std::env::current_dir().unwrap_or_default();
    let addresses = Addresses::of_folder(&here);
    addresses.name(&mut report);
    let written = match arguments.written_for {
        Some(ToolArgument::Azurerm) => Written(vec!["azurerm"]),
        Some(ToolArgument::Bicep) => Written(vec!["bicep"]),
        Some(ToolArgument::Az) => Written(vec!["az"]),
        None if !addresses.is_empty() => Written(vec!["azurerm"]),
        None => Written::all(),
    };
    baseline.accept(&mut report, Clock::system().now());
    tell_report(&arguments, &report, &written)?;
    if report.is_empty() {
        return Err(
            "there is nothing to check: no Backup vault, and nothing that could be backed up"
                .to_owned()
                .into(),
        );
    }
    let failed = report.fails() || code.is_some_and(|code| code != 0);
    Ok(with_journal(journal.as_ref(), ExitCode::from(u8::from(failed))))
}

/// The world of a file, with nothing run against it.
async fn of_world(arguments: &CheckArguments, folder: Option<&Path>) -> Result<Left, Failure> {
    let given = Given::read(&arguments.world, folder)?;
    let world = given
        .world
        .as_ref()
        .ok_or_else(|| "there is no command to run, and no world to check".to_owned())?;
    let assumptions = arguments.world.assumptions();
    let built = built(world, arguments.world.profile(), assumptions).await;
    let built = built.map_err(|error| error.to_string())?;
    if let Some(missed) = built.missed {
        return Err(format!("the world {} could not be built: {missed}", world.name).into());
    }
    Ok(Left {
        azure: built.azure,
        now: built.now,
        operator: built.operator.object_id,
        other: arguments.world.other_rules(Some(world))?,
        code: None,
        not_known: std::collections::BTreeMap::new(),
        notes: Vec::new(),
        journal: None,
    })
}

/// What a command brings up in a world that is served to it.
async fn of_command(
    arguments: &CheckArguments,
    folder: Option<&Path>,
    mode: Option<PostgresMode>,
    interrupts: &mut Interrupts,
) -> Result<Left, Failure> {
    let given = Given::read(&arguments.world, folder)?;
    let scratch =
        Scratch::new(Purpose::Run).map_err(|error| format!("cannot make a temporary folder: {error}"))?;
    let hosts = HostsFile::create(scratch.path(), Path::new("/etc/hosts"))
        .map_err(|error| format!("cannot write a hosts file: {error}"))?;
    let hosts = Arc::new(hosts);
    let journal = given.journal.clone();
    let other = arguments.world.other_rules(given.world.as_ref())?;
    let how = Starting {
        world: &arguments.world,
        quiet: true,
        bodies: false,
    };
    let served = interrupts
        .or(start(&how, given, scratch.path(), &hosts, mode))
        .await?;
    let (resolving, _) = resolving(arguments.names, &hosts);
    let environment = environment(&served, scratch.path())?;
    let own_hosts = (resolving == Resolving::Private).then(|| hosts.path());
    let began = served.now();
    let code = child::run_aside(&arguments.command, &environment, own_hosts, interrupts).await?;
    let mut notes = Vec::new();
    if code != 0 {
        let told = format!("the command ended with {code}: what it left is checked");
        tell(&told);
        notes.push(format!("{told}."));
    }
    if served.has_faults() {
        notes.push("Faults were in place when the command ended: no drill meets them.".to_owned());
    }
    interrupts
        .or(async {
            served.settle().await;
            Ok(())
        })
        .await?;
    let (azure, now, operator) = served.copy();
    if now.duration_since(began).as_hours() > 24 {
        notes.push(format!(
            "The clock was moved: it is {now} in the world that is checked."
        ));
    }
    let not_known = served.not_known();
    interrupts.or_at_once(served.shutdown()).await;
    Ok(Left {
        azure,
        now,
        operator,
        other,
        code: Some(code),
        not_known,
        notes,
        journal,
    })
}

/// Plays the drills, beside whoever wants to break them off.
async fn report(arguments: &CheckArguments, left: Left) -> Result<Report, Failure> {
    let (profile, only) = (arguments.world.profile(), arguments.only.clone());
    let played = tokio::task::spawn_blocking(move || {
        let checked = Checked {
            world: &left.azure,
            now: left.now,
            operator: left.operator,
            profile,
            other: left.other,
        };
        check::check(&checked, &|sort| only.is_empty() || only.contains(&sort))
    });
    let report = played
        .await
        .map_err(|error| format!("the drills broke off: {error}"))?;
    report.ok_or_else(|| Failure::from("the operator of the world is gone".to_owned()))
}

fn tell_report(arguments: &CheckArguments, report: &Report, written: &Written) -> Result<(), Failure> {
    match arguments.format {
        FormatArgument::Text => {
            let page = Page::of(&std::io::stdout());
            show(&check::print(&page, report, written, arguments.verbose))
        }
        FormatArgument::Json => write(&check::json(report).map_err(|error| error.to_string())?),
        FormatArgument::Junit => write(&check::junit(report).map_err(|error| error.to_string())?),
        FormatArgument::Sarif => write(&check::sarif(report).map_err(|error| error.to_string())?),
        FormatArgument::Md => write(&check::markdown(report)),
    }
}
