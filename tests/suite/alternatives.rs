//! Every alternative of every rule changes something: a scenario that is about the rule goes otherwise with it than
//! with each of the others. A switch that changes nothing is an ornament.

use std::collections::BTreeMap;
use std::sync::Arc;

use azdrill::run::{Machine, Outside, Report, play};
use azdrill::scenario::{Library, Scenario};
use azdrill_emulator::rules::{Assumptions, Profile, Rule, Rules};
use tokio::task::JoinSet;

use crate::source::root;

/// Rules whose alternatives only a real server tells apart, each with a scenario that takes another than the profiles
/// do, or expects something else of each: the tests of scenarios play it with rows.
const WITH_ROWS: [(&str, &str); 3] = [
    ("SS-B-11-VERSION", "secret-version-pinned"),
    ("SS-RD-04", "restore-no-createdb-found-by-the-job"),
    ("SS-RD-06", "restore-db-name-in-use-found-by-the-validation"),
];

/// Rules that no step of a scenario can tell of, each with a test that takes another alternative.
const BY_TESTS: [(&str, &str); 1] = [
    // A step says nothing of the headers of its requests.
    ("DPP-406", "emulator/tests/wire/traps.rs"),
];

/// Rules of which some alternative changes nothing, each with the reason. It may shrink.
const ORNAMENTS: [(&str, &str); 1] = [(
    "FX-B-06",
    "what the documents once had allowed is no setting of a flexible server: there is nothing to look at",
)];

/// Servers that are only said to run.
fn simulated() -> Outside {
    Outside::Simulated(vec![13, 14, 15, 16, 17])
}

/// What can be seen of a play from outside, but for how sure we are.
fn seen(report: &Report) -> Vec<String> {
    let steps = report.steps.iter();
    steps
        .map(|step| {
            let own = &step.outcome;
            let answers: Vec<_> = step.exchanges.iter().map(|own| (own.status, &own.path)).collect();
            format!(
                "{} {} {} {} {} {:?} {:?} {:?} {:?} {answers:?}",
                own.status,
                own.code,
                own.message,
                own.inner_code,
                own.gate,
                own.files,
                own.count,
                own.blobs,
                step.jobs
            )
        })
        .collect()
}

/// What is seen of a scenario with each alternative of a rule.
async fn with_each(rule: &Rule, scenario: &Scenario) -> BTreeMap<String, Vec<String>> {
    let scenario = Arc::new(scenario.clone());
    let mut plays = JoinSet::new();
    for name in rule.alternatives.keys().cloned() {
        let machine = Machine {
            profile: Profile::Observed,
            besides: Assumptions::from([(rule.id.to_string(), name.clone())]),
            outside: simulated(),
        };
        let scenario = Arc::clone(&scenario);
        plays.spawn(async move {
            let seen = match play(&scenario, &machine).await {
                Ok(report) => seen(&report),
                // What does not come up is seen, too.
                Err(error) => vec![error.to_string()],
            };
            (name, seen)
        });
    }
    plays.join_all().await.into_iter().collect()
}

/// Two alternatives of a rule that nothing which is about it tells apart.
async fn alike(rule: &Rule, scenarios: &[Scenario]) -> Option<(String, String)> {
    let names: Vec<&String> = rule.alternatives.keys().collect();
    let mut pairs: Vec<(&String, &String)> = names
        .iter()
        .enumerate()
        .flat_map(|(at, one)| names[at + 1..].iter().map(|other| (*one, *other)))
        .collect();
    let about = |scenario: &&Scenario| scenario.about.iter().any(|id| id == rule.id.as_str());
    for scenario in scenarios.iter().filter(about) {
        if pairs.is_empty() {
            break;
        }
        let seen = with_each(rule, scenario).await;
        pairs.retain(|(one, other)| seen[*one] == seen[*other]);
    }
    pairs
        .first()
        .map(|(one, other)| ((*one).clone(), (*other).clone()))
}

#[test]
fn every_alternative_changes_something() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    let scenarios = Library::find(None, root()).unwrap().all().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let choices = rules.stated.values().filter(|rule| rule.alternatives.len() > 1);
    let mut ornaments = Vec::new();
    for rule in choices {
        let id = rule.id.as_str();
        let elsewhere = WITH_ROWS.iter().chain(&BY_TESTS).any(|(known, _)| *known == id);
        if !elsewhere && let Some((one, other)) = runtime.block_on(alike(rule, &scenarios)) {
            ornaments.push((id, format!("{id}: {one} and {other} are played alike")));
        }
    }
    let known: Vec<&str> = ORNAMENTS.iter().map(|(id, _)| *id).collect();
    let (listed, new): (Vec<_>, Vec<_>) = ornaments.into_iter().partition(|(id, _)| known.contains(id));
    assert!(new.is_empty(), "{new:#?}");
    assert_eq!(
        listed.len(),
        known.len(),
        "some of {known:?} change something now"
    );
}

#[test]
fn what_only_rows_tell_apart_is_played_with_them() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    let library = Library::find(None, root()).unwrap();
    for (id, name) in WITH_ROWS {
        let rule = rules.stated.values().find(|rule| rule.id.as_str() == id).unwrap();
        let scenario = library.get(name).unwrap();
        assert!(
            scenario.about.iter().any(|about| about == id),
            "{name} is not about {id}"
        );
        let other = scenario
            .assume
            .get(id)
            .is_some_and(|taken| *taken != rule.observed);
        assert!(
            other || rule.differs(),
            "{name} takes nothing else of {id} than the profiles do"
        );
    }
}

#[test]
fn what_only_a_test_tells_apart_is_told_by_it() {
    for (id, file) in BY_TESTS {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        assert!(text.contains(id), "{file} does not name {id}");
    }
}
