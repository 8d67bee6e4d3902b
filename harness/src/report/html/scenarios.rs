//! Every scenario, by topic, with its timeline: time goes down, and at each step stands what both machines did.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::{DidFinding, Findings, ScenarioFinding, StepFinding, StepTimes};
use super::differences::did;
use super::ended::Ended;
use super::places::Strip;
use super::strip;
use super::words::{
    Distance, anchor, because, counted, distance, duration, mark, permalink, prose, rule_links, step_anchor,
    words,
};
use crate::run::Made;

/// Scenarios by topic, each folded.
pub(super) fn scenarios(findings: &Findings) -> Markup {
    // Whoever names scenarios names them in any order.
    let mut topics: BTreeMap<&str, Vec<&ScenarioFinding>> = BTreeMap::new();
    for scenario in &findings.scenarios {
        topics.entry(&scenario.topic).or_default().push(scenario);
    }
    html! {
        section #scenarios aria-labelledby="scenarios-heading" data-list="scenarios" {
            h2 #scenarios-heading { "Scenarios" }
            p.about {
                "What was claimed, and what both machines did, as time went on. Times are virtual, and at the pace that \
                 was recorded on Azure."
            }
            (strip::legend())
            @for (topic, scenarios) in topics { (of_topic(topic, &scenarios)) }
        }
    }
}

fn of_topic(topic: &str, scenarios: &[&ScenarioFinding]) -> Markup {
    let differing = scenarios.iter().filter(|scenario| scenario.differs).count();
    html! {
        details.topic id=(anchor("scenarios-of", topic)) data-group="" {
            summary {
                h3 { (words(topic)) }
                span.count {
                    (counted(scenarios.len(), "scenario", "scenarios"))
                    @if differing > 0 { ", " (differing) " differ" @if differing == 1 { "s" } }
                }
            }
            @for scenario in scenarios { (of_scenario(scenario)) }
        }
    }
}

fn of_scenario(scenario: &ScenarioFinding) -> Markup {
    let id = anchor("scenario", &scenario.name);
    html! {
        details.item.scenario id=(id) data-item="scenario" data-differs=[scenario.differs.then_some("")] {
            summary {
                span.id { (scenario.name) }
                span.claim { (prose(&scenario.claim)) }
                span.tags {
                    (distance(Distance::of_scenario(scenario)))
                    @if !scenario.held { span class="tag missed" { span aria-hidden="true" { "✗" } " expectation missed" } }
                    (strip::overview(scenario))
                }
            }
            div.body {
                p.small { (rows(scenario.rows)) @if scenario.guessed { ", and what only a server knows taken to be well" } "; " (took(scenario)) }
                ol.timeline { @for index in 0..scenario.steps.len() { (step(scenario, index)) } }
                (permalink(&id, &scenario.name))
            }
        }
    }
}

fn rows(made: Made) -> &'static str {
    match made {
        Made::Moved => "Real servers, real rows moved",
        Made::Still => "Real servers, no rows moved",
        Made::Simulated => "Servers simulated, every decision real",
        Made::None => "No server with rows",
    }
}

fn took(scenario: &ScenarioFinding) -> Markup {
    let [documented, observed] = scenario
        .timelines
        .each_ref()
        .map(|timeline| duration(timeline.seconds));
    let recorded = scenario.timelines.iter().all(|timeline| timeline.recorded_pace);
    html! {
        @if documented == observed { (documented) } @else { (documented) " documented, " (observed) " observed" }
        " of virtual time"
        @if !recorded { ", not at the recorded pace" }
        "."
    }
}

/// A step of both machines.
fn step(scenario: &ScenarioFinding, index: usize) -> Markup {
    let step = &scenario.steps[index];
    let [documented, observed] = &scenario.timelines;
    let strips = [Strip::of(documented, index), Strip::of(observed, index)];
    let alike = step.differs.is_empty() && strips[0] == strips[1];
    html! {
        li.step id=(step_anchor(&scenario.name, step.number)) data-differs=[(!step.differs.is_empty()).then_some("")] {
            (clock(documented.steps.get(index), observed.steps.get(index)))
            div.what {
                h4 { (step.number) ". " (step.title) }
                div.pair {
                    @if alike {
                        (machine("both machines", &step.observed, step, &strips[1]))
                    } @else {
                        (machine("documented", &step.documented, step, &strips[0]))
                        (machine("observed", &step.observed, step, &strips[1]))
                    }
                }
                @if !step.differs.is_empty() {
                    p.because { (distance(Distance::of(&step.differs))) " by " (because(step)) }
                }
            }
        }
    }
}

/// When the step began.
fn clock(documented: Option<&StepTimes>, observed: Option<&StepTimes>) -> Markup {
    let begins = |times: Option<&StepTimes>| times.map_or_else(String::new, |times| duration(times.began));
    let (by_documents, by_observation) = (begins(documented), begins(observed));
    html! {
        p.clock {
            @if by_documents == by_observation {
                span.hidden { "begins after " } (by_observation)
            } @else {
                span.hidden { "begins after " } (by_documents) span.who { " documented" } br;
                (by_observation) span.who { " observed" }
            }
        }
    }
}

fn machine(who: &str, done: &DidFinding, step: &StepFinding, strip: &Strip) -> Markup {
    let ended = Ended::of(&done.brief);
    html! {
        div.machine {
            p.who { (who) }
            p class={ "ended " (ended.class()) } {
                span.sign aria-hidden="true" { (ended.sign()) } " " (did(done, step))
            }
            (strip::strip(strip))
            @if !done.gate.is_empty() || !done.rules.is_empty() {
                p.decided {
                    @if !done.gate.is_empty() { "gate " (done.gate) }
                    @if !done.rules.is_empty() {
                        @if !done.gate.is_empty() { ", " }
                        "by " (rule_links(done.rules.iter().map(String::as_str)))
                    }
                    " " (mark(&done.mark))
                }
            }
            @for missed in &done.missed { p.warning { strong { "Missed. " } (prose(missed)) } }
        }
    }
}
