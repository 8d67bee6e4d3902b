//! Changes the engine in many small ways, one at a time, and asks the tests whether they notice.
//!
//! All changes are compiled into one build of a copy of the checkout, each behind a number: making one is a matter of an
//! environment variable, and no change costs a compilation of its own. See `CONTRIBUTING.md`.

mod accepted;
mod build;
mod choice;
mod copy;
mod find;
mod hunt;
mod mutant;
mod operator;
mod outcome;
mod rewrite;
mod settings;
mod tested;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use miette::{Context as _, IntoDiagnostic as _, Result};

use accepted::{Accepted, Scope};
use build::Build;
use choice::{chosen, drawn, goes_on, put_in};
use hunt::Hunt;
use mutant::{Mutant, Name};
use outcome::{Kept, Outcome};
use settings::{Settings, Tests};
use tested::Binary;

/// Below the checkout's folder.
const SCRATCH: &str = "target/mutants";
/// What came of each change, below that: as the next run reads it.
const OUTCOMES: &str = "outcomes.jsonl";

/// Changes the engine in many small ways, and sees which a test notices.
#[derive(Parser)]
struct Arguments {
    /// Only so many changes, drawn by the seed
    #[arg(long)]
    sample: Option<usize>,
    /// What a sample is drawn by, and the order in which changes are asked about
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only changes of files and functions that have this in their name, `gateway` or `sas/mod.rs: verify`
    #[arg(long)]
    only: Vec<String>,
    /// Only changes that have a row in this file, as `accepted.toml` and `survivors.toml` have them
    #[arg(long)]
    among: Option<PathBuf>,
    /// Do not ask these tests, `suite`: what only they notice is told as missed. The rest is asked soon
    #[arg(long)]
    without: Vec<String>,
    /// Take over what the last run said of changes, instead of asking again
    #[arg(long, value_enum)]
    keep: Option<Keep>,
    /// List the changes and make none
    #[arg(long)]
    list: bool,
    /// Build, and make no change
    #[arg(long)]
    build: bool,
}

/// What is taken over of the last run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Keep {
    /// What was caught
    Caught,
    /// What was caught, and what survived as it is known to: asks again only what nobody has judged
    Judged,
    /// All: goes on with a run that was broken off
    All,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .into_diagnostic()?;
    let mut settings = Settings::read(&checkout)?;
    settings
        .tests
        .retain(|tests| !arguments.without.contains(&tests.title()));
    let accepted = Accepted::read(&checkout)?;
    let (texts, mutants) = found(&checkout, &settings)?;
    let chosen = chosen(&arguments, &mutants)?;
    if arguments.list {
        let listed = (1..).zip(&mutants).filter(|(number, _)| chosen.contains(number));
        return write_out(
            &listed
                .map(|(_, mutant)| format!("{mutant}\n"))
                .collect::<String>(),
        );
    }
    ask(
        &arguments,
        &checkout,
        &settings,
        &accepted,
        (texts, &mutants, chosen),
    )
}

/// Builds what is to be asked about, asks, and says what came of it.
fn ask(
    arguments: &Arguments,
    checkout: &Path,
    settings: &Settings,
    accepted: &Accepted,
    (texts, mutants, chosen): (BTreeMap<String, String>, &[Mutant], BTreeSet<u32>),
) -> Result<ExitCode> {
    let scratch = checkout.join(SCRATCH);
    fs::create_dir_all(&scratch).into_diagnostic()?;
    let (chosen, last) = goes_on(arguments, &scratch, mutants, accepted, chosen);
    let put_in = put_in(arguments, mutants, &chosen, &last);
    let scope = Scope {
        slow: settings.tests.iter().any(|own| own.slow),
        sample: arguments.sample.is_some(),
    };
    if put_in.is_empty() {
        say("nothing is asked again");
        let known = chosen.iter().filter_map(|number| {
            let outcome = last.get(&mutants[*number as usize - 1].name)?;
            Some((*number, outcome.clone()))
        });
        return conclude(&scratch, mutants, &known.collect(), accepted, scope);
    }
    let build = Build {
        checkout,
        scratch: scratch.clone(),
        settings,
        texts,
        mutants,
        chosen: &put_in,
    };
    say(&format!(
        "{} changes, {} of them to be built; building {}",
        chosen.len(),
        put_in.len(),
        build.copy().display()
    ));
    let (not_viable, executables) = build.build()?;
    say(&format!("{} do not compile", not_viable.len()));
    if arguments.build {
        return Ok(ExitCode::SUCCESS);
    }
    let binaries = settings
        .tests
        .iter()
        .zip(executables)
        .map(|(tests, executable)| Binary {
            tests: tests.clone(),
            executable,
            copy: build.copy(),
        });
    let outcomes = outcomes(
        arguments.seed,
        &scratch,
        mutants,
        &chosen,
        (&not_viable, &last),
        binaries.collect(),
    )?;
    if scope.slow {
        let slow = settings.tests.iter().filter(|own| own.slow);
        let slow: Vec<String> = slow.map(Tests::title).collect();
        let anew = accepted.late_anew(mutants, &outcomes, &slow)?;
        fs::write(scratch.join("noticed_late.toml"), anew).into_diagnostic()?;
    }
    conclude(&scratch, mutants, &outcomes, accepted, scope)
}

