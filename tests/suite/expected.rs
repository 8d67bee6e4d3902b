//! Every rule is expected somewhere: what nobody expects, nobody would miss.

use std::collections::BTreeSet;

use azdrill::scenario::{Library, Scenario};
use azdrill_emulator::rules::{Assumptions, Profile, RuleKind, Rules};

use crate::source::{Source, root, rust_files};

/// Texts that stand in tests: a rule that no scenario expects is taken for expected by the test that names it. It is a
/// mention; lists of what is left out do not count.
fn named_in_tests() -> BTreeSet<String> {
    // Lists of what is left out, or carries no verdict, expect nothing.
    let lists = [
        "expected.rs",
        "load_bearing.rs",
        "codes.rs",
        "alternatives.rs",
        "report.rs",
    ];
    let own = |source: &Source| !lists.iter().any(|list| source.path.ends_with(list));
    let suite = rust_files("tests").into_iter().filter(own);
    let wire = rust_files("emulator/tests");
    let inside = rust_files("emulator/src").into_iter();
    let inside = inside.filter(|source| source.path.contains("tests"));
    // Settings that no server can have stand in a table.
    let table = std::fs::read_to_string(root().join("emulator/tests/wire/impossible_servers.txt")).unwrap();
    let words = table.split(['|', ',', '\n']);
    let mut named: BTreeSet<String> = words.map(|word| word.trim().to_owned()).collect();
    for source in wire.into_iter().chain(inside).chain(suite) {
        let words = source.text.split(['"', ',']);
        named.extend(words.map(str::to_owned));
    }
    named
}

fn expected_by(scenario: &Scenario) -> BTreeSet<String> {
    let mut expected = BTreeSet::new();
    for step in &scenario.steps {
        for profile in Profile::ALL {
            let own = step.expect.under(profile);
            expected.extend(own.rules.into_iter().chain(own.applies).flatten());
        }
    }
    expected
}

/// A rule that can be taken in two ways is expected by a scenario that is about it under both: what comes of it
/// differs, which another test makes sure of.
fn about(scenario: &Scenario, rules: &Rules) -> BTreeSet<String> {
    let about = scenario.about.iter();
    let choices = about.filter(|id| {
        let rule = rules.stated.values().find(|rule| rule.id.as_str() == **id);
        rule.is_some_and(|rule| rule.alternatives.len() > 1)
    });
    choices.cloned().collect()
}

#[test]
fn every_rule_is_expected() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    let library = Library::find(None, root()).unwrap();
    let scenarios = library.all().unwrap();
    let mut expected = named_in_tests();
    for scenario in &scenarios {
        expected.extend(expected_by(scenario));
        expected.extend(about(scenario, &rules));
    }
    let silent: BTreeSet<&str> = rules
        .stated
        .values()
        .filter(|rule| rule.kind != RuleKind::Error)
        .map(|rule| rule.id.as_str())
        .filter(|id| !expected.contains(*id))
        .collect();
    assert!(silent.is_empty(), "nothing expects {silent:?}");
}
