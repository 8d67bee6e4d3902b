//! One test for each scenario: both machines play it, the expectations of each hold, and the transcripts are those in
//! `snapshots/scenarios/`.
//!
//! The observed transcript is always kept. The documented one is kept only where it differs, and so is in what the
//! machines differ and by which rules; where they do not, a file of its own would be stale, and fails. The journal of
//! each is played again without servers and comes to the same.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what it is for"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use azdrill::journal_file::JournalFile;
use azdrill::postgres::{self, PostgresMode, RealPostgres};
use azdrill::replay::{Until, replay};
use azdrill::run::{Aspect, Comparison, Outside, Report, play_both, transcript};
use azdrill::scenario::{Library, Scenario};
use clap::Parser;
use libtest_mimic::{Arguments, Failed, Trial};

/// What libtest takes: `cargo test -- ONE OTHER` gives all tests there are several filters.
#[derive(Parser)]
struct Asked {
    #[command(flatten)]
    arguments: Arguments,
    /// Further filters.
    #[arg(value_name = "FILTER")]
    further: Vec<String>,
}

impl Asked {
    /// Whether that test is among what is asked for.
    fn has(&self, name: &str) -> bool {
        let mut filters = self.arguments.filter.iter().chain(&self.further).peekable();
        let fits = |filter: &String| match self.arguments.exact {
            true => name == filter,
            false => name.contains(filter.as_str()),
        };
        filters.peek().is_none() || filters.any(fits)
    }
}

/// As libtest names it.
fn test_name(scenario: &Scenario) -> String {
    format!("{}::{}", scenario.topic, scenario.name)
}

fn main() -> ExitCode {
    let mut asked = Asked::parse();
    let library = Library::find(None, root()).expect("the repository has a folder of scenarios");
    let mut scenarios = library.all().expect("every scenario can be read");
    assert!(!scenarios.is_empty(), "no scenario was found under scenarios/");
    scenarios.retain(|scenario| asked.has(&test_name(scenario)));
    asked.arguments.filter = None;
    if scenarios.is_empty() {
        // Nobody needs a PostgreSQL to play none.
        return libtest_mimic::run(&asked.arguments, Vec::new()).exit_code();
    }
    let runtime = Arc::new(tokio::runtime::Runtime::new().expect("a runtime starts"));
    let mode = PostgresMode::from_environment().expect("AZDRILL_POSTGRES names a mode");
    let chosen = runtime
        .block_on(postgres::choose(mode))
        .unwrap_or_else(|error| panic!("scenarios need a PostgreSQL: {error}"));
    for notice in &chosen.notices {
        eprintln!("{notice}");
    }
    eprintln!("PostgreSQL by way of {}", chosen.mode);
    let majors = match &chosen.postgres {
        Some(postgres) => runtime
            .block_on(postgres.available_majors())
            .expect("the major versions at hand are known"),
        None => Vec::new(),
    };
    let trials = scenarios
        .into_iter()
        .map(|scenario| {
            let name = test_name(&scenario);
            let (runtime, postgres) = (Arc::clone(&runtime), chosen.postgres.clone());
            let missing: Vec<u32> = scenario
                .majors()
                .filter(|major| !majors.contains(major))
                .collect();
            if missing.is_empty() {
                Trial::test(name, move || check(&runtime, &scenario, postgres))
            } else {
                println!("skipped: {name} needs PostgreSQL {missing:?}, and there is {majors:?}");
                Trial::test(name, || Ok(())).with_ignored_flag(true)
            }
        })
        .collect();
    libtest_mimic::run(&asked.arguments, trials).exit_code()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The machine is its journal: what came of it with real servers comes of it without, byte for byte.
fn is_made_again(journal: &Path) -> Result<(), String> {
    let replayed = replay(journal, Until::End).map_err(|error| error.to_string())?;
    match replayed.first {
        None => Ok(()),
        Some(first) => {
            let differs = first.played.difference.map(|difference| difference.to_string());
            Err(format!("line {}, {}: {differs:?}", first.line, first.played.what))
        }
    }
}

fn check(
    runtime: &tokio::runtime::Runtime,
    scenario: &Scenario,
    postgres: Option<Arc<dyn RealPostgres>>,
) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let files = ["documented", "observed"].map(|machine| folder.path().join(machine));
    let journals = [JournalFile::at(&files[0])?, JournalFile::at(&files[1])?];
    let outside = Outside::Real(postgres);
    let both = runtime
        .block_on(play_both(scenario, &outside, journals.each_ref().map(Some)))
        .map_err(|error| format!("could not be played: {error}"))?;
    for file in &files {
        is_made_again(file).map_err(|error| format!("the journal {}: {error}", file.display()))?;
    }
    is_explained(&both.comparison)?;
    let documented = told(scenario, &both.documented)?;
    let observed = told(scenario, &both.observed)?;
    let difference = difference(&both.comparison);
    compare(scenario, "observed", &observed);
    compare_or_stale(scenario, "documented", &documented, documented != observed)?;
    compare_or_stale(scenario, "difference", &difference, both.comparison.differs)
}

