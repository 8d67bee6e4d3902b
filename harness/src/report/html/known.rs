//! Where documents and Azure are known to part, each held against what was played; and what nobody knows.

use maud::{Markup, html};

use super::super::{
    DifferenceFinding, DifferenceState, Findings, HowShown, OpenPointFinding, SaidFinding, ShownStep,
};
use super::words::{
    anchor, counted, mark, permalink, prose, rule_link, rule_links, separated, sources, step_anchor,
};

/// A row each, folded.
pub(super) fn differences(findings: &Findings) -> Markup {
    html! {
        section #known aria-labelledby="known-heading" data-list="known" {
            h2 #known-heading { "Where documents and Azure part" }
            p.about {
                "What a reader of the documents does not expect, what it costs, and the step of a scenario that shows it."
            }
            @for (open, heading, wanted) in [
                (true, "Shown by playing", &[DifferenceState::Shown][..]),
                (false, "Not seen here", &[DifferenceState::NotPlayed, DifferenceState::Unproven][..]),
                (false, "No scenario shows it yet", &[DifferenceState::NotYet][..]),
                (false, "No scenario can show it", &[DifferenceState::Never][..]),
            ] { (of_state(findings, open, heading, wanted)) }
        }
    }
}

fn of_state(findings: &Findings, open: bool, heading: &str, wanted: &[DifferenceState]) -> Markup {
    let rows = findings.differences.iter();
    let rows: Vec<&DifferenceFinding> = rows.filter(|row| wanted.contains(&row.state)).collect();
    html! {
        @if !rows.is_empty() {
            details.topic data-group="" open[open] {
                summary { h3 { (heading) } span.count { (counted(rows.len(), "row", "rows")) } }
                @for row in rows { (of_row(row)) }
            }
        }
    }
}

fn of_row(row: &DifferenceFinding) -> Markup {
    let id = anchor("row", &row.number.to_string());
    html! {
        details.item.known id=(id) data-item="row" data-differs="" data-mark=(row.mark) {
            summary {
                span.id { (row.number) }
                span.claim { (prose(&row.topic)) }
                span.tags { (state(row.state)) (mark(&row.mark)) }
            }
            div.body {
                dl.pair {
                    div { dt { "documented" } dd { (prose(&row.documented)) } }
                    div { dt { "actual" } dd { (prose(&row.actual)) } }
                }
                dl.facts {
                    div { dt { "what it costs" } dd { (prose(&row.cost)) } }
                    @if !row.said.is_empty() {
                        div { dt { "how documents changed" } dd { ol { @for said in &row.said { li { (of_said(said)) } } } } }
                    }
                    @if !row.rules.is_empty() {
                        div { dt { "rules" } dd { (rule_links(row.rules.iter().map(|rule| rule.as_str()))) } }
                    }
                    @if !row.shown_at.is_empty() {
                        div { dt { "shown at" } dd { ul { @for step in &row.shown_at { li { (of_step(step)) } } } } }
                    }
                    @if !row.why.is_empty() { div { dt { "not shown" } dd { (prose(&row.why)) } } }
                    div { dt { "read in" } dd { (sources(&row.sources)) } }
                }
                (permalink(&id, &format!("row {}", row.number)))
            }
        }
    }
}

fn state(state: DifferenceState) -> Markup {
    let (class, sign, told) = match state {
        DifferenceState::Shown => ("seen", "✓", "shown"),
        DifferenceState::NotPlayed => ("same", "–", "not played"),
        DifferenceState::Unproven => ("missed", "✗", "not seen"),
        DifferenceState::NotYet => ("same", "–", "not yet"),
        DifferenceState::Never => ("same", "–", "cannot be"),
    };
    html! { span class={ "tag " (class) } { span aria-hidden="true" { (sign) } " " (told) } }
}

fn of_said(said: &SaidFinding) -> Markup {
    html! {
        (prose(&said.says)) " "
        span.cited {
            @if let Some(from) = &said.from { "said from " time datetime=(from) { (from) } " " }
            @if let Some(until) = &said.until { "until " time datetime=(until) { (until) } " " }
            @if !said.sources.is_empty() { "in " (sources(&said.sources)) }
        }
    }
}

fn of_step(step: &ShownStep) -> Markup {
    let place = format!("{}, step {}", step.scenario, step.step);
    html! {
        // What was not played is nowhere on the page.
        @if step.title.is_empty() { (place) } @else {
            a href={ "#" (step_anchor(&step.scenario, step.step)) } { (place) } " " (prose(&step.title))
        }
        @if let Some(rule) = step.rule { ", " (rule_link(rule.as_str())) " " (how(&step.how)) }
        @if !step.observed.is_empty() {
            @if step.documented == step.observed { ": both " (step.observed) } @else {
                ": documented " (step.documented) ", observed " (step.observed)
            }
        }
    }
}

fn how(how: &[HowShown]) -> String {
    let told = how.iter().map(|how| match how {
        HowShown::Decides => "decides",
        HowShown::Applies => "applies",
        HowShown::MakesTheDifference => "makes the difference",
        HowShown::Expected => "is as expected",
    });
    told.collect::<Vec<_>>().join(" and ")
}

/// What nobody knows, each with the experiment that would settle it.
pub(super) fn open_points(findings: &Findings) -> Markup {
    html! {
        section #open-points aria-labelledby="open-points-heading" data-list="open points" {
            h2 #open-points-heading { "What nobody knows" }
            p.about { "Each with an experiment on a subscription that would settle it." }
            details.topic data-group="" {
                summary {
                    h3 { "Open points" }
                    span.count { (counted(findings.open_points.len(), "question", "questions")) }
                }
                @for (index, point) in findings.open_points.iter().enumerate() { (of_point(index + 1, point)) }
            }
        }
    }
}

fn of_point(number: usize, point: &OpenPointFinding) -> Markup {
    let id = anchor("open", &number.to_string());
    let rules = point.rules.iter();
    let rules = rules.map(|marked| html! { (rule_link(marked.rule.as_str())) " " (mark(&marked.mark)) });
    let rows = point.differences.iter();
    let rows = rows.map(|row| html! { a href={ "#" (anchor("row", &row.to_string())) } { "row " (row) } });
    html! {
        details.item.known id=(id) data-item="open" {
            summary { span.id { (number) } span.claim { (prose(&point.question)) } }
            div.body {
                dl.facts {
                    div { dt { "experiment" } dd { (prose(&point.experiment)) } }
                    @if !point.rules.is_empty() { div { dt { "would settle" } dd { (separated(rules, ", ")) } } }
                    @if !point.differences.is_empty() { div { dt { "and" } dd { (separated(rows, ", ")) } } }
                }
                (permalink(&id, &format!("open point {number}")))
            }
        }
    }
}
