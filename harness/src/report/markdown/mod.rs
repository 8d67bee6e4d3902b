//! Findings as Markdown: first what differs, then what nobody knows, then rule by rule what was found, and what was
//! played.

mod known;
mod machines;
mod rules;
mod text;

use std::fmt::Write as _;

use super::{DifferenceState, ERROR, Findings};
use crate::run::Made;
use known::{differences, open_points};
use machines::machines;
use rules::rules;
use text::{cell, code, paragraph};

/// The whole of it.
pub fn markdown(findings: &Findings) -> String {
    let mut text = String::from("# Documented against actual\n\n");
    let differing = findings.scenarios.iter().filter(|own| own.differs).count();
    let known = findings.differences.len();
    let shown = |state| {
        findings
            .differences
            .iter()
            .filter(|own| own.state == state)
            .count()
    };
    text += &paragraph(&format!(
        "What Azure's documents say of backing up Azure Database for PostgreSQL, and what Azure does: {known} points \
         where the two are known to part. azdrill {} made this page by playing {}, each on a machine that \
         goes by the documents and on one that goes by what was observed; they part in {differing}. {} of the {known} \
         points are seen in what was played. *Actual* is what was seen, reported or inferred, as its mark says; only \
         a run against Azure shows what Azure does.",
        findings.version,
        match findings.scenarios.len() {
            1 => "1 scenario".to_owned(),
            count => format!("{count} scenarios"),
        },
        shown(DifferenceState::Shown),
    ));
    text += &paragraph(
        "How sure we are: *doc* a document says so, *code* the code of a client, *recorded* recorded traffic, \
         *reported* somebody, *inferred* we infer it, *unverified* nobody has checked.",
    );
    text += "- [What is known to differ](#what-is-known-to-differ)\n\
             - [Where the machines part](#where-the-machines-part)\n\
             - [What nobody knows](#what-nobody-knows)\n\
             - [Rules](#rules)\n\
             - [Scenarios](#scenarios)\n\
             - [Sources](#sources)\n\n";
    text += &differences(findings);
    text += &machines(findings);
    text += &open_points(findings);
    text += &rules(findings);
    text += &unshown(findings);
    text += &scenarios(findings);
    (text + &sources(findings)).trim_end().to_owned() + "\n"
}

fn unshown(findings: &Findings) -> String {
    let rules = findings.rules.iter().filter(|rule| rule.kind != ERROR);
    let unshown = rules.filter(|rule| rule.shown_by.is_empty());
    let names: Vec<&str> = unshown.map(|rule| rule.rule.as_str()).collect();
    if names.is_empty() {
        return String::new();
    }
    let names = paragraph(&names.join(", "));
    format!("### Rules that no scenario played here shows\n\n{names}")
}

fn scenarios(findings: &Findings) -> String {
    let mut text = String::from("## Scenarios\n\n| scenario | claim | held | rows |\n|---|---|---|---|\n");
    for own in &findings.scenarios {
        let held = if own.held { "yes" } else { "no" };
        let mut rows = match own.rows {
            Made::Moved => "moved",
            Made::Still => "real servers, none moved",
            Made::Simulated => "simulated",
            Made::None => "none",
        }
        .to_owned();
        if own.guessed {
            rows += ", with guesses";
        }
        let left: Vec<String> = own
            .steps
            .iter()
            .filter(|step| !step.played)
            .map(|step| step.number.to_string())
            .collect();
        if !left.is_empty() {
            let _ = write!(rows, "; step {} needs them", left.join(", "));
        }
        let name = code(&own.name);
        let _ = writeln!(text, "| {name} | {} | {held} | {rows} |", cell(&own.claim));
    }
    for own in &findings.not_played {
        let name = code(&own.name);
        let _ = writeln!(text, "| {name} | not played: {} | | |", cell(&own.why));
    }
    text += "\n";
    text + &paragraph(
        "*Simulated*: every call, every gate and every rule is played, and servers are only said to run. *With \
         guesses*: such a server was asked what only a real one knows, whether a password fits or rights suffice, \
         and said yes; what the scenario expects came of it all the same.",
    )
}

fn sources(findings: &Findings) -> String {
    let of_rules = findings.rules.iter().flat_map(|rule| {
        let all = rule.alternatives.iter().flat_map(|one| &one.taken.sources);
        all.chain(&rule.documented.sources).chain(&rule.observed.sources)
    });
    let of_differences = findings.differences.iter().flat_map(|own| {
        let said = own.said.iter().flat_map(|said| &said.sources);
        own.sources.iter().chain(said)
    });
    let mut all: Vec<&String> = of_rules.chain(of_differences).collect();
    all.sort();
    all.dedup();
    let mut text = String::from("## Sources\n\n| key | what, and the version read |\n|---|---|\n");
    for source in all {
        let (key, title) = source.split_once(": ").unwrap_or((source, ""));
        let _ = writeln!(text, "| {key} | {} |", cell(title));
    }
    text
}
