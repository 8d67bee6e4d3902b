//! Where what is documented and what is the case part, held against what was played; and what nobody knows.

use azdrill_emulator::rules::{Difference, Mark, OpenPoint, RuleId, Rules, Said, Showing, ShownAt};
use serde::Serialize;

use super::{NotPlayed, RuleFinding, ScenarioFinding, StepFinding};
use crate::run::titled;

/// Where what is documented and what is the case part.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DifferenceFinding {
    /// By which it is known.
    pub number: u32,
    /// What it is about, in a few words.
    pub topic: String,
    /// What the documents have.
    pub documented: String,
    /// What was seen, reported or inferred.
    pub actual: String,
    /// What it costs whoever automates.
    pub cost: String,
    /// How sure we are of what is the case.
    pub mark: String,
    /// Where both were read: keys with titles and versions.
    pub sources: Vec<String>,
    /// The rules it stands on.
    pub rules: Vec<RuleId>,
    /// How the documents changed.
    pub said: Vec<SaidFinding>,
    /// Whether it is shown.
    pub state: DifferenceState,
    /// Why it is not; empty where it is.
    pub why: String,
    /// The steps that show it.
    pub shown_at: Vec<ShownStep>,
}

/// What a document said for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SaidFinding {
    /// What it said.
    pub says: String,
    /// The month of the earliest version read that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The month of the last, where later ones say otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Keys with titles and versions.
    pub sources: Vec<String>,
}

/// Whether a difference is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DifferenceState {
    /// Every step that is to show it does.
    Shown,
    /// A step that is to show it was not played.
    NotPlayed,
    /// A step that is to show it does not.
    Unproven,
    /// No scenario shows it, and one could.
    NotYet,
    /// No scenario can show it.
    Never,
}

/// A step that shows a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownStep {
    /// The scenario's name.
    pub scenario: String,
    /// The step, counted from 1.
    pub step: usize,
    /// Its heading; empty if it was not played.
    pub title: String,
    /// The rule that is seen there; without one, what the step expects is what shows it.
    pub rule: Option<RuleId>,
    /// What is seen there of it; nothing if it is not.
    pub how: Vec<HowShown>,
    /// What the documented machine did, in one line.
    pub documented: String,
    /// What the observed machine did, in one line.
    pub observed: String,
}

/// How a step shows something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum HowShown {
    /// The rule decided a refusal.
    Decides,
    /// The rule applied to what was let through.
    Applies,
    /// The rule makes the difference between the machines.
    MakesTheDifference,
    /// What the step expects held.
    Expected,
}

/// What nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenPointFinding {
    /// What is not known.
    pub question: String,
    /// What to do on a subscription, and what to look at.
    pub experiment: String,
    /// The rules it would settle, with the marks they have now.
    pub rules: Vec<MarkedRule>,
    /// The differences it would settle, by number.
    pub differences: Vec<u32>,
}

/// A rule, and how sure we are of what the observed machine takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MarkedRule {
    /// Its name.
    pub rule: RuleId,
    /// How sure we are.
    pub mark: String,
}

/// The differences, each held against what was played.
pub(super) fn differences(
    rules: &Rules,
    differences: Vec<Difference>,
    scenarios: &[ScenarioFinding],
    not_played: &[NotPlayed],
) -> Vec<DifferenceFinding> {
    let differences = differences.into_iter();
    differences
        .map(|difference| {
            let (state, why, shown_at) = match &difference.showing {
                Showing::NotYet(why) => (DifferenceState::NotYet, why.clone(), Vec::new()),
                Showing::Never(why) => (DifferenceState::Never, why.clone(), Vec::new()),
                Showing::By(steps) => shown(steps, scenarios, not_played),
            };
            DifferenceFinding {
                number: difference.number,
                topic: difference.topic,
                documented: difference.documented,
                actual: difference.actual,
                cost: difference.cost,
                mark: difference.mark.as_str().to_owned(),
                sources: titled(rules, &difference.sources),
                rules: difference.rules,
                said: difference.said.iter().map(|said| told(rules, said)).collect(),
                state,
                why,
                shown_at,
            }
        })
        .collect()
}

fn told(rules: &Rules, said: &Said) -> SaidFinding {
    SaidFinding {
        says: said.says.clone(),
        from: said.from.clone(),
        until: said.until.clone(),
        sources: titled(rules, &said.sources),
    }
}

