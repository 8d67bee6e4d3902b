//! The table of what differs, step by step.

use maud::{Markup, html};

use super::super::excerpt::where_it_differs;
use super::super::{DidFinding, Findings, ScenarioFinding, StepFinding};
use super::words::{Distance, because, breakable, counted, scenario_link, step_anchor};

/// One row a step in which the machines differ, the gravest first.
pub(super) fn differences(findings: &Findings) -> Markup {
    let steps: Vec<(&ScenarioFinding, &StepFinding)> = findings
        .scenarios
        .iter()
        .flat_map(|scenario| scenario.steps.iter().map(move |step| (scenario, step)))
        .filter(|(_, step)| !step.differs.is_empty())
        .collect();
    html! {
        section #differences aria-labelledby="differences-heading" data-list="differences" {
            h2 #differences-heading { "What differs, step by step" }
            @if steps.is_empty() { p { "Nothing of what was played." } }
            @for (gravity, heading, open) in [
                (Distance::End, "Steps that end otherwise", true),
                (Distance::Results, "Steps that leave other files or rows", false),
                (Distance::Words, "Steps that say something else", false),
            ] {
                @let own = steps.iter().filter(|(_, step)| Distance::of(&step.differs) == gravity);
                (group(heading, open, &own.copied().collect::<Vec<_>>()))
            }
        }
    }
}

fn group(heading: &str, open: bool, steps: &[(&ScenarioFinding, &StepFinding)]) -> Markup {
    html! {
        @if !steps.is_empty() {
            details.topic data-group="" open[open] {
                summary { h3 { (heading) } span.count { (counted(steps.len(), "step", "steps")) } }
                (table(heading, steps))
            }
        }
    }
}

fn table(heading: &str, steps: &[(&ScenarioFinding, &StepFinding)]) -> Markup {
    html! {
        table.differences role="table" {
            caption.hidden { (heading) }
            thead role="rowgroup" {
                tr role="row" {
                    th scope="col" role="columnheader" { "scenario and step" }
                    th scope="col" role="columnheader" { "documented" }
                    th scope="col" role="columnheader" { "observed" }
                    th scope="col" role="columnheader" { "by rule" }
                }
            }
            tbody role="rowgroup" { @for (scenario, step) in steps { (row(scenario, step)) } }
        }
    }
}

fn row(scenario: &ScenarioFinding, step: &StepFinding) -> Markup {
    html! {
        tr.item role="row" data-item="difference" data-differs="" {
            th scope="row" role="rowheader" {
                (scenario_link(&scenario.name)) br;
                a.step href={ "#" (step_anchor(&scenario.name, step.number)) } { (step.number) ". " (step.title) }
            }
            td role="cell" data-label="documented" { (did(&step.documented, step)) }
            td role="cell" data-label="observed" { (did(&step.observed, step)) }
            td role="cell" data-label="by rule" { (because(step)) }
        }
    }
}

/// How much is shown of a text in which the two differ.
const TEXT_MAX: usize = 300;

/// What a machine did, and that in which it differs.
pub(super) fn did(done: &DidFinding, step: &StepFinding) -> Markup {
    let files = done
        .files
        .filter(|_| step.documented.files != step.observed.files);
    let same = step.documented.brief == step.observed.brief && files.is_none();
    let other = match std::ptr::eq(done, &step.documented) {
        true => &step.observed,
        false => &step.documented,
    };
    let differs_in = where_it_differs(done.differs_in.trim_end(), other.differs_in.trim_end(), TEXT_MAX);
    html! {
        span.brief { (breakable(&done.brief)) }
        @if let Some(files) = files { ", " (counted(files.try_into().unwrap_or(usize::MAX), "file", "files")) }
        @if same && !differs_in.is_empty() {
            ul.differs-in { @for line in differs_in.lines() { li { (line) } } }
        }
    }
}
