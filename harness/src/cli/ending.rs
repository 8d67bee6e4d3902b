//! How the program ends that could not run.

use std::process::ExitCode;

use azdrill::page::{Page, has_colours};
use azdrill::scenario::ScenarioError;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

use super::failure::Failure;
use super::output::{tell, tell_raw};

/// Says to standard error what kept it from running; in colour on a terminal only.
pub(super) fn could_not_run(failure: &Failure) -> ExitCode {
    match failure {
        Failure::NobodyReads | Failure::Interrupted(_) => {}
        Failure::Plain(text) => tell(text),
        Failure::Scenario(error) => {
            let stderr = std::io::stderr();
            let width = Page::of(&stderr).width();
            let text = shown(error, has_colours(&stderr), width);
            tell_raw(&format!("azdrill: {text}"));
        }
    }
    ExitCode::from(failure.code())
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
