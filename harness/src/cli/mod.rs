//! `azdrill`: what a person types.
//!
//! Exit code 0: every expectation held. 1: one was missed. 2: it could not run.

mod argument;
mod ask;
mod az;
mod certificate;
mod chaos;
mod chaos_arguments;
mod check;
mod child;
mod compare;
mod ending;
mod explain;
mod failure;
mod given;
mod grants;
mod interrupts;
mod library;
mod list;
mod list_rules;
mod list_tools;
mod matrix;
mod output;
mod pg_restore;
mod reap;
mod replay;
mod report;
mod run;
mod scenario;
mod serve;
mod sweep;
mod time;
mod within_hosts;

use std::path::PathBuf;
use std::process::ExitCode;

use self::ending::could_not_run;
use self::failure::Failure;
use self::interrupts::Interrupts;
use azdrill::postgres::PostgresMode;
use clap::{Parser, Subcommand};

/// The environment variable that says what is told on the way.
const LOG: &str = "AZDRILL_LOG";
/// How long what is under way may take to end before the process does.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// Restore drills for Azure Database for PostgreSQL backups, against a fake Azure.
#[derive(Parser)]
#[command(name = "azdrill", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// The folder of scenarios; `scenarios` here or in a folder above if left out.
    #[arg(long, global = true, value_name = "FOLDER")]
    scenarios: Option<PathBuf>,
    /// How to get a real PostgreSQL: container, local, download or none. AZDRILL_POSTGRES does the same.
    #[arg(long, global = true, value_name = "HOW")]
    postgres: Option<PostgresMode>,
}

#[derive(Subcommand)]
enum Command {
    /// Play scenarios and show what came of them.
    Scenario(scenario::ScenarioArguments),
    /// Say, rule by rule, what the documents lead one to expect and what both machines do, by playing scenarios.
    Report(report::ReportArguments),
    /// List the scenarios with their claims, or the rules.
    List(list::ListArguments),
    /// Print what both machines answer to a question in every combination of what it depends on.
    Matrix(matrix::MatrixArguments),
    /// Run a command against a fake Azure, and show what it did to it.
    Run(run::RunArguments),
    /// Run a command that brings something up, and say whether a backup and a restore of it would work.
    Check(check::CheckArguments),
    /// Say whether something works in a world, why not, and what is the least that must change.
    Explain(explain::ExplainArguments),
    /// List what has happened to people who automate backups and restores, for `run --chaos`.
    Incidents(chaos::IncidentsArguments),
    /// Keep a fake Azure running, with a world in it or one empty subscription.
    Serve(serve::ServeArguments),
    /// Play recordings of Azure again, and hold what is answered against what was recorded.
    Compare(compare::CompareArguments),
    /// Sweep azdrill itself: drawn worlds, what is done in them and what goes wrong, and what must hold in each.
    Chaos(sweep::ChaosArguments),
    /// Play a journal or the line of a sweep again, and hold what is answered now against what was answered then.
    Replay(replay::ReplayArguments),
    /// Ask a running `serve` or `run` what time it is in its world, move that time, freeze it, set it going.
    Time(time::TimeArguments),
    /// Print the environment of a running `serve`.
    Env(serve::EnvArguments),
    /// Print the SQL that lets a database user back a database up, or restore one.
    Grants(grants::GrantsArguments),
    /// Become a command that sees another hosts file.
    #[command(hide = true)]
    WithinHosts(within_hosts::WithinHostsArguments),
    /// Start a command, and let nothing that it starts outlive it.
    #[command(hide = true)]
    Reap(reap::ReapArguments),
}

/// `AZDRILL_LOG` says what is told on the way: a level, or levels of parts (`warn,azdrill=debug`).
fn begin_tracing() {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let said = std::env::var(LOG).unwrap_or_default();
    let (wanted, wrong) = match said.parse::<Targets>() {
        Ok(wanted) if !said.is_empty() => (wanted, None),
        Ok(_) => (Targets::new().with_default(LevelFilter::WARN), None),
        Err(error) => (Targets::new().with_default(LevelFilter::WARN), Some(error)),
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(azdrill::page::has_colours(&std::io::stderr()))
        .without_time()
        // Where standard error takes nothing, there is nobody to tell that either.
        .log_internal_errors(false);
    tracing_subscriber::registry().with(lines).with(wanted).init();
    if let Some(error) = wrong {
        tracing::warn!(
            "{LOG}: {error}; say a level, as `debug`, or levels of parts, as `warn,azdrill=debug`"
        );
    }
}

/// Parses the arguments and does what they say.
pub(super) fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help is one of these.
        Err(said) => return print_usage(&said),
    };
    if let Command::WithinHosts(given) = &arguments.command {
        return within_hosts::run(given);
    }
    if let Command::Reap(given) = &arguments.command {
        return reap::run(given);
    }
    begin_tracing();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return could_not_run(&Failure::Plain(error.to_string())),
    };
    let result = runtime.block_on(async {
        let result = run(arguments).await;
        if matches!(result, Err(Failure::Interrupted(_))) {
            azdrill::postgres::clear_away().await;
        }
        result
    });
    // What runs on other threads has a while to notice; what does not is left behind.
    runtime.shutdown_timeout(PATIENCE);
    match result {
        Ok(code) => code,
        Err(error) => could_not_run(&error),
    }
}

