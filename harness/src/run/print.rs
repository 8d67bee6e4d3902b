//! A report for people, on a terminal or in a file.

use std::collections::BTreeMap;

use azdrill_emulator::rules::Profile;

use super::report::StepReport;
use super::transcript::{exchange_line, for_people};
use super::{Report, RuleNote};
use crate::page::{Ink, Page};

/// Where what is said of a step stands.
const AT: usize = 4;
/// How wide the labels of what is said are.
const LABEL: usize = 9;

/// The report. `verbose` shows every request, not only those that mattered. The sources it cites are
/// added to `sources`, for [`source_list`].
pub fn print(report: &Report, page: &Page, verbose: bool, sources: &mut BTreeMap<String, String>) -> String {
    let profile = format!("profile {}", report.profile);
    let mut text = format!(
        "{}  {}\n",
        page.ink(Ink::Bold, &report.name),
        page.ink(Ink::Dim, &profile)
    );
    text += &page.paragraph("  ", 2, Ink::Plain, &report.claim);
    text.push('\n');
    let mut steps = Steps::new(page, verbose, sources);
    for index in 0..report.steps.len() {
        text += &steps.step(&report.steps, index);
    }
    text += &table(page, report);
    text += &steps.about(&report.about);
    text += &verdict(page, report);
    text
}

fn verdict(page: &Page, report: &Report) -> String {
    let (ink, word) = if report.held() {
        (Ink::Good, "held: every expectation")
    } else {
        (
            Ink::Bad,
            &*missed(report.steps.iter().map(|step| step.misses.is_empty())),
        )
    };
    let major = report
        .postgres_major
        .map_or_else(String::new, |major| format!(", PostgreSQL {major}"));
    let rows = if report.simulated {
        ", simulated: no row was moved"
    } else {
        ""
    };
    let took = format!(
        "{:.2} s real, {:#} virtual{major}{rows}",
        report.real_time.as_secs_f64(),
        report.virtual_time
    );
    format!("{}  {}\n", page.ink(ink, word), page.ink(Ink::Dim, &took))
}

/// Which steps came to something else than expected, by their numbers.
pub(super) fn missed(held: impl Iterator<Item = bool>) -> String {
    let numbers: Vec<String> = (1..)
        .zip(held)
        .filter(|(_, held)| !held)
        .map(|(number, _): (usize, bool)| number.to_string())
        .collect();
    match numbers.as_slice() {
        [] => "missed".to_owned(),
        [one] => format!("missed: step {one}, see above"),
        several => format!("missed: steps {}, see above", several.join(", ")),
    }
}

/// What comes several times in a row, once, with how often.
fn runs(lines: impl Iterator<Item = String>) -> Vec<(String, usize)> {
    let mut runs: Vec<(String, usize)> = Vec::new();
    for line in lines {
        match runs.last_mut() {
            Some((last, times)) if *last == line => *times += 1,
            _ => runs.push((line, 1)),
        }
    }
    runs
}

/// Where the rules were read that were cited, each once.
pub fn source_list(page: &Page, sources: &BTreeMap<String, String>) -> String {
    if sources.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", page.ink(Ink::Bold, "sources"));
    for (key, title) in sources {
        text += &page.paragraph("  ", 4, Ink::Dim, &format!("{key}: {title}"));
    }
    text
}

/// A rule's name, with how sure it is and the keys of its sources, which are taken note of.
pub(crate) fn cited(note: &RuleNote, sources: &mut BTreeMap<String, String>) -> String {
    let mut keys = vec![note.mark.clone()];
    for source in &note.sources {
        let (key, title) = source.split_once(": ").unwrap_or((source, ""));
        sources.insert(key.to_owned(), title.to_owned());
        keys.push(key.to_owned());
    }
    format!("{} [{}]", note.id, keys.join(", "))
}

/// As many notes of a step are told whole, and of more the first.
const NOTES_MAX: usize = 12;
const NOTES_FIRST: usize = 4;