/// What a machine did; an error if it was not what was expected.
fn told(scenario: &Scenario, report: &Report) -> Result<String, Failed> {
    let profile = report.profile;
    let steps = report.steps.iter();
    let misses: Vec<String> = steps
        .flat_map(|step| {
            let misses = step.misses.iter();
            misses.map(|miss| format!("{profile}: {}: {miss}", step.title))
        })
        .collect();
    if !misses.is_empty() {
        return Err(misses.join("\n").into());
    }
    let text = transcript(report);
    match leaked(scenario, &text) {
        Some(secret) => Err(format!("{profile}: the transcript holds a secret: {secret}").into()),
        None => Ok(text),
    }
}

/// A difference that no rule makes is one that nobody has written down.
fn is_explained(comparison: &Comparison) -> Result<(), Failed> {
    let mut steps = comparison.steps.iter();
    match steps.find(|step| !step.unexplained.is_empty()) {
        None => Ok(()),
        Some(step) => {
            let left = words(&step.unexplained);
            Err(format!("step {}: no rule makes the difference: {left}", step.number).into())
        }
    }
}

/// In what the machines differ, and by which rules.
fn difference(comparison: &Comparison) -> String {
    let mut text = String::new();
    for step in comparison.steps.iter().filter(|step| !step.differs.is_empty()) {
        text += &format!("== {}. {} ({})\n", step.number, step.title, step.r#do);
        text += &format!(
            "  documented {}\n  observed {}\n",
            step.documented.brief, step.observed.brief
        );
        for because in &step.because {
            let how = format!("{:?}", because.found).to_lowercase();
            let rules: Vec<&str> = because.rules.iter().map(|id| id.as_str()).collect();
            let rules = rules.join(" with ");
            text += &format!("  {rules} (found by {how}): {}\n", words(&because.aspects));
        }
    }
    text
}

fn words(aspects: &[Aspect]) -> String {
    let words: Vec<&str> = aspects.iter().map(|aspect| aspect.as_str()).collect();
    words.join(", ")
}

/// Holds a text against its snapshot, if there is something to tell. Where there is not, a file is stale.
fn compare_or_stale(scenario: &Scenario, what: &str, text: &str, is_told: bool) -> Result<(), Failed> {
    let file = folder(scenario).join(format!("{}.{what}.snap", scenario.name));
    if is_told {
        compare(scenario, what, text);
    } else if file.exists() {
        return Err(format!("{} is stale: the machines agree now; delete it", file.display()).into());
    }
    Ok(())
}

/// A secret of the world's that got into a transcript: none of its passwords, no token, no
/// signature may.
fn leaked<'a>(scenario: &'a Scenario, text: &str) -> Option<&'a str> {
    scenario
        .world
        .passwords()
        .chain(["Bearer ", "eyJ", "sig=", "Password="])
        .find(|secret| text.contains(secret))
}

fn folder(scenario: &Scenario) -> PathBuf {
    root().join("snapshots/scenarios").join(&scenario.topic)
}

fn compare(scenario: &Scenario, what: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder(scenario));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = format!("{}.{what}", scenario.name);
    // A difference panics, which the runner reports as this test's failure.
    settings.bind(|| insta::assert_snapshot!(name, text));
}
