//! `azdrill time`.

use std::path::PathBuf;
use std::process::ExitCode;

use azdrill::page::{Ink, Page};
use azdrill_emulator::model::Timestamp;
use clap::{Args, Subcommand};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::argument::Format;
use super::ask::RunningAzure;
use super::failure::Failure;
use super::interrupts::Interrupts;
use super::output::{show, write};

/// Where the time is asked for and moved.
const PATH: &str = "/_azdrill/time";

#[derive(Args)]
pub(super) struct TimeArguments {
    #[command(subcommand)]
    change: Option<Change>,
    /// Where the fake Azure is reached; `AZDRILL_URL` if left out, and else where `serve` says it is.
    #[arg(long, global = true, value_name = "URL", conflicts_with = "state")]
    url: Option<String>,
    /// Where the running `serve` keeps its state; if left out, `azdrill` in `$XDG_STATE_HOME`, or else in
    /// `~/.local/state`.
    #[arg(long, global = true, value_name = "FOLDER")]
    state: Option<PathBuf>,
    /// How to write what time it is then.
    #[arg(long, global = true, value_enum, default_value_t)]
    format: Format,
    /// The same as `--format json`.
    #[arg(long, global = true, conflicts_with = "format")]
    json: bool,
}

/// What to do with the clock.
#[derive(Subcommand)]
enum Change {
    /// Let the clock stand still. Calls are answered, and what they begin is done, in no time.
    Freeze,
    /// Let the clock go on from where it stands, as fast as the machine's.
    Go,
    /// Move the clock forward to a moment. What falls due on the way happens, with real backups.
    Set {
        /// The moment, e.g. 2030-01-01T00:00:00Z.
        to: String,
    },
    /// Move the clock forward. What falls due on the way happens, with real backups.
    Advance {
        /// How far: `P7D`, `PT10M`, "10 minutes", `36h`, `7d`; a hundred years (36600d) at the most.
        #[arg(allow_hyphen_values = true)]
        by: String,
    },
    /// Move the clock forward until no operation and no job is under way. Schedules, retention and deletions that can
    /// be undone do not count: they go on for ever, or for years.
    UntilQuiet {
        /// Not further than this; exit code 2 if it is not quiet by then.
        #[arg(long, value_name = "HOW FAR", default_value = "P2D")]
        within: String,
    },
}

impl Change {
    fn asked(&self) -> Value {
        match self {
            Self::Freeze => json!({"clock": "frozen"}),
            Self::Go => json!({"clock": "going"}),
            Self::Set { to } => json!({"to": to}),
            Self::Advance { by } => json!({"by": by}),
            Self::UntilQuiet { within } => json!({"until_quiet": {"within": within}}),
        }
    }

    /// Looks at what was said before anybody is asked.
    fn check(&self) -> Result<(), Failure> {
        let is_span = |text: &str| text.parse::<jiff::Span>().is_ok();
        match self {
            Self::Set { to } if to.parse::<Timestamp>().is_err() => Err(format!(
                "`{to}` is no moment; one like 2030-01-01T00:00:00Z was expected, with its offset"
            )
            .into()),
            Self::Advance { by: text } | Self::UntilQuiet { within: text } if !is_span(text) => Err(format!(
                "`{text}` is no duration; one like 7d, 36h, PT10M or \"10 minutes\" was expected"
            )
            .into()),
            _ => Ok(()),
        }
    }
}

/// What the fake Azure says of its time.
#[derive(Deserialize)]
struct Told {
    now: Timestamp,
    clock: String,
    next_due: Option<Timestamp>,
    running_operations: usize,
    running_jobs: usize,
}

pub(super) async fn run(arguments: TimeArguments, mut interrupts: Interrupts) -> Result<ExitCode, Failure> {
    if let Some(change) = &arguments.change {
        change.check()?;
    }
    let azure = RunningAzure::find(arguments.url.as_deref(), arguments.state.as_deref())?;
    let asking = async {
        match &arguments.change {
            None => azure.ask(Method::GET, PATH, None).await,
            Some(change) => azure.ask(Method::POST, PATH, Some(&change.asked())).await,
        }
    };
    let answer = interrupts.or(asking).await?;
    if arguments.json || arguments.format == Format::Json {
        write(&format!("{answer:#}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let told: Told = serde_json::from_value(answer)
        .map_err(|error| format!("what answers is no azdrill of this version: {error}"))?;
    show(&page_of(&Page::of(&std::io::stdout()), &told))?;
    Ok(ExitCode::SUCCESS)
}

fn page_of(page: &Page, told: &Told) -> String {
    let state = if told.clock == "frozen" {
        "stands still"
    } else {
        "goes"
    };
    let mut text = format!(
        "{}  the clock {state}\n",
        page.ink(Ink::Bold, &told.now.to_string())
    );
    if told.running_operations + told.running_jobs > 0 {
        let under_way = format!(
            "under way: {}, {}",
            counted(told.running_operations, "operation"),
            counted(told.running_jobs, "job")
        );
        text += &page.paragraph("", 2, Ink::Plain, &under_way);
        if told.clock == "frozen" {
            let hint = "what waits for time goes on when the clock is moved: `azdrill time until-quiet`";
            text += &page.paragraph("", 2, Ink::Note, hint);
        }
    }
    text += &match told.next_due {
        None => page.paragraph("", 2, Ink::Dim, "nothing falls due by itself"),
        Some(due) => page.paragraph("", 2, Ink::Dim, &format!("the next thing falls due at {due}")),
    };
    text
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