/// Writes what clap has to say: what was wrong, or the help that was asked for.
fn print_usage(said: &clap::Error) -> ExitCode {
    match said.print() {
        Ok(()) => ExitCode::from(u8::try_from(said.exit_code()).unwrap_or(2)),
        Err(_) if said.use_stderr() => ExitCode::from(2),
        Err(error) => could_not_run(&output::failure(&error)),
    }
}

async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mode = match arguments.postgres {
        Some(mode) => Some(mode),
        None => PostgresMode::from_environment().map_err(|error| error.to_string())?,
    };
    let folder = arguments.scenarios.as_deref();
    // Those that start something. The others are over in a moment, and are asked in between.
    if matches!(
        arguments.command,
        Command::Scenario(_)
            | Command::Report(_)
            | Command::Serve(_)
            | Command::Run(_)
            | Command::Check(_)
            | Command::Compare(_)
            | Command::Chaos(_)
    ) {
        azdrill::postgres::sweep_ended();
        azdrill::scratch::sweep_ended();
    }
    match arguments.command {
        Command::Scenario(given) => scenario::run(given, folder, mode, Interrupts::listen()?).await,
        Command::Report(given) => report::run(given, folder, mode, Interrupts::listen()?).await,
        Command::Grants(given) => grants::run(given),
        Command::List(given) => {
            // Over in a moment, with the scenarios it may have unpacked.
            let _interrupts = Interrupts::listen()?;
            list::run(&given, folder)
        }
        Command::Compare(given) => compare::run(&given),
        Command::Matrix(given) => matrix::run(&given),
        Command::Incidents(given) => chaos::list(&given),
        Command::Chaos(given) => sweep::run(given, folder, mode, Interrupts::listen()?).await,
        Command::Replay(given) => match given.line()? {
            Some(line) => sweep::replay(&line, folder, mode).await,
            None => replay::run(&given),
        },
        Command::Serve(given) => serve::run(given, folder, mode, Interrupts::listen()?).await,
        Command::Run(given) if given.chaos.chaos.is_some() => {
            chaos::run(given, folder, mode, Interrupts::listen()?).await
        }
        Command::Run(given) => run::run(given, folder, mode, Interrupts::listen()?).await,
        Command::Explain(given) => explain::run(given, folder).await,
        Command::Check(given) => check::run(given, folder, mode, Interrupts::listen()?).await,
        Command::Time(given) => time::run(given, Interrupts::listen()?).await,
        Command::Env(given) => Ok(serve::env(&given)?),
        // Done before there was a runtime.
        Command::WithinHosts(_) | Command::Reap(_) => Ok(ExitCode::from(2)),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// What a flattened struct says of itself must not be said of what stands beside it.
    #[test]
    fn help_puts_the_worlds_arguments_under_their_heading_and_nothing_else() {
        let heading = |command: &str, argument: &str| {
            let command = Arguments::command().find_subcommand(command).cloned();
            let command = command.expect("a command");
            let found = command.get_arguments().find(|known| known.get_id() == argument);
            found.expect("an argument").get_help_heading().map(str::to_owned)
        };
        let world = [
            "world", "profile", "assume", "faults", "from", "start", "seed", "journal",
        ];
        for argument in world {
            for command in ["run", "serve"] {
                let told = heading(command, argument);
                assert_eq!(told.as_deref(), Some("The fake Azure"), "{command} --{argument}");
            }
        }
        for (command, argument) in [
            ("run", "expect"),
            ("run", "record"),
            ("serve", "port"),
            ("serve", "state"),
        ] {
            assert_eq!(heading(command, argument), None, "{command} --{argument}");
        }
    }
}
