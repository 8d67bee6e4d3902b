//! Rule by rule: what is taken, what documents said, where it shows.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::machines::did;
use super::text::{code, item, keys, paragraph, words};
use crate::report::{AlternativeFinding, AtStep, ERROR, Findings, RuleFinding, ScenarioFinding, ShownBy};
use crate::run::Taken;

/// How many scenarios in which a rule only applies are told.
const TOLD_MAX: usize = 3;

/// All of them by topic.
pub(super) fn rules(findings: &Findings) -> String {
    let by_name = findings.by_name();
    let mut text = String::from("## Rules\n\n");
    let mut topic = "";
    // What a service answers with is told where it was seen.
    let is_told = |rule: &&RuleFinding| rule.kind != ERROR || !rule.shown_by.is_empty();
    for rule in findings.rules.iter().filter(is_told) {
        if rule.topic != topic {
            topic = &rule.topic;
            let _ = writeln!(text, "### On {}\n", words(topic));
        }
        text += &of_rule(rule, &by_name);
    }
    text
}

fn of_rule(rule: &RuleFinding, by_name: &BTreeMap<&str, &ScenarioFinding>) -> String {
    let mut text = format!("#### {}\n\n{}", rule.rule, paragraph(&rule.statement));
    if rule.differs {
        text += &item(&format!("documented: {}", taken(&rule.documented)));
        text += &item(&format!("observed: {}", taken(&rule.observed)));
    } else {
        text += &item(&format!("both: {}", taken(&rule.observed)));
    }
    for other in rule.alternatives.iter().filter(|one| is_other(rule, one)) {
        text += &item(&format!("possible: {}", taken(&other.taken)));
    }
    for dated in &rule.alternatives {
        if let Some(when) = when(dated) {
            let name = words(&dated.taken.alternative);
            text += &item(&format!("documents said so {when}: {name}"));
        }
    }
    if !rule.code.is_empty() {
        text += &item(&format!("shows as {}", code(&rule.code)));
    }
    if !rule.fix.is_empty() {
        text += &item(&format!("what to do: {}", rule.fix));
    }
    let (only_applies, more): (Vec<&ShownBy>, Vec<&ShownBy>) =
        rule.shown_by.iter().partition(|shown| is_only_applied(shown));
    for shown in more
        .into_iter()
        .chain(only_applies.iter().copied().take(TOLD_MAX))
    {
        text += &item(&shown_by(shown, by_name));
    }
    let left = only_applies.len().saturating_sub(TOLD_MAX);
    if left > 0 {
        text += &item(&format!("applies in {left} more scenarios"));
    }
    text + "\n"
}

fn is_other(rule: &RuleFinding, one: &AlternativeFinding) -> bool {
    let name = &one.taken.alternative;
    *name != rule.documented.alternative && *name != rule.observed.alternative
}

/// From when until when documents said so, as far as versions were read.
fn when(one: &AlternativeFinding) -> Option<String> {
    match (&one.said_from, &one.said_until) {
        (Some(from), Some(until)) => Some(format!("from {from} to {until}")),
        (Some(from), None) => Some(format!("from {from}")),
        (None, Some(until)) => Some(format!("until {until}")),
        (None, None) => None,
    }
}

fn taken(taken: &Taken) -> String {
    let name = words(&taken.alternative);
    format!("{name} ({}; {})", taken.mark, keys(&taken.sources))
}

fn is_only_applied(shown: &ShownBy) -> bool {
    !shown.about && shown.decides.is_empty() && shown.makes_the_difference.is_empty()
}

fn shown_by(shown: &ShownBy, by_name: &BTreeMap<&str, &ScenarioFinding>) -> String {
    let step = |number: usize| {
        let scenario = by_name.get(shown.scenario.as_str())?;
        scenario.steps.get(number.checked_sub(1)?)
    };
    let on = |at: &AtStep| {
        let step = step(at.step)?;
        let (documented, observed) = (&step.documented.brief, &step.observed.brief);
        let number = step.number;
        Some(match (at.documented, at.observed) {
            (true, true) if documented == observed => format!("step {number}: both {documented}"),
            (true, true) => format!("step {number}: documented {documented}, observed {observed}"),
            (true, false) => format!("step {number}: documented {documented}"),
            _ => format!("step {number}: observed {observed}"),
        })
    };
    let mut told: Vec<String> = shown.decides.iter().filter_map(on).collect();
    // Where nothing is refused, it shows in what is let through.
    if told.is_empty() {
        let applies = shown.applies.iter().take(1).filter_map(on);
        told.extend(applies.map(|at| format!("applies at {at}")));
    }
    for number in &shown.makes_the_difference {
        if let Some(step) = step(*number) {
            let documented = did(&step.documented, &step.observed, step);
            let observed = did(&step.observed, &step.documented, step);
            told.push(format!(
                "makes the difference at step {number}: documented {documented}, observed {observed}"
            ));
        }
    }
    let scenario = code(&shown.scenario);
    if told.is_empty() {
        return format!("{scenario} is about it");
    }
    format!("shown by {scenario}: {}", told.join("; "))
}
