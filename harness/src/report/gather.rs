//! Playing everything, and sorting what came of it by rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use azdrill_emulator::rules::{Assumptions, Profile, Rule, Rules};

use super::differences::{differences, open_points};
use super::names::distinct;
use super::timeline::timelines;
use super::{
    AlternativeFinding, AtStep, DidFinding, Findings, NotPlayed, RuleFinding, ScenarioFinding, ShownBy,
    StepFinding, Timeline,
};
use crate::postgres::RealPostgres;
use crate::run::{
    Aspect, Both, ComparedStep, Comparison, Done, Outside, RunError, SIMULATED_MAJORS, Taken, play_both,
};
use crate::scenario::Scenario;
use crate::strategy::known::KNOWN;
use crate::strategy::matrix::Matrix;

/// Plays these scenarios on both machines, without rows where that shows all they claim, and says what was found. Each
/// is told to `begin` before it is played.
///
/// # Errors
///
/// If the rules do not load, or a scenario could not be played for another reason than a PostgreSQL that is not at
/// hand.
pub async fn gather(
    scenarios: &[Scenario],
    postgres: Option<Arc<dyn RealPostgres>>,
    mut begin: impl FnMut(&Scenario),
) -> Result<Findings, RunError> {
    let rules = Rules::load(Profile::Observed, &Assumptions::new())?;
    // Whoever has written a row wrongly is told before everything is played.
    let (known, unknown) = (rules.differences()?, rules.open_points()?);
    let mut played = Vec::new();
    let mut times = Vec::new();
    let mut not_played = Vec::new();
    for (scenario, name) in scenarios.iter().zip(distinct(scenarios)) {
        begin(scenario);
        match play_as_needed(scenario, postgres.clone()).await {
            Ok(mut both) => {
                both.comparison.name = name;
                let simulated = Outside::Simulated(SIMULATED_MAJORS.to_vec());
                times.push(timelines(scenario, &both, &simulated, postgres.as_ref()).await);
                let guessed = guessed(&both);
                played.push((scenario, both.comparison, guessed));
            }
            Err(error) if error.lacks_postgres() => not_played.push(NotPlayed {
                name,
                topic: scenario.topic.clone(),
                why: error.to_string(),
            }),
            Err(error) => return Err(error),
        }
    }
    let mut stated: Vec<&Rule> = rules.stated.values().collect();
    stated.sort_by_key(|rule| (rule.topic.clone(), rule.id));
    let of_rules: Vec<RuleFinding> = stated.iter().map(|rule| finding(&rules, rule, &played)).collect();
    let played = played
        .iter()
        .zip(times)
        .map(|((_, comparison, guessed), times)| of_scenario(comparison, *guessed, times));
    let scenarios: Vec<ScenarioFinding> = played.collect();
    Ok(Findings {
        version: env!("CARGO_PKG_VERSION"),
        differences: differences(&rules, known, &scenarios, &not_played),
        open_points: open_points(&rules, unknown),
        rules: of_rules,
        scenarios,
        not_played,
        matrices: matrices()?,
    })
}

/// What both machines answer to every question, cell by cell.
fn matrices() -> Result<Vec<Matrix>, RunError> {
    let mut found = Vec::new();
    for question in KNOWN {
        let asked = (question.matrices)();
        found.extend(asked.map_err(|error| RunError::Emulator(error.to_string()))?);
    }
    Ok(found)
}

/// Without rows, if every step can be taken so and every expectation holds; else with them.
async fn play_as_needed(
    scenario: &Scenario,
    postgres: Option<Arc<dyn RealPostgres>>,
) -> Result<Both, RunError> {
    let simulated = Outside::Simulated(SIMULATED_MAJORS.to_vec());
    match play_both(scenario, &simulated, [None, None]).await {
        Ok(both) if shows_all(&both) => Ok(both),
        // Without a server at hand, what comes to all that is expected is told, and what was guessed and passed over.
        Ok(both) if postgres.is_none() && both.comparison.held => Ok(both),
        // A mistake of ours, and no want of rows.
        Ok(both) if !guessed(&both) && all_played(&both) => Ok(both),
        // A world can ask for rows while it is built.
        Ok(_) | Err(RunError::NeedsRows) if postgres.is_none() => Err(RunError::NeedsRows),
        Ok(_) | Err(RunError::NeedsRows) => play_both(scenario, &Outside::Real(postgres), [None, None]).await,
        Err(error) => Err(error),
    }
}

fn shows_all(both: &Both) -> bool {
    !guessed(both) && both.comparison.held && all_played(both)
}

/// Whether what only a server knows was taken to be well.
fn guessed(both: &Both) -> bool {
    both.documented.guessed || both.observed.guessed
}

