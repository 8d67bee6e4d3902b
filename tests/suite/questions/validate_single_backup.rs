//! The validation of a backup of a single server's database.

use azdrill::oracle::Profile;
use azdrill::sketch::Product;
use azdrill::sketch::validate_single_backup::{
    Access, Database, Network, Reads, Secret, Server, Session, Sketch, Store, Time,
};
use azdrill::strategy::question::Question as _;
use azdrill::strategy::validate_single_backup::ValidateSingleBackup;
use azdrill_emulator::rules::{Endpoint, Gate, Stage};

use super::agreement::{any_cell, random_agree, walk, walk_whole};
use super::mistakes::{Mistake, Wrong, all_are_caught, sees, spoilt};
use super::nearby::nearby;
use super::weights::{prerequisites, prerequisites_bear_load};
use super::words::each_carries_weight;

/// Prerequisites that carry no weight here, each with why.
const IDLE: [&str; 5] = [
    "SS-B-17",       // it only warns: real servers have other versions than the product had
    "SS-B-20",       // every sketch has its credentials in a key vault
    "SS-B-20-ENTRA", // likewise
    "SS-B-TOOL",     // no sketch is about programs of this machine
    "TENANT-B",      // a sketch has one tenant
];

/// Without them another row refuses, with another reason: nothing signs in without a secret that was read.
const ONLY_THE_REASON: [&str; 7] = [
    "SS-B-03",
    "SS-B-05",
    "SS-B-09",
    "SS-B-10",
    "SS-B-10-USABLE",
    "SS-B-SERVER",
    "SS-B-STORE",
];

#[test]
fn the_way_to_the_secret_and_what_is_around_it_agree_under_both_books() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        assert_eq!(walk_whole::<ValidateSingleBackup>(profile), 1_728 + 2_400);
    }
}

/// The open point touches the key vault only.
#[test]
fn the_open_point_decided_the_other_way_agrees() {
    for profile in ValidateSingleBackup::other_profiles() {
        let cells = Product::of(&["key vault", "may read the secret", "secret"]);
        assert_eq!(walk::<ValidateSingleBackup>(profile, cells.cells()), 144);
    }
}

/// Two million cells.
#[test]
fn random_sketches_agree() {
    assert_eq!(
        Product::<Sketch>::whole().len(),
        2 * 5 * 3 * 2 * 2 * 6 * 6 * 6 * 4 * 4 * 5
    );
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        random_agree::<ValidateSingleBackup, _>(profile, &any_cell());
    }
}

/// Random cells have much wrong at once, and show what is found first; these have little.
#[test]
fn what_is_nearly_in_order_agrees() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        walk::<ValidateSingleBackup>(profile, nearby(2));
    }
}

#[test]
fn every_word_carries_weight() {
    each_carries_weight::<ValidateSingleBackup>();
}

#[test]
fn every_prerequisite_of_a_backup_bears_load() {
    prerequisites_bear_load::<ValidateSingleBackup>(
        &[Profile::DOCUMENTED, Profile::OBSERVED],
        &nearby(1).collect::<Vec<_>>(),
        |rules| prerequisites(rules, "single_server", Stage::ValidateBackup, None),
        &IDLE,
        &ONLY_THE_REASON,
    );
}

fn in_the_secret() -> Vec<Mistake<Sketch>> {
    vec![
        sees(
            "as on storage, no exception counts while public access is disabled",
            |sketch: &mut Sketch| {
                if sketch.store == Store::DisabledButTrusted {
                    sketch.store = Store::Disabled;
                }
            },
        ),
        spoilt("Azure Backup is no trusted service", |rules| {
            rules.key_vault_trusted_services.clear();
        }),
        sees("reading takes listing, seen or not", |sketch: &mut Sketch| {
            if sketch.access == Access::PolicyGet {
                sketch.access = Access::NoPolicy;
            }
        }),
        sees(
            "reading takes no listing, documented or not",
            |sketch: &mut Sketch| {
                if sketch.access == Access::PolicyGet {
                    sketch.access = Access::PolicyGetList;
                }
            },
        )
        .documented(),
        sees("a disabled secret is given out", |sketch: &mut Sketch| {
            if sketch.secret == Secret::Disabled {
                sketch.secret = Secret::ConnectionString;
            }
        }),
        sees(
            "an address will do for a connection string",
            |sketch: &mut Sketch| {
                if sketch.secret == Secret::Address {
                    sketch.secret = Secret::ConnectionString;
                }
            },
        ),
        spoilt(
            "the key vault asks for roles before it looks at the network",
            |rules| {
                let order = vec![Gate::Authentication, Gate::Authorization, Gate::Network];
                rules.gates.insert(Endpoint::KeyVault, order);
            },
        ),
    ]
}

fn in_the_server() -> Vec<Mistake<Sketch>> {
    vec![
        sees("the product is there for ever", |sketch: &mut Sketch| {
            sketch.time = Time::BeforeRetirement;
        }),
        sees("Azure's own databases are backed up", |sketch: &mut Sketch| {
            sketch.database = Database::Customers;
        }),
        sees(
            "a role on a server that is gone outlives it",
            |sketch: &mut Sketch| {
                sketch.server = Server::There;
            },
        ),
        sees(
            "Contributor is enough, documented or not",
            |sketch: &mut Sketch| {
                if sketch.reads == Reads::Contributor {
                    sketch.reads = Reads::ReaderOnServer;
                }
            },
        )
        .documented(),
        sees(
            "the rule for Azure services counts though public access is denied",
            |sketch: &mut Sketch| {
                if sketch.network == Network::Denied {
                    sketch.network = Network::AzureServices;
                }
            },
        ),
        sees(
            "too few rights are found by the job only",
            |sketch: &mut Sketch| {
                if sketch.session == Session::FewRights {
                    sketch.session = Session::Fine;
                }
            },
        ),
        Mistake::new(
            "the key vault's open point is decided the other way",
            Wrong::Profile(|profile| profile.trusted_for_postgresql = false),
        ),
    ]
}

#[test]
fn mistakes_are_caught() {
    all_are_caught::<ValidateSingleBackup>(&in_the_secret());
    all_are_caught::<ValidateSingleBackup>(&in_the_server());
}
