//! Requests to the blob service of a storage account.

use std::collections::BTreeSet;

use azdrill::oracle::Profile;
use azdrill::sketch::reach_blob::{
    AllowPublic, Covers, Credential, Held, Letters, Operation, Protocol, Public, SasPolicy, SharedKey,
    SignedAddress, SignedFor, SignedProtocol, Sketch, Stands, Time,
};
use azdrill::sketch::storage_network::{DefaultAction, Origin, PublicAccess};
use azdrill::sketch::{Product, Shape as _};
use azdrill::strategy::question::{Question as _, rules_for};
use azdrill::strategy::reach_blob::{ReachBlob, networks};
use azdrill_emulator::rules::{Endpoint, Gate};

use super::agreement::{any_cell, random_agree, walk, walk_whole};
use super::mistakes::{Mistake, Wrong, add_data_action, all_are_caught, sees, spoilt};
use super::weights::{Weight, answers, of_weight, weight, weights};
use super::words::each_carries_weight;

#[test]
fn every_product_agrees_with_the_observations() {
    assert_eq!(walk_whole::<ReachBlob>(Profile::OBSERVED), 56_352);
}

/// The books differ in nothing that the blob service says; the open points touch the network.
#[test]
fn the_networks_agree_under_every_profile() {
    let networks = networks();
    for profile in ReachBlob::other_profiles()
        .into_iter()
        .chain([Profile::DOCUMENTED])
    {
        assert_eq!(walk::<ReachBlob>(profile, networks.cells()), 15_360);
    }
}

#[test]
fn random_sketches_agree() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        random_agree::<ReachBlob, _>(profile, &any_cell());
    }
}

#[test]
fn every_word_carries_weight() {
    each_carries_weight::<ReachBlob>();
}

/// Without these another row says no, or none lets in.
const ONLY_THE_REASON: [&str; 3] = ["E2-5", "E2-6", "E2-8"];

#[test]
fn every_row_of_the_storage_network_table_bears_load() {
    let mut profiles = vec![Profile::OBSERVED];
    profiles.extend(ReachBlob::other_profiles());
    let cells: Vec<Sketch> = networks()
        .only(
            "the caller shows",
            &["account key", "bearer token of a user-assigned identity"],
        )
        .only("public access", &["Enabled", "Disabled", "SecuredByPerimeter"])
        .only("resource rule", &["none", "this vault"])
        .cells()
        .collect();
    let found = weights::<ReachBlob>(
        &profiles,
        &cells,
        |rules| rules.storage_rows.iter().map(|row| row.id.to_string()).collect(),
        |rules, id| rules.storage_rows.retain(|row| row.id.as_str() != id),
    );
    assert_eq!(found.len(), 13, "{found:?}");
    assert_eq!(
        of_weight(&found, Weight::Reason),
        ONLY_THE_REASON.into(),
        "{found:?}"
    );
    assert_eq!(of_weight(&found, Weight::None), BTreeSet::new(), "{found:?}");
}

/// Whoever is kept out and may not either is told of the network.
#[test]
fn the_order_of_gates_bears_load() {
    let settings = ["public access", "the caller shows", "the identity holds"];
    let cells: Vec<Sketch> = Product::of(&settings).cells().collect();
    let with = answers::<ReachBlob>(rules_for(Profile::OBSERVED).unwrap(), &cells);
    let mut rules = rules_for(Profile::OBSERVED).unwrap();
    let order = vec![Gate::Authentication, Gate::Authorization, Gate::Network];
    rules.gates.insert(Endpoint::Blob, order);
    assert_eq!(
        weight(&with, &answers::<ReachBlob>(rules, &cells)),
        Weight::Reason
    );
}

