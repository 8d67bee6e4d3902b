//! Every row that a restore as files depends on carries weight.

use azdrill::oracle::Profile;
use azdrill::sketch::Product;
use azdrill::sketch::restore_as_files::Sketch;
use azdrill::strategy::question::rules_for;
use azdrill::strategy::restore_as_files::RestoreAsFiles;
use azdrill_emulator::rules::{RestoredAs, RestoredIn, Stage};

use super::super::nearby::nearby;
use super::super::weights::{
    Weight, answers, of_weight, prerequisites, prerequisites_bear_load, weight, weights,
};

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

/// The cells that can tell network rows apart: every network, for each identity that gets as far.
fn network_cells() -> Vec<Sketch> {
    let product = Product::of(&[
        "public access",
        "default",
        "bypass",
        "resource rule",
        "IP rule",
        "private endpoint",
        "identity",
    ])
    .only("default", &["Allow", "Deny"])
    .only("bypass", &["AzureServices", "None"])
    .only("public access", &["Enabled", "Disabled", "SecuredByPerimeter"])
    .only(
        "identity",
        &["system-assigned", "user-assigned, named in the request"],
    );
    product.cells().collect()
}

#[test]
fn every_row_of_the_storage_network_table_bears_load() {
    let uncovered = Profile {
        user_assigned_covered: false,
        ..Profile::OBSERVED
    };
    let both_wanted = Profile {
        either_is_enough: false,
        ..Profile::OBSERVED
    };
    let profiles = [Profile::OBSERVED, uncovered, both_wanted];
    let found = weights::<RestoreAsFiles>(
        &profiles,
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
    let cells: Vec<Sketch> = nearby(2).collect();
    prerequisites_bear_load::<RestoreAsFiles>(
        &[Profile::DOCUMENTED, Profile::OBSERVED],
        &cells,
        |rules| {
            let restored = Some((RestoredAs::Files, RestoredIn::OwnRegion));
            prerequisites(rules, "flexible_server", Stage::ValidateRestore, restored)
        },
        &IDLE_PREREQUISITES,
        &[],
    );
}

/// Without the row about trusted services the exception is worth nothing.
#[test]
fn the_list_of_trusted_services_bears_load() {
    let cells = network_cells();
    let with = answers::<RestoreAsFiles>(rules_for(Profile::OBSERVED).unwrap(), &cells);
    let mut rules = rules_for(Profile::OBSERVED).unwrap();
    rules.trusted_services.clear();
    assert_eq!(
        weight(&with, &answers::<RestoreAsFiles>(rules, &cells)),
        Weight::Verdict
    );
}
