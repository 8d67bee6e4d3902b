//! What kept a command from running.

use super::output::{tell, tell_raw};
use azdrill::page::{Page, has_colours};
use azdrill::scenario::ScenarioError;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

/// What kept a command from running.
pub(super) enum Failure {
    /// Said in a line.
    Plain(String),
    /// A scenario that cannot be had.
    Scenario(Box<ScenarioError>),
    /// Whoever read standard output has seen enough.
    NobodyReads,
    /// A signal of this number asked to end.
    Interrupted(u8),
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Self {
        Self::Scenario(Box::new(error))
    }
}

impl Failure {
    /// The exit code: where a signal ends other programs, the one a shell gives them.
    pub(super) fn code(&self) -> u8 {
        const PIPE: u8 = 13;
        match self {
            Self::Plain(_) | Self::Scenario(_) => 2,
            Self::NobodyReads => 128 + PIPE,
            Self::Interrupted(number) => 128 + number,
        }
    }

    /// Writes it to standard error; in colour on a terminal only.
    pub(super) fn print(&self) {
        match self {
            Self::NobodyReads | Self::Interrupted(_) => {}
            Self::Plain(text) => tell(text),
            Self::Scenario(error) => {
                let stderr = std::io::stderr();
                let width = Page::of(&stderr).width();
                let text = shown(error, has_colours(&stderr), width);
                tell_raw(&format!("azdrill: {text}"));
            }
        }
    }
}

/// An error as it is shown: with the lines of the file it is about, if it is about one.
fn shown(error: &ScenarioError, colour: bool, width: usize) -> String {
    if error.source_code().is_none() {
        return format!("{error}\n");
    }
    let theme = if colour {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(width);
    match handler.render_report(&mut text, error) {
        Ok(()) => text,
        Err(_) => format!("{error}\n"),
    }
}