/// Telling steps one after the other: what was said once is not said again.
pub(super) struct Steps<'a> {
    page: &'a Page,
    verbose: bool,
    /// Where what is said of a step stands.
    pub(super) at: usize,
    /// Rules whose statement was told.
    stated: Vec<String>,
    sources: &'a mut BTreeMap<String, String>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(page: &'a Page, verbose: bool, sources: &'a mut BTreeMap<String, String>) -> Self {
        Self {
            page,
            verbose,
            at: AT,
            stated: Vec::new(),
            sources,
        }
    }

    fn step(&mut self, all: &[StepReport], index: usize) -> String {
        let page = self.page;
        let step = &all[index];
        let mark = mark(page, step.expects, step.misses.is_empty());
        let first = format!("{mark} {}. ", index + 1);
        let title = format!("{}: {}", step.title, step.outcome.brief());
        page.paragraph(&first, 4, Ink::Bold, &title) + &self.body(all, index)
    }

    /// What stands below a step's heading.
    pub(super) fn body(&mut self, all: &[StepReport], index: usize) -> String {
        let page = self.page;
        let step = &all[index];
        let outcome = &step.outcome;
        let blank = " ".repeat(self.at);
        let mut text = String::new();
        let shown = step
            .exchanges
            .iter()
            .filter(|exchange| self.verbose || exchange.refused.is_some());
        for (line, times) in runs(shown.map(exchange_line)) {
            let indent = line.len() - line.trim_start().len() + self.at;
            let first = " ".repeat(indent);
            let times = if times > 1 {
                format!("  ({times} times)")
            } else {
                String::new()
            };
            let told = format!("{}{times}", line.trim_start());
            text += &page.paragraph(&first, indent + 4, Ink::Dim, &told);
        }
        if !outcome.code.is_empty() {
            let same = |other: &StepReport| same_refusal(other, step);
            text += &match all[..index].iter().position(same) {
                Some(before) => {
                    let told = format!("the same refusal as in step {}", before + 1);
                    page.paragraph(&blank, self.at, Ink::Dim, &told)
                }
                None => self.refusal(step),
            };
        } else if outcome.status == "Failed" && !outcome.message.is_empty() {
            text += &page.paragraph(&blank, self.at + 2, Ink::Plain, &outcome.message);
        }
        let notes: Vec<_> = step.notes.iter().filter(|note| note.refused.is_none()).collect();
        let shown = match notes.len() {
            count if self.verbose || count <= NOTES_MAX => count,
            _ => NOTES_FIRST,
        };
        for note in &notes[..shown] {
            let told = format!("{}: {}", note.about, for_people(&note.text));
            text += &page.paragraph(&blank, self.at + 2, Ink::Dim, &told);
        }
        if notes.len() > shown {
            let told = format!("and {} more like these; --verbose tells all", notes.len() - shown);
            text += &page.paragraph(&blank, self.at + 2, Ink::Dim, &told);
        }
        text + &self.ending(step)
    }

    fn ending(&self, step: &StepReport) -> String {
        let page = self.page;
        let outcome = &step.outcome;
        let blank = " ".repeat(self.at);
        let mut text = String::new();
        if let Some(files) = outcome
            .files
            .filter(|files| *files > 0 && outcome.code.is_empty())
        {
            let word = if files == 1 { "file" } else { "files" };
            let told = format!("{files} {word}: {}", outcome.blobs.join(", "));
            text += &page.paragraph(&blank, self.at + 2, Ink::Plain, &told);
        }
        // What was counted, and why it is there.
        if outcome.count.is_some_and(|count| count > 0) && outcome.code.is_empty() {
            for told in outcome.message.split("; ").filter(|told| !told.is_empty()) {
                text += &page.paragraph(&blank, self.at + 2, Ink::Plain, told);
            }
        }
        if let (Some(tables), Some(rows), Some(equal)) = (outcome.tables, outcome.rows, outcome.rows_equal) {
            let (ink, word) = if equal {
                (Ink::Good, "equal")
            } else {
                (Ink::Bad, "different")
            };
            let word = page.ink(ink, word);
            text += &format!("{blank}{tables} tables, {rows} rows: {word} to the source\n");
        }
        for miss in &step.misses {
            text += &page.paragraph(&blank, self.at + 2, Ink::Bad, &format!("missed: {miss}"));
        }
        text
    }

    fn refusal(&mut self, step: &StepReport) -> String {
        let page = self.page;
        let outcome = &step.outcome;
        let (blank, told_at) = (" ".repeat(self.at), self.at + LABEL);
        let mut text = String::new();
        let mut say = |label: &str, told: &str| {
            let label = page.ink(Ink::Dim, &format!("{blank}{label:<9}"));
            text += &page.paragraph(&label, told_at, Ink::Plain, told);
        };
        say("message", &outcome.message);
        if !outcome.inner_code.is_empty() {
            let inner = format!("{}: {}", outcome.inner_code, for_people(&outcome.inner_message));
            say("inner", &inner);
        }
        if !outcome.gate.is_empty() {
            say("gate", &outcome.gate);
        }
        let reason = reason(step);
        let reason = found(&reason, step.rules.iter());
        if !reason.is_empty() {
            say("reason", &for_people(reason));
        }
        for rule in &step.rules {
            let known = reason.contains(&rule.statement) || self.stated.contains(&rule.id);
            let statement = if known { "" } else { &rule.statement };
            say(
                "rule",
                format!("{} {statement}", cited(rule, self.sources)).trim_end(),
            );
            self.stated.push(rule.id.clone());
        }
        if !outcome.mark.is_empty() {
            say("sure", &certainty(&outcome.mark, &outcome.code));
        }
        text
    }

    /// Cites a rule that is told elsewhere than below a step.
    pub(super) fn cite(&mut self, note: &RuleNote) -> String {
        self.stated.push(note.id.clone());
        cited(note, self.sources)
    }

    /// The rules it is about that were not told yet.
    pub(super) fn about(&mut self, about: &[RuleNote]) -> String {
        let rest = about.iter();
        let rest: Vec<&RuleNote> = rest.filter(|rule| !self.stated.contains(&rule.id)).collect();
        if rest.is_empty() {
            return "\n".to_owned();
        }
        let mut text = format!("\n  {}\n", self.page.ink(Ink::Bold, "about"));
        for rule in rest {
            let told = format!("{} {}", cited(rule, self.sources), rule.statement);
            text += &self.page.paragraph("  ", 4, Ink::Plain, &told);
        }
        text.push('\n');
        text
    }
}

