//! Every rule is expected somewhere: what nobody expects, nobody would miss.

use std::collections::BTreeSet;

use azdrill::scenario::{Library, Scenario};
use azdrill_emulator::rules::{Assumptions, Profile, RuleKind, Rules};

use crate::source::{Source, root, rust_files};

/// Rules that stand in tests as what an answer has to name: in a table of cases, or beside the answer. Comments, and what
/// is assumed of a rule or taken away, expect nothing.
fn expected_in_tests(rules: &Rules) -> BTreeSet<String> {
    // Lists of what is left out, or carries no verdict, expect nothing.
    let lists = [
        "expected.rs",
        "load_bearing.rs",
        "codes.rs",
        "alternatives.rs",
        "report.rs",
        "journal/tests/format.rs",
    ];
    let own = |source: &Source| !lists.iter().any(|list| source.path.ends_with(list));
    let suite = rust_files("tests");
    let wire = rust_files("emulator/tests");
    let inside = rust_files("emulator/src").into_iter();
    let inside = inside.filter(|source| source.path.contains("tests"));
    // Settings that no server can have stand in a table.
    let table = std::fs::read_to_string(root().join("emulator/tests/wire/impossible_servers.txt")).unwrap();
    let words = table.split(['|', ',', '\n']);
    let mut expected: BTreeSet<String> = words.map(|word| word.trim().to_owned()).collect();
    for source in wire.into_iter().chain(inside).chain(suite).filter(own) {
        let lines = source.text.lines();
        expected.extend(lines.flat_map(|line| expected_in_line(line, rules)));
    }
    expected
}

/// What a line of a test expects.
fn expected_in_line(line: &str, rules: &Rules) -> Vec<String> {
    let takes_away = [".retain(", "Assumption", "assum"];
    if line.trim_start().starts_with("//") || takes_away.iter().any(|word| line.contains(word)) {
        return Vec::new();
    }
    // Quoted texts are every other part.
    let quoted: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
    let assumes = |id: &str| {
        let rule = rules.stated.values().find(|rule| rule.id.as_str() == id);
        rule.is_some_and(|rule| quoted.iter().any(|text| rule.alternatives.contains_key(*text)))
    };
    let ids = quoted.iter().flat_map(|text| text.split(','));
    ids.filter(|id| !assumes(id)).map(str::to_owned).collect()
}

#[test]
fn a_mention_is_no_expectation() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    let expected = |line: &str| expected_in_line(line, &rules).contains(&"ROLE-LTR".to_owned());
    assert!(expected(r#"named(&answer, "RBAC,ROLE-LTR");"#) && expected(r#"("x", 400, "ROLE-LTR"),"#));
    for line in [
        r#"// "ROLE-LTR""#,
        r#"let assumed = Assumptions::from([("ROLE-LTR".to_owned(), taken.to_owned())]);"#,
        r#"rules.rows.retain(|row| row.id.as_str() != "ROLE-LTR");"#,
        "ROLE-LTR, and what",
    ] {
        assert!(!expected(line), "{line}");
    }
    let one = r#"&[("SS-B-05-TRUST", "virtual_machines_only")],"#;
    assert!(!expected_in_line(one, &rules).contains(&"SS-B-05-TRUST".to_owned()));
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
    let mut expected = expected_in_tests(&rules);
    for scenario in &scenarios {
        expected.extend(scenario.expected_rules());
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
