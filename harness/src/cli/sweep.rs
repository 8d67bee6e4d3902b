//! `azdrill chaos`: sweeps of azdrill itself, and `azdrill replay` of a line of one.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use azdrill::page::Page;
use azdrill::postgres::{self, PostgresMode};
use azdrill::scenario::Scenario;
use azdrill::sweep::{
    self, Drawn, Extent, Line, LineError, Played, ROWS, Scenes, Shard, Stage, Tally, VAULT,
};
use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use clap::Args;

use super::failure::Failure;
use super::interrupts::Interrupts;
use super::library::library;
use super::output::{show, tell};

/// What `--help` says below the options.
const CODES: &str = "\
What holds in every run, and what is drawn: docs/sweeps.md.

Exit code 0: every invariant held. 1: one broke; the line that plays it again is printed. 2: it could not run.";

#[derive(Args)]
#[command(after_help = CODES)]
pub(super) struct ChaosArguments {
    /// How many seeds: each is a world, what is done in it, and what goes wrong.
    #[arg(long, value_name = "N", required_unless_present = "merge")]
    seeds: Option<NonZeroU64>,
    /// The first seed.
    #[arg(long, value_name = "S", default_value_t = 0)]
    from: u64,
    /// Sweep one of several equal parts, counted from 1, as `2/5`.
    #[arg(long, value_name = "I/N", default_value_t = Shard::WHOLE)]
    shard: Shard,
    /// Take the steps of scenarios and draw what goes wrong alone.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    scenario: Vec<String>,
    /// Move real rows on real PostgreSQL servers.
    #[arg(long)]
    with_postgres: bool,
    /// How many runs there are at a time; as many as there are processors if left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    side_by_side: Option<u16>,
    /// Write what came of it, for programs and for `--merge`.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Put together what `--json` wrote of all shards of a sweep.
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..,
        conflicts_with_all = ["seeds", "from", "shard", "side_by_side", "scenario", "with_postgres"]
    )]
    merge: Vec<PathBuf>,
}

impl ChaosArguments {
    fn extent(&self) -> Result<Extent, Failure> {
        let seeds = self.seeds.map_or(1, NonZeroU64::get);
        if self.from.checked_add(seeds - 1).is_none() {
            let most = u64::MAX;
            return Err(format!(
                "--from {} --seeds {seeds} goes beyond the last seed, {most}",
                self.from
            )
            .into());
        }
        let all = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Extent {
            from: self.from,
            seeds,
            shard: self.shard,
            side_by_side: self.side_by_side.map_or_else(all, usize::from),
        })
    }
}

pub(super) async fn run(
    arguments: ChaosArguments,
    folder: Option<&Path>,
    mode: Option<PostgresMode>,
    mut interrupts: Interrupts,
) -> Result<ExitCode, Failure> {
    interrupts.or(run_all(arguments, folder, mode)).await
}

async fn run_all(
    arguments: ChaosArguments,
    folder: Option<&Path>,
    mode: Option<PostgresMode>,
) -> Result<ExitCode, Failure> {
    quietly();
    let tally = if arguments.merge.is_empty() {
        swept(&arguments, folder, mode).await?
    } else {
        let read: Result<Vec<Tally>, Failure> = arguments.merge.iter().map(|file| read(file)).collect();
        Tally::merge(&read?).map_err(|error| error.to_string())?
    };
    show(&sweep::print(&Page::of(&std::io::stdout()), &tally))?;
    if let Some(file) = &arguments.json {
        let text = serde_json::to_string_pretty(&tally).map_err(|error| error.to_string())?;
        let written = std::fs::write(file, text + "\n");
        written.map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    let cut_short: u64 = tally.cut_short.values().sum();
    if tally.broken.is_empty() && cut_short == tally.runs {
        return Err("nothing was played to its end".to_owned().into());
    }
    Ok(concluded(tally.broken.is_empty()))
}

async fn swept(
    arguments: &ChaosArguments,
    folder: Option<&Path>,
    mode: Option<PostgresMode>,
) -> Result<Tally, Failure> {
    let extent = arguments.extent()?;
    let begun = Instant::now();
    let tally = if arguments.scenario.is_empty() && !arguments.with_postgres {
        let swept = tokio::task::spawn_blocking(move || sweep::sweep(extent, None)).await;
        let swept = swept.map_err(|error| error.to_string())?;
        swept.map_err(|error| error.to_string())?
    } else {
        let scenes = scenes(&arguments.scenario, folder)?;
        let stage = stage(arguments.with_postgres, mode).await?;
        sweep::sweep_drills(extent, &scenes, &stage).await?
    };
    let seconds = begun.elapsed().as_secs_f64();
    let rate = f64::from(u32::try_from(tally.runs).unwrap_or(u32::MAX)) / seconds.max(0.001);
    tell(&format!(
        "{} runs in {seconds:.1} s, {rate:.0} a second",
        tally.runs
    ));
    Ok(tally)
}

/// Scenarios by name, checked before anything is played.
fn scenes(names: &[String], folder: Option<&Path>) -> Result<Scenes, Failure> {
    let library = library(folder)?;
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).map_err(|error| error.to_string())?;
    let mut named: Vec<Scenario> = Vec::new();
    for name in names {
        let scenario = library.get(name)?;
        scenario.check(&rules)?;
        named.push(scenario);
    }
    Ok(Scenes::new(library, named))
}

