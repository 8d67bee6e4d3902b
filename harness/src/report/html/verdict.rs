//! What a reader sees first: how many scenarios differ, which rules make it, what to do.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::{DifferenceState, Findings, RuleFinding};
use super::words::{
    Distance, counted, distance, duration, prose, rule_link, scenario_link, separated, step_anchor, words,
};

/// The most scenarios a rule's card names before it says how many more there are.
const NAMED_MAX: usize = 4;

/// A rule that makes a difference somewhere.
struct Maker<'a> {
    rule: &'a RuleFinding,
    /// The gravest difference it makes in each scenario.
    scenarios: BTreeMap<&'a str, (Distance, usize)>,
}

impl Maker<'_> {
    fn gravest(&self) -> Distance {
        let distances = self.scenarios.values().map(|(distance, _)| *distance);
        distances.max().unwrap_or(Distance::None)
    }
}

/// The figures, then the rules that make the difference.
pub(super) fn verdict(findings: &Findings) -> Markup {
    let makers = makers(findings);
    html! {
        section #verdict aria-labelledby="verdict-heading" {
            h2 #verdict-heading { "In short" }
            (figures(findings, makers.len()))
            (missed(findings))
            h3 { "The rules that make the difference, the gravest first" }
            @if makers.is_empty() { p { "None of what was played differs." } }
            ol.makers { @for maker in &makers { (card(maker)) } }
        }
    }
}

fn makers(findings: &Findings) -> Vec<Maker<'_>> {
    let mut makers: BTreeMap<&str, BTreeMap<&str, (Distance, usize)>> = BTreeMap::new();
    for scenario in &findings.scenarios {
        for step in &scenario.steps {
            for because in &step.because {
                let made = (Distance::of(&because.aspects), step.number);
                for rule in &because.rules {
                    let scenarios = makers.entry(rule.as_str()).or_default();
                    let gravest = scenarios.entry(&scenario.name).or_insert(made);
                    if made.0 > gravest.0 {
                        *gravest = made;
                    }
                }
            }
        }
    }
    let rules = findings.rules.iter();
    let mut makers: Vec<Maker<'_>> = rules
        .filter_map(|rule| {
            let scenarios = makers.remove(rule.rule.as_str())?;
            Some(Maker { rule, scenarios })
        })
        .collect();
    makers.sort_by_key(|maker| {
        let reversed = (
            std::cmp::Reverse(maker.gravest()),
            std::cmp::Reverse(maker.scenarios.len()),
        );
        (reversed, maker.rule.rule)
    });
    makers
}

fn figures(findings: &Findings, makers: usize) -> Markup {
    let distances: Vec<Distance> = findings.scenarios.iter().map(Distance::of_scenario).collect();
    let count = |wanted: Distance| distances.iter().filter(|own| **own == wanted).count();
    let all = findings.scenarios.len();
    let differing = all - count(Distance::None);
    html! {
        p.lead {
            strong { (differing) " of " (counted(all, "scenario", "scenarios")) }
            @if differing == 1 { " differs" } @else { " differ" }
            " between what Microsoft documents and what was observed; "
            strong { (counted(makers, "rule makes", "rules make")) } " the difference."
        }
        (bar(&[Distance::End, Distance::Results, Distance::Words, Distance::None].map(|own| (own, count(own)))))
        ul.figures {
            li { (figure(count(Distance::End), "end otherwise")) " another status or error code" }
            li { (figure(count(Distance::Results), "leave other files")) " or rows, and end alike" }
            li { (figure(count(Distance::Words), "are said otherwise")) " another inner code, rule or message" }
            li { (figure(count(Distance::None), "are the same")) " on both machines" }
        }
    }
}

fn figure(count: usize, what: &str) -> Markup {
    html! { span.number { (count) } " " strong { (what) } }
}

