//! The validation of a backup of a flexible server.

use azdrill::oracle::Profile;
use azdrill::sketch::Product;
use azdrill::sketch::identity::Identity;
use azdrill::sketch::validate_backup::{Backs, Holder, Reads, Region, Server, Sketch, Subscription};
use azdrill::strategy::validate_backup::ValidateBackup;
use azdrill_emulator::rules::Stage;

use super::agreement::{any_cell, random_agree, walk_whole};
use super::mistakes::{Mistake, all_are_caught, sees, spoilt};
use super::nearby::nearby;
use super::weights::{prerequisites, prerequisites_bear_load};
use super::words::each_carries_weight;

/// Prerequisites that carry no weight here, each with why.
const IDLE: [&str; 1] = [
    "FX-B-06", // both profiles have it that no change of the network is needed
];

/// Without them another row refuses, with another reason.
const ONLY_THE_REASON: [&str; 1] = [
    "TENANT-B", // no role of another tenant lets the vault's identity in
];

#[test]
fn roles_and_servers_agree_under_both_books() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        assert_eq!(walk_whole::<ValidateBackup>(profile), 1_600 + 5_400);
    }
}

/// All of it are 432,000 cells, too many for a test.
#[test]
fn random_sketches_agree() {
    assert_eq!(Product::<Sketch>::whole().len(), 432_000);
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        random_agree::<ValidateBackup, _>(profile, &any_cell());
    }
}

#[test]
fn every_word_carries_weight() {
    each_carries_weight::<ValidateBackup>();
}

#[test]
fn every_prerequisite_of_a_backup_bears_load() {
    let cells: Vec<Sketch> = nearby(2).collect();
    prerequisites_bear_load::<ValidateBackup>(
        &[Profile::DOCUMENTED, Profile::OBSERVED],
        &cells,
        |rules| prerequisites(rules, "flexible_server", Stage::ValidateBackup, None),
        &IDLE,
        &ONLY_THE_REASON,
    );
}

fn in_the_server() -> Vec<Mistake<Sketch>> {
    vec![
        sees(
            "a soft-deleted instance lets its server go",
            |sketch: &mut Sketch| {
                if sketch.holder == Holder::SoftDeleted {
                    sketch.holder = Holder::Nobody;
                }
            },
        ),
        sees(
            "another vault's soft-deleted instance holds the server here",
            |sketch: &mut Sketch| {
                if sketch.holder == Holder::SoftDeletedElsewhere {
                    sketch.holder = Holder::SoftDeleted;
                }
            },
        ),
        sees("another subscription is another tenant", |sketch: &mut Sketch| {
            if sketch.subscription == Subscription::Other {
                sketch.subscription = Subscription::OtherTenant;
            }
        }),
        sees("the region is overlooked", |sketch: &mut Sketch| {
            sketch.region = Region::Same
        }),
        sees("a stopped server is none", |sketch: &mut Sketch| {
            if sketch.server == Server::Stopped {
                sketch.server = Server::Gone;
            }
        }),
    ]
}

fn in_access() -> Vec<Mistake<Sketch>> {
    vec![
        sees("identityDetails is not read", |sketch: &mut Sketch| {
            if sketch.identity == Identity::UserNamed {
                sketch.identity = Identity::UserNotNamed;
            }
        }),
        sees("a server's name is compared as a text", |sketch: &mut Sketch| {
            if sketch.backs == Backs::LtrOnPrefix {
                sketch.backs = Backs::LtrOnServer;
            }
        }),
        sees("Reader on the server is enough", |sketch: &mut Sketch| {
            if sketch.reads == Reads::ReaderOnServer {
                sketch.reads = Reads::ReaderOnGroup;
            }
        }),
        sees(
            "the role reads no group, wherever it is",
            |sketch: &mut Sketch| {
                if sketch.reads == Reads::Nothing && sketch.backs == Backs::LtrOnGroup {
                    sketch.backs = Backs::LtrOnServer;
                }
            },
        ),
        sees(
            "Contributor is enough, documented or not",
            |sketch: &mut Sketch| {
                if sketch.backs == Backs::Contributor {
                    sketch.backs = Backs::LtrOnServer;
                }
            },
        )
        .documented(),
        spoilt("Backup Operator's id is taken for the role's", |rules| {
            let ltr = "PostgreSQL Flexible Server Long Term Retention Backup Role";
            let ltr = rules
                .built_in_roles
                .named_mut(ltr)
                .unwrap()
                .permissions_mut()
                .clone();
            let operator = rules.built_in_roles.named_mut("Backup Operator").unwrap();
            *operator.permissions_mut() = ltr;
        }),
    ]
}

#[test]
fn mistakes_are_caught() {
    all_are_caught::<ValidateBackup>(&in_the_server());
    all_are_caught::<ValidateBackup>(&in_access());
}