/// The texts of the files that are changed, and every change of them.
fn found(checkout: &Path, settings: &Settings) -> Result<(BTreeMap<String, String>, Vec<Mutant>)> {
    let mut texts = BTreeMap::new();
    let mut mutants = Vec::new();
    for file in settings.files(checkout)? {
        let text = fs::read_to_string(checkout.join(&file))
            .into_diagnostic()
            .wrap_err_with(|| file.clone())?;
        mutants.extend(find::find(&file, &text)?);
        texts.insert(file, text);
    }
    Ok((texts, mutants))
}

/// What comes of each change. It is kept as soon as it is known.
fn outcomes(
    seed: u64,
    scratch: &Path,
    mutants: &[Mutant],
    chosen: &BTreeSet<u32>,
    (not_viable, last): (&BTreeSet<u32>, &BTreeMap<Name, Outcome>),
    binaries: Vec<Binary>,
) -> Result<BTreeMap<u32, Outcome>> {
    let path = scratch.join(OUTCOMES);
    let of = |number: u32| &mutants[number as usize - 1];
    let mut outcomes: BTreeMap<u32, Outcome> = not_viable
        .iter()
        .map(|number| (*number, Outcome::NotViable))
        .collect();
    let viable = chosen.difference(not_viable);
    let known = viable.filter_map(|number| Some((*number, last.get(&of(*number).name)?.clone())));
    outcomes.extend(known.collect::<Vec<_>>());
    let asked = chosen
        .iter()
        .copied()
        .filter(|number| !outcomes.contains_key(number));
    let asked = drawn(seed, mutants, asked);
    let mut file = File::create(&path).into_diagnostic()?;
    let mut keep = |number: u32, outcome: &Outcome| {
        let kept = Kept {
            name: of(number).name.clone(),
            outcome: outcome.clone(),
        };
        let line = serde_json::to_string(&kept).unwrap_or_default();
        let written = file.write_all(format!("{line}\n").as_bytes());
        written
            .err()
            .map(|error| say(&format!("{}: {error}", path.display())))
    };
    for (number, outcome) in outcomes.iter().filter(|(number, _)| !not_viable.contains(number)) {
        keep(*number, outcome);
    }
    say(&format!(
        "{} taken over from the last run; the tests, with nothing changed",
        outcomes.len() - not_viable.len()
    ));
    let hunt = Hunt::begin(binaries, scratch)?;
    say(&format!("{} changes, two at a time", asked.len()));
    let mut count = 0;
    let found = hunt.run(&asked, |number, outcome| {
        count += 1;
        keep(number, outcome);
        say(&format!("{count}/{} {}: {outcome}", asked.len(), of(number)));
    })?;
    outcomes.extend(asked.into_iter().zip(found));
    Ok(outcomes)
}

/// Writes the list, and says what is wrong.
fn conclude(
    scratch: &Path,
    mutants: &[Mutant],
    outcomes: &BTreeMap<u32, Outcome>,
    accepted: &Accepted,
    scope: Scope,
) -> Result<ExitCode> {
    let (mut list, mut survivors) = (String::new(), String::new());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, outcome) in outcomes {
        let mutant = &mutants[*number as usize - 1];
        let name = &mutant.name;
        let known = match outcome.survived() {
            true if accepted.has(name) => " (accepted)",
            true if accepted.expects(name, scope) => " (noticed late)",
            false if accepted.has(name) => ", and accepted",
            _ => "",
        };
        list += &format!("{mutant}: {outcome}{known}\n");
        if outcome.survived() && known.is_empty() {
            let row = toml::to_string(name).into_diagnostic()?;
            survivors += &format!("[[accepted]]\n{row}reason = \"\"\n\n");
        }
        let kind = match outcome {
            Outcome::Caught(_) => "caught",
            Outcome::TimedOut(_) => "timed out",
            Outcome::Missed | Outcome::NotReached if accepted.has(name) => "accepted",
            Outcome::Missed | Outcome::NotReached if accepted.expects(name, scope) => "noticed late",
            Outcome::Missed => "missed",
            Outcome::NotReached => "not reached",
            Outcome::NotViable => "not viable",
        };
        *counts.entry(kind).or_default() += 1;
    }
    let path: PathBuf = scratch.join("mutants.txt");
    fs::write(&path, &list).into_diagnostic()?;
    fs::write(scratch.join("survivors.toml"), survivors).into_diagnostic()?;
    let counts: Vec<String> = counts
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    let faults = accepted.faults(mutants, outcomes, scope);
    let mut text: String = faults.iter().map(|fault| format!("{fault}\n")).collect();
    text += &format!(
        "{} changes: {}. Each is in {}.\n",
        outcomes.len(),
        counts.join(", "),
        path.display()
    );
    write_out(&text)?;
    Ok(if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn write_out(text: &str) -> Result<ExitCode> {
    std::io::stdout()
        .lock()
        .write_all(text.as_bytes())
        .into_diagnostic()?;
    Ok(ExitCode::SUCCESS)
}

/// Says how far it is. Where that cannot be written there is nobody to tell.
fn say(text: &str) {
    let _ = std::io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}
