//! Deletions of vaults, and of what is in them.

use azdrill::oracle::Profile;
use azdrill::sketch::change_vault::{Immutability, SoftDelete};
use azdrill::sketch::delete_vault::{Deletes, Holds, Sketch, Unlocked};
use azdrill::sketch::guard::Guard;
use azdrill::strategy::delete_vault::DeleteVault;

use super::agreement::walk_whole;
use super::mistakes::{Mistake, all_are_caught, sees, spoilt};
use super::words::each_carries_weight;

#[test]
fn the_whole_product_agrees_under_both_books() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        assert_eq!(walk_whole::<DeleteVault>(profile), 2_592);
    }
}

#[test]
fn every_word_carries_weight() {
    each_carries_weight::<DeleteVault>();
}

fn in_the_vault() -> Vec<Mistake<Sketch>> {
    vec![
        sees("what is soft-deleted lets its vault go", |sketch: &mut Sketch| {
            if sketch.deletes == Deletes::Vault && sketch.holds == Holds::SoftDeleted {
                sketch.soft_delete = SoftDelete::AlwaysOn;
            }
        }),
        sees(
            "soft delete that is AlwaysOn keeps the vault for ever",
            |sketch: &mut Sketch| {
                if sketch.soft_delete == SoftDelete::AlwaysOn {
                    sketch.soft_delete = SoftDelete::On;
                }
            },
        ),
        sees("immutability counts when it is locked", |sketch: &mut Sketch| {
            if sketch.immutability == Immutability::Unlocked {
                sketch.immutability = Immutability::Disabled;
            }
        }),
        sees(
            "an immutable vault keeps what has no backups",
            |sketch: &mut Sketch| {
                if sketch.holds == Holds::NeverBackedUp {
                    sketch.holds = Holds::Instance;
                }
            },
        ),
        sees("an instance that is stopped is none", |sketch: &mut Sketch| {
            if sketch.holds == Holds::Stopped {
                sketch.holds = Holds::Nothing;
            }
        }),
        sees("an instance that is suspended is none", |sketch: &mut Sketch| {
            if sketch.holds == Holds::Suspended {
                sketch.holds = Holds::Nothing;
            }
        }),
        spoilt("immutability that is Locked lets backups go", |rules| {
            rules.vaults.immutability.keeps.retain(|state| state != "Locked");
        }),
    ]
}

fn at_the_guard() -> Vec<Mistake<Sketch>> {
    vec![
        sees("what was unlocked stays so", |sketch: &mut Sketch| {
            if sketch.unlocked == Unlocked::LongAgo {
                sketch.unlocked = Unlocked::Lately;
            }
        }),
        sees("one unlocking opens everything", |sketch: &mut Sketch| {
            if sketch.unlocked == Unlocked::Another {
                sketch.unlocked = Unlocked::Lately;
            }
        }),
        sees(
            "a guard leaves the end of its protection out",
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
        spoilt("an unlocking is good for an hour", |rules| {
            rules.resource_guard.unlock.minutes = 60
        }),
        spoilt("an unlocking is good for 29 minutes", |rules| {
            rules.resource_guard.unlock.minutes = 29
        }),
    ]
}

#[test]
fn mistakes_are_caught() {
    all_are_caught::<DeleteVault>(&in_the_vault());
    all_are_caught::<DeleteVault>(&at_the_guard());
}
