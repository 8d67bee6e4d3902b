//! What was found, for people.

use super::{Incident, Judged, incident};
use crate::page::{Ink, Page};

/// How many of the last lines of a command's output are shown where it did badly.
const LINES: usize = 6;
/// A line that is longer is cut.
const LINE_MAX: usize = 200;

/// A line for each plan: how the command ended, what went wrong, and what it missed.
pub fn print_lines(page: &Page, judged: &[Judged]) -> String {
    judged.iter().map(|own| line(page, own)).collect()
}

fn line(page: &Page, own: &Judged) -> String {
    let missed: Vec<&str> = own.missed().map(|(judgement, _)| judgement.as_str()).collect();
    let (ink, sign) = match (own.met, missed.is_empty()) {
        (false, _) => (Ink::Dim, "·"),
        (true, true) => (Ink::Good, "✓"),
        (true, false) => (Ink::Bad, "✗"),
    };
    let ended = if own.met {
        format!("exit {:<3} {:>6.1} s  ", own.code, own.seconds)
    } else {
        format!("{:<19}", "not met")
    };
    let first = format!("{} {}", page.ink(ink, sign), page.ink(Ink::Dim, &ended));
    let missed = if missed.is_empty() {
        String::new()
    } else {
        format!(" (missed: {})", missed.join(", "))
    };
    let told = format!("{}: {}{missed}", own.plan.name, own.plan.title);
    let mut text = page.paragraph(&first, 21, Ink::Plain, &told);
    for fault in &own.unstruck {
        text += &page.paragraph(&" ".repeat(21), 23, Ink::Dim, &format!("never struck: {fault}"));
    }
    text
}

/// The least plan under which a command does as badly.
pub struct Least {
    /// Its faults, each in a sentence.
    pub faults: Vec<String>,
    /// The line that plays the plan again.
    pub again: String,
    /// The file it is kept in, if it is.
    pub kept: Option<String>,
}

/// What was missed under one plan, with what well-behaved automation does, and how to play it again.
pub fn print_findings(page: &Page, own: &Judged, least: &Least) -> String {
    let mut text = page.paragraph(
        "",
        2,
        Ink::Bold,
        &format!("{}: {}", own.plan.name, own.plan.title),
    );
    let mut say = |label: &str, told: &str| {
        let label = page.ink(Ink::Dim, &format!("  {label:<9}"));
        text += &page.paragraph(&label, 11, Ink::Plain, told);
    };
    for (judgement, why) in own.missed() {
        say(judgement.as_str(), why);
    }
    for (number, fault) in least.faults.iter().enumerate() {
        say(if number == 0 { "least" } else { "" }, fault);
    }
    if let Some(known) = incident(&own.plan.name) {
        say("better", &known.behaves);
    }
    let lines: Vec<&str> = own
        .output
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    for (number, line) in lines.iter().skip(lines.len().saturating_sub(LINES)).enumerate() {
        let line: String = line
            .chars()
            .filter(|letter| !letter.is_control())
            .take(LINE_MAX)
            .collect();
        say(if number == 0 { "it wrote" } else { "" }, &line);
    }
    if let Some(file) = &least.kept {
        say("kept as", file);
    }
    // A line to be pasted is one line, however long.
    text + &format!("{}{}\n", page.ink(Ink::Dim, "  again    "), least.again)
}

/// Every incident, with what it is and what well-behaved automation does about it.
pub fn print_incidents(page: &Page, all: &[&Incident]) -> String {
    let mut text = String::new();
    for own in all {
        text += &page.paragraph("", 2, Ink::Bold, &format!("{}  {}", own.name, own.title));
        text += &page.paragraph("  ", 2, Ink::Plain, &own.what);
        let label = page.ink(Ink::Dim, "  better   ");
        text += &page.paragraph(&label, 11, Ink::Plain, &own.behaves);
        let label = page.ink(Ink::Dim, &format!("  {:<9}", own.mark));
        text += &page.paragraph(&label, 11, Ink::Dim, &own.sources.join("; "));
    }
    text += &match all.len() {
        1 => "1 incident\n".to_owned(),
        count => format!("{count} incidents\n"),
    };
    text
}
