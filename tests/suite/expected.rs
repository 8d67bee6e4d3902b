//! Every rule is expected somewhere: what nobody expects, nobody would miss.

use std::collections::BTreeSet;

use azdrill::scenario::{Library, Scenario};
use azdrill_emulator::rules::{Assumptions, Profile, RuleKind, Rules};

use crate::source::{Source, root, rust_files};

/// Texts that stand in tests: a rule that no scenario expects is taken for expected by the test that names it. It is a
/// mention; lists of what is left out do not count.
fn named_in_tests() -> BTreeSet<String> {
    // Lists of what is left out, or carries no verdict, expect nothing.
    let lists = ["expected.rs", "load_bearing.rs", "codes.rs"];
    let own = |source: &Source| !lists.iter().any(|list| source.path.ends_with(list));
    let suite = rust_files("tests").into_iter().filter(own);
    let wire = rust_files("emulator/tests");
    let inside = rust_files("emulator/src").into_iter();
    let inside = inside.filter(|source| source.path.contains("tests"));
    let mut named = BTreeSet::new();
    for source in wire.into_iter().chain(inside).chain(suite) {
        let words = source.text.split(['"', ',']);
        named.extend(words.map(str::to_owned));
    }
    named
}

/// Rules that nothing expects by name yet. Of the network tables' rows among them other tests demand that they decide
/// something; the rest say what is the case where no row fits, or take a world that nobody has built.
const NOT_YET: [&str; 16] = [
    "DPP-INTERRUPTED",
    "E2-6",
    "E2-IP",
    "E2-NONE",
    "E2-PE",
    "E2-UAMI",
    "E2-VNET",
    "FX-B-06",
    "KV-NONE",
    "NET-UAMI",
    "ROLE-LTR",
    "SS-B-01",
    "SS-B-TOOL",
    "SS-CS-01",
    "SS-RF-08",
    "TENANT-RD",
];

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
    let not_yet = BTreeSet::from(NOT_YET);
    let unexpected: Vec<_> = silent.difference(&not_yet).collect();
    assert!(unexpected.is_empty(), "nothing expects {unexpected:?}");
    let told: Vec<_> = not_yet.difference(&silent).collect();
    assert!(told.is_empty(), "{told:?} are expected now");
}
