//! What a command did to Azure, for people: first how it ended and why, then what else there is to know.

mod causes;
#[cfg(test)]
mod tests;
mod timeline;

use std::collections::BTreeMap;

use self::causes::{Cause, causes};
pub(crate) use self::timeline::place;
use self::timeline::{timeline, waiting};
use super::call::Call;
use super::record::Record;
use super::tally::fold;
use crate::page::{Ink, Page};
use crate::run::{RuleNote, certainty, for_people, found};

/// Where what is said of a cause begins.
const TOLD: usize = 12;
/// The most calls that are named where a service found something out.
const FOUND_BY_MAX: usize = 3;

/// The most calls that are named as struck by faults.
const STRUCK_MAX: usize = 5;

/// How much of a run is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// How it ended, and why.
    Verdict,
    /// The same, with a timeline that is cut short if it is long.
    Summary,
    /// Everything.
    Whole,
}

/// The summary of a run. `misses` are the expectations that did not hold; `None` if there were none
/// to hold.
pub fn print(record: &Record, misses: Option<&[String]>, page: &Page, detail: Detail) -> String {
    let causes = causes(record);
    let mut sources = BTreeMap::new();
    let mut text = heading(page, record);
    text += &verdict(page, record, misses, &causes);
    text += &missing(page, record);
    for (index, cause) in causes.iter().enumerate() {
        text += &told_cause(page, record, index + 1, cause, &mut sources);
    }
    if detail != Detail::Verdict {
        text += &outcomes(page, record);
        text += &faults(page, record);
        text += &outside(page, record);
        text += &waiting(page, record);
        text += &timeline(page, record, detail == Detail::Whole);
    }
    text + &crate::run::source_list(page, &sources)
}

fn heading(page: &Page, record: &Record) -> String {
    let world = match &record.world {
        Some(world) => format!("world {world}, "),
        None => String::new(),
    };
    let title = format!("What `{}` did to Azure", record.command);
    let about = format!("({world}profile {})", record.profile);
    if title.chars().count() + about.chars().count() < page.width() {
        return format!(
            "\n{} {}\n",
            page.ink(Ink::Bold, &title),
            page.ink(Ink::Dim, &about)
        );
    }
    format!(
        "\n{}{}",
        page.paragraph("", 0, Ink::Bold, &title),
        page.paragraph("", 0, Ink::Dim, &about)
    )
}

