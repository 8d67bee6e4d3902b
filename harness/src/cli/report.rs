//! `azdrill report`.

use std::fs::File;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use azdrill::page::is_dumb;
use azdrill::postgres::{self, PostgresMode};
use azdrill::private_file;
use azdrill::report::{self, gather, html, is_report, junit, markdown};
use azdrill::scenario::Scenario;
use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::failure::Failure;
use super::interrupts::Interrupts;
use super::library::library;
use super::output::{tell, write};

#[derive(Args)]
pub(super) struct ReportArguments {
    /// Only these scenarios, by name or path; all of them if left out.
    names: Vec<String>,
    /// How to write it.
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
    /// Where to write it; to standard output if left out.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// How to write a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// Markdown.
    #[default]
    Md,
    /// For programs.
    Json,
    /// For build servers: JUnit XML, a suite a topic.
    Junit,
    /// One page that stands alone, to read, search and print.
    Html,
}

pub(super) async fn run(
    arguments: ReportArguments,
    folder: Option<&Path>,
    mode: Option<PostgresMode>,
    mut interrupts: Interrupts,
) -> Result<ExitCode, Failure> {
    interrupts.or(played(arguments, folder, mode)).await
}

async fn played(
    arguments: ReportArguments,
    folder: Option<&Path>,
    mode: Option<PostgresMode>,
) -> Result<ExitCode, Failure> {
    // Found out before minutes are spent.
    let mut special = match &arguments.output {
        Some(file) => opened(file)?,
        None => None,
    };
    let library = library(folder)?;
    let scenarios: Vec<Scenario> = if arguments.names.is_empty() {
        library.all()?
    } else {
        let found: Result<_, _> = arguments.names.iter().map(|name| library.get(name)).collect();
        found?
    };
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).map_err(|error| error.to_string())?;
    for scenario in &scenarios {
        scenario.check(&rules)?;
    }
    let chosen = postgres::choose(mode).await.map_err(|error| error.to_string())?;
    for notice in &chosen.notices {
        tell(notice);
    }
    let bar = progress(scenarios.len());
    let found = gather(&scenarios, chosen.postgres.clone(), |scenario| {
        bar.set_message(scenario.name.clone());
        bar.inc(1);
    });
    let findings = found.await.map_err(|error| error.to_string())?;
    bar.finish_and_clear();
    for own in &findings.not_played {
        tell(&format!("{} is not played: {}", own.name, own.why));
    }
    let text = match arguments.format {
        ReportFormat::Md => markdown(&findings),
        ReportFormat::Html => html(&findings),
        ReportFormat::Junit => junit(&findings).map_err(|error| error.to_string())?,
        ReportFormat::Json => {
            let text = serde_json::to_string_pretty(&findings);
            text.map_err(|error| error.to_string())? + "\n"
        }
    };
    match &arguments.output {
        Some(file) if let Some(special) = &mut special => {
            let written = special.write_all(text.as_bytes());
            written.map_err(|error| unwritten(file, &error))?;
        }
        Some(file) => private_file::write_public(file, &text).map_err(|error| unwritten(file, &error))?,
        None => write(&text)?,
    }
    // A miss is a mistake of ours, and is no finding.
    Ok(if findings.scenarios.iter().all(|own| own.held) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// Finds out whether a file can be there, and takes the place of nothing but an earlier report; opens what is there and
/// no plain file, as a pipe.
fn opened(file: &Path) -> Result<Option<File>, String> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(format!(
            "cannot write {}: there is no folder {}",
            file.display(),
            folder.display()
        ));
    }
    if file.is_dir() {
        return Err(format!(
            "cannot write {}: it is a folder; name a file in it",
            file.display()
        ));
    }
    let checked = private_file::check(file).and_then(|()| {
        let special = private_file::open_special(file)?;
        if special.is_none() {
            private_file::open_earlier(file, "report of azdrill's", report::BEGINS, is_report)?;
        }
        Ok(special)
    });
    checked.map_err(|error| unwritten(file, &error))
}

fn unwritten(file: &Path, error: &std::io::Error) -> String {
    format!("cannot write {}: {error}", file.display())
}

fn progress(count: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() || is_dumb() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:20} {pos}/{len} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(count as u64).with_style(style)
}
