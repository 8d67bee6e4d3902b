//! The property itself: walked whole where that takes seconds, random and shrinking where it takes minutes.

use std::cell::RefCell;
use std::collections::BTreeSet;

use azdrill::oracle::Profile;
use azdrill::sketch::{Product, Shape};
use azdrill::strategy::question::{Question, engine, first_disagreement};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};

use super::regressions::{keep, keep_least};

/// What is random has this many cases.
const CASES: u32 = 2_000;

/// A law is checked for this many.
const LAW_CASES: u32 = 1_000;

/// So many different disagreements are told of.
const TOLD: usize = 12;

/// Walks the cells and fails where there are disagreements, with the first of each kind. Gives back how many cells
/// there were.
pub(crate) fn walk<Q: Question>(profile: Profile, cells: impl IntoIterator<Item = Q::Sketch>) -> usize {
    let mut engine = engine::<Q>(profile).unwrap();
    let mut cells = cells.into_iter();
    let (mut told, mut count) = (Vec::new(), 0);
    let mut kinds = BTreeSet::new();
    while told.len() < TOLD {
        let (found, walked) = first_disagreement::<Q>(profile, &mut engine, cells.by_ref());
        count += walked;
        let Some(found) = found else { break };
        if kinds.insert(format!("{:?} {:?}", found.expected, found.answer)) {
            let kept = keep_least::<Q>(profile, &mut engine, &found);
            told.push(format!("cell {count}: {found}\n  {kept}"));
        }
    }
    assert!(told.is_empty(), "{profile:?}:\n{}", told.join("\n"));
    count
}

/// Walks all that is to be walked whole.
pub(crate) fn walk_whole<Q: Question>(profile: Profile) -> usize {
    let products = Q::products();
    walk::<Q>(profile, products.iter().flat_map(Product::cells))
}

/// A random word for every setting. It shrinks towards the world in order.
pub(crate) fn any_cell<S: Shape>() -> impl Strategy<Value = S> {
    let dimensions = S::dimensions();
    let picks: Vec<_> = dimensions.iter().map(|dimension| 0..dimension.len()).collect();
    picks.prop_map(|picks| Product::<S>::whole().cell(&picks))
}

/// The property for random cells of a product that is too large to be walked.
pub(crate) fn random_agree<Q: Question, S: Strategy<Value = Q::Sketch>>(profile: Profile, strategy: &S) {
    let engine = RefCell::new(engine::<Q>(profile).unwrap());
    let kept = RefCell::new(None);
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    });
    let result = runner.run(strategy, |sketch| {
        let (found, _) = first_disagreement::<Q>(profile, &mut *engine.borrow_mut(), [sketch]);
        // It is called again and again until the cell is the least: the last that disagrees is that.
        if let Some(found) = &found {
            kept.replace(Some(found.sketch.clone()));
        }
        prop_assert!(found.is_none(), "{profile:?}: {}", found.unwrap());
        Ok(())
    });
    if let Err(error) = result {
        let kept = kept.take().map(|sketch| keep::<Q>(profile, &sketch));
        panic!("{error}\n{}", kept.unwrap_or_default());
    }
}

/// Checks a law, which needs no oracle, for random values under both books, with one emulator each.
pub(crate) fn law<Q: Question, S: Strategy>(
    strategy: impl Fn() -> S,
    check: impl Fn(&mut Q, S::Value) -> TestCaseResult,
) {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        let engine = RefCell::new(engine::<Q>(profile).unwrap());
        let mut runner = TestRunner::new(Config {
            cases: LAW_CASES,
            failure_persistence: None,
            ..Config::default()
        });
        if let Err(error) = runner.run(&strategy(), |value| check(&mut engine.borrow_mut(), value)) {
            panic!("{profile:?}: {error}");
        }
    }
}

/// What the oracle's books leave open the machines take as they do: tables and properties are about the same machines.
#[test]
fn the_books_are_the_machines() {
    use azdrill::strategy::question::rules_for;
    use azdrill_emulator::rules::{Assumptions, Profile as Machine, Rules};
    for (book, machine) in [
        (Profile::DOCUMENTED, Machine::Documented),
        (Profile::OBSERVED, Machine::Observed),
    ] {
        let (own, other) = (
            rules_for(book).unwrap(),
            Rules::load(machine, &Assumptions::new()).unwrap(),
        );
        for rule in own.stated.values() {
            for name in rule.alternatives.keys() {
                let taken = [&own, &other].map(|rules| rules.takes(rule.id, name));
                assert_eq!(taken[0], taken[1], "{} {name}", rule.id);
            }
        }
    }
}
