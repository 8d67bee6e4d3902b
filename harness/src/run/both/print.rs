//! What two machines did, for people.

use std::collections::BTreeMap;

use azdrill_emulator::rules::RuleId;
use jiff::SignedDuration;

use super::{
    Aspect, Because, Both, ComparedStep, Comparison, Done, FoundBy, Made, RuleChoice, Taken, Unfinished,
};
use crate::page::{Ink, Page};
use crate::run::print::{Steps, mark, missed};
use crate::run::transcript::for_people;
use crate::run::{Report, RuleNote};

/// A message that is longer is no cell of a table.
const CELL_MESSAGE_MAX: usize = 48;
/// How many sets of rules are named that one reason kept from being looked at.
const SETS_MAX: usize = 6;
/// How many rules that were taken together are named.
const TOGETHER_MAX: usize = 3;
/// How the rules that make a difference were found.
const FOUND: &str =
    "found by playing again with one rule after the other taken as observed, and no data moved";
/// What the two machines are.
const MACHINES: &str =
    "documented: what Microsoft's documents lead to; observed: what was seen, or is inferred";
/// Where what one of two machines did is told.
const DEEPER: usize = 6;

/// What both did: step by step, then side by side, then by which rules. The sources it cites are added to
/// `sources`.
pub fn print_both(both: &Both, page: &Page, verbose: bool, sources: &mut BTreeMap<String, String>) -> String {
    let comparison = &both.comparison;
    let mut text = format!(
        "{}  {}\n",
        page.ink(Ink::Bold, &comparison.name),
        page.ink(Ink::Dim, "both machines")
    );
    text += &page.paragraph("  ", 2, Ink::Plain, &comparison.claim);
    text += &page.paragraph("  ", 2, Ink::Dim, MACHINES);
    text.push('\n');
    let mut steps = Steps::new(page, verbose, sources);
    for step in &comparison.steps {
        text += &heading(page, step);
        if step.differs.is_empty() {
            text += &steps.body(&both.observed.steps, step.number - 1);
        } else {
            text += &machine(
                page,
                &mut steps,
                "documented",
                &step.documented,
                &both.documented,
                step,
            );
            text += &machine(page, &mut steps, "observed", &step.observed, &both.observed, step);
        }
    }
    text += &table(page, comparison);
    text += &rules(page, &mut steps, comparison);
    text += &unfinished(page, &comparison.unfinished);
    text += &steps.about(&comparison.about);
    text + &verdict(page, comparison)
}

fn heading(page: &Page, step: &ComparedStep) -> String {
    let held = step.documented.missed.is_empty() && step.observed.missed.is_empty();
    let differs = !step.differs.is_empty();
    let mark = if held && differs {
        page.ink(Ink::Note, "≠")
    } else {
        mark(page, step.expects, held)
    };
    let first = format!("{mark} {}. ", step.number);
    let title = if differs {
        step.title.clone()
    } else {
        format!("{}: {}", step.title, step.observed.brief)
    };
    page.paragraph(&first, 4, Ink::Bold, &title)
}

/// What one of them did at a step in which they differ.
fn machine(
    page: &Page,
    steps: &mut Steps<'_>,
    name: &str,
    done: &Done,
    report: &Report,
    step: &ComparedStep,
) -> String {
    let name = page.ink(Ink::Note, &format!("    {name:<12}"));
    let at = std::mem::replace(&mut steps.at, DEEPER);
    let body = steps.body(&report.steps, step.number - 1);
    steps.at = at;
    page.paragraph(&name, 16, Ink::Bold, &cell(done, step)) + &body
}