/// Real servers, where they are asked for: then there have to be some.
async fn stage(with_postgres: bool, mode: Option<PostgresMode>) -> Result<Stage, Failure> {
    if !with_postgres {
        return Ok(Stage { postgres: None });
    }
    let chosen = postgres::choose(mode).await.map_err(|error| error.to_string())?;
    for notice in &chosen.notices {
        tell(notice);
    }
    if chosen.postgres.is_none() {
        let why =
            "--with-postgres needs a PostgreSQL: `--postgres container`, `local` or `download` gets one";
        return Err(why.to_owned().into());
    }
    Ok(Stage {
        postgres: chosen.postgres,
    })
}

fn read(file: &Path) -> Result<Tally, Failure> {
    let cannot = |why: String| format!("cannot read {}: {why}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| cannot(error.to_string()))?;
    let tally = serde_json::from_str(&text);
    Ok(tally.map_err(|error| cannot(format!("it is not what `azdrill chaos --json` writes: {error}")))?)
}

/// Plays the run of a line again.
pub(super) async fn replay(
    line: &str,
    folder: Option<&Path>,
    mode: Option<PostgresMode>,
) -> Result<ExitCode, Failure> {
    quietly();
    let line = Line::read(line).map_err(|error| error.to_string())?;
    let (plan, played) = if line.what == VAULT {
        let drawn = Drawn::of(line.seed);
        let kept = line.kept_of(&drawn).map_err(|error| error.to_string())?;
        (sweep::plan(&drawn, &kept), sweep::play(&drawn, &kept, None))
    } else {
        replay_drill(&line, folder, mode).await?
    };
    let mut text = String::new();
    for (number, told) in plan.iter().enumerate() {
        text += &format!("{number:>3}. {told}\n");
    }
    text += &format!("\n{}", played.transcript);
    text += &match &played.broken {
        Some(broken) => format!(
            "\nseed {} breaks {}: {}\n",
            line.seed,
            broken.invariant.name(),
            broken.why
        ),
        None => format!("\nseed {}: every invariant held\n", line.seed),
    };
    show(&text)?;
    Ok(concluded(played.broken.is_none()))
}

async fn replay_drill(
    line: &Line,
    folder: Option<&Path>,
    mode: Option<PostgresMode>,
) -> Result<(Vec<String>, Played), Failure> {
    let names: Vec<String> = Some(&line.what)
        .filter(|name| *name != ROWS)
        .cloned()
        .into_iter()
        .collect();
    let scenes = scenes(&names, folder)?;
    let drill = scenes.drills(line.seed)?.pop();
    let drill = drill.ok_or_else(|| LineError::Damaged.to_string())?;
    let (steps, faults) = (drill.scenario.steps.len(), drill.faults.len());
    let kept = line.kept(&drill.told(), steps, faults);
    let kept = kept.map_err(|error| error.to_string())?;
    let stage = stage(line.with_postgres, mode).await?;
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).map_err(|error| error.to_string())?;
    let played = sweep::play_drill(&drill, &kept, &stage, &rules).await?;
    Ok((drill.plan(&kept), played))
}

/// What breaks azdrill off is told with the seed that did it, and not where it happens.
fn quietly() {
    std::panic::set_hook(Box::new(|_| {}));
}

fn concluded(held: bool) -> ExitCode {
    if held {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    }
}
