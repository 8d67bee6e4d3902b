//! A restore of a flexible server as files, in the region that its vault's is paired with.

use super::restore_as_files::Sketch as Target;
use super::{Dimension, Shape, dimension};

words! {
    /// The vault.
    Vault {
        /// It is geo-redundant, and cross-region restore is switched on.
        Enabled = "geo-redundant, cross-region restore on",
        /// It is geo-redundant, and cross-region restore is not switched on.
        Off = "geo-redundant, cross-region restore off",
        /// It is locally redundant.
        Local = "locally redundant",
    }
}

words! {
    /// How long ago cross-region restore was switched on.
    Enabled {
        /// More than two days ago.
        Before = "49 hours ago",
        /// Two days ago.
        Just = "48 hours ago",
        /// Less than two days ago.
        TooNew = "47 hours ago",
    }
}

words! {
    /// How old the recovery point is.
    Point {
        /// More than half a day.
        Before = "13 hours old",
        /// Half a day.
        Just = "12 hours old",
        /// Less than half a day.
        TooNew = "11 hours old",
    }
}

words! {
    /// A region, as seen from the vault's.
    Region {
        /// The one it is paired with.
        Paired = "the paired one",
        /// The vault's own.
        Own = "the vault’s own",
        /// A third one.
        Third = "a third one",
    }
}

words! {
    /// The resource group that a call is made below.
    Below {
        /// The vault's.
        Vaults = "the vault’s",
        /// Another.
        Other = "another",
    }
}

words! {
    /// `sourceRegion` of a request.
    SourceRegion {
        /// The vault's region.
        Vaults = "the vault’s",
        /// Another.
        Other = "another",
    }
}

words! {
    /// What whoever asks holds.
    Held {
        /// Backup Operator on the subscription.
        OnSubscription = "Backup Operator on the subscription",
        /// Backup Operator on the vault's resource group.
        OnGroup = "Backup Operator on the vault’s group",
        /// Backup Operator on the vault.
        OnVault = "Backup Operator on the vault",
        /// Backup Reader on the subscription.
        Reader = "Backup Reader on the subscription",
        /// No role at all.
        None = "nothing",
    }
}

/// A vault with a recovery point, and an account to restore it to from the paired region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sketch {
    /// The vault.
    pub vault: Vault,
    /// Since when it is copied.
    pub enabled: Enabled,
    /// The recovery point.
    pub point: Point,
    /// The region in which the restore is asked for.
    pub asked_in: Region,
    /// The group below which it is.
    pub below: Below,
    /// From where it says the backup is.
    pub source_region: SourceRegion,
    /// What whoever asks holds.
    pub held: Held,
    /// The region of the target account.
    pub region: Region,
    /// Whether the vault's region is down.
    pub down: bool,
    /// The account, with what a restore in the vault's region would meet there; its region there has no meaning here.
    pub target: Target,
}

impl Shape for Sketch {
    fn in_order() -> Self {
        Self {
            vault: Vault::Enabled,
            enabled: Enabled::Before,
            point: Point::Before,
            asked_in: Region::Paired,
            below: Below::Vaults,
            source_region: SourceRegion::Vaults,
            held: Held::OnSubscription,
            region: Region::Paired,
            down: false,
            target: Target::in_order(),
        }
    }

    fn dimensions() -> Vec<Dimension<Self>> {
        vec![
            dimension("subscription", |sketch: &mut Self, word| {
                sketch.target.subscription = word
            }),
            dimension("container", |sketch, word| sketch.target.container = word),
            dimension("prefix", |sketch, word| sketch.target.prefix = word),
            dimension("public access", |sketch, word| {
                sketch.target.network.access = word
            }),
            dimension("default", |sketch, word| {
                sketch.target.network.default_action = word
            }),
            dimension("bypass", |sketch, word| sketch.target.network.bypass = word),
            dimension("resource rule", |sketch, word| {
                sketch.target.network.resource_rule = word
            }),
            dimension("cross-tenant replication", |sketch, word| {
                sketch.target.cross_tenant = word
            }),
            dimension("identity", |sketch, word| sketch.target.identity = word),
            dimension("account’s region", |sketch, word| sketch.region = word),
            dimension("vault’s region down", |sketch, word| sketch.down = word),
            dimension("the identity holds", |sketch, word| sketch.target.grants = word),
            dimension("whoever asks holds", |sketch, word| sketch.held = word),
            dimension("vault", |sketch, word| sketch.vault = word),
            dimension("switched on", |sketch, word| sketch.enabled = word),
            dimension("recovery point", |sketch, word| sketch.point = word),
            dimension("below group", |sketch, word| sketch.below = word),
            dimension("source region", |sketch, word| sketch.source_region = word),
            dimension("asked in", |sketch, word| sketch.asked_in = word),
        ]
    }
}