/// How many scenarios there are of each distance, as a bar.
fn bar(parts: &[(Distance, usize)]) -> Markup {
    /// In the picture's own units.
    const WIDTH: usize = 720;
    let all: usize = parts.iter().map(|(_, count)| count).sum();
    let told: Vec<String> = parts
        .iter()
        .map(|(distance, count)| format!("{count} {}", distance.as_str()))
        .collect();
    let mut before = 0;
    html! {
        svg.share role="img" aria-label=(told.join(", ")) viewBox={ "0 0 " (WIDTH) " 14" } preserveAspectRatio="none" {
            @for (distance, count) in parts {
                @let x = before * WIDTH / all.max(1);
                @let end = { before += count; before * WIDTH / all.max(1) };
                @if end > x { rect class=(distance.class()) x=(x) y="0" width=((end - x).saturating_sub(2).max(1)) height="14" {} }
            }
        }
    }
}

/// What did not come as expected: a mistake of ours.
fn missed(findings: &Findings) -> Markup {
    let missed: Vec<&str> = findings
        .scenarios
        .iter()
        .filter(|scenario| !scenario.held)
        .map(|scenario| scenario.name.as_str())
        .collect();
    let shown = findings
        .differences
        .iter()
        .filter(|row| row.state == DifferenceState::Shown)
        .count();
    let (left_out, virtual_seconds) = (findings.not_played.len(), virtual_seconds(findings));
    html! {
        @if !missed.is_empty() {
            p.warning {
                strong { "An expectation was missed" } " in "
                (separated(missed.iter().map(|name| scenario_link(name)), ", "))
                ": a mistake of ours, and no finding."
            }
        }
        @if !findings.differences.is_empty() {
            p {
                "Of " a href="#known" { (counted(findings.differences.len(), "known difference", "known differences")) }
                " between documents and Azure, " strong { (shown) } @if shown == 1 { " is" } @else { " are" }
                " shown by playing. " a href="#open-points" { (counted(findings.open_points.len(), "question", "questions")) }
                " nobody can answer yet."
            }
        }
        p.small {
            "Played in " (duration(virtual_seconds)) " of virtual time. "
            @if left_out > 0 {
                a href="#not-played" { (counted(left_out, "scenario was", "scenarios were")) " not played" } ". "
            }
            em { "Actual" } " is what these machines do; only a run against Azure shows what Azure does."
        }
    }
}

fn virtual_seconds(findings: &Findings) -> f64 {
    let machines = findings.scenarios.iter().flat_map(|scenario| &scenario.timelines);
    machines.map(|timeline| timeline.seconds).sum()
}

fn card(maker: &Maker<'_>) -> Markup {
    let rule = maker.rule;
    let mut scenarios: Vec<(&str, Distance, usize)> = maker
        .scenarios
        .iter()
        .map(|(name, (distance, step))| (*name, *distance, *step))
        .collect();
    scenarios.sort_by_key(|(name, distance, _)| (std::cmp::Reverse(*distance), *name));
    let link = |(name, _, step): &(&str, Distance, usize)| {
        html! { a href={ "#" (step_anchor(name, *step)) } { (name) } }
    };
    let more = scenarios.len().saturating_sub(NAMED_MAX);
    html! {
        li.maker {
            p.top { (rule_link(rule.rule.as_str())) " " (distance(maker.gravest())) }
            p.statement { (prose(&rule.statement)) }
            dl.turn {
                div { dt { "documented" } dd { (words(&rule.documented.alternative)) } }
                div { dt { "observed" } dd { (words(&rule.observed.alternative)) " " span class="tag mark" { (rule.observed.mark) } } }
            }
            @if !rule.fix.is_empty() { p.todo { strong { "What to do. " } (prose(&rule.fix)) } }
            p.small {
                "In " (separated(scenarios.iter().take(NAMED_MAX).map(link), ", "))
                @if more > 0 { " and " (counted(more, "other", "others")) }
            }
        }
    }
}
