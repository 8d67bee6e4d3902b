//! `azdrill replay`, and the journals that others write.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use azdrill::journal_file::JournalFile;
use azdrill::page::Page;
use azdrill::replay::{self, Until};
use azdrill::sweep::BEGINS;
use clap::Args;

use super::failure::Failure;
use super::output::{show, tell};

/// What `--help` says below the options.
const SECRETS: &str = "\
A journal holds what clients sent, secrets included. What is shown of it here holds none.

Exit code 0: all answers are the same, byte for byte. 1: some are not. 2: it could not be played.";

#[derive(Args)]
#[command(after_help = SECRETS)]
pub(super) struct ReplayArguments {
    /// A journal: what `--journal` of `run`, `serve` and `scenario` wrote; or the line that `azdrill chaos` printed of a
    /// run, which begins with `sweep/1/`.
    file: PathBuf,
    /// Stop once this many inputs have been played, and show what exists then, and the log's end.
    #[arg(long, value_name = "N", conflicts_with = "explain", value_parser = clap::value_parser!(u64).range(1..))]
    until: Option<u64>,
    /// Stop at the exchange of this number in the log, and show who asked what, what was sent and answered (without
    /// its secrets), who said no, why, and by which rule. An input makes one exchange, several or none.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    explain: Option<u64>,
}

impl ReplayArguments {
    /// The line of a sweep, if it is one that is to be played.
    pub(super) fn line(&self) -> Result<Option<String>, Failure> {
        let text = self.file.to_str().map(str::trim);
        let Some(line) = text.filter(|text| text.starts_with(BEGINS) && !self.file.exists()) else {
            return Ok(None);
        };
        if self.until.is_some() || self.explain.is_some() {
            let why = "--until and --explain are of journals: the line of a sweep is played whole";
            return Err(why.to_owned().into());
        }
        Ok(Some(line.to_owned()))
    }
}

pub(super) fn run(arguments: &ReplayArguments) -> Result<ExitCode, Failure> {
    let until = match (arguments.until, arguments.explain) {
        (Some(number), _) => Until::Input(number),
        (None, Some(number)) => Until::Exchange(number),
        (None, None) => Until::End,
    };
    // Whoever plays a journal is told of what breaks azdrill in its own words, at the line.
    std::panic::set_hook(Box::new(|_| {}));
    let replayed = replay::replay(&arguments.file, until).map_err(|error| error.to_string())?;
    let page = Page::of(&std::io::stdout());
    let mut text = replay::found(&page, &arguments.file.display().to_string(), &replayed);
    match until {
        Until::End => {}
        Until::Input(_) => text += &replay::state(&page, &replayed),
        Until::Exchange(number) => {
            let told = replay::explained(&page, &replayed, number);
            text += &told.ok_or_else(|| format!("there is no exchange {number}: the first is 1"))?;
        }
    }
    show(&text)?;
    Ok(if replayed.is_the_same() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// The journal that is to be written, if one is.
pub(super) fn journal(file: Option<&Path>) -> Result<Option<JournalFile>, Failure> {
    let Some(file) = file else { return Ok(None) };
    let journal = JournalFile::at(file);
    Ok(Some(journal.map_err(|error| {
        format!("cannot write {}: {error}", file.display())
    })?))
}

/// How a command ends that kept a journal: where not everything is in it, that is told, and whoever else would have
/// succeeded has not. One that failed has its own code.
pub(super) fn with_journal(journal: Option<&JournalFile>, concluded: ExitCode) -> ExitCode {
    let Some(why) = journal.and_then(JournalFile::failed) else {
        return concluded;
    };
    tell(&format!(
        "the journal is not whole, and cannot be played beyond where it broke off: {why}"
    ));
    if concluded == ExitCode::SUCCESS {
        ExitCode::from(2)
    } else {
        concluded
    }
}
