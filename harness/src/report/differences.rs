//! Where what is documented and what is the case part, held against what was played; and what nobody knows.

use azdrill_emulator::rules::{Difference, Mark, OpenPoint, RuleId, Rules, Said, Showing, ShownAt};

use super::known::{
    DifferenceFinding, DifferenceState, HowShown, MarkedRule, OpenPointFinding, SaidFinding, ShownStep,
};
use super::{NotPlayed, ScenarioFinding, StepFinding};
use crate::run::titled;

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
    // What was not as it should be shows nothing.
    if !step.held {
        return Vec::new();
    }
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

/// What nobody knows.
pub(super) fn open_points(rules: &Rules, points: Vec<OpenPoint>) -> Vec<OpenPointFinding> {
    let marked = |rule: RuleId| MarkedRule {
        rule,
        mark: rules.rule(rule).alternatives[&rules.rule(rule).observed]
            .mark
            .as_str()
            .to_owned(),
    };
    // Nobody has seen a code that is ours.
    let of_code = |rule: RuleId| MarkedRule {
        rule,
        mark: Mark::Unverified.as_str().to_owned(),
    };
    let of = |point: OpenPoint| {
        let besides = point.rules.into_iter().filter(|rule| !point.codes.contains(rule));
        let besides: Vec<MarkedRule> = besides.map(marked).collect();
        let codes = point.codes.iter().copied().map(of_code);
        OpenPointFinding {
            question: point.question,
            experiment: point.experiment,
            rules: besides.into_iter().chain(codes).collect(),
            differences: point.differences,
        }
    };
    points.into_iter().map(of).collect()
}
