//! What is known to differ, and what nobody knows.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::text::{cell, code, item, item_below, keys, links, paragraph};
use crate::report::{
    DifferenceFinding, DifferenceState, Findings, HowShown, OpenPointFinding, SaidFinding, ShownStep,
};

/// A table to find one in, and each with all there is to say.
pub(super) fn differences(findings: &Findings) -> String {
    let mut text = String::from("## What is known to differ\n\n");
    text += "| | point | how sure | seen in |\n|---|---|---|---|\n";
    for own in &findings.differences {
        let _ = writeln!(
            text,
            "| {} | [{}](#{}) | {} | {} |",
            own.number,
            cell(&own.topic),
            anchor(own),
            own.mark,
            seen_in(own)
        );
    }
    text += "\n";
    for own in &findings.differences {
        text += &difference(own);
    }
    text
}

/// Where its heading is found.
fn anchor(own: &DifferenceFinding) -> String {
    let heading = heading(own).to_lowercase();
    let kept = heading
        .chars()
        .filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

fn heading(own: &DifferenceFinding) -> String {
    format!("{}. {}", own.number, own.topic)
}

fn seen_in(own: &DifferenceFinding) -> String {
    match own.state {
        DifferenceState::Shown => {
            let mut names: Vec<String> = own.shown_at.iter().map(|at| code(&at.scenario)).collect();
            names.dedup();
            names.join(", ")
        }
        DifferenceState::NotPlayed => "not played here".to_owned(),
        DifferenceState::Unproven => "**not as it should be**".to_owned(),
        DifferenceState::NotYet => "not yet".to_owned(),
        DifferenceState::Never => "nothing that can be played".to_owned(),
    }
}

fn difference(own: &DifferenceFinding) -> String {
    let mut text = format!("### {}\n\n", heading(own));
    text += &item(&format!("documented: {}", own.documented));
    text += &item(&format!("actual ({}): {}", own.mark, own.actual));
    text += &item(&format!("what it costs: {}", own.cost));
    if !own.said.is_empty() {
        text += &item("how the documents changed:");
        for said in &own.said {
            text += &item_below(&format!(
                "{}: {} ({})",
                when(said),
                said.says,
                keys(&said.sources)
            ));
        }
    }
    for at in &own.shown_at {
        text += &item(&seen(at));
    }
    match own.state {
        DifferenceState::Shown => {}
        DifferenceState::NotPlayed => text += &item(&format!("not played here: {}", own.why)),
        DifferenceState::Unproven => text += &item(&format!("**not as it should be**: {}", own.why)),
        DifferenceState::NotYet => text += &item(&format!("not seen yet: {}", own.why)),
        DifferenceState::Never => text += &item(&format!("cannot be played: {}", own.why)),
    }
    if !own.rules.is_empty() {
        text += &item(&format!(
            "rules: {}",
            links(own.rules.iter().map(|id| id.as_str()))
        ));
    }
    text + &item(&format!("sources: {}", keys(&own.sources))) + "\n"
}

/// From when until when a document said something, as far as versions were read.
fn when(said: &SaidFinding) -> String {
    match (&said.from, &said.until) {
        (Some(from), Some(until)) if from == until => from.clone(),
        (Some(from), Some(until)) => format!("{from} to {until}"),
        (Some(from), None) => format!("since {from}"),
        (None, Some(until)) => format!("until {until}"),
        (None, None) => "now".to_owned(),
    }
}

fn seen(at: &ShownStep) -> String {
    let told = match (at.documented.is_empty(), at.documented == at.observed) {
        (true, _) => return format!("to be seen in {}, step {}", code(&at.scenario), at.step),
        (false, true) => format!("both {}", at.observed),
        (false, false) => format!("documented {}, observed {}", at.documented, at.observed),
    };
    let how: Vec<&str> = at
        .how
        .iter()
        .map(|how| match how {
            HowShown::Decides => "decides",
            HowShown::Applies => "applies",
            HowShown::MakesTheDifference => "makes the difference",
            HowShown::Expected => "as the scenario expects",
        })
        .collect();
    let how = match at.rule {
        Some(rule) => format!("{rule} {}", how.join(", ")),
        None => how.join(", "),
    };
    let scenario = code(&at.scenario);
    format!(
        "seen in {scenario}, step {} ({}): {told}; {how}",
        at.step, at.title
    )
}

/// The rules a point would settle, by how sure we are of them.
fn settled(point: &OpenPointFinding) -> String {
    let mut by_mark: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for rule in &point.rules {
        by_mark.entry(&rule.mark).or_default().push(rule.rule.as_str());
    }
    let rules: Vec<String> = by_mark
        .into_iter()
        .map(|(mark, rules)| format!("{} ({mark})", links(rules)))
        .collect();
    rules.join("; ")
}

/// What nobody knows, and how to know it.
pub(super) fn open_points(findings: &Findings) -> String {
    let mut text = String::from("## What nobody knows\n\n");
    text += &paragraph(
        "Each with the experiment on a subscription that would settle it, the rules it would change, and how sure we \
         are of them as they are.",
    );
    for point in &findings.open_points {
        text += &item(&format!("**{}**", point.question));
        text += &item_below(&point.experiment);
        text += &item_below(&format!("would settle {}", settled(point)));
        let points: Vec<String> = point.differences.iter().map(ToString::to_string).collect();
        if !points.is_empty() {
            text += &item_below(&format!("and of what is known to differ: {}", points.join(", ")));
        }
    }
    text + "\n"
}