/// What one did, with as much as shows a difference.
fn cell(done: &Done, step: &ComparedStep) -> String {
    let differs = |aspect: &Aspect| step.differs.contains(aspect);
    let mut parts = vec![done.brief.clone()];
    if differs(&Aspect::Files)
        && let Some(files) = done.files.filter(|files| *files > 0 || done.code.is_empty())
    {
        parts.push(format!("{files} files"));
    }
    if differs(&Aspect::Rows)
        && let (Some(tables), Some(rows), Some(equal)) = (done.tables, done.rows, done.rows_equal)
    {
        let word = if equal { "equal" } else { "different" };
        parts.push(format!("{tables} tables, {rows} rows, {word}"));
    }
    if differs(&Aspect::Message) && done.code.is_empty() && !done.message.is_empty() {
        let message = for_people(&done.message);
        if message.chars().count() <= CELL_MESSAGE_MAX {
            parts.push(message);
        }
    }
    if differs(&Aspect::Waited) {
        parts.push(format!("{} s waited", done.virtual_seconds));
    }
    parts.join(", ")
}

fn table(page: &Page, comparison: &Comparison) -> String {
    let steps = comparison.steps.iter();
    let rows: Vec<[String; 4]> = steps
        .filter(|step| step.expects || !step.differs.is_empty())
        .map(|step| {
            let sign = if step.differs.is_empty() { " " } else { "≠" };
            let (documented, observed) = (cell(&step.documented, step), cell(&step.observed, step));
            let same = documented == observed;
            [
                format!("{sign} {}. {}", step.number, step.title),
                documented,
                observed,
                by(step, same),
            ]
        })
        .collect();
    let head = ["  step", "documented", "observed", "by rule"];
    let differ = comparison.steps.iter().any(|step| !step.differs.is_empty());
    let legend = if differ {
        page.paragraph(
            "  ",
            4,
            Ink::Dim,
            "≠ the two do not do the same, and the rule that makes the difference",
        )
    } else {
        String::new()
    };
    format!("\n{}{legend}", page.table(2, head, &rows))
}

/// The rules that make a row's difference, and in what they differ where its cells do not show it.
fn by(step: &ComparedStep, same: bool) -> String {
    if step.differs.is_empty() {
        return String::new();
    }
    let rules: Vec<String> = step
        .because
        .iter()
        .map(|because| join(&because.rules, " with "))
        .collect();
    let mut text = rules.join(", ");
    if !step.unexplained.is_empty() {
        let and = if text.is_empty() { "" } else { ", " };
        text += &format!("{and}none found for {}", list(&step.unexplained));
    }
    if same {
        text += &format!(" ({})", Aspect::in_few_words(&step.differs));
    }
    text
}

fn join(rules: &[RuleId], between: &str) -> String {
    let names: Vec<&str> = rules.iter().map(|id| id.as_str()).collect();
    names.join(between)
}

fn list(aspects: &[Aspect]) -> String {
    let words: Vec<&str> = aspects.iter().map(|aspect| aspect.as_str()).collect();
    words.join(", ")
}

/// The rules that make the differences: what each machine takes, and what it changes.
fn rules(page: &Page, steps: &mut Steps<'_>, comparison: &Comparison) -> String {
    if comparison.differing_rules.is_empty() {
        return String::new();
    }
    let heading = format!("  {}  ", page.ink(Ink::Bold, "what makes the difference"));
    let mut text = format!("\n{}", page.paragraph(&heading, 4, Ink::Dim, FOUND));
    for choice in &comparison.differing_rules {
        let told = format!("{}  {}", choice.rule, choice.statement);
        text += &page.paragraph("  ", 4, Ink::Plain, &told);
        for (name, taken) in [("documented", &choice.documented), ("observed", &choice.observed)] {
            let note = note(choice, taken);
            let cited = steps.cite(&note);
            let evidence = cited.split_once(' ').map_or("", |(_, evidence)| evidence);
            let first = page.ink(Ink::Dim, &format!("    {name:<12}"));
            let told = format!("{} {evidence}", taken.alternative.replace('_', " "));
            text += &page.paragraph(&first, 16, Ink::Plain, &told);
        }
        let changes: Vec<String> = comparison
            .steps
            .iter()
            .flat_map(|step| step.because.iter().map(move |because| (step, because)))
            .filter(|(_, because)| because.rules.contains(&choice.rule))
            .map(|(step, because)| change(step, because, choice.rule))
            .collect();
        let first = page.ink(Ink::Dim, &format!("    {:<12}", "changes"));
        text += &page.paragraph(&first, 16, Ink::Plain, &changes.join("; "));
    }
    text
}

