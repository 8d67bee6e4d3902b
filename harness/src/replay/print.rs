//! Telling what came of playing a journal again.

use std::collections::BTreeMap;

use azdrill_emulator::journal::Header;
use azdrill_emulator::state::OperationOutcome;

use super::{Differing, Replayed};
use crate::page::{Ink, Page};
use crate::run::for_people;
use crate::serve::{Call, place};

/// The most exchanges of the log's end that are shown.
const TAIL_MAX: usize = 16;
/// Where what is told begins.
const TOLD: usize = 13;

/// How many inputs, under which build it was written, and where answers first differ.
pub fn found(page: &Page, file: &str, replayed: &Replayed) -> String {
    let header = replayed.header();
    let first = format!("{}: ", page.ink(Ink::Bold, file));
    let mut text = page.paragraph(&first, 2, Ink::Plain, &header.of);
    let mut say = |label: &str, told: &str| text += &labelled(page, label, told);
    say("written by", &written_by(header));
    let beginning = &header.beginning;
    let assumed: String = beginning
        .assumptions
        .iter()
        .map(|(rule, alternative)| format!(", {rule}={alternative}"))
        .collect();
    say(
        "with",
        &format!("profile {}, seed {}{assumed}", beginning.profile, beginning.seed),
    );
    let mut inputs = match replayed.inputs() {
        1 => "1 was played".to_owned(),
        count => format!("{count} were played"),
    };
    if let Some((first, last)) = replayed.times {
        inputs += &format!(", {} to {}", second(first), second(last));
    }
    say("inputs", &inputs);
    if replayed.broken_off {
        say(
            "its end",
            "the last line ends in the middle, as when a process is killed; it was left out",
        );
    }
    match &replayed.first {
        None => {
            let told = match replayed.inputs() {
                0 => "there was nothing to play".to_owned(),
                1 => "its answer is the same, byte for byte".to_owned(),
                count => format!("all {count} answers are the same, byte for byte"),
            };
            text += &format!("{}\n", page.ink(Ink::Good, &told));
        }
        Some(first) => text += &differing(page, replayed, first),
    }
    text
}

fn written_by(header: &Header) -> String {
    let writer = format!("azdrill {}, build {}", header.version, header.build);
    if header.is_of_this_build() {
        format!("{writer}, which is this one")
    } else {
        let this = Header::own_build();
        format!("{writer}; this is {}, build {this}", env!("CARGO_PKG_VERSION"))
    }
}

fn differing(page: &Page, replayed: &Replayed, first: &Differing) -> String {
    let count = replayed.differing;
    let word = if count == 1 { "answer is" } else { "answers are" };
    let head = format!("{count} {word} another than in the journal; the first is that of");
    let mut text = page.paragraph("", 2, Ink::Bad, &head);
    let played = &first.played;
    let told = format!(
        "line {} (input {}): {}",
        first.line,
        played.number,
        for_people(&played.what)
    );
    text += &page.paragraph("  ", 4, Ink::Bold, &told);
    let mut say = |label: &str, told: &str| text += &labelled(page, label, told);
    say("at", &second(played.at));
    if let Some(difference) = &played.difference {
        say("differs", &difference.to_string());
    }
    let numbers: Vec<String> = first
        .exchanges
        .iter()
        .map(|exchange| exchange.number.to_string())
        .collect();
    if !numbers.is_empty() {
        let told = format!("{} (`--explain N` shows one)", numbers.join(", "));
        say("exchanges", &told);
    }
    for refused in first
        .exchanges
        .iter()
        .filter_map(|exchange| exchange.refused.as_ref())
    {
        say("reason now", &for_people(&refused.reason));
    }
    if !replayed.header().is_of_this_build() {
        say(
            "because",
            "another build wrote it: its rules, or what comes of them, may be others",
        );
    }
    text
}

/// What exists where it stopped, and how it came to that.
pub fn state(page: &Page, replayed: &Replayed) -> String {
    let azure = replayed.azure();
    let mut text = String::new();
    if let Some(last) = &replayed.last {
        let told = format!(
            "after input {}, at {}: {}",
            last.number,
            second(last.at),
            for_people(&last.what)
        );
        text += &format!("\n{}", page.paragraph("", 2, Ink::Bold, &told));
    }
    let state = azure.state();
    let hidden = |id: &str| {
        state
            .subscription(id)
            .is_some_and(|subscription| subscription.hidden)
    };
    let mut types: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for resource in state.resources.values() {
        if !resource.id.subscription().is_some_and(hidden) {
            types
                .entry(resource.text("/type"))
                .or_default()
                .push(resource.id.name());
        }
    }
    text += &section(
        page,
        "resources",
        types
            .into_iter()
            .map(|(kind, names)| format!("{kind}: {} ({})", names.len(), names.join(", "))),
    );
    let jobs = azure.services().data_protection.all_jobs();
    text += &section(
        page,
        "jobs",
        jobs.map(|job| {
            let code = job.error["code"].as_str().unwrap_or_default();
            let instance = job.instance.name();
            format!("{} of {instance}: {} {code}", job.kind.as_str(), job.status)
                .trim_end()
                .to_owned()
        }),
    );
    let points = azure.services().data_protection.all_recovery_points();
    text += &section(
        page,
        "recovery points",
        points.map(|(instance, point)| format!("{} of {}", second(point.time), instance.name())),
    );
    let operations = state.operations.all();
    let operations = operations.filter_map(|(id, operation)| match &operation.outcome {
        OperationOutcome::Running => Some(format!("{} goes on", for_people(id))),
        OperationOutcome::Failed(error) => {
            let code = error["code"].as_str().unwrap_or_default();
            Some(format!("{} failed: {code}", for_people(id)))
        }
        OperationOutcome::Succeeded(_) => None,
    });
    text += &section(page, "operations that go on or failed", operations);
    text + &tail(page, replayed)
}

fn section(page: &Page, head: &str, lines: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for line in lines {
        text += &page.paragraph("  ", 4, Ink::Plain, &line);
    }
    if text.is_empty() {
        return text;
    }
    format!("\n{}\n{text}", page.ink(Ink::Bold, head))
}

fn tail(page: &Page, replayed: &Replayed) -> String {
    let log = replayed.azure().log();
    let after = log.count().saturating_sub(TAIL_MAX as u64);
    let mut text = String::new();
    for exchange in log.since(after) {
        let call = Call::of(exchange, 0.0);
        let ink = if exchange.status < 400 {
            Ink::Plain
        } else {
            Ink::Bad
        };
        let status = page.ink(ink, &format!("{:<4}", exchange.status));
        let first = format!(
            "{:>6}  {status} {:<7} ",
            exchange.number,
            exchange.method.as_str()
        );
        let mut told = place(&call);
        if call.by_service && !call.caller.is_empty() {
            told += &format!(" as {}", call.caller);
        }
        if let Some(refused) = &exchange.refused {
            told += &format!(" {}: {}", refused.code, for_people(&refused.reason));
        }
        text += &page.paragraph(&first, 21, Ink::Plain, &told);
    }
    if text.is_empty() {
        return text;
    }
    let head = page.ink(Ink::Bold, "the log's end (`--explain N` shows one)");
    format!("\n{head}\n{text}")
}

pub(super) fn labelled(page: &Page, label: &str, told: &str) -> String {
    let label = page.ink(Ink::Dim, &format!("  {label:<10} "));
    page.paragraph(&label, TOLD, Ink::Plain, told)
}

pub(super) fn second(time: azdrill_emulator::model::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
