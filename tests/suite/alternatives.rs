//! Every alternative of every rule changes something: a scenario that is about the rule goes otherwise with it than
//! with each of the others. A switch that changes nothing is an ornament.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use azdrill::run::{Machine, Outside, Report, play};
use azdrill::scenario::{Library, Scenario};
use azdrill_emulator::rules::{Assumptions, Profile, Rule, Rules};
use tokio::task::JoinSet;

use crate::source::root;

/// Rules whose alternatives only a real server tells apart; scenarios play them with rows. It may shrink.
const WITH_ROWS: [&str; 2] = ["SS-RD-04", "SS-RD-06"];

/// Servers that are only said to run.
fn simulated() -> Outside {
    Outside::Simulated(vec![13, 14, 15, 16, 17])
}

/// What answers, files, blobs and jobs there were in a play. What is named by chance is left out: that another
/// alternative draws more of it is no change.
fn seen(report: &Report) -> Vec<String> {
    let steps = report.steps.iter();
    steps
        .map(|step| {
            let own = &step.outcome;
            let answers: Vec<_> = step
                .exchanges
                .iter()
                .map(|exchange| (exchange.status, &exchange.operation))
                .collect();
            let told = format!(
                "{} {} {} {} {} {:?} {:?} {:?} {:?}",
                own.status,
                own.code,
                own.message,
                own.inner_code,
                own.gate,
                own.files,
                own.count,
                own.blobs,
                step.jobs
            );
            format!("{} {answers:?}", without_chance(&told))
        })
        .collect()
}

/// A text without words that look like ids: long ones with several digits.
fn without_chance(text: &str) -> String {
    let is_id = |word: &str| word.len() >= 12 && word.chars().filter(char::is_ascii_digit).count() >= 4;
    let words = text.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    words.map(|word| if is_id(word) { "ID " } else { word }).collect()
}

/// What is seen of a scenario with each alternative of a rule; or, where it does not come to an end, why not: that
/// tells nothing of the rule.
async fn with_each(rule: &Rule, scenario: &Scenario) -> BTreeMap<String, Result<Vec<String>, String>> {
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
            let played = play(&scenario, &machine).await;
            (
                name,
                played
                    .map(|report| seen(&report))
                    .map_err(|error| error.to_string()),
            )
        });
    }
    plays.join_all().await.into_iter().collect()
}

/// Two alternatives of a rule that nothing which is about it tells apart, and the plays that came to no end.
async fn alike(rule: &Rule, scenarios: &[Scenario]) -> Option<String> {
    let names: Vec<&String> = rule.alternatives.keys().collect();
    let mut pairs: Vec<(&String, &String)> = names
        .iter()
        .enumerate()
        .flat_map(|(at, one)| names[at + 1..].iter().map(|other| (*one, *other)))
        .collect();
    let mut broken = Vec::new();
    let about = |scenario: &&Scenario| scenario.about.iter().any(|id| id == rule.id.as_str());
    for scenario in scenarios.iter().filter(about) {
        if pairs.is_empty() {
            break;
        }
        let seen = with_each(rule, scenario).await;
        pairs.retain(|(one, other)| !told_apart(&seen[*one], &seen[*other]));
        let ends = seen
            .iter()
            .filter_map(|(name, seen)| Some((name, seen.as_ref().err()?)));
        broken.extend(ends.map(|(name, why)| format!("{} with {name}: {why}", scenario.name)));
    }
    let (one, other) = pairs.first()?;
    let id = rule.id;
    Some(format!(
        "{id}: {one} and {other} are played alike; no play: {broken:?}"
    ))
}

/// Whether both were played, and came to something else.
fn told_apart(one: &Result<Vec<String>, String>, other: &Result<Vec<String>, String>) -> bool {
    matches!((one, other), (Ok(one), Ok(other)) if one != other)
}

#[test]
fn what_is_not_played_tells_nothing_apart() {
    let played = |told: &str| Ok(vec![told.to_owned()]);
    let broken: Result<Vec<String>, String> = Err("the world could not be built".to_owned());
    assert!(told_apart(&played("200"), &played("400")));
    assert!(!told_apart(&played("200"), &played("200")));
    assert!(!told_apart(&played("200"), &broken) && !told_apart(&broken, &Err("another".to_owned())));
    let id = "job 3e64151c3da14b41a7cb3014af0e2ee1/drill1_database_shop.sql";
    assert_eq!(without_chance(id), "job ID drill1_database_shop.sql");
}

#[test]
fn every_alternative_changes_an_answer_a_file_or_a_state() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    let scenarios = Library::find(None, root()).unwrap().all().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let choices = rules.stated.values().filter(|rule| rule.alternatives.len() > 1);
    let mut ornaments = Vec::new();
    let mut with_rows = Vec::new();
    for rule in choices {
        let found = runtime.block_on(alike(rule, &scenarios));
        match WITH_ROWS.iter().find(|known| **known == rule.id.as_str()) {
            Some(known) if found.is_some() => with_rows.push(*known),
            _ => ornaments.extend(found),
        }
    }
    assert!(ornaments.is_empty(), "{ornaments:#?}");
    assert_eq!(with_rows, WITH_ROWS, "some can be told apart without rows now");
}

/// What is expected of the steps of one kind, by kind: ends and codes.
type Expected = BTreeMap<String, BTreeSet<(Option<String>, Option<String>)>>;

/// What scenarios about a rule expect where it is taken so.
fn expected_with(rule: &Rule, alternative: &str, scenarios: &[Scenario]) -> Expected {
    let id = rule.id.as_str();
    let mut expected = Expected::new();
    for scenario in scenarios
        .iter()
        .filter(|own| own.about.iter().any(|about| about == id))
    {
        let profiles = [
            (Profile::Documented, &rule.documented),
            (Profile::Observed, &rule.observed),
        ];
        for (profile, usual) in profiles {
            if scenario.assume.get(id).unwrap_or(usual) != alternative {
                continue;
            }
            for step in &scenario.steps {
                let expect = step.expect.under(profile);
                if expect.status.is_some() {
                    let ends = expected.entry(step.kind().as_str().to_owned()).or_default();
                    ends.insert((expect.status, expect.code));
                }
            }
        }
    }
    expected
}

/// Scenarios, which are played with rows elsewhere, ask the same under both, and expect another answer.
#[test]
fn what_only_rows_tell_apart_is_expected_to_end_otherwise() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    let scenarios = Library::find(None, root()).unwrap().all().unwrap();
    for id in WITH_ROWS {
        let rule = rules.stated.values().find(|rule| rule.id.as_str() == id).unwrap();
        let ways: Vec<Expected> = rule
            .alternatives
            .keys()
            .map(|name| expected_with(rule, name, &scenarios))
            .collect();
        for (at, one) in ways.iter().enumerate() {
            for other in &ways[at + 1..] {
                let mut kinds = one
                    .iter()
                    .filter_map(|(kind, ends)| Some((ends, other.get(kind)?)));
                let differs = kinds.any(|(ends, others)| ends.is_disjoint(others));
                assert!(
                    differs,
                    "{id}: nothing is expected to end otherwise: {one:?}, {other:?}"
                );
            }
        }
    }
}
