//! The restore of a single server's database to a database.

use azdrill::oracle::Profile;
use azdrill::sketch::Shape as _;
use azdrill::sketch::restore_to_database::{Asked, Name, Region, Sketch};
use azdrill::sketch::validate_single_backup::{Access, Network, Reads, Session, Store, Time};
use azdrill::strategy::question::Question as _;
use azdrill::strategy::restore_to_database::RestoreToDatabase;
use azdrill_emulator::rules::{RestoredAs, RestoredIn, Stage};

use super::agreement::{any_cell, random_agree, walk, walk_whole};
use super::mistakes::{Mistake, Wrong, all_are_caught, sees};
use super::nearby::nearby;
use super::weights::{prerequisites, prerequisites_bear_load};
use super::words::each_carries_weight;

/// Prerequisites that carry no weight here, each with why.
const IDLE: [&str; 6] = [
    "SS-B-20",           // every sketch has its credentials in a key vault
    "SS-B-20-ENTRA",     // likewise
    "SS-B-TOOL",         // no sketch is about programs of this machine
    "SS-CS-01-DATABASE", // the target is in the vault's subscription
    "SS-RD-11",          // a secret for another server is found out by signing in
    "TENANT-RD",         // a sketch has one tenant
];

/// Without them another row refuses, with another reason: nothing signs in without a secret that was read.
const ONLY_THE_REASON: [&str; 7] = [
    "SS-B-09",
    "SS-B-10",
    "SS-B-10-USABLE",
    "SS-B-SERVER",
    "SS-B-STORE",
    "SS-RD-02-SECRET",
    "SS-RD-05-KV",
];

#[test]
fn the_way_to_the_secret_and_what_is_around_it_agree_under_both_books() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        assert_eq!(walk_whole::<RestoreToDatabase>(profile), 1_728 + 2_400 + 720);
    }
}

#[test]
fn what_is_nearly_in_order_agrees_under_every_profile() {
    let books = [Profile::DOCUMENTED, Profile::OBSERVED];
    for profile in books.into_iter().chain(RestoreToDatabase::other_profiles()) {
        walk::<RestoreToDatabase>(profile, nearby(2));
    }
}

#[test]
fn random_sketches_agree() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        random_agree::<RestoreToDatabase, _>(profile, &any_cell());
    }
}

#[test]
fn every_word_carries_weight() {
    each_carries_weight::<RestoreToDatabase>();
}

#[test]
fn every_prerequisite_of_a_restore_bears_load() {
    prerequisites_bear_load::<RestoreToDatabase>(
        &[
            Profile::DOCUMENTED,
            Profile::OBSERVED,
            RestoreToDatabase::other_profiles()[0],
        ],
        &nearby(1).collect::<Vec<_>>(),
        |rules| {
            let restored = Some((RestoredAs::Database, RestoredIn::OwnRegion));
            prerequisites(rules, "single_server", Stage::ValidateRestore, restored)
        },
        &IDLE,
        &ONLY_THE_REASON,
    );
}

/// Those of a restore in the paired region, which the documents have impossible.
#[test]
fn every_prerequisite_of_a_restore_across_regions_bears_load() {
    let cells = nearby(1).map(|sketch: Sketch| Sketch {
        asked: Asked::Paired,
        region: match sketch.region {
            Region::Vaults => Region::Paired,
            elsewhere => elsewhere,
        },
        ..sketch
    });
    let cells: Vec<Sketch> = cells
        .chain([Sketch {
            asked: Asked::Paired,
            ..Sketch::in_order()
        }])
        .collect();
    let mut idle = IDLE.to_vec();
    // It may be in any region.
    idle.push("SS-CR-03-SECRET");
    prerequisites_bear_load::<RestoreToDatabase>(
        &[Profile::OBSERVED, RestoreToDatabase::other_profiles()[0]],
        &cells,
        |rules| {
            let restored = Some((RestoredAs::Database, RestoredIn::PairedRegion));
            prerequisites(rules, "single_server", Stage::ValidateRestore, restored)
        },
        &idle,
        &ONLY_THE_REASON,
    );
}

fn in_the_target() -> Vec<Mistake<Sketch>> {
    vec![
        sees(
            "a database is restored though the product is gone",
            |sketch: &mut Sketch| {
                sketch.target.time = Time::BeforeRetirement;
            },
        ),
        Mistake::new(
            "the name is asked for by the validation",
            Wrong::Profile(|profile| profile.name_asked_at_validation = true),
        ),
        sees(
            "the datasource is just another database that is there",
            |sketch: &mut Sketch| {
                if sketch.name == Name::Source {
                    sketch.name = Name::Taken;
                }
            },
        ),
        sees("secrets are to be listed here as well", |sketch: &mut Sketch| {
            if sketch.target.access == Access::PolicyGet {
                sketch.target.access = Access::NoPolicy;
            }
        })
        .documented(),
        sees(
            "the exception of the key vault is overlooked",
            |sketch: &mut Sketch| {
                if sketch.target.store == Store::DenyButTrusted {
                    sketch.target.store = Store::Deny;
                }
            },
        ),
        sees("no role is wanted on the target", |sketch: &mut Sketch| {
            sketch.target.reads = Reads::ReaderOnServer;
        }),
        sees(
            "too few rights are found by the job only",
            |sketch: &mut Sketch| {
                if sketch.target.session == Session::FewRights {
                    sketch.target.session = Session::Fine;
                }
            },
        ),
        sees("public access is not asked for", |sketch: &mut Sketch| {
            if sketch.target.network == Network::Denied {
                sketch.target.network = Network::AzureServices;
            }
        }),
    ]
}

fn across_regions() -> Vec<Mistake<Sketch>> {
    vec![
        sees(
            "over there the target is where the vault is",
            |sketch: &mut Sketch| {
                if sketch.asked == Asked::Paired && sketch.region == Region::Paired {
                    sketch.region = Region::Vaults;
                }
            },
        ),
        sees("any other region will do over there", |sketch: &mut Sketch| {
            if sketch.asked == Asked::Paired && sketch.region == Region::Third {
                sketch.region = Region::Paired;
            }
        }),
        sees(
            "what the documents rule out is played all the same",
            |sketch: &mut Sketch| {
                if sketch.asked == Asked::Paired && sketch.region == Region::Paired {
                    (sketch.asked, sketch.region) = (Asked::Own, Region::Vaults);
                }
            },
        )
        .documented(),
    ]
}

#[test]
fn mistakes_are_caught() {
    let mut all = in_the_target();
    all.extend(across_regions());
    all_are_caught::<RestoreToDatabase>(&all);
}
