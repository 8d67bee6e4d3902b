//! The report: all scenarios are played once, without rows, and what was found is held against what is committed and
//! against what it must not say.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use azdrill::report::{DifferenceFinding, DifferenceState, Findings, gather, markdown};
use azdrill::scenario::Library;
use azdrill_emulator::rules::{Assumptions, Profile, Rules, Showing};

use crate::source::root;

/// Where it is committed.
const COMMITTED: &str = "docs/report.md";

/// Differences that a scenario could show and none does; why, stands in `differences.toml`.
const NOT_YET: [u32; 3] = [19, 29, 47];

/// Differences that no scenario can show: what a page says, or a client makes of an answer.
const NEVER: [u32; 7] = [7, 17, 24, 25, 45, 51, 54];

/// Scenarios that are not played without rows.
const NOT_PLAYED: [&str; 17] = [
    "backup-admin-without-database-rights",
    "database-gone",
    "grants-as-printed",
    "large-objects-not-granted",
    "new-schema-other-owner",
    "restore-db-name-in-use",
    "restore-db-name-in-use-found-by-the-validation",
    "restore-interrupted",
    "restore-no-createdb",
    "restore-no-createdb-found-by-the-job",
    "restore-onto-a-full-server",
    "restored-files-damaged",
    "secret-rotated-before-backup",
    "secret-rotated-mid-backup",
    "secret-version-pinned",
    "server-breaks-down-while-dumped",
    "server-closes-connection",
];

fn findings() -> &'static Findings {
    static FOUND: OnceLock<Findings> = OnceLock::new();
    FOUND.get_or_init(|| {
        let scenarios = Library::find(None, root()).unwrap().all().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(gather(&scenarios, None, |_| {})).unwrap()
    })
}

/// The differences of one state, by number.
fn numbers(state: DifferenceState) -> BTreeSet<u32> {
    let of_state = |own: &&DifferenceFinding| own.state == state;
    findings()
        .differences
        .iter()
        .filter(of_state)
        .map(|own| own.number)
        .collect()
}

/// What is not played shows nothing, and no other test here looks at it.
#[test]
fn what_is_not_played_is_known() {
    let left_out = findings().not_played.iter();
    let left_out: BTreeSet<&str> = left_out.map(|scenario| scenario.name.as_str()).collect();
    assert_eq!(left_out, NOT_PLAYED.into());
}

#[test]
fn the_committed_report_is_what_is_found_today() {
    let found = markdown(findings());
    let committed = std::fs::read_to_string(root().join(COMMITTED)).unwrap_or_default();
    let same = found
        .lines()
        .zip(committed.lines())
        .take_while(|(a, b)| a == b)
        .count();
    assert!(
        found == committed,
        "{COMMITTED} is stale from line {} on: {:?} is found, {:?} is there. Read what has changed, and write it \
         anew:\n    cargo run -- --postgres none report --output {COMMITTED}",
        same + 1,
        found.lines().nth(same),
        committed.lines().nth(same),
    );
}

#[test]
fn every_expectation_holds_without_rows_too() {
    let missed: Vec<&str> = findings()
        .scenarios
        .iter()
        .filter(|own| !own.held)
        .map(|own| own.name.as_str())
        .collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn every_difference_between_the_machines_has_a_rule() {
    for scenario in &findings().scenarios {
        for step in &scenario.steps {
            let left = &step.unexplained;
            assert!(
                left.is_empty(),
                "{}, step {}: {left:?}",
                scenario.name,
                step.number
            );
        }
    }
}

#[test]
fn what_is_said_to_be_shown_is_shown() {
    let unproven: Vec<String> = findings()
        .differences
        .iter()
        .filter(|own| own.state == DifferenceState::Unproven)
        .map(|own| format!("{}: {}", own.number, own.why))
        .collect();
    assert!(unproven.is_empty(), "{unproven:#?}");
    let not_played = numbers(DifferenceState::NotPlayed);
    assert!(
        not_played.is_empty(),
        "{not_played:?} need rows, or are not there"
    );
    assert_eq!(numbers(DifferenceState::NotYet), NOT_YET.into(), "it may shrink");
    assert_eq!(numbers(DifferenceState::Never), NEVER.into());
}

/// Which is cheaper than playing, and tells of the row.
#[test]
fn every_scenario_that_shows_a_difference_is_there() {
    let library = Library::find(None, root()).unwrap();
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    for difference in rules.differences().unwrap() {
        let Showing::By(steps) = difference.showing else {
            continue;
        };
        for at in steps {
            let row = format!("differences.toml, row {}: {}", difference.number, at.scenario);
            let scenario = library
                .get(&at.scenario)
                .unwrap_or_else(|error| panic!("{row}: {error}"));
            let steps = scenario.steps.len();
            assert!(
                (1..=steps).contains(&at.step),
                "{row} has {steps} steps, and no {}",
                at.step
            );
        }
    }
}

/// A rule that is only seen in what is let through is shown, too.
#[test]
fn a_rule_that_applies_is_shown() {
    let rule = findings()
        .rules
        .iter()
        .find(|own| own.rule.as_str() == "E2-1")
        .unwrap();
    let shown = rule
        .shown_by
        .iter()
        .find(|own| own.scenario == "happy-path")
        .unwrap();
    assert!(shown.decides.is_empty() && !shown.applies.is_empty(), "{shown:?}");
}