/// How it ended, in one line, and what was missed.
fn verdict(page: &Page, record: &Record, misses: Option<&[String]>, causes: &[Cause<'_>]) -> String {
    let by_command = record.calls.iter().filter(|call| !call.by_service).count();
    let mut parts = vec![format!("exit code {}", record.exit_code)];
    parts.push(match causes.len() {
        0 => "nothing failed".to_owned(),
        1 => "1 thing failed".to_owned(),
        count => format!("{count} things failed"),
    });
    let lacking = record.not_implemented.len();
    if lacking > 0 {
        parts.push(format!("{lacking} that azdrill does not have"));
    }
    let calls = if by_command == 1 { "call" } else { "calls" };
    parts.push(format!(
        "{by_command} {calls} of its own in {:.1} s",
        record.seconds
    ));
    let moved = record.ended.duration_since(record.began).as_secs_f64() - record.seconds;
    if moved >= 1.0 {
        parts.push(format!("the clock was moved forward by {}", span(moved)));
    }
    let dropped = record.calls_made.saturating_sub(record.calls.len() as u64);
    if dropped > 0 {
        parts.push(format!("the first {dropped} calls were not kept"));
    }
    let went_well = record.exit_code == 0 && misses.is_none_or(<[String]>::is_empty);
    let (mark, ink) = if went_well {
        ("✓ ", Ink::Good)
    } else {
        ("✗ ", Ink::Bad)
    };
    let mut text = page.paragraph(&page.ink(ink, mark), 2, Ink::Plain, &parts.join(", "));
    match misses {
        None => {}
        Some([]) => text += &format!("  {}\n", page.ink(Ink::Good, "held: every expectation")),
        Some(misses) => {
            for miss in misses {
                let miss = format!("missed: {}", for_people(miss));
                text += &page.paragraph("  ", 4, Ink::Bad, &miss);
            }
        }
    }
    text
}

/// A span of time; of a day or more, to the minute.
fn span(seconds: f64) -> String {
    const DAY: i64 = 24 * 60;
    let minutes = (seconds / 60.0).round() as i64;
    if minutes < DAY {
        return format!("{:#}", jiff::SignedDuration::from_secs(seconds.round() as i64));
    }
    let days = match minutes / DAY {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    match minutes % DAY {
        0 => days,
        rest => format!("{days} {:#}", jiff::SignedDuration::from_mins(rest)),
    }
}

/// What was asked for and is not there: nothing of it is Azure's word.
fn missing(page: &Page, record: &Record) -> String {
    if record.not_implemented.is_empty() {
        return String::new();
    }
    let title = "asked for, and not in azdrill: what Azure would have done is not known";
    let mut text = format!("\n{}", page.paragraph("", 2, Ink::Bold, title));
    for (what, count) in &record.not_implemented {
        let told = format!("{} ({})", for_people(what), times(*count));
        text += &page.paragraph(&page.ink(Ink::Bad, "✗ "), 2, Ink::Plain, &told);
        let asked = record.calls.iter();
        let asked = asked.filter(|call| call.not_implemented.as_ref() == Some(what));
        // The text of the others says no more than the line above.
        let mut reasons = asked.filter_map(|call| Some(call.refused.as_ref()?.reason.as_str()));
        if let Some(reason) = reasons.find(|reason| reason.contains("does not play")) {
            text += &page.paragraph("    ", 4, Ink::Dim, &for_people(reason));
        }
    }
    text
}

fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

fn told_cause(
    page: &Page,
    record: &Record,
    number: usize,
    cause: &Cause<'_>,
    sources: &mut BTreeMap<String, String>,
) -> String {
    let what = title(cause);
    let first = format!("{} {number}. ", page.ink(Ink::Bad, "✗"));
    let title = if cause.code.is_empty() {
        what
    } else {
        format!("{what}: {}", cause.code)
    };
    let mut text = format!("\n{}", page.paragraph(&first, 5, Ink::Bold, &title));
    let mut say = |label: &str, told: &str| {
        let label = page.ink(Ink::Dim, &format!("   {label:<9}"));
        text += &page.paragraph(&label, TOLD, Ink::Plain, told);
    };
    let Some(no) = cause.no else {
        say("said", &for_people(cause.message));
        say_consequences(cause, &mut say);
        return text;
    };
    let note = |id: &String| record.rules.iter().find(|note| note.id == *id);
    let notes: Vec<&RuleNote> = no.rules.iter().filter_map(note).collect();
    let why = found(&no.reason, notes.iter().copied());
    say("why", &for_people(why));
    let fix = no.rules.iter().find_map(|id| record.fixes.get(id));
    if let Some(fix) = fix {
        say("fix", fix);
    }
    for note in &notes {
        let statement = if why.contains(&note.statement) {
            ""
        } else {
            &note.statement
        };
        say(
            "rule",
            format!("{} {statement}", crate::run::cited(note, sources)).trim_end(),
        );
    }
    if !no.is_of_service() {
        say("gate", &no.gate);
    }
    let found_by = cause.found_by.iter().map(|call| {
        let code = call.refused.as_ref().map_or("", |no| no.code.as_str());
        format!(
            "{} {} as {}: {} {code}",
            call.method,
            place(call),
            call.caller,
            call.status
        )
    });
    let mut found_by: Vec<String> = found_by.collect();
    found_by.dedup();
    for told in found_by.iter().take(FOUND_BY_MAX) {
        say("found by", told.trim_end());
    }
    say_consequences(cause, &mut say);
    if ["inferred", "unverified"].contains(&no.mark.as_str()) || no.code.starts_with("Synthetic") {
        say("sure", &certainty(&no.mark, &no.code));
    }
    text
}

/// What failed, in a few words.
fn title(cause: &Cause<'_>) -> String {
    if let Some(stage) = cause.stages.first() {
        return stage.replace('_', " ");
    }
    if let Some(call) = cause.calls.first().or(cause.found_by.first()) {
        return format!("{} {}", call.method, place(call));
    }
    match cause.jobs.first() {
        Some(job) => format!("{} of {}", job.operation, job.instance),
        None => "an operation".to_owned(),
    }
}

/// What came of it besides what the title says.
fn say_consequences(cause: &Cause<'_>, say: &mut impl FnMut(&str, &str)) {
    let mut came: Vec<String> = Vec::new();
    let again = cause.stages.len().saturating_sub(1);
    if again > 0 {
        let mut stages: Vec<String> = cause
            .stages
            .iter()
            .skip(1)
            .map(|stage| stage.replace('_', " "))
            .collect();
        stages.dedup();
        came.push(format!("the same at {}", stages.join(", ")));
    }
    let of_title = usize::from(cause.stages.is_empty() && !cause.calls.is_empty());
    let calls = cause.calls.len() - of_title;
    if calls > 0 {
        let word = if calls == 1 { "call" } else { "calls" };
        let more = if of_title > 0 { " more" } else { "" };
        came.push(format!("{calls}{more} {word} answered with it"));
    }
    let jobs = cause.jobs.iter();
    came.extend(jobs.map(|job| format!("the job {} of {} failed", job.operation, job.instance)));
    if cause.operations > 0 && cause.jobs.is_empty() {
        let operations = cause.operations;
        let word = if operations == 1 {
            "operation"
        } else {
            "operations"
        };
        came.push(format!("{operations} {word} ended with it"));
    }
    if !came.is_empty() {
        say("so", &came.join("; "));
    }
}

/// Jobs, and recovery points.
fn outcomes(page: &Page, record: &Record) -> String {
    let mut text = String::new();
    if !record.jobs.is_empty() {
        text += &format!("\n{}\n", page.ink(Ink::Bold, "jobs"));
    }
    for job in &record.jobs {
        let told = format!("{} of {}: {}", job.operation, job.instance, job.status);
        let told = if job.code.is_empty() {
            told
        } else {
            format!("{told}, {}", job.code)
        };
        let ink = match job.status.as_str() {
            "Completed" => Ink::Good,
            "Failed" => Ink::Bad,
            _ => Ink::Plain,
        };
        text += &page.paragraph("  ", 4, ink, &told);
    }
    if record.new_recovery_points > 0 {
        text += &format!(
            "\n{} {} new, {} in all\n",
            page.ink(Ink::Bold, "recovery points"),
            record.new_recovery_points,
            record.recovery_points
        );
    }
    text
}

/// Which faults struck what; those that should have and have not are missed expectations.
fn faults(page: &Page, record: &Record) -> String {
    if record.faults == 0 {
        return String::new();
    }
    let struck: Vec<Call> = record.calls.iter().filter(|call| call.faulted).cloned().collect();
    let folded = fold(&struck);
    let mut calls: Vec<String> = folded
        .iter()
        .take(STRUCK_MAX)
        .map(|line| {
            let told = format!("{} {}", line.first.method, place(line.first));
            match line.count {
                1 => told,
                count => format!("{told} ×{count}"),
            }
        })
        .collect();
    if folded.len() > STRUCK_MAX {
        calls.push(format!("and {} more", folded.len() - STRUCK_MAX));
    }
    let mut told = format!("{} of {} struck", record.faults_struck, record.faults);
    if !calls.is_empty() {
        told += &format!(": {}", calls.join(", "));
    }
    let first = page.ink(Ink::Bold, "faults  ");
    format!("\n{}", page.paragraph(&first, 8, Ink::Plain, &told))
}

/// Hosts of the internet, with what they are where that is known.
fn outside(page: &Page, record: &Record) -> String {
    if record.unknown_hosts.is_empty() {
        return String::new();
    }
    let title = "hosts that are not ours: never dialled";
    let mut text = format!("\n{}\n", page.ink(Ink::Bold, title));
    for (host, count) in &record.unknown_hosts {
        let what = match record.outside.get(host) {
            Some(what) => format!(", {what}"),
            None => String::new(),
        };
        let told = format!("{host}, {}{what}", times(*count));
        text += &page.paragraph("  ", 4, Ink::Plain, &told);
    }
    text
}