/// What is literally so, whatever either implementation makes of it.
#[test]
fn what_the_documents_say_in_so_many_words() {
    use azdrill::strategy::answer::Answer;
    use azdrill::strategy::question::{Engine as _, engine};
    let mut engine = engine::<ReachBlob>(Profile::OBSERVED).unwrap();
    let shows = |credential| Sketch {
        credential,
        ..Sketch::in_order()
    };
    let no_keys = |credential| Sketch {
        shared_key: SharedKey::False,
        ..shows(credential)
    };
    for credential in [Credential::Token, Credential::UserDelegation] {
        assert_eq!(engine.ask(&no_keys(credential)), Answer::Passes, "{credential:?}");
    }
    for credential in [
        Credential::AccountKey,
        Credential::ServiceSas,
        Credential::AccountSas,
    ] {
        let answer = engine.ask(&no_keys(credential));
        let code = "KeyBasedAuthenticationNotPermitted";
        assert!(
            matches!(&answer, Answer::Fails { code: own, .. } if own == code),
            "{answer:?}"
        );
    }
    // Owning an account is not reading what is in it.
    let owner = Sketch {
        held: Held::Owner,
        ..shows(Credential::Token)
    };
    assert!(engine.ask(&owner).fails_at("authorization"));
}

#[test]
fn mistakes_are_caught() {
    for mistakes in [in_the_network(), in_signatures(), in_uses(), in_accounts()] {
        all_are_caught::<ReachBlob>(&mistakes);
    }
}

fn in_the_network() -> Vec<Mistake<Sketch>> {
    vec![
        sees("a key opens every network", |sketch: &mut Sketch| {
            if sketch.credential == Credential::AccountKey {
                sketch.network.default_action = DefaultAction::Allow;
            }
        }),
        sees(
            "whoever may read needs no network either",
            |sketch: &mut Sketch| {
                if sketch.credential == Credential::Token {
                    sketch.network.access = PublicAccess::Enabled;
                }
            },
        ),
        sees("what is public is public everywhere", |sketch: &mut Sketch| {
            if sketch.credential == Credential::Anonymous {
                sketch.origin = Origin::OwnEndpoint;
                sketch.network.private_endpoint = true;
            }
        }),
        sees("any private endpoint will do", |sketch: &mut Sketch| {
            if sketch.origin == Origin::OtherEndpoint {
                sketch.origin = Origin::OwnEndpoint;
            }
        }),
        sees("any subnet will do", |sketch: &mut Sketch| {
            if sketch.origin == Origin::OtherSubnet {
                sketch.origin = Origin::ListedSubnet;
            }
        }),
        sees("any Azure service is trusted", |sketch: &mut Sketch| {
            if sketch.origin == Origin::OtherService {
                sketch.origin = Origin::Backup;
            }
        }),
        Mistake::new(
            "user-assigned identities are not covered",
            Wrong::Profile(|profile| profile.user_assigned_covered = false),
        ),
    ]
}

fn in_signatures() -> Vec<Mistake<Sketch>> {
    vec![
        sees("a signature of tomorrow counts today", |sketch: &mut Sketch| {
            if sketch.credential == Credential::ServiceSas && sketch.time == Time::Later {
                sketch.time = Time::Now;
            }
        }),
        sees(
            "a signature outlives its delegation key",
            |sketch: &mut Sketch| {
                if sketch.time == Time::KeyOver {
                    sketch.time = Time::Now;
                }
            },
        ),
        sees("dates of signed requests are not read", |sketch: &mut Sketch| {
            if sketch.credential == Credential::AccountKey {
                sketch.time = Time::Now;
            }
        }),
        sees("a signature for a blob is one for all", |sketch: &mut Sketch| {
            if sketch.signed_for == SignedFor::OtherBlob {
                sketch.signed_for = SignedFor::Blob;
            }
        }),
        sees(
            "a stored policy lives on in its signatures",
            |sketch: &mut Sketch| {
                if sketch.stands == Stands::InLostPolicy {
                    sketch.stands = Stands::InPolicy;
                }
            },
        ),
        sees("stored policies are not read", |sketch: &mut Sketch| {
            if sketch.stands == Stands::InPolicy {
                sketch.stands = Stands::InLostPolicy;
            }
        }),
        sees("letters may stand in any order", |sketch: &mut Sketch| {
            if sketch.letters == Letters::OutOfOrder {
                sketch.letters = Letters::Write;
            }
        }),
        sees("whoever may make blobs overwrites them", |sketch: &mut Sketch| {
            if sketch.letters == Letters::Create {
                sketch.letters = Letters::Write;
            }
        }),
        sees("whoever may add may make", |sketch: &mut Sketch| {
            if sketch.letters == Letters::Add {
                sketch.letters = Letters::Create;
            }
        }),
        sees("an account SAS is for blobs", |sketch: &mut Sketch| {
            if sketch.covers == Covers::Queues {
                sketch.covers = Covers::Everything;
            }
        }),
        sees(
            "objects are in containers, and lists of them too",
            |sketch: &mut Sketch| {
                if sketch.covers == Covers::Objects {
                    sketch.covers = Covers::Everything;
                }
            },
        ),
    ]
}

