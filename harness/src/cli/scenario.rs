//! `azdrill scenario`.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use azdrill::postgres::{self, PostgresMode};
use azdrill::run::{Report, play, print};
use azdrill::scenario::Scenario;
use azdrill_emulator::rules::Profile;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::failure::Failure;
use super::interrupts::Interrupts;
use super::output::{tell, write};
use super::{Format, ProfileArgument, library};

#[derive(Args)]
pub(super) struct ScenarioArguments {
    /// Names of scenarios, or paths of their files; all of them if `--all` is given.
    #[arg(required_unless_present = "all")]
    names: Vec<String>,
    /// Play every scenario.
    #[arg(long)]
    all: bool,
    /// Whose word to take where documents and observation differ.
    #[arg(long, value_enum, default_value_t)]
    profile: ProfileArgument,
    /// How to write what came of them.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show every request, not only those that were refused.
    #[arg(long, short)]
    verbose: bool,
}

pub(super) async fn run(
    arguments: ScenarioArguments,
    folder: Option<&Path>,
    mode: Option<PostgresMode>,
    mut interrupts: Interrupts,
) -> Result<ExitCode, Failure> {
    interrupts.or(play_all(arguments, folder, mode)).await
}

async fn play_all(
    arguments: ScenarioArguments,
    folder: Option<&Path>,
    mode: Option<PostgresMode>,
) -> Result<ExitCode, Failure> {
    let library = library(folder)?;
    let scenarios: Vec<Scenario> = if arguments.all {
        library.all()?
    } else {
        let found: Result<_, _> = arguments.names.iter().map(|name| library.get(name)).collect();
        found?
    };
    let chosen = postgres::choose(mode).await.map_err(|error| error.to_string())?;
    for notice in &chosen.notices {
        tell(notice);
    }
    let profile = Profile::from(arguments.profile);
    let colour = std::io::stdout().is_terminal();
    let bar = progress(scenarios.len());
    let mut reports = Vec::new();
    for scenario in &scenarios {
        bar.set_message(scenario.name.clone());
        let report = play(scenario, profile, chosen.postgres.clone())
            .await
            .map_err(|error| format!("{}: {error}", scenario.name))?;
        bar.inc(1);
        if arguments.format == Format::Text {
            let text = print(&report, colour, arguments.verbose);
            bar.suspend(|| write(&format!("{text}\n")))?;
        }
        reports.push(report);
    }
    bar.finish_and_clear();
    let held = reports.iter().filter(|report| report.held()).count();
    match arguments.format {
        Format::Json => write(&format!(
            "{:#}\n",
            json!(reports.iter().map(as_json).collect::<Vec<_>>())
        ))?,
        Format::Text if reports.len() > 1 => write(&format!("{held} of {} scenarios held\n", reports.len()))?,
        Format::Text => {}
    }
    Ok(if held == reports.len() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn progress(count: usize) -> ProgressBar {
    if count < 2 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:20} {pos}/{len} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(count as u64).with_style(style)
}

fn as_json(report: &Report) -> Value {
    let steps: Vec<Value> = report
        .steps
        .iter()
        .map(|step| {
            let outcome = &step.outcome;
            json!({
                "title": step.title,
                "do": step.kind.as_str(),
                "status": outcome.status,
                "code": outcome.code,
                "message": outcome.message,
                "innerCode": outcome.inner_code,
                "innerMessage": outcome.inner_message,
                "gate": outcome.gate,
                "reason": outcome.reason,
                "rules": outcome.rules,
                "mark": outcome.mark,
                "files": outcome.files,
                "blobs": outcome.blobs,
                "rowsEqual": outcome.rows_equal,
                "documented": step.documented,
                "observed": step.observed,
                "missed": step.misses,
                "realSeconds": step.real_time.as_secs_f64(),
                "virtualSeconds": step.virtual_time.as_secs_f64(),
            })
        })
        .collect();
    json!({
        "name": report.name,
        "topic": report.topic,
        "claim": report.claim,
        "profile": report.profile.as_str(),
        "held": report.held(),
        "steps": steps,
        "realSeconds": report.real_time.as_secs_f64(),
        "virtualSeconds": report.virtual_time.as_secs_f64(),
        "postgresMajor": report.postgres_major,
    })
}
