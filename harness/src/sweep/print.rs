//! What a sweep has come to, for a person.

use std::collections::BTreeMap;

use super::coverage::{Coverage, PHASES};
use super::tally::Tally;
use super::wrong::KINDS;
use crate::page::{Ink, Page};

/// The text.
pub fn print(page: &Page, tally: &Tally) -> String {
    let mut text = String::new();
    for finding in &tally.broken {
        let head = format!("seed {} breaks {}", finding.seed, finding.invariant);
        text += &format!("{}\n", page.ink(Ink::Bad, &head));
        text += &page.paragraph("  ", 2, Ink::Plain, &finding.why);
        for (number, line) in finding.plan.iter().enumerate() {
            text += &page.paragraph(&format!("  {number:>3}. "), 7, Ink::Dim, line);
        }
        text += &format!("  azdrill replay '{}'\n\n", finding.line);
    }
    let own = &tally.covered;
    let last = tally.from.saturating_add(tally.seeds.saturating_sub(1));
    let shards: Vec<String> = tally.shards.iter().map(ToString::to_string).collect();
    let steps = if tally.with_postgres {
        "real rows"
    } else {
        "in memory"
    };
    let broke = tally.broken.len();
    let head = format!(
        "{} runs of {}, {steps}, of the seeds {} to {last}, shard {}: {}",
        tally.runs,
        tally.what.join(", "),
        tally.from,
        shards.join(", "),
        match broke {
            0 => "every invariant held".to_owned(),
            broke => format!("{broke} broke an invariant"),
        }
    );
    text += &page.paragraph("", 0, if broke == 0 { Ink::Good } else { Ink::Bad }, &head);
    for (why, times) in &tally.cut_short {
        let said = format!("{times} could not be played to their end: {why}");
        text += &page.paragraph("  ", 4, Ink::Note, &said);
    }
    text += &format!("all transcripts: {}\n", tally.digest);
    let line = |what: &str, list: &BTreeMap<String, u64>, of: usize, all: &[&str]| {
        let mut said = format!("{what:<12}{} of {of}", list.len());
        let missed = Coverage::missed(list, all);
        if !missed.is_empty() {
            let missed: Vec<&str> = missed.into_iter().collect();
            said += &format!("; never: {}", missed.join(", "));
        }
        page.paragraph("  ", 4, Ink::Plain, &said)
    };
    text += &line("rules", &own.rules, tally.totals.rules, &[]);
    text += &line("operations", &own.operations, tally.totals.operations, &[]);
    text += &line("phases", &own.phases, tally.totals.phases, &PHASES);
    text += &line("fault kinds", &own.faults, tally.totals.faults, &KINDS);
    let (done, refused): (Vec<_>, Vec<_>) = own.steps.iter().partition(|(kind, _)| kind.ends_with("done"));
    let count = |list: Vec<(&String, &u64)>| list.into_iter().map(|(_, times)| times).sum::<u64>();
    let (done, refused) = (count(done), count(refused));
    text += &page.paragraph(
        "  ",
        4,
        Ink::Plain,
        &format!("steps       {done} done, {refused} refused"),
    );
    text
}
