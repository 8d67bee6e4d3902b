//! One test for each scenario and profile: its expectations hold, and its transcript is the one in
//! `snapshots/scenarios/`.
//!
//! The observed transcript is always kept. The documented one is kept only where it differs; where
//! it does not, a file of its own would be stale, and fails.

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
use azdrill::run::{play_into, transcript};
use azdrill::scenario::{Library, Scenario};
use azdrill_emulator::rules::Profile;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let library = Library::find(None, root()).expect("the repository has a folder of scenarios");
    let scenarios = library.all().expect("every scenario can be read");
    assert!(!scenarios.is_empty(), "no scenario was found under scenarios/");
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
            let name = format!("{}::{}", scenario.topic, scenario.name);
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
    libtest_mimic::run(&arguments, trials).exit_code()
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
    let run = |profile| -> Result<String, Failed> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("journal");
        let journal = JournalFile::create(&file)?;
        let report = runtime
            .block_on(play_into(scenario, profile, postgres.clone(), Some(&journal)))
            .map_err(|error| format!("{profile}: could not be played: {error}"))?;
        is_made_again(&file).map_err(|error| format!("{profile}: its journal: {error}"))?;
        let misses: Vec<String> = report
            .steps
            .iter()
            .flat_map(|step| {
                step.misses
                    .iter()
                    .map(|miss| format!("{profile}: {}: {miss}", step.title))
            })
            .collect();
        if misses.is_empty() {
            let text = transcript(&report);
            match leaked(scenario, &text) {
                Some(secret) => Err(format!("{profile}: the transcript holds a secret: {secret}").into()),
                None => Ok(text),
            }
        } else {
            Err(misses.join("\n").into())
        }
    };
    let observed = run(Profile::Observed)?;
    let documented = run(Profile::Documented)?;
    compare(scenario, Profile::Observed, &observed);
    if documented == observed {
        let stale = snapshot_file(scenario, Profile::Documented);
        if stale.exists() {
            return Err(format!("{} is stale: both profiles agree now; delete it", stale.display()).into());
        }
        return Ok(());
    }
    compare(scenario, Profile::Documented, &documented);
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

fn snapshot_file(scenario: &Scenario, profile: Profile) -> PathBuf {
    folder(scenario).join(format!("{}.{profile}.snap", scenario.name))
}

fn compare(scenario: &Scenario, profile: Profile, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder(scenario));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = format!("{}.{profile}", scenario.name);
    // A difference panics, which the runner reports as this test's failure.
    settings.bind(|| insta::assert_snapshot!(name, text));
}
