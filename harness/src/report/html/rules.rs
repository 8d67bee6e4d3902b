//! Every rule, by topic.

use maud::{Markup, html};

use super::super::{AlternativeFinding, AtStep, ERROR, Findings, RuleFinding, ShownBy, StepFinding};
use super::words::{
    anchor, counted, mark, permalink, prose, scenario_link, separated, step_anchor, taken, words,
};

/// Rules by topic, each folded.
pub(super) fn rules(findings: &Findings) -> Markup {
    let shown: Vec<&RuleFinding> = findings.rules.iter().filter(|rule| is_told(rule)).collect();
    let topics = shown.chunk_by(|one, other| one.topic == other.topic);
    html! {
        section #rules aria-labelledby="rules-heading" data-list="rules" {
            h2 #rules-heading { "Rules" }
            p.about {
                "What each states, in our words; what the machine that goes by the documents takes, and what the one that \
                 goes by observation takes; how sure that is, and where it was read."
            }
            @for topic in topics { (of_topic(findings, topic)) }
        }
    }
}

/// Whether a rule stands among the rules: an error's row does where a scenario shows it.
fn is_told(rule: &RuleFinding) -> bool {
    rule.kind != ERROR || !rule.shown_by.is_empty()
}

fn of_topic(findings: &Findings, rules: &[&RuleFinding]) -> Markup {
    let Some(first) = rules.first() else {
        return html! {};
    };
    let differing = rules.iter().filter(|rule| rule.differs).count();
    html! {
        details.topic id=(anchor("rules-of", &first.topic)) data-group="" {
            summary {
                h3 { (words(&first.topic)) }
                span.count {
                    (counted(rules.len(), "rule", "rules"))
                    @if differing > 0 { ", " (differing) " taken otherwise" }
                }
            }
            @for rule in rules { (of_rule(findings, rule)) }
        }
    }
}

fn of_rule(findings: &Findings, rule: &RuleFinding) -> Markup {
    let id = anchor("rule", rule.rule.as_str());
    html! {
        details.item.rule id=(id) data-item=(rule.kind) data-differs=[rule.differs.then_some("")] data-mark=(rule.observed.mark) {
            summary {
                span.id { (rule.rule) }
                span.claim { (prose(&rule.statement)) }
                span.tags {
                    @if rule.differs { span class="tag distance end" { span aria-hidden="true" { "≠" } " taken otherwise" } }
                    (mark(&rule.observed.mark))
                }
            }
            div.body {
                (machines(rule))
                (facts(rule))
                (shown_by(findings, rule))
                (permalink(&id, rule.rule.as_str()))
            }
        }
    }
}

fn machines(rule: &RuleFinding) -> Markup {
    html! {
        dl.pair {
            @if rule.differs {
                div { dt { "documented" } dd { (taken(&rule.documented)) } }
                div { dt { "observed" } dd { (taken(&rule.observed)) } }
            } @else {
                div { dt { "both machines" } dd { (taken(&rule.observed)) } }
            }
        }
    }
}

fn facts(rule: &RuleFinding) -> Markup {
    let others: Vec<&AlternativeFinding> = rule
        .alternatives
        .iter()
        .filter(|own| is_other(rule, own))
        .collect();
    let dated: Vec<&AlternativeFinding> = rule.alternatives.iter().filter(|own| is_dated(own)).collect();
    html! {
        dl.facts {
            @if !rule.fix.is_empty() { div { dt { "what to do" } dd { (prose(&rule.fix)) } } }
            div { dt { "kind" } dd { (rule.kind) } }
            @if !rule.stages.is_empty() {
                div { dt { "found out at" } dd { (rule.stages.iter().map(|stage| words(stage)).collect::<Vec<_>>().join(", ")) } }
            }
            @if !rule.code.is_empty() { div { dt { "shows as" } dd { code { (rule.code) } } } }
            @if !others.is_empty() {
                div { dt { "also possible" } dd { ul { @for other in &others { li { (taken(&other.taken)) } } } } }
            }
            @if !dated.is_empty() {
                div { dt { "how the document changed" } dd { ol { @for one in &dated { li { (said(one)) } } } } }
            }
        }
    }
}

fn is_other(rule: &RuleFinding, other: &AlternativeFinding) -> bool {
    let name = &other.taken.alternative;
    *name != rule.documented.alternative && *name != rule.observed.alternative
}

fn is_dated(one: &AlternativeFinding) -> bool {
    one.said_from.is_some() || one.said_until.is_some()
}