/// How a step went: as expected, otherwise, or without anybody expecting anything.
pub(super) fn mark(page: &Page, expects: bool, held: bool) -> String {
    match (expects, held) {
        (_, false) => page.ink(Ink::Bad, "✗"),
        (true, true) => page.ink(Ink::Good, "✓"),
        (false, true) => page.ink(Ink::Dim, "·"),
    }
}

/// Why a step was refused: what a stage found out, else what a call was told, else what it ended with.
fn reason(step: &StepReport) -> String {
    let notes = step.notes.iter().rev();
    let mut of_notes = notes.filter_map(|note| Some(note.refused.as_ref()?.reason.clone()));
    let exchanges = step.exchanges.iter().rev();
    let mut of_calls = exchanges.filter_map(|exchange| Some(exchange.refused.as_ref()?.reason.clone()));
    of_notes
        .next()
        .or_else(|| of_calls.next())
        .unwrap_or_else(|| step.outcome.reason.clone())
}

/// What was found, without the statement of the rule that is told beside it.
pub(crate) fn found<'a, 'n>(reason: &'a str, notes: impl Iterator<Item = &'n RuleNote>) -> &'a str {
    let mut stripped = notes.filter_map(|note| {
        let rest = reason.strip_prefix(note.statement.as_str())?;
        rest.trim_start().strip_prefix("Here: ")
    });
    stripped.next().unwrap_or(reason)
}

/// Whether two steps were refused for the same.
fn same_refusal(a: &StepReport, b: &StepReport) -> bool {
    let told = |step: &StepReport| {
        let outcome = &step.outcome;
        let inner = (outcome.inner_code.clone(), outcome.inner_message.clone());
        (
            outcome.code.clone(),
            outcome.message.clone(),
            inner,
            outcome.gate.clone(),
            reason(step),
        )
    };
    told(a) == told(b)
}

/// How sure we are that Azure answers so.
pub(crate) fn certainty(mark: &str, code: &str) -> String {
    if code.starts_with("Synthetic") {
        return format!("{mark}; the code is ours: Azure's own was never seen");
    }
    match mark {
        "inferred" => "inferred: the code is Azure's, that it is used here is our inference".to_owned(),
        "unverified" => "unverified: nobody we know of has seen Azure answer this".to_owned(),
        other => other.to_owned(),
    }
}

/// What was expected of this machine, and what it did: one row for each step that says what it expects.
fn table(page: &Page, report: &Report) -> String {
    let rows: Vec<[String; 3]> = report
        .steps
        .iter()
        .filter(|step| step.expects)
        .map(|step| {
            let expected = match report.profile {
                Profile::Documented => &step.documented,
                Profile::Observed => &step.observed,
            };
            [step.title.clone(), expected.clone(), step.outcome.brief()]
        })
        .collect();
    let head = ["step", "expected", report.profile.as_str()];
    format!("\n{}", page.table(2, head, &rows))
}
