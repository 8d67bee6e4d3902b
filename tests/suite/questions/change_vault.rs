//! Changes of a vault's settings.

use std::collections::BTreeSet;

use azdrill::oracle::Profile;
use azdrill::sketch::change_vault::{
    Days, Holds, Identity, Immutability, Names, OtherSubscriptions, Redundancy, Request, Sketch, SoftDelete,
    Stored, Version,
};
use azdrill::sketch::guard::{AtGuard, Guard};
use azdrill::strategy::change_vault::ChangeVault;
use azdrill_emulator::rules::Rules;

use super::agreement::{any_cell, random_agree, walk, walk_whole};
use super::mistakes::{Mistake, all_are_caught, sees, spoilt};
use super::nearby::nearby;
use super::weights::{Weight, of_weight, weights};
use super::words::each_carries_weight;

#[test]
fn what_is_walked_agrees_under_both_books() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        assert_eq!(walk_whole::<ChangeVault>(profile), 3_402);
    }
}

/// All of it are hundreds of millions of cells, too many for a test.
#[test]
fn random_sketches_agree() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        random_agree::<ChangeVault, _>(profile, &any_cell());
    }
}

/// Of random cells nearly all are refused for some reason or other: these have at most two settings out of order.
#[test]
fn what_is_nearby_agrees() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        walk::<ChangeVault>(profile, nearby(2));
    }
}

#[test]
fn every_word_carries_weight() {
    each_carries_weight::<ChangeVault>();
}

fn doors(rules: &Rules) -> Vec<String> {
    let doors = rules.vaults.one_way.iter();
    doors.map(|door| door.rule.to_string()).collect()
}

fn take_out(rules: &mut Rules, id: &str) {
    rules.vaults.one_way.retain(|door| door.rule.as_str() != id);
}

#[test]
fn every_door_that_opens_one_way_bears_load() {
    let cells: Vec<Sketch> = nearby(2).collect();
    let found = weights::<ChangeVault>(&[Profile::OBSERVED], &cells, doors, take_out);
    let all = ["FX-CR-02", "FX-CS-01", "VLT-02", "VLT-04", "VLT-07"];
    assert_eq!(
        of_weight(&found, Weight::Verdict),
        BTreeSet::from(all),
        "{found:?}"
    );
    assert_eq!(found.len(), all.len(), "{found:?}");
}

fn in_settings() -> Vec<Mistake<Sketch>> {
    vec![
        sees("soft delete that is AlwaysOn goes off", |sketch: &mut Sketch| {
            if sketch.soft_delete.was == SoftDelete::AlwaysOn {
                sketch.soft_delete.was = SoftDelete::On;
            }
        }),
        sees("Locked is unlocked again", |sketch: &mut Sketch| {
            if sketch.immutability.was == Immutability::Locked {
                sketch.immutability.was = Immutability::Unlocked;
            }
        }),
        sees("for ever is for the time being", |sketch: &mut Sketch| {
            if sketch.subscriptions.was == OtherSubscriptions::PermanentlyDisabled {
                sketch.subscriptions.was = OtherSubscriptions::Disabled;
            }
        }),
        sees(
            "any redundancy is restored across regions",
            |sketch: &mut Sketch| {
                if sketch.across_regions {
                    sketch.redundancy = Redundancy::Geo;
                }
            },
        ),
        sees(
            "restores across regions are switched off",
            |sketch: &mut Sketch| {
                if sketch.stored == Stored::Across && !sketch.across_regions {
                    sketch.stored = Stored::Geo;
                }
            },
        ),
        sees("a soft-deleted instance is none", |sketch: &mut Sketch| {
            if sketch.holds == Holds::SoftDeleted {
                sketch.holds = Holds::Nothing;
            }
        }),
        sees("a PATCH may say again what a PUT may", |sketch: &mut Sketch| {
            if sketch.request == Request::PatchOfAll {
                sketch.request = Request::Put;
            }
        }),
        sees("181 days are 180", |sketch: &mut Sketch| {
            if sketch.days == Days::TooLong {
                sketch.days = Days::Longest;
            }
        }),
        sees("an identity that goes uses the key", |sketch: &mut Sketch| {
            sketch.identity = Identity::Both;
        }),
        sees("every version takes every soft delete", |sketch: &mut Sketch| {
            sketch.version = Version::Before;
        }),
        spoilt("soft delete had to be AlwaysOn before", |rules| {
            rules.vaults.always_on.from_version = Version::Before.label().to_owned();
        }),
        spoilt("zones are another region", |rules| {
            rules.vaults.cross_region.redundancy = "ZoneRedundant".to_owned();
        }),
    ]
}

fn at_the_guard() -> Vec<Mistake<Sketch>> {
    vec![
        sees("fewer days are as good as more", |sketch: &mut Sketch| {
            if sketch.days == Days::Shortest {
                sketch.days = Days::Longest;
            }
        }),
        sees("a reader of the guard acts there", |sketch: &mut Sketch| {
            if sketch.at_guard == AtGuard::Reader {
                sketch.at_guard = AtGuard::Operator;
            }
        }),
        sees("any of the guard's requests will do", |sketch: &mut Sketch| {
            if sketch.names == Names::Restore {
                sketch.names = Names::All;
            }
        }),
        sees("one of them is enough for two things", |sketch: &mut Sketch| {
            if sketch.names == Names::SoftDelete {
                sketch.names = Names::All;
            }
        }),
        sees(
            "a guard leaves out what it must protect",
            |sketch: &mut Sketch| {
                if sketch.guard == Guard::LeavesOut {
                    sketch.guard = Guard::None;
                }
            },
        ),
        sees(
            "what is left out is protected all the same",
            |sketch: &mut Sketch| {
                if sketch.guard == Guard::LeavesOut {
                    sketch.guard = Guard::Protects;
                }
            },
        ),
        sees("who names nothing need not act", |sketch: &mut Sketch| {
            if sketch.names == Names::Nothing {
                sketch.guard = Guard::None;
            }
        }),
    ]
}

#[test]
fn mistakes_are_caught() {
    all_are_caught::<ChangeVault>(&in_settings());
    all_are_caught::<ChangeVault>(&at_the_guard());
}
