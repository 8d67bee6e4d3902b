//! A vault, or something in one, that is to be deleted.

use super::change_vault::{Immutability, SoftDelete};
use super::guard::Guard;
use super::{Dimension, Shape, dimension};

words! {
    /// What is to be deleted.
    Deletes {
        /// The vault.
        Vault = "the vault",
        /// The backup instance.
        Instance = "the instance",
        /// The policy.
        Policy = "the policy",
        /// The vault's mapping to its Resource Guard.
        Mapping = "the mapping to the guard",
    }
}

words! {
    /// What is in the vault, besides a policy.
    Holds {
        /// Nothing.
        Nothing = "a policy alone",
        /// An instance of which there is no recovery point.
        NeverBackedUp = "an instance that was never backed up",
        /// An instance with a recovery point.
        Instance = "an instance with backups",
        /// The same, with its protection stopped.
        Stopped = "one that is stopped",
        /// The same, with its backups suspended.
        Suspended = "one that is suspended",
        /// An instance that was deleted, and can be brought back.
        SoftDeleted = "a soft-deleted one",
    }
}

words! {
    /// Whether the deletion was unlocked at the guard.
    Unlocked {
        /// It was not.
        No = "never",
        /// Another one was: of the mapping for the instance's, of the instance for the mapping's.
        Another = "for another deletion",
        /// 30 minutes ago.
        LongAgo = "30 minutes ago",
        /// 29 minutes ago.
        Lately = "29 minutes ago",
    }
}

/// A vault with what is in it, and the request to delete something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sketch {
    /// What is in the vault.
    pub holds: Holds,
    /// Whether a Resource Guard protects it.
    pub guard: Guard,
    /// Whether the deletion was unlocked there.
    pub unlocked: Unlocked,
    /// The vault's soft delete.
    pub soft_delete: SoftDelete,
    /// Its immutability.
    pub immutability: Immutability,
    /// What is to be deleted.
    pub deletes: Deletes,
}

impl Shape for Sketch {
    fn in_order() -> Self {
        Self {
            holds: Holds::Nothing,
            guard: Guard::None,
            unlocked: Unlocked::No,
            soft_delete: SoftDelete::Off,
            immutability: Immutability::Disabled,
            deletes: Deletes::Vault,
        }
    }

    fn dimensions() -> Vec<Dimension<Self>> {
        vec![
            dimension("holds", |sketch, word| sketch.holds = word),
            dimension("guard", |sketch, word| sketch.guard = word),
            dimension("unlocked", |sketch, word| sketch.unlocked = word),
            dimension("soft delete", |sketch, word| sketch.soft_delete = word),
            dimension("immutability", |sketch, word| sketch.immutability = word),
            dimension("deletes", |sketch, word| sketch.deletes = word),
        ]
    }
}
