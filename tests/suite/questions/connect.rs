//! Connections to PostgreSQL servers.

use std::collections::BTreeSet;

use azdrill::oracle::Profile;
use azdrill::sketch::Product;
use azdrill::sketch::connect::{Endpoint, Flavour, Origin, PublicAccess, Range, Sketch};
use azdrill::strategy::connect::Connect;
use azdrill::strategy::question::Question as _;
use azdrill_emulator::rules::Rules;

use super::agreement::walk_whole;
use super::mistakes::{Mistake, Wrong, all_are_caught, sees, spoilt};
use super::weights::{Weight, of_weight, weights};
use super::words::each_carries_weight;

#[test]
fn the_whole_product_agrees_under_every_profile() {
    let books = [Profile::DOCUMENTED, Profile::OBSERVED];
    for profile in books.into_iter().chain(Connect::other_profiles()) {
        assert_eq!(walk_whole::<Connect>(profile), 5_760);
    }
}

#[test]
fn every_word_carries_weight() {
    each_carries_weight::<Connect>();
}

fn rows(rules: &Rules) -> Vec<String> {
    let network = &rules.database_network;
    let rows = network.single_server.iter().chain(&network.flexible_server);
    rows.map(|row| row.id.to_string()).collect()
}

fn drop_row(rules: &mut Rules, id: &str) {
    let network = &mut rules.database_network;
    network.single_server.retain(|row| row.id.as_str() != id);
    network.flexible_server.retain(|row| row.id.as_str() != id);
}

/// Without these no row matches, and the answer is the same no for another reason.
const ONLY_THE_REASON: [&str; 2] = ["FX-N-NONE", "SS-N-NONE"];

#[test]
fn every_row_of_the_database_network_bears_load() {
    let cells: Vec<Sketch> = Product::whole().cells().collect();
    let mut profiles = vec![Profile::OBSERVED];
    profiles.extend(Connect::other_profiles());
    let found = weights::<Connect>(&profiles, &cells, rows, drop_row);
    assert_eq!(found.len(), 16, "{found:?}");
    assert_eq!(
        of_weight(&found, Weight::Reason),
        ONLY_THE_REASON.into(),
        "{found:?}"
    );
    assert_eq!(of_weight(&found, Weight::None), BTreeSet::new(), "{found:?}");
}

fn in_rules() -> Vec<Mistake<Sketch>> {
    vec![
        sees(
            "rules count though public access is disabled",
            |sketch: &mut Sketch| {
                sketch.access = PublicAccess::Enabled;
            },
        ),
        sees("an endpoint that waits is served", |sketch: &mut Sketch| {
            if sketch.endpoint == Endpoint::Pending {
                sketch.endpoint = Endpoint::Approved;
            }
        }),
        sees("any private endpoint will do", |sketch: &mut Sketch| {
            if sketch.origin == Origin::OtherEndpoint {
                sketch.origin = Origin::OwnEndpoint;
            }
        }),
        sees(
            "the rule for Azure services is for everybody",
            |sketch: &mut Sketch| {
                if sketch.azure_services {
                    sketch.range = Range::EveryAddress;
                }
            },
        ),
        sees("a range is read in either direction", |sketch: &mut Sketch| {
            if sketch.range == Range::Backwards {
                sketch.range = Range::Covers;
            }
        }),
        sees(
            "every address is every IPv6 address as well",
            |sketch: &mut Sketch| {
                if sketch.origin == Origin::Version6 && sketch.range == Range::EveryAddress {
                    sketch.origin = Origin::Covered;
                }
            },
        ),
    ]
}

fn in_networks() -> Vec<Mistake<Sketch>> {
    vec![
        sees(
            "a flexible server reads rules for subnets",
            |sketch: &mut Sketch| {
                if sketch.flavour == Flavour::Flexible
                    && sketch.subnet_rule
                    && sketch.origin == Origin::NamedSubnet
                {
                    sketch.origin = Origin::Covered;
                }
            },
        ),
        sees("any virtual network is the server's", |sketch: &mut Sketch| {
            if sketch.origin == Origin::OtherNetwork {
                sketch.origin = Origin::OwnNetwork;
            }
        }),
        sees(
            "a server in a virtual network reads its firewall rules",
            |sketch: &mut Sketch| {
                if sketch.origin == Origin::Covered {
                    sketch.injected = false;
                }
            },
        ),
        spoilt(
            "a server's private endpoint shuts services out, documented or not",
            |rules| {
                rules.database_network.single_server = observed_rows();
            },
        )
        .documented(),
        Mistake::new(
            "a rule for every address is one for services",
            Wrong::Profile(|profile| profile.everyone_is_services_too = true),
        ),
    ]
}

fn observed_rows() -> Vec<azdrill_emulator::rules::DatabaseRow> {
    let rules = azdrill::strategy::question::rules_for(Profile::OBSERVED).unwrap();
    rules.database_network.single_server.clone()
}

#[test]
fn mistakes_are_caught() {
    all_are_caught::<Connect>(&in_rules());
    all_are_caught::<Connect>(&in_networks());
}