fn all_played(both: &Both) -> bool {
    let mut steps = both.comparison.steps.iter();
    steps.all(|step| step.documented.played && step.observed.played)
}

fn finding(rules: &Rules, rule: &Rule, played: &[(&Scenario, Comparison, bool)]) -> RuleFinding {
    let taken = |name: &str| Taken::of(rules, rule, name);
    let alternatives = rule.alternatives.iter();
    RuleFinding {
        rule: rule.id,
        kind: rule.kind.as_str(),
        topic: rule.topic.clone(),
        statement: rule.statement.clone(),
        stages: rule.stages.iter().map(|stage| stage.as_str()).collect(),
        code: rule
            .code
            .map_or_else(String::new, |code| code.row().wire_code().to_owned()),
        documented: taken(&rule.documented),
        observed: taken(&rule.observed),
        differs: rule.differs(),
        alternatives: alternatives
            .map(|(name, own)| AlternativeFinding {
                taken: taken(name),
                said_from: own.said_from.clone(),
                said_until: own.said_until.clone(),
            })
            .collect(),
        fix: rule.fix.clone().unwrap_or_default(),
        shown_by: played
            .iter()
            .filter_map(|(scenario, comparison, _)| shown_by(rule, scenario, comparison))
            .collect(),
    }
}

/// How a scenario shows a rule, if it does.
fn shown_by(rule: &Rule, scenario: &Scenario, comparison: &Comparison) -> Option<ShownBy> {
    let id = rule.id.as_str();
    let among = |names: &[String]| names.iter().any(|name| name == id);
    let decided = |done: &Done| among(&done.rules);
    // What decided a refusal applied as well, and is told once.
    let applied = |done: &Done| among(&done.applied) && !decided(done);
    let decides = at_steps(comparison, decided);
    let applies = at_steps(comparison, applied);
    let makes = |step: &&ComparedStep| step.because.iter().any(|own| own.rules.contains(&rule.id));
    let makes_the_difference: Vec<usize> = comparison
        .steps
        .iter()
        .filter(makes)
        .map(|step| step.number)
        .collect();
    let about = scenario.about.iter().any(|own| own == id);
    let seen = !(decides.is_empty() && applies.is_empty() && makes_the_difference.is_empty());
    let shows = about || seen;
    shows.then(|| ShownBy {
        scenario: comparison.name.clone(),
        about,
        decides,
        applies,
        makes_the_difference,
    })
}

/// The steps at which something is so of what a machine did.
fn at_steps(comparison: &Comparison, is_so: impl Fn(&Done) -> bool) -> Vec<AtStep> {
    let steps = comparison.steps.iter().map(|step| AtStep {
        step: step.number,
        documented: is_so(&step.documented),
        observed: is_so(&step.observed),
    });
    steps.filter(|at| at.documented || at.observed).collect()
}

fn of_scenario(comparison: &Comparison, guessed: bool, timelines: [Timeline; 2]) -> ScenarioFinding {
    let steps = comparison.steps.iter();
    ScenarioFinding {
        name: comparison.name.clone(),
        topic: comparison.topic.clone(),
        claim: comparison.claim.clone(),
        held: comparison.held,
        differs: comparison.differs,
        rows: comparison.observed.rows,
        guessed,
        virtual_seconds: [
            comparison.documented.virtual_seconds,
            comparison.observed.virtual_seconds,
        ],
        steps: steps
            .map(|step| StepFinding {
                number: step.number,
                title: step.title.clone(),
                r#do: step.r#do,
                documented: did(&step.documented, &step.differs),
                observed: did(&step.observed, &step.differs),
                played: step.documented.played && step.observed.played,
                expects: step.expects,
                held: step.documented.missed.is_empty() && step.observed.missed.is_empty(),
                differs: step.differs.clone(),
                because: step.because.clone(),
                unexplained: step.unexplained.clone(),
            })
            .collect(),
        timelines,
    }
}

fn did(done: &Done, differs: &[Aspect]) -> DidFinding {
    DidFinding {
        brief: done.brief.clone(),
        differs_in: differs
            .first()
            .map_or_else(String::new, |aspect| done.told(*aspect)),
        gate: done.gate.clone(),
        rules: done.rules.clone(),
        applied: done.applied.clone(),
        mark: done.mark.clone(),
        files: done.files,
        rows_equal: done.rows_equal,
        virtual_seconds: done.virtual_seconds,
        expected: done.expected.clone(),
        missed: done.missed.clone(),
    }
}

impl Findings {
    /// A scenario by its name.
    pub(super) fn by_name(&self) -> BTreeMap<&str, &ScenarioFinding> {
        let scenarios = self.scenarios.iter();
        scenarios.map(|own| (own.name.as_str(), own)).collect()
    }
}
