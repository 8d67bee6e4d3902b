//! `azdrill run --chaos`, and `azdrill incidents`.

mod plans;
mod play;
mod room;

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azdrill::chaos::{
    Incident, Judged, Least, Plan, Played, incidents, judge, junit, lesser, print_findings, print_incidents,
    print_lines,
};
use azdrill::page::Page;
use azdrill::postgres::{self, PostgresMode};
use azdrill::private_file;
use azdrill::serve::quoted_for_sh;
use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use clap::Args;
use futures_util::StreamExt as _;
use serde_json::json;

use self::play::Player;
use super::argument::Format;
use super::failure::Failure;
use super::interrupts::Interrupts;
use super::output::{show, tell, write};
use super::run::RunArguments;

/// How often a plan is made less at the most.
const LESS_MAX: usize = 6;
/// What a command may take beyond the time it takes without faults, times [`SLOWER`].
const GRACE: Duration = Duration::from_secs(30);
const SLOWER: u32 = 4;

#[derive(Args)]
pub(super) struct IncidentsArguments {
    /// Only these.
    names: Vec<String>,
    /// List the operations that a fault may name instead, each with its method and path.
    #[arg(long, conflicts_with = "names")]
    operations: bool,
    /// How to write the list.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Lists the incidents.
pub(super) fn list(arguments: &IncidentsArguments) -> Result<ExitCode, Failure> {
    if arguments.operations {
        return list_operations(arguments.format);
    }
    let all: Vec<&Incident> = if arguments.names.is_empty() {
        incidents().iter().collect()
    } else {
        let found = arguments.names.iter().map(|name| plans::named(name));
        found.collect::<Result<_, _>>()?
    };
    match arguments.format {
        Format::Text => show(&print_incidents(&Page::of(&std::io::stdout()), &all))?,
        Format::Json => {
            let list: Vec<_> = all
                .iter()
                .map(|own| {
                    json!({"name": own.name, "title": own.title, "what": own.what, "behaves": own.behaves,
                           "mark": own.mark, "sources": own.sources, "plan": own.plan().text()})
                })
                .collect();
            write(&format!("{:#}\n", json!(list)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Lists the operations that a fault may name, which are those that requests are told apart by.
fn list_operations(format: Format) -> Result<ExitCode, Failure> {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).map_err(|error| error.to_string())?;
    let mut rows: Vec<[String; 3]> = rules
        .router
        .operations()
        .iter()
        .map(|row| [row.id.to_string(), row.method.to_string(), row.pattern()])
        .collect();
    rows.sort();
    match format {
        Format::Text => {
            let page = Page::of(&std::io::stdout());
            show(&page.table(0, ["operation", "method", "path"], &rows))?;
        }
        Format::Json => {
            let list: Vec<_> = rows
                .iter()
                .map(|[operation, method, path]| json!({"operation": operation, "method": method, "path": path}))
                .collect();
            write(&format!("{:#}\n", json!(list)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Plays the command under faults, and judges it.
pub(super) async fn run(
    arguments: RunArguments,
    folder: Option<&Path>,
    mode: Option<PostgresMode>,
    mut interrupts: Interrupts,
) -> Result<ExitCode, Failure> {
    let found = Found::default();
    let ended = interrupts.or(judged(&arguments, folder, mode, &found)).await;
    // What was under way has been dropped, and has removed what it had made.
    match ended {
        Err(Failure::Interrupted(_)) => Err(found.broken_off()?),
        ended => ended,
    }
}

/// What has been found so far, for whoever breaks it off.
#[derive(Default)]
struct Found {
    judged: Mutex<Vec<Judged>>,
    /// How many plans there are; 0 as long as nobody knows.
    plans: AtomicUsize,
    /// Whether it has been shown.
    shown: AtomicBool,
}

impl Found {
    fn judged(&self) -> MutexGuard<'_, Vec<Judged>> {
        self.judged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows what was judged before a signal came, and says how far it had come.
    fn broken_off(&self) -> Result<Failure, Failure> {
        let judged = self.judged();
        if !judged.is_empty() && !self.shown.load(Ordering::Relaxed) {
            show(&format!(
                "\n{}",
                print_lines(&Page::of(&std::io::stdout()), &judged)
            ))?;
        }
        let plans = self.plans.load(Ordering::Relaxed);
        Ok(Failure::Plain(match (plans, judged.len()) {
            (0, _) => "broken off before any plan was played".to_owned(),
            (plans, done) if done == plans => {
                format!(
                    "broken off: all {plans} plans were judged, and what was missed was not looked into further"
                )
            }
            (plans, done) => format!("broken off: {done} of {plans} plans were judged, the others were not"),
        }))
    }
}

async fn judged(
    arguments: &RunArguments,
    folder: Option<&Path>,
    mode: Option<PostgresMode>,
    found: &Found,
) -> Result<ExitCode, Failure> {
    let chaos = &arguments.chaos;
    if let Some(file) = &chaos.junit {
        private_file::check(file).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    if let Some(keep) = &chaos.keep {
        std::fs::create_dir_all(keep)
            .map_err(|error| format!("cannot make the folder {}: {error}", keep.display()))?;
    }
    let chosen = postgres::choose(mode).await.map_err(|error| error.to_string())?;
    for notice in &chosen.notices {
        tell(notice);
    }
    let player = Player::new(arguments, folder, chosen.postgres)?;
    let what = chaos.chaos.as_deref().unwrap_or_default();
    let what = plans::Wanted::read(what, chaos.runs(), player.rules(), &arguments.world)?;
    what.check(player.rules())?;
    let at_a_time = u64::try_from(player.side_by_side()).unwrap_or(u64::MAX);
    room::check(what.count(), at_a_time, room::Free::now())?;
    tell("once without faults, to see what it does");
    let bound = chaos.bound.map(Duration::from_secs);
    let clean = player.play(&Plan::none(), bound).await?;
    if clean.killed || clean.code != 0 {
        return Err(failed_alone(&clean));
    }
    let bound = bound.unwrap_or_else(|| Duration::from_secs_f64(clean.record.seconds) * SLOWER + GRACE);
    let plans = what.plans(&clean.record, player.rules())?;
    found.plans.store(plans.len(), Ordering::Relaxed);
    play_all(&player, &plans, &clean, bound, found).await?;
    let all = found.judged().clone();
    conclude(&player, arguments, (&clean, bound), &all, found).await
}

fn failed_alone(clean: &Played) -> Failure {
    let how = if clean.killed {
        format!("does not end within {} s", clean.bound.as_secs())
    } else {
        format!("ends with exit code {}", clean.code)
    };
    let lines: Vec<&str> = clean.output.lines().collect();
    let last = lines.iter().skip(lines.len().saturating_sub(5));
    let last: Vec<String> = last.map(|line| format!("\n  {line}")).collect();
    Failure::Plain(format!(
        "without any fault the command {how}, so that nothing could be told of it under faults; it wrote:{}",
        last.concat()
    ))
}

/// Every plan, some at a time, judged, in their order.
async fn play_all(
    player: &Player<'_>,
    plans: &[Plan],
    clean: &Played,
    bound: Duration,
    found: &Found,
) -> Result<(), Failure> {
    let mut runs = futures_util::stream::iter(plans)
        .map(|plan| async move {
            let played = player.play(plan, Some(bound)).await?;
            Ok::<_, Failure>(judge(plan, clean, &played))
        })
        .buffered(player.side_by_side());
    while let Some(judged) = runs.next().await {
        let judged = judged?;
        let word = match (judged.met, judged.held()) {
            (false, _) => "not met",
            (true, true) => "held",
            (true, false) => "missed",
        };
        let name = judged.plan.name.clone();
        let done = {
            let mut all = found.judged();
            all.push(judged);
            all.len()
        };
        tell(&format!("{done} of {}: {name}: {word}", plans.len()));
    }
    Ok(())
}

/// The least plan under which the command still does as badly, as far as a few runs find it.
async fn least(
    player: &Player<'_>,
    judged: &Judged,
    clean: &Played,
    bound: Duration,
) -> Result<Judged, Failure> {
    let mut least = judged.clone();
    let badly = |other: &Judged| {
        let mut missed = judged.missed().map(|(judgement, _)| judgement);
        missed.all(|own| other.missed().any(|(judgement, _)| judgement == own))
    };
    let mut runs = 0;
    'less: loop {
        for plan in lesser(&least.plan) {
            runs += 1;
            if runs > LESS_MAX {
                return Ok(least);
            }
            let played = player.play(&plan, Some(bound)).await?;
            let less = judge(&plan, clean, &played);
            if badly(&less) {
                least = less;
                continue 'less;
            }
        }
        return Ok(least);
    }
}

async fn conclude(
    player: &Player<'_>,
    arguments: &RunArguments,
    (clean, bound): (&Played, Duration),
    found: &[Judged],
    so_far: &Found,
) -> Result<ExitCode, Failure> {
    let chaos = &arguments.chaos;
    let page = Page::of(&std::io::stdout());
    show(&format!("\n{}", print_lines(&page, found)))?;
    so_far.shown.store(true, Ordering::Relaxed);
    for judged in found.iter().filter(|judged| !judged.held()) {
        let judged = least(player, judged, clean, bound).await?;
        let plan = &judged.plan;
        let kept = match &chaos.keep {
            None => None,
            Some(folder) => {
                let file = folder.join(format!("{}.toml", file_name(&plan.name)));
                private_file::write_public(&file, &plan.text())
                    .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
                Some(file.display().to_string())
            }
        };
        let least = Least {
            faults: plan.told(player.rules()),
            again: again(&plan.name, kept.as_deref()),
            kept,
        };
        show(&format!("\n{}", print_findings(&page, &judged, &least)))?;
    }
    if let Some(file) = &chaos.junit {
        let text = junit(&player.command(), found).map_err(|error| error.to_string())?;
        private_file::write_public(file, &text)
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    let met = found.iter().filter(|judged| judged.met).count();
    let held = found.iter().filter(|judged| judged.met && judged.held()).count();
    show(&format!(
        "\n{held} of {met} held; {} not met; without faults it takes {:.1} s and {} calls\n",
        found.len() - met,
        clean.record.seconds,
        clean.record.calls.iter().filter(|call| !call.by_service).count()
    ))?;
    if met == 0 {
        let text = "no fault struck: the command does nothing that any of these plans is about";
        return Err(Failure::Plain(text.to_owned()));
    }
    Ok(if held == met {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// What a plan's file is called: its name, or the last part of its path, in plain letters.
fn file_name(plan: &str) -> String {
    let last = plan
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .trim_end_matches(".toml");
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    let name: String = last.chars().map(plain).collect();
    match name.trim_matches('-') {
        "" => "plan".to_owned(),
        name => name.to_owned(),
    }
}

/// The line that plays one plan again: this one, with the plan in the place of what was asked for.
fn again(plan: &str, kept: Option<&str>) -> String {
    let mut line = Vec::new();
    let mut arguments = std::env::args().peekable();
    let replaced = kept.unwrap_or(plan);
    let mut in_command = false;
    while let Some(argument) = arguments.next() {
        in_command |= argument == "--";
        match argument.as_str() {
            "--chaos" if !in_command => {
                arguments.next();
                line.push(format!("--chaos {}", word(replaced)));
            }
            "--runs" | "--keep" | "--junit" if !in_command => {
                arguments.next();
            }
            own if !in_command && own.starts_with("--chaos=") => {
                line.push(format!("--chaos {}", word(replaced)))
            }
            own if !in_command
                && ["--runs=", "--keep=", "--junit="]
                    .iter()
                    .any(|key| own.starts_with(key)) => {}
            own => line.push(word(own)),
        }
    }
    if let Some(program) = line.first_mut() {
        "azdrill".clone_into(program);
    }
    line.join(" ")
}

/// A word of a command line, in quotes where a shell would read it as another.
fn word(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=,@%+".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        quoted_for_sh(text)
    }
}
