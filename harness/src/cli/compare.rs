//! `azdrill compare`.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use azdrill::compare::{self, paint};
use clap::Args;

use super::argument::{Format, ProfileArgument};
use super::failure::Failure;
use super::output::{show, tell, write};

/// What `--help` says below the options.
const FILES: &str = "\
A recording is a VCR cassette (YAML or JSON), a file of the Azure SDKs' test proxy, or what
`azdrill run --record` wrote. What it presupposes is built from the ids its requests name; ids that
services make up are aligned. Nothing is really backed up: a recording holds no rows.

A file of differences (TOML) names each that is accepted:
    [[difference]]
    file = \"vault_*.json\"              # any recording if left out
    requests = [3]                      # all if left out
    path = \"properties.*.duration\"      # `*` a member, `**` any number of them; all if left out
    kind = \"value\"                      # status, not_played, missing, extra, value
    expected = 1                        # anything if left out; so `got`
    reason = \"why\"

Beside NAME.json, NAME.world.toml may say what cannot be read from the requests:
    region = \"westeurope\"               # where what is built stands
    not_built = [\"/backupVaults/v\"]     # ends of ids of what is not built
    [[read_as]]                         # a text that stands for another
    recorded = \"…\"
    played = \"…\"
    [[before]]                          # a request that is made first
    method = \"PUT\"
    path = \"/subscriptions/…\"
    body = { location = \"westeurope\" }";

#[derive(Args)]
#[command(after_help = FILES)]
pub(super) struct CompareArguments {
    /// Recordings, folders of them, and files of differences (`.toml`).
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A file of differences that are accepted, each with a reason.
    #[arg(long, value_name = "FILE")]
    differences: Vec<PathBuf>,
    /// Whose word to take where documents and observation differ.
    #[arg(long, value_enum, default_value_t)]
    profile: ProfileArgument,
    /// How to write what was found.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Leave out the differences that are named.
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn run(arguments: &CompareArguments) -> Result<ExitCode, Failure> {
    let could_not = |mistake: compare::Mistake| match mistake {
        compare::Mistake::Beside(error) => Failure::from(error),
        other => Failure::Plain(other.to_string()),
    };
    let given = compare::read(&arguments.files, &arguments.differences).map_err(could_not)?;
    if given.recordings.is_empty() {
        return Err("none of these is a recording".to_owned().into());
    }
    let report = compare::compare(&given, arguments.profile.into());
    if !report.as_ref().is_ok_and(compare::Report::is_as_named) {
        for note in given
            .recordings
            .iter()
            .filter_map(compare::Recording::of_another_world)
        {
            tell(&note);
        }
    }
    let report = report.map_err(could_not)?;
    match arguments.format {
        Format::Text => show(&paint(&report, width(), arguments.quiet))?,
        Format::Json => {
            let body = serde_json::json!({"total": report.total(), "as_named": report.is_as_named(), "report": report});
            write(&format!("{body:#}\n"))?;
        }
    }
    Ok(if report.is_as_named() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// As wide as the terminal, and not too wide to read; what is no terminal is 100 columns wide.
fn width() -> usize {
    const USUAL: usize = 100;
    if !std::io::stdout().is_terminal() {
        return USUAL;
    }
    rustix::termios::tcgetwinsize(std::io::stdout())
        .map_or(USUAL, |size| usize::from(size.ws_col))
        .clamp(40, 140)
}
