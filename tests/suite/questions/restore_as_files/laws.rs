//! Laws that need no oracle: they hold of any engine that refuses for good reasons.

use std::cell::RefCell;

use azdrill::oracle::Profile;
use azdrill::sketch::restore_as_files::{DefaultAction, Network, PublicAccess, ResourceRule, Sketch};
use azdrill::strategy::answer::Answer;
use azdrill::strategy::question::{Engine as _, Question as _, engine, rules_for};
use azdrill::strategy::restore_as_files::{RestoreAsFiles, Spelling};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::super::agreement::law;
use super::random::{any_grant, any_network, any_sketch};

#[test]
fn adding_a_grant_never_removes_access() {
    law::<RestoreAsFiles, _>(
        || (any_sketch(), any_grant()),
        |engine, (sketch, grant)| {
            let before = engine.ask(&sketch);
            let mut more = sketch;
            more.grants.push(grant);
            let after = engine.ask(&more);
            prop_assert!(!before.passes() || after.passes(), "{more:?}");
            prop_assert!(
                before.fails_at("authorization") || !after.fails_at("authorization"),
                "{more:?}"
            );
            Ok(())
        },
    );
}

#[test]
fn the_order_of_assignments_has_no_effect() {
    law::<RestoreAsFiles, _>(any_sketch, |engine, sketch| {
        let plain = engine.ask(&sketch);
        engine.spelling.reversed = true;
        let reversed = engine.ask(&sketch);
        engine.spelling = Spelling::default();
        prop_assert_eq!(plain, reversed);
        Ok(())
    });
}

#[test]
fn the_letter_case_of_ids_has_no_effect() {
    law::<RestoreAsFiles, _>(any_sketch, |engine, sketch| {
        let plain = engine.ask(&sketch);
        engine.spelling.upper_case = true;
        let capitals = engine.ask(&sketch);
        engine.spelling = Spelling::default();
        prop_assert_eq!(plain, capitals);
        Ok(())
    });
}

#[test]
fn a_network_refusal_holds_whatever_the_roles() {
    law::<RestoreAsFiles, _>(
        || (any_sketch(), proptest::collection::vec(any_grant(), 0..6)),
        |engine, (sketch, grants)| {
            let before = engine.ask(&sketch);
            let after = engine.ask(&Sketch { grants, ..sketch });
            prop_assert_eq!(before.fails_at("network"), after.fails_at("network"));
            Ok(())
        },
    );
}

#[test]
fn opening_the_network_never_turns_a_pass_into_a_fail() {
    law::<RestoreAsFiles, _>(any_sketch, |engine, sketch| {
        let before = engine.ask(&sketch);
        for access in [PublicAccess::Enabled, PublicAccess::Unset] {
            let network = Network {
                access,
                default_action: DefaultAction::Allow,
                ..sketch.network
            };
            let after = engine.ask(&Sketch {
                network,
                ..sketch.clone()
            });
            prop_assert!(!after.fails_at("network"), "{after:?}");
            prop_assert!(!before.passes() || after.passes(), "{after:?}");
        }
        Ok(())
    });
}

#[test]
fn removing_the_resource_rule_never_turns_a_fail_into_a_pass() {
    law::<RestoreAsFiles, _>(any_sketch, |engine, sketch| {
        let before = engine.ask(&sketch);
        let network = Network {
            resource_rule: ResourceRule::None,
            ..sketch.network
        };
        let after = engine.ask(&Sketch { network, ..sketch });
        prop_assert!(before.passes() || !after.passes());
        Ok(())
    });
}

/// Rules and exceptions of an account that serves nobody in public are dead letters.
#[test]
fn with_public_access_disabled_no_other_network_setting_counts() {
    law::<RestoreAsFiles, _>(
        || (any_sketch(), any_network()),
        |engine, (sketch, other)| {
            let verdict = |engine: &mut RestoreAsFiles, network: Network| {
                let network = Network {
                    access: PublicAccess::Disabled,
                    ..network
                };
                let answer = engine.ask(&Sketch {
                    network,
                    ..sketch.clone()
                });
                match answer {
                    // Which of the two rows said no depends on the private endpoint.
                    Answer::Fails { gate, rules, code } => Answer::Fails {
                        gate,
                        rules: rules
                            .into_iter()
                            .filter(|rule| !rule.starts_with("E2-"))
                            .collect(),
                        code,
                    },
                    other => other,
                }
            };
            let (one, two) = (verdict(engine, sketch.network), verdict(engine, other));
            prop_assert!(!one.passes());
            prop_assert_eq!(one, two);
            Ok(())
        },
    );
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let responses = |seed: u64, sketches: &[Sketch]| -> Vec<String> {
        let rules = rules_for(Profile::OBSERVED).unwrap();
        let mut engine = RestoreAsFiles::put_up(rules, seed).unwrap();
        let texts = sketches.iter().map(|sketch| {
            engine.paint(sketch);
            let response = engine.validation(sketch).unwrap();
            format!("{:?} {:?}", response.headers, response.json_body())
        });
        texts.collect()
    };
    let mut runner = TestRunner::new(Config {
        cases: 4,
        failure_persistence: None,
        ..Config::default()
    });
    let sketches = proptest::collection::vec(any_sketch(), 1..20);
    runner
        .run(&(any::<u64>(), sketches), |(seed, sketches)| {
            prop_assert_eq!(responses(seed, &sketches), responses(seed, &sketches));
            Ok(())
        })
        .unwrap();
}

/// A cell's answer does not depend on the cells painted before it, nor on the seed.
#[test]
fn a_fresh_world_answers_like_a_used_one() {
    let used = RefCell::new(engine::<RestoreAsFiles>(Profile::OBSERVED).unwrap());
    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&(any::<u64>(), any_sketch()), |(seed, sketch)| {
            let mut fresh = RestoreAsFiles::put_up(rules_for(Profile::OBSERVED).unwrap(), seed).unwrap();
            prop_assert_eq!(fresh.ask(&sketch), used.borrow_mut().ask(&sketch));
            Ok(())
        })
        .unwrap();
}