fn in_uses() -> Vec<Mistake<Sketch>> {
    vec![
        sees("addresses of signatures are not read", |sketch: &mut Sketch| {
            sketch.signed_address = SignedAddress::Any;
        }),
        sees(
            "a private path has the client's address",
            |sketch: &mut Sketch| {
                if sketch.origin == Origin::OwnEndpoint && sketch.signed_address == SignedAddress::Listed {
                    sketch.origin = Origin::ListedAddress;
                }
            },
        ),
        sees("protocols of signatures are not read", |sketch: &mut Sketch| {
            sketch.signed_protocol = SignedProtocol::Unset;
        }),
        sees(
            "what may come by HTTPS only may not come by both",
            |sketch: &mut Sketch| {
                if sketch.signed_protocol == SignedProtocol::Both {
                    sketch.signed_protocol = SignedProtocol::Https;
                }
            },
        ),
        sees("plain text is let in", |sketch: &mut Sketch| {
            if sketch.protocol == Protocol::Http {
                sketch.https_only = false;
            }
        }),
        sees("a policy that notes blocks", |sketch: &mut Sketch| {
            if sketch.sas_policy == SasPolicy::Notes {
                sketch.sas_policy = SasPolicy::Blocks;
            }
        }),
        sees(
            "a policy blocks whatever is signed with a key only",
            |sketch: &mut Sketch| {
                if sketch.credential == Credential::UserDelegation {
                    sketch.sas_policy = SasPolicy::None;
                }
            },
        ),
    ]
}

fn in_accounts() -> Vec<Mistake<Sketch>> {
    vec![
        sees("signatures outlive the keys", |sketch: &mut Sketch| {
            if sketch.credential == Credential::ServiceSas {
                sketch.shared_key = SharedKey::Unset;
            }
        }),
        sees("without keys nobody delegates either", |sketch: &mut Sketch| {
            let delegated = sketch.credential == Credential::UserDelegation;
            if delegated && sketch.shared_key == SharedKey::False {
                sketch.credential = Credential::ServiceSas;
            }
        }),
        sees("unset, keys are not allowed", |sketch: &mut Sketch| {
            if sketch.shared_key == SharedKey::Unset {
                sketch.shared_key = SharedKey::False;
            }
        }),
        sees(
            "the account's word on the public is not asked",
            |sketch: &mut Sketch| {
                sketch.allow_public = AllowPublic::True;
            },
        ),
        sees("whoever reads blobs lists them", |sketch: &mut Sketch| {
            if sketch.public == Public::Blob {
                sketch.public = Public::Container;
            }
        }),
        sees("what is public is anybody's to write", |sketch: &mut Sketch| {
            if sketch.credential == Credential::Anonymous && sketch.operation == Operation::Overwrite {
                sketch.operation = Operation::Read;
            }
        }),
        sees(
            "a delegation key is worth more than its owner",
            |sketch: &mut Sketch| {
                if sketch.credential == Credential::UserDelegation {
                    sketch.held = Held::DataOwner;
                }
            },
        ),
        sees("whoever reads keys reads data", |sketch: &mut Sketch| {
            if sketch.held == Held::ReaderAndDataAccess {
                sketch.held = Held::DataReader;
            }
        }),
        sees(
            "names of containers are compared as texts",
            |sketch: &mut Sketch| {
                if sketch.held == Held::OnPrefix {
                    sketch.held = Held::OnContainer;
                }
            },
        ),
        sees("a new role is seen at once", |sketch: &mut Sketch| {
            if sketch.held == Held::TooNew {
                sketch.held = Held::DataContributor;
            }
        }),
        spoilt("Contributor's * counts for data", |rules| {
            add_data_action(rules, "Contributor", "*");
        }),
        spoilt("whoever delegates reads", |rules| {
            let read = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
            add_data_action(rules, "Storage Blob Delegator", read);
        }),
    ]
}
