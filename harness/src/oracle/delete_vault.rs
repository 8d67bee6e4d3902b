//! Whether a vault, or something in one, may be deleted.

use super::{Expected, Gate, SYNTHETIC, no};
use crate::sketch::change_vault::{Immutability, SoftDelete};
use crate::sketch::delete_vault::{Deletes, Holds, Sketch, Unlocked};
use crate::sketch::guard::Guard;

/// How the request ends. What is not there is as good as deleted.
pub fn delete_vault(sketch: &Sketch) -> Expected {
    match sketch.deletes {
        Deletes::Vault => vault(sketch),
        Deletes::Instance => instance(sketch),
        // A policy that an instance follows, and be it one that is stopped.
        Deletes::Policy if protects(sketch.holds) => no(Gate::Service, &["DPP-POLICY-IN-USE"], SYNTHETIC),
        Deletes::Policy => Expected::Passes,
        // MUA: the end of the protection is what no guard leaves out.
        Deletes::Mapping => locked(sketch, sketch.guard != Guard::None),
    }
}

/// VLT-06. Neither immutability nor the guard has anything against it: an empty vault that is Locked goes.
fn vault(sketch: &Sketch) -> Expected {
    let soft_deleted = sketch.holds == Holds::SoftDeleted && sketch.soft_delete != SoftDelete::AlwaysOn;
    if protects(sketch.holds) || soft_deleted {
        return no(Gate::Service, &["VLT-06"], SYNTHETIC);
    }
    Expected::Passes
}

/// VLT-05: an immutable vault keeps backups, whether it is locked or not and whatever becomes of deleted ones. VLT-10: a
/// guard wants the deletion unlocked, unless it leaves it out.
fn instance(sketch: &Sketch) -> Expected {
    let backed_up = sketch.holds != Holds::NeverBackedUp;
    if !protects(sketch.holds) {
        Expected::Passes
    } else if backed_up && sketch.immutability != Immutability::Disabled {
        no(Gate::Service, &["VLT-05"], SYNTHETIC)
    } else {
        locked(sketch, sketch.guard == Guard::Protects)
    }
}

/// Whether an instance is there.
fn protects(holds: Holds) -> bool {
    match holds {
        Holds::Nothing | Holds::SoftDeleted => false,
        Holds::NeverBackedUp | Holds::Instance | Holds::Stopped | Holds::Suspended => true,
    }
}

/// MUA-UNLOCK: for half an hour, and for just that.
fn locked(sketch: &Sketch, guarded: bool) -> Expected {
    let open = sketch.unlocked == Unlocked::Lately;
    if guarded && !open {
        return no(Gate::Service, &["VLT-10", "MUA-UNLOCK"], SYNTHETIC);
    }
    Expected::Passes
}
