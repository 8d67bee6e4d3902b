//! `azdrill scenario`.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use azdrill::journal_file::JournalFile;
use azdrill::page::{Page, is_dumb};
use azdrill::postgres::{self, PostgresMode};
use azdrill::run::{
    Both, Machine, Outside, Report, RunError, Watcher, play_both, play_into, print, print_both, source_list,
    watched,
};
use azdrill::scenario::Scenario;
use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::argument::{Format, ProfileArgument};
use super::failure::Failure;
use super::interrupts::Interrupts;
use super::library::library;
use super::output::{show, tell, write};
use super::replay::{journal, with_journal};

#[derive(Args)]
pub(super) struct ScenarioArguments {
    /// Names of scenarios, or paths of their files; all of them if `--all` is given.
    #[arg(required_unless_present = "all")]
    names: Vec<String>,
    /// Play every scenario.
    #[arg(long)]
    all: bool,
    /// Play one machine alone: the one that goes by the documents, or by what was observed. Both, side by
    /// side, if left out.
    #[arg(long, value_enum)]
    profile: Option<ProfileArgument>,
    /// How to write what came of them.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Where to write a journal of the one scenario that is played, by the observed machine where both play:
    /// everything the machine was given, as it was given, for `replay`. It holds what clients sent, secrets
    /// included, and is readable by you alone.
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    journal: Option<PathBuf>,
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
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).map_err(|error| error.to_string())?;
    for scenario in &scenarios {
        scenario.check(&rules)?;
    }
    drop(rules);
    if arguments.journal.is_some() && scenarios.len() != 1 {
        return Err("--journal takes one scenario: name one".to_owned().into());
    }
    let journal = journal(arguments.journal.as_deref())?;
    let chosen = postgres::choose(mode).await.map_err(|error| error.to_string())?;
    for notice in &chosen.notices {
        tell(notice);
    }
    let page = Page::of(&std::io::stdout());
    let bar = progress(scenarios.len());
    let outside = Outside::Real(chosen.postgres.clone());
    let profile = arguments.profile.map(Profile::from);
    let mut played = Vec::new();
    let mut sources = BTreeMap::new();
    let mut skipped = Vec::new();
    for scenario in &scenarios {
        bar.set_message(scenario.name.clone());
        let playing = Shown::of(scenario, profile, &outside, journal.as_ref());
        let shown = match watched(watcher(&bar, &scenario.name), playing).await {
            Ok(shown) => shown,
            // Whoever asks for one by name wants to see it, and whoever asks for all what can be seen.
            Err(error) if arguments.all && error.lacks_postgres() => {
                bar.inc(1);
                bar.suspend(|| tell(&format!("{} is skipped: {error}", scenario.name)));
                skipped.push((&scenario.name, error.to_string()));
                continue;
            }
            // Its place and its lines say which it is.
            Err(RunError::File(error)) => return Err((*error).into()),
            Err(error) => return Err(format!("{}: {error}", scenario.name).into()),
        };
        bar.inc(1);
        if arguments.format == Format::Text {
            let text = shown.print(&page, arguments.verbose, &mut sources);
            bar.suspend(|| show(&format!("{text}\n")))?;
        }
        played.push(shown);
    }
    bar.finish_and_clear();
    let concluded = conclude(arguments.format, &page, &played, &skipped, &sources)?;
    Ok(with_journal(journal.as_ref(), concluded))
}

/// What came of a scenario, on one machine or on both.
enum Shown {
    One(Box<Report>),
    Both(Box<Both>),
}

impl Shown {
    /// A journal is of one machine: the observed one, where both play.
    async fn of(
        scenario: &Scenario,
        profile: Option<Profile>,
        outside: &Outside,
        journal: Option<&JournalFile>,
    ) -> Result<Self, RunError> {
        Ok(match profile {
            Some(profile) => {
                let machine = Machine::of(profile, outside.clone());
                Self::One(Box::new(play_into(scenario, &machine, journal).await?))
            }
            None => Self::Both(Box::new(play_both(scenario, outside, [None, journal]).await?)),
        })
    }

    fn print(&self, page: &Page, verbose: bool, sources: &mut BTreeMap<String, String>) -> String {
        match self {
            Self::One(report) => print(report, page, verbose, sources),
            Self::Both(both) => print_both(both, page, verbose, sources),
        }
    }

    fn held(&self) -> bool {
        match self {
            Self::One(report) => report.held(),
            Self::Both(both) => both.comparison.held,
        }
    }

    fn differs(&self) -> bool {
        match self {
            Self::One(_) => false,
            Self::Both(both) => both.comparison.differs,
        }
    }

    fn as_json(&self) -> Result<Value, serde_json::Error> {
        match self {
            Self::One(report) => Ok(as_json(report)),
            Self::Both(both) => serde_json::to_value(&both.comparison),
        }
    }
}

/// What is said once all have been played. Those that were skipped are neither held nor missed; where
/// nothing at all was played, nothing was shown.
fn conclude(
    format: Format,
    page: &Page,
    played: &[Shown],
    skipped: &[(&String, String)],
    sources: &BTreeMap<String, String>,
) -> Result<ExitCode, Failure> {
    let held = played.iter().filter(|shown| shown.held()).count();
    match format {
        Format::Json => {
            let shown: Result<Vec<Value>, _> = played.iter().map(Shown::as_json).collect();
            let mut all = shown.map_err(|error| error.to_string())?;
            let skipped = skipped.iter();
            all.extend(skipped.map(|(name, why)| json!({"name": name, "skipped": why})));
            write(&format!("{:#}\n", Value::from(all)))?;
        }
        Format::Text => {
            let mut text = source_list(page, sources).trim_start().to_owned();
            if played.len() + skipped.len() > 1 {
                text += &format!("\n{held} of {} scenarios held", played.len());
                let differing = played.iter().filter(|shown| shown.differs()).count();
                if differing > 0 {
                    text += &format!(", the machines differ in {differing}");
                }
                if !skipped.is_empty() {
                    text += &format!(", {} skipped", skipped.len());
                }
                text.push('\n');
            }
            show(&text)?;
        }
    }
    if played.is_empty() {
        return Err("nothing was played".to_owned().into());
    }
    Ok(if held == played.len() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn progress(count: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() || is_dumb() {
        return ProgressBar::hidden();
    }
    let template = if count < 2 {
        "{spinner} {msg}"
    } else {
        "{bar:20} {pos}/{len} {msg}"
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(count as u64).with_style(style)
}

/// How often somebody who sees no bar is told how far a long step has come.
const TOLD_EVERY: Duration = Duration::from_secs(20);

/// Shows how far a scenario has come, beside the bar or in lines of its own.
fn watcher(bar: &ProgressBar, name: &str) -> Watcher {
    let (bar, name) = (bar.clone(), name.to_owned());
    let told = Mutex::new(Instant::now());
    Arc::new(move |text| {
        if !bar.is_hidden() {
            bar.set_message(format!("{name}: {text}"));
            return;
        }
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() >= TOLD_EVERY {
            *told = Instant::now();
            tell(&format!("{name}: {text}"));
        }
    })
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
