//! Every row carries weight: without it some cell comes out differently. A row that carries none
//! stands in a list, and the list may not hold a row that does.

use std::collections::{BTreeMap, BTreeSet};

use azdrill::oracle::Profile;
use azdrill::strategy::agreement::{Answer, RestoreEngine};
use azdrill::strategy::lower::{EngineUnderTest, rules_for};
use azdrill::strategy::product;
use azdrill::strategy::sketch::{Identity, Sketch};
use azdrill_emulator::rules::{DatasourceName, RestoredAs, RestoredIn, Rules, Stage};

use crate::matrix::profiles;

/// Rows of the storage network table that only say why: without them another row refuses, with
/// another reason.
const ONLY_THE_REASON: [&str; 3] = [
    "E2-5", // no row at all refuses as well
    "E2-6", // E2-5 refuses what it refuses
    "E2-8", // E2-7 refuses what it refuses
];

/// Rows about callers that a restore never is: it is an Azure service that writes.
const OTHER_CALLERS: [&str; 3] = ["E2-IP", "E2-PE", "E2-VNET"];

/// Rows of the examination that carry no weight here, each with why.
const IDLE_PREREQUISITES: [&str; 5] = [
    "FX-RF-11",  // a sketch's account has keys; `shared-keys-off` plays one that has none
    "FX-RF-12",  // nothing of a sketch is locked; `account-locked` plays it
    "FX-RF-13",  // neither profile asks for the role; `restore-with-the-ltr-role-only` does
    "FX-RF-14",  // it lets through; `server-deleted-recovery-point-survives` plays it
    "TENANT-RF", // a sketch has one tenant: the scenario `other-tenant` plays two
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    None,
    Reason,
    Verdict,
}

/// The cells that can tell network rows apart: every network, for each identity that gets as far.
fn network_cells() -> Vec<Sketch> {
    product::networks()
        .flat_map(|network| {
            [Identity::System, Identity::UserNamed].map(|identity| Sketch {
                network,
                identity,
                ..Sketch::in_order()
            })
        })
        .collect()
}

fn answers(rules: Rules, cells: &[Sketch]) -> Vec<Answer> {
    match EngineUnderTest::with_rules(rules, 1) {
        Ok(mut engine) => cells.iter().map(|sketch| engine.validate(sketch)).collect(),
        // Some rows are missed before a restore is asked for: the world does not come up.
        Err(error) => vec![Answer::Odd(error.to_string()); cells.len()],
    }
}

fn weight(with: &[Answer], without: &[Answer]) -> Weight {
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
fn weights(
    profiles: &[Profile],
    cells: &[Sketch],
    ids: fn(&Rules) -> Vec<String>,
    drop: fn(&mut Rules, &str),
) -> BTreeMap<String, Weight> {
    let mut found = BTreeMap::new();
    for &profile in profiles {
        let with = answers(rules_for(profile).unwrap(), cells);
        for id in ids(&rules_for(profile).unwrap()) {
            let known = found.entry(id.clone()).or_insert(Weight::None);
            if *known == Weight::Verdict {
                continue;
            }
            let mut rules = rules_for(profile).unwrap();
            drop(&mut rules, &id);
            *known = (*known).max(weight(&with, &answers(rules, cells)));
        }
    }
    found
}

fn of_weight(weights: &BTreeMap<String, Weight>, wanted: Weight) -> BTreeSet<&str> {
    let rows = weights.iter().filter(|(_, weight)| **weight == wanted);
    rows.map(|(id, _)| id.as_str()).collect()
}

#[test]
fn every_row_of_the_storage_network_table_bears_load() {
    let found = weights(
        &profiles(),
        &network_cells(),
        |rules| rules.storage_rows.iter().map(|row| row.id.to_string()).collect(),
        |rules, id| rules.storage_rows.retain(|row| row.id.as_str() != id),
    );
    assert!(
        found.contains_key("E2-UAMI"),
        "the profiles do not reach every row: {found:?}"
    );
    assert_eq!(
        of_weight(&found, Weight::Reason),
        ONLY_THE_REASON.into(),
        "{found:?}"
    );
    assert_eq!(of_weight(&found, Weight::None), OTHER_CALLERS.into(), "{found:?}");
}

#[test]
fn every_prerequisite_of_a_restore_bears_load() {
    let cells: Vec<Sketch> = product::edges().collect();
    let found = weights(
        &[Profile::DOCUMENTED, Profile::OBSERVED],
        &cells,
        |rules| {
            let rows = rules.prerequisites.iter();
            // Sketches are of flexible servers.
            let asked = (
                DatasourceName::named("flexible_server").unwrap(),
                Stage::ValidateRestore,
                Some(RestoredAs::Files),
            );
            let rows = rows.filter(|row| row.is_for(asked.0, asked.1, asked.2, RestoredIn::OwnRegion));
            rows.map(|row| row.id.as_str().to_owned()).collect()
        },
        |rules, id| rules.prerequisites.retain(|row| row.id.as_str() != id),
    );
    assert_eq!(of_weight(&found, Weight::Reason), BTreeSet::new(), "{found:?}");
    assert_eq!(
        of_weight(&found, Weight::None),
        IDLE_PREREQUISITES.into(),
        "{found:?}"
    );
}

/// Without the row about trusted services the exception is worth nothing.
#[test]
fn the_list_of_trusted_services_bears_load() {
    let cells = network_cells();
    let with = answers(rules_for(Profile::OBSERVED).unwrap(), &cells);
    let mut rules = rules_for(Profile::OBSERVED).unwrap();
    rules.trusted_services.clear();
    assert_eq!(weight(&with, &answers(rules, &cells)), Weight::Verdict);
}
