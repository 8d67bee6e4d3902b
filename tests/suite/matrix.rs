//! The emulator and the oracle agree in every cell of storage network × roles × identity ×
//! cross-tenant replication, and around it.

use azdrill::oracle::{Book, Profile};
use azdrill::strategy::agreement::{Agreement, first_disagreement};
use azdrill::strategy::lower::EngineUnderTest;
use azdrill::strategy::product;
use azdrill::strategy::sketch::{Identity, Sketch};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::random::any_sketch;

/// Every way to take the rules: both books, each with its two open points decided either way.
pub(crate) fn profiles() -> Vec<Profile> {
    let mut found = Vec::new();
    for book in [Book::Documented, Book::Observed] {
        for either_is_enough in [true, false] {
            for user_assigned_covered in [true, false] {
                found.push(Profile {
                    book,
                    either_is_enough,
                    user_assigned_covered,
                });
            }
        }
    }
    found
}

/// Walks the cells and fails with the first disagreement. Gives back how many there were.
fn walk(profile: Profile, cells: impl IntoIterator<Item = Sketch>) -> usize {
    let mut engine = EngineUnderTest::new(profile).unwrap();
    let (found, count) = first_disagreement(Agreement::Reason, profile, &mut engine, cells);
    if let Some(found) = found {
        panic!("{profile:?}, cell {count}: {found}");
    }
    count
}

#[test]
fn the_core_product_agrees_with_the_documents() {
    assert_eq!(walk(Profile::DOCUMENTED, product::core()), 61_440);
}

#[test]
fn the_core_product_agrees_with_the_observations() {
    assert_eq!(walk(Profile::OBSERVED, product::core()), 61_440);
}

#[test]
fn the_edges_agree_under_both_books() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        assert_eq!(walk(profile, product::edges()), 3_840);
    }
}

/// The open points touch network and identity only, so the roles stay in order here.
#[test]
fn open_points_decided_either_way_agree() {
    for profile in profiles() {
        let cells = product::networks().flat_map(|network| {
            Identity::ALL.iter().map(move |&identity| Sketch {
                network,
                identity,
                ..Sketch::in_order()
            })
        });
        assert_eq!(walk(profile, cells), 1_600);
    }
}

/// Any number of grants, and everything else at once.
#[test]
fn random_sketches_agree() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        let engine = std::cell::RefCell::new(EngineUnderTest::new(profile).unwrap());
        let mut runner = TestRunner::new(Config {
            cases: 2_000,
            failure_persistence: None,
            ..Config::default()
        });
        let result = runner.run(&any_sketch(), |sketch| {
            let mut engine = engine.borrow_mut();
            let (found, _) = first_disagreement(Agreement::Reason, profile, &mut *engine, [sketch]);
            prop_assert!(found.is_none(), "{profile:?}: {}", found.unwrap());
            Ok(())
        });
        if let Err(error) = result {
            panic!("{error}");
        }
    }
}
