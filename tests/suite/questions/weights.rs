//! Every row carries weight: without it some cell comes out differently. A row that carries none
//! stands in a list, and the list may not hold a row that does.

use std::collections::{BTreeMap, BTreeSet};

use azdrill::oracle::Profile;
use azdrill::strategy::answer::Answer;
use azdrill::strategy::question::{Question, rules_for};
use azdrill_emulator::rules::{DatasourceName, RestoredAs, RestoredIn, Rules, Stage};

/// What becomes of the answers without a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// Nothing.
    None,
    /// Somewhere another reason is given.
    Reason,
    /// Somewhere yes turns into no, or no into yes.
    Verdict,
}

/// Each row's weight.
pub(crate) type Weights = BTreeMap<String, Weight>;

/// The emulator's answers under these rules.
pub(crate) fn answers<Q: Question>(rules: Rules, cells: &[Q::Sketch]) -> Vec<Answer> {
    match Q::put_up(rules, 1) {
        Ok(mut engine) => cells.iter().map(|sketch| engine.ask(sketch)).collect(),
        // Some rows are missed before the question is asked: the world does not come up.
        Err(error) => vec![Answer::Odd(error.to_string()); cells.len()],
    }
}

/// What became of the answers.
pub(crate) fn weight(with: &[Answer], without: &[Answer]) -> Weight {
    let pairs = with.iter().zip(without);
    let weights = pairs.map(
        |(with, without)| match (with == without, with.passes() == without.passes()) {
            (true, _) => Weight::None,
            (false, true) => Weight::Reason,
            (false, false) => Weight::Verdict,
        },
    );
    weights.max().unwrap_or(Weight::None)
}

/// The weight of each row under whichever profile it weighs most.
pub(crate) fn weights<Q: Question>(
    profiles: &[Profile],
    cells: &[Q::Sketch],
    ids: fn(&Rules) -> Vec<String>,
    drop: fn(&mut Rules, &str),
) -> Weights {
    let mut found = BTreeMap::new();
    for &profile in profiles {
        let with = answers::<Q>(rules_for(profile).unwrap(), cells);
        for id in ids(&rules_for(profile).unwrap()) {
            let known = found.entry(id.clone()).or_insert(Weight::None);
            if *known == Weight::Verdict {
                continue;
            }
            let mut rules = rules_for(profile).unwrap();
            drop(&mut rules, &id);
            *known = (*known).max(weight(&with, &answers::<Q>(rules, cells)));
        }
    }
    found
}

/// The rows of this weight.
pub(crate) fn of_weight(weights: &Weights, wanted: Weight) -> BTreeSet<&str> {
    let rows = weights.iter().filter(|(_, weight)| **weight == wanted);
    rows.map(|(id, _)| id.as_str()).collect()
}

/// Demands that the prerequisites examined at a stage carry weight, but for these: `idle` ones carry none, and without
/// the others another reason is given.
pub(crate) fn prerequisites_bear_load<Q: Question>(
    profiles: &[Profile],
    cells: &[Q::Sketch],
    ids: fn(&Rules) -> Vec<String>,
    idle: &[&str],
    only_the_reason: &[&str],
) {
    let found = weights::<Q>(profiles, cells, ids, drop_prerequisite);
    let are = |wanted: &[&str]| wanted.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    let of = |weight| {
        of_weight(&found, weight)
            .into_iter()
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(of(Weight::None), are(idle), "{found:?}");
    assert_eq!(of(Weight::Reason), are(only_the_reason), "{found:?}");
}

/// The prerequisites that are examined at a stage.
pub(crate) fn prerequisites(
    rules: &Rules,
    datasource: &str,
    stage: Stage,
    restored: Option<(RestoredAs, RestoredIn)>,
) -> Vec<String> {
    let datasource = DatasourceName::named(datasource).unwrap();
    let (restored_as, restored_in) = restored.unzip();
    let rows = rules.prerequisites.iter().filter(|row| {
        row.is_for(
            datasource,
            stage,
            restored_as,
            restored_in.unwrap_or(RestoredIn::OwnRegion),
        )
    });
    rows.map(|row| row.id.as_str().to_owned()).collect()
}

/// Takes a prerequisite away.
fn drop_prerequisite(rules: &mut Rules, id: &str) {
    rules.prerequisites.retain(|row| row.id.as_str() != id);
}