fn said(one: &AlternativeFinding) -> Markup {
    html! {
        strong { (words(&one.taken.alternative)) }
        @if let Some(from) = &one.said_from { ", said from " time datetime=(from) { (from) } }
        @if let Some(until) = &one.said_until { ", until " time datetime=(until) { (until) } }
    }
}

fn shown_by(findings: &Findings, rule: &RuleFinding) -> Markup {
    html! {
        h4 { "Shown by" }
        @if rule.shown_by.is_empty() {
            p { "No scenario that was played here shows it." }
        } @else {
            ul.shown { @for shown in &rule.shown_by { li { (scenario_link(&shown.scenario)) (steps(findings, shown)) } } }
        }
    }
}

fn steps(findings: &Findings, shown: &ShownBy) -> Markup {
    let scenario = findings.scenarios.iter().find(|own| own.name == shown.scenario);
    let step = |number: usize| scenario.and_then(|own| own.steps.get(number.checked_sub(1)?));
    let at = |at: &AtStep, how: &str| {
        let step = step(at.step)?;
        let makes = shown.makes_the_difference.contains(&at.step);
        Some(html! {
            (how) (step_link(&shown.scenario, step))
            @if makes { ", where it makes the difference" }
            ": " (did(at, step))
        })
    };
    let decides = shown.decides.iter().filter_map(|decides| at(decides, ""));
    let applies = shown
        .applies
        .iter()
        .filter_map(|applies| at(applies, "applies at "));
    let told = |number: usize| shown.decides.iter().any(|decides| decides.step == number);
    let makes = shown.makes_the_difference.iter().filter_map(|number| {
        let step = step(*number).filter(|step| !told(step.number))?;
        Some(html! { "makes the difference at " (step_link(&shown.scenario, step)) })
    });
    let told: Vec<Markup> = decides.chain(makes).chain(applies).collect();
    html! {
        @if told.is_empty() { " is about it" } @else { ", " (separated(told.into_iter(), "; ")) }
    }
}

/// What the machines did, of which something is so.
fn did(at: &AtStep, step: &StepFinding) -> String {
    let (documented, observed) = (&step.documented.brief, &step.observed.brief);
    match (at.documented, at.observed) {
        (true, true) if documented == observed => format!("both {documented}"),
        (true, true) => format!("documented {documented}, observed {observed}"),
        (true, false) => format!("documented {documented}"),
        _ => format!("observed {observed}"),
    }
}

fn step_link(scenario: &str, step: &StepFinding) -> Markup {
    html! { a href={ "#" (step_anchor(scenario, step.number)) } { "step " (step.number) } }
}

/// The errors services answer with that no scenario shows, and the rules that none shows.
pub(super) fn unshown(findings: &Findings) -> Markup {
    let errors: Vec<&RuleFinding> = findings.rules.iter().filter(|rule| !is_told(rule)).collect();
    let rules = findings
        .rules
        .iter()
        .filter(|rule| rule.kind != ERROR && rule.shown_by.is_empty());
    let links: Vec<Markup> = rules
        .map(|rule| super::words::rule_link(rule.rule.as_str()))
        .collect();
    html! {
        section #coverage aria-labelledby="coverage-heading" {
            h2 #coverage-heading { "What is not shown" }
            @if !links.is_empty() {
                details.topic {
                    summary { h3 { "Rules that no scenario played here shows" } span.count { (counted(links.len(), "rule", "rules")) } }
                    p.body { (separated(links.into_iter(), ", ")) }
                }
            }
            (left_out(findings))
            @if !errors.is_empty() {
                details.topic #errors data-group="" data-list="errors" {
                    summary { h3 { "Errors of the services besides" } span.count { (counted(errors.len(), "error", "errors")) } }
                    ul.errors {
                        @for error in errors {
                            li.item id=(anchor("rule", error.rule.as_str())) data-item=(ERROR) data-mark=(error.observed.mark) {
                                span.id { (error.rule) } " " (mark(&error.observed.mark)) " " span.claim { (prose(&error.statement)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn left_out(findings: &Findings) -> Markup {
    html! {
        @if !findings.not_played.is_empty() {
            details.topic #not-played {
                summary { h3 { "Scenarios that were not played" } span.count { (findings.not_played.len()) } }
                ul.body { @for one in &findings.not_played { li { strong { (one.name) } ": " (prose(&one.why)) } } }
            }
        }
    }
}
