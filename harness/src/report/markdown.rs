//! Findings as Markdown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{
    AlternativeFinding, DidFinding, ERROR, Findings, RuleFinding, ScenarioFinding, ShownBy, StepFinding,
};
use crate::run::{Aspect, Made, Taken};

/// The whole of it: first what differs, then every rule by topic, then what was played.
pub fn markdown(findings: &Findings) -> String {
    let by_name = findings.by_name();
    let mut text = String::from("# Documented against actual\n\n");
    let differing = findings.scenarios.iter().filter(|own| own.differs).count();
    let _ = writeln!(
        text,
        "Made by azdrill {} by playing {} scenarios, each on a machine that goes by Microsoft's documents and on one \
         that goes by what was observed. They differ in {differing}. *Actual* is what these machines do; only a run \
         against Azure shows what Azure does.\n",
        findings.version,
        findings.scenarios.len(),
    );
    text += &differences(findings);
    text += "## Rules\n\n";
    let mut topic = "";
    // What a service answers with is told where it was seen.
    let is_told = |rule: &&RuleFinding| rule.kind != ERROR || !rule.shown_by.is_empty();
    for rule in findings.rules.iter().filter(is_told) {
        if rule.topic != topic {
            topic = &rule.topic;
            let _ = writeln!(text, "### {}\n", topic.replace('_', " "));
        }
        text += &of_rule(rule, &by_name);
    }
    text += &unshown(findings);
    text + &scenarios(findings)
}

/// A cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn differences(findings: &Findings) -> String {
    let mut text = String::from("## What differs\n\n");
    text += "| scenario | step | documented | observed | by rule |\n|---|---|---|---|---|\n";
    for scenario in &findings.scenarios {
        for step in scenario.steps.iter().filter(|step| !step.differs.is_empty()) {
            let _ = writeln!(
                text,
                "| {} | {}. {} | {} | {} | {} |",
                scenario.name,
                step.number,
                cell(&step.title),
                cell(&did(&step.documented, step)),
                cell(&did(&step.observed, step)),
                cell(&by(step)),
            );
        }
    }
    text + "\n"
}

fn did(done: &DidFinding, step: &StepFinding) -> String {
    let files = done
        .files
        .filter(|_| step.documented.files != step.observed.files);
    let files = files.map_or_else(String::new, |files| format!(", {files} files"));
    let same = step.documented.brief == step.observed.brief && files.is_empty();
    if same && !done.differs_in.is_empty() {
        return format!(
            "{}; {}",
            done.brief,
            done.differs_in.trim_end().replace('\n', ", ")
        );
    }
    format!("{}{files}", done.brief)
}

/// The rules that make a difference, and in what it lies.
fn by(step: &StepFinding) -> String {
    let causes: Vec<String> = step
        .because
        .iter()
        .map(|because| {
            let rules: Vec<&str> = because.rules.iter().map(|id| id.as_str()).collect();
            let aspects = Aspect::in_few_words(&because.aspects);
            format!("{} ({aspects})", rules.join(" with "))
        })
        .collect();
    let mut told = causes.join("; ");
    if !step.unexplained.is_empty() {
        let left = Aspect::in_few_words(&step.unexplained);
        told = [told, format!("no rule was found ({left})")].join("; ");
    }
    told.trim_start_matches("; ").to_owned()
}

fn of_rule(rule: &RuleFinding, by_name: &BTreeMap<&str, &ScenarioFinding>) -> String {
    let mut text = format!("#### {}\n\n{}\n\n", rule.rule, rule.statement);
    if rule.differs {
        let _ = writeln!(text, "- documented: {}", taken(&rule.documented));
        let _ = writeln!(text, "- observed: {}", taken(&rule.observed));
    } else {
        let _ = writeln!(text, "- both: {}", taken(&rule.observed));
    }
    for other in rule.alternatives.iter().filter(|own| is_other(rule, own)) {
        let _ = writeln!(text, "- possible: {}", taken(&other.taken));
    }
    for dated in rule.alternatives.iter().filter(|own| is_dated(own)) {
        let from = dated
            .said_from
            .as_deref()
            .map_or_else(String::new, |month| format!(" from {month}"));
        let until = dated
            .said_until
            .as_deref()
            .map_or_else(String::new, |month| format!(" until {month}"));
        let name = words(&dated.taken.alternative);
        let _ = writeln!(text, "- documents said so{from}{until}: {name}");
    }
    if !rule.code.is_empty() {
        let _ = writeln!(text, "- shows as `{}`", rule.code);
    }
    if !rule.fix.is_empty() {
        let _ = writeln!(text, "- what to do: {}", rule.fix);
    }
    for shown in &rule.shown_by {
        text += &shown_by(shown, by_name);
    }
    text + "\n"
}

fn is_other(rule: &RuleFinding, own: &AlternativeFinding) -> bool {
    let name = &own.taken.alternative;
    *name != rule.documented.alternative && *name != rule.observed.alternative
}

fn is_dated(own: &AlternativeFinding) -> bool {
    own.said_from.is_some() || own.said_until.is_some()
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn taken(taken: &Taken) -> String {
    format!(
        "{} ({}; {})",
        words(&taken.alternative),
        taken.mark,
        taken.sources.join("; ")
    )
}

fn shown_by(shown: &ShownBy, by_name: &BTreeMap<&str, &ScenarioFinding>) -> String {
    let step = |number: &usize| {
        let scenario = by_name.get(shown.scenario.as_str())?;
        scenario.steps.get(number.checked_sub(1)?)
    };
    let mut told = Vec::new();
    for decides in &shown.decides {
        let Some(step) = step(&decides.step) else { continue };
        let (documented, observed) = (&step.documented.brief, &step.observed.brief);
        let number = step.number;
        told.push(match (decides.documented, decides.observed) {
            (true, true) if documented == observed => format!("step {number}: both {documented}"),
            (true, true) => format!("step {number}: documented {documented}, observed {observed}"),
            (true, false) => format!("step {number}: documented {documented}"),
            _ => format!("step {number}: observed {observed}"),
        });
    }
    for number in &shown.makes_the_difference {
        if let Some(step) = step(number) {
            let (documented, observed) = (did(&step.documented, step), did(&step.observed, step));
            told.push(format!(
                "makes the difference at step {number}: documented {documented}, observed {observed}"
            ));
        }
    }
    if told.is_empty() {
        return format!("- {} is about it\n", shown.scenario);
    }
    format!("- shown by {}: {}\n", shown.scenario, told.join("; "))
}

fn unshown(findings: &Findings) -> String {
    let rules = findings.rules.iter().filter(|rule| rule.kind != ERROR);
    let unshown = rules.filter(|rule| rule.shown_by.is_empty());
    let names: Vec<&str> = unshown.map(|rule| rule.rule.as_str()).collect();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "## Rules that no scenario played here shows\n\n{}\n\n",
        names.join(", ")
    )
}

fn scenarios(findings: &Findings) -> String {
    let mut text = String::from("## Scenarios\n\n| scenario | claim | held | rows |\n|---|---|---|---|\n");
    for own in &findings.scenarios {
        let held = if own.held { "yes" } else { "no" };
        let rows = match own.rows {
            Made::Moved => "moved",
            Made::Still => "real servers, none moved",
            Made::Simulated => "simulated",
            Made::None => "none",
        };
        let _ = writeln!(text, "| {} | {} | {held} | {rows} |", own.name, cell(&own.claim));
    }
    for own in &findings.not_played {
        let _ = writeln!(text, "| {} | not played: {} | | |", own.name, cell(&own.why));
    }
    text
}