/// Whether steps show what they are to show, and why not.
fn shown(
    steps: &[ShownAt],
    scenarios: &[ScenarioFinding],
    not_played: &[NotPlayed],
) -> (DifferenceState, String, Vec<ShownStep>) {
    let mut state = DifferenceState::Shown;
    let mut why = Vec::new();
    let mut shown_at = Vec::new();
    for at in steps {
        let scenario = scenarios.iter().find(|own| own.name == at.scenario);
        let step = scenario.and_then(|own| own.steps.get(at.step.checked_sub(1)?));
        let how = step.map(|step| how(at.rule, step)).unwrap_or_default();
        let (worse, what) = match (scenario, step) {
            (Some(_), Some(_)) if !how.is_empty() => (DifferenceState::Shown, String::new()),
            (Some(_), Some(step)) if !step.played => {
                (DifferenceState::NotPlayed, "the step needs rows".to_owned())
            }
            (Some(_), Some(_)) => (
                DifferenceState::Unproven,
                match at.rule {
                    Some(rule) => {
                        format!("{rule} neither decides nor applies there, and makes no difference")
                    }
                    None => "nothing is expected of it, or what is does not hold".to_owned(),
                },
            ),
            (Some(_), None) => (DifferenceState::Unproven, "there is no such step".to_owned()),
            (None, _) => {
                let known = not_played.iter().find(|own| own.name == at.scenario);
                let why = known.map_or("it is not among what was played", |own| own.why.as_str());
                (DifferenceState::NotPlayed, why.to_owned())
            }
        };
        if !what.is_empty() {
            why.push(format!("{}, step {}: {what}", at.scenario, at.step));
        }
        state = state.max(worse);
        shown_at.push(ShownStep {
            scenario: at.scenario.clone(),
            step: at.step,
            title: step.map(|step| step.title.clone()).unwrap_or_default(),
            rule: at.rule,
            how,
            documented: step.map(|step| step.documented.brief.clone()).unwrap_or_default(),
            observed: step.map(|step| step.observed.brief.clone()).unwrap_or_default(),
        });
    }
    (state, why.join("; "), shown_at)
}

/// What is seen of a rule at a step; without a rule, whether what the step expects held.
fn how(rule: Option<RuleId>, step: &StepFinding) -> Vec<HowShown> {
    let Some(rule) = rule else {
        let held = step.played && step.expects && step.held;
        return held.then_some(HowShown::Expected).into_iter().collect();
    };
    let id = rule.as_str();
    let machines = [&step.documented, &step.observed];
    let among = |names: &[String]| names.iter().any(|name| name == id);
    let mut seen = Vec::new();
    if machines.iter().any(|did| among(&did.rules)) {
        seen.push(HowShown::Decides);
    }
    // What decides a refusal applies as well, and is told once.
    if seen.is_empty() && machines.iter().any(|did| among(&did.applied)) {
        seen.push(HowShown::Applies);
    }
    if step.because.iter().any(|because| because.rules.contains(&rule)) {
        seen.push(HowShown::MakesTheDifference);
    }
    seen
}

/// What nobody knows; last, by which codes Azure answers where we have ones of our own.
pub(super) fn open_points(
    rules: &Rules,
    points: Vec<OpenPoint>,
    findings: &[RuleFinding],
) -> Vec<OpenPointFinding> {
    let marked = |rule: RuleId| MarkedRule {
        rule,
        mark: rules.rule(rule).alternatives[&rules.rule(rule).observed]
            .mark
            .as_str()
            .to_owned(),
    };
    let of = |point: OpenPoint| OpenPointFinding {
        question: point.question,
        experiment: point.experiment,
        rules: point.rules.into_iter().map(marked).collect(),
        differences: point.differences,
    };
    let mut points: Vec<OpenPointFinding> = points.into_iter().map(of).collect();
    let ours = findings.iter().filter(|rule| rule.kind != super::ERROR);
    let ours = ours.filter(|rule| rule.code.starts_with("Synthetic"));
    points.push(OpenPointFinding {
        question: "By which code and message does Azure refuse what is refused here by a code of our own?"
            .to_owned(),
        experiment: "Do what the rule forbids on a subscription, as its scenario does, and keep the answer."
            .to_owned(),
        rules: ours
            .map(|rule| MarkedRule {
                rule: rule.rule,
                mark: Mark::Unverified.as_str().to_owned(),
            })
            .collect(),
        differences: Vec::new(),
    });
    points
}
