//! Where the two machines part, by the rules that make them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::excerpt::where_it_differs;
use super::text::{CELL_MAX, cell, code, links, paragraph};
use crate::report::{DidFinding, Findings, ScenarioFinding, StepFinding};
use crate::run::Aspect;

/// How many steps of one cause are told one by one.
const TOLD_MAX: usize = 3;

/// A table, those of one cause together.
pub(super) fn machines(findings: &Findings) -> String {
    let mut text = String::from("## Where the machines part\n\n");
    text += &paragraph(
        "Each step in which the two machines do something else, by the rules that make the difference, which were \
         found by turning one after the other and playing again.",
    );
    text += "| by rule | scenario | step | documented | observed |\n|---|---|---|---|---|\n";
    // What ends otherwise comes first, and then what ends alike in other words.
    let mut by_cause: BTreeMap<(bool, String), Vec<(&ScenarioFinding, &StepFinding)>> = BTreeMap::new();
    for scenario in &findings.scenarios {
        for step in scenario.steps.iter().filter(|step| !step.differs.is_empty()) {
            let ends_alike = step.documented.brief == step.observed.brief;
            let steps = by_cause.entry((ends_alike, by(step))).or_default();
            steps.push((scenario, step));
        }
    }
    for ((_, cause), steps) in by_cause {
        for (scenario, step) in steps.iter().take(TOLD_MAX) {
            let _ = writeln!(
                text,
                "| {cause} | {} | {}. {} | {} | {} |",
                code(&scenario.name),
                step.number,
                cell(&step.title),
                cell(&did(&step.documented, &step.observed, step)),
                cell(&did(&step.observed, &step.documented, step)),
            );
        }
        let more = steps.iter().skip(TOLD_MAX);
        let more: Vec<String> = more
            .map(|(scenario, step)| format!("{} {}", code(&scenario.name), step.number))
            .collect();
        if !more.is_empty() {
            let _ = writeln!(text, "| {cause} | likewise: {} | | | |", more.join(", "));
        }
    }
    text + "\n"
}

/// What a machine did, in one line: what tells it from the other.
pub(super) fn did(done: &DidFinding, other: &DidFinding, step: &StepFinding) -> String {
    let files = done
        .files
        .filter(|_| step.documented.files != step.observed.files);
    let files = files.map_or_else(String::new, |files| format!(", {files} files"));
    let same = step.documented.brief == step.observed.brief && files.is_empty();
    if same && !done.differs_in.is_empty() {
        let told = |done: &DidFinding| done.differs_in.trim_end().replace('\n', ", ");
        return where_it_differs(&told(done), &told(other), CELL_MAX);
    }
    format!("{}{files}", done.brief)
}

/// The rules that make a difference, and in what it lies.
fn by(step: &StepFinding) -> String {
    let causes: Vec<String> = step
        .because
        .iter()
        .map(|because| {
            let rules: Vec<String> = because.rules.iter().map(|id| links([id.as_str()])).collect();
            let aspects = Aspect::in_few_words(&because.aspects);
            format!("{} ({aspects})", rules.join(" with "))
        })
        .collect();
    let mut told = causes.join("; ");
    if !step.unexplained.is_empty() {
        let left = Aspect::in_few_words(&step.unexplained);
        told = [told, format!("**no rule was found** ({left})")].join("; ");
    }
    told.trim_start_matches("; ").to_owned()
}