/// What could not be looked at in the search for rules: once for each reason, with the rules it kept from being
/// looked at.
fn unfinished(page: &Page, plays: &[Unfinished]) -> String {
    let mut whys: Vec<&str> = plays.iter().map(|play| play.why.as_str()).collect();
    whys.sort_unstable();
    whys.dedup();
    let paragraphs = whys.into_iter().map(|why| {
        let sets: Vec<String> = plays
            .iter()
            .filter(|play| play.why == why)
            .map(|play| match play.rules.as_slice() {
                [] => "nothing".to_owned(),
                rules if rules.len() > TOGETHER_MAX => format!("{} rules together", rules.len()),
                rules => join(rules, " with "),
            })
            .collect();
        let (shown, more) = sets.split_at(sets.len().min(SETS_MAX));
        let more = match more.len() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        let (with, why) = (shown.join(", "), for_people(why));
        let told =
            format!("what changes with {with}{more} taken as observed; played so, it came to no end: {why}");
        let first = format!("  {}  ", page.ink(Ink::Bad, "not known"));
        page.paragraph(&first, 4, Ink::Plain, &told)
    });
    paragraphs.collect()
}

fn change(step: &ComparedStep, because: &Because, rule: RuleId) -> String {
    let others = because.rules.iter().copied();
    let others: Vec<RuleId> = others.filter(|other| *other != rule).collect();
    let together = if others.is_empty() {
        String::new()
    } else {
        format!(", only together with {}", join(&others, ", "))
    };
    let given = match because.given.as_slice() {
        [] => String::new(),
        rules => format!(", once {} is taken as observed too", join(rules, " and ")),
    };
    let really = match because.found {
        FoundBy::Playing => ", found by moving data",
        FoundBy::Simulating => "",
    };
    let changed = Aspect::in_few_words(&because.aspects);
    format!("step {}: {changed}{together}{given}{really}", step.number)
}

fn note(choice: &RuleChoice, taken: &Taken) -> RuleNote {
    RuleNote {
        id: choice.rule.to_string(),
        statement: choice.statement.clone(),
        mark: taken.mark.clone(),
        sources: taken.sources.clone(),
    }
}

fn verdict(page: &Page, comparison: &Comparison) -> String {
    let (ink, word) = if comparison.held {
        (Ink::Good, "held: every expectation, on both machines")
    } else {
        let held = |step: &ComparedStep| step.documented.missed.is_empty() && step.observed.missed.is_empty();
        (Ink::Bad, &*missed(comparison.steps.iter().map(held)))
    };
    let differing = comparison
        .steps
        .iter()
        .filter(|step| !step.differs.is_empty())
        .count();
    let differ = match differing {
        0 => "they do the same".to_owned(),
        1 => "they differ in 1 step".to_owned(),
        several => format!("they differ in {several} steps"),
    };
    let (documented, observed) = (&comparison.documented, &comparison.observed);
    let real = documented.real_seconds.max(observed.real_seconds);
    let rows = match (documented.rows, observed.rows) {
        (Made::Moved, Made::Moved) => "data moved on both",
        (Made::Simulated, Made::Simulated) => "simulated: data only said to move, on both",
        (Made::Still, Made::Still) => "real servers, no data moved",
        (Made::None, Made::None) => "no data",
        (Made::Moved, _) => "data moved on the documented machine alone",
        (_, Made::Moved) => "data moved on the observed machine alone",
        _ => "no data moved",
    };
    let major = observed
        .postgres_major
        .map_or_else(String::new, |major| format!(", PostgreSQL {major}"));
    let took = format!(
        "{differ}; it took {real:.2} s, and {:#} of Azure's time; {rows}{major}",
        SignedDuration::from_secs_f64(observed.virtual_seconds.round())
    );
    page.paragraph(&format!("{}  ", page.ink(ink, word)), 2, Ink::Dim, &took)
}
