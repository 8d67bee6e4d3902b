//! A vault that is to become another.

use super::guard::{AtGuard, Guard};
use super::{Dimension, Shape, dimension};

/// A setting as it is, and as it is asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Change<T> {
    /// What it is.
    pub was: T,
    /// What it is to be.
    pub becomes: T,
}

impl<T: Copy + PartialEq> Change<T> {
    /// It stays as it is.
    pub fn none(setting: T) -> Self {
        Self {
            was: setting,
            becomes: setting,
        }
    }

    /// Whether it is to be something else.
    pub fn changes(&self) -> bool {
        self.was != self.becomes
    }
}

words! {
    /// How the change is asked for.
    Request {
        /// The whole vault is sent, as the CLI and Terraform do.
        Put = "PUT of everything",
        /// Every setting is sent, changed or not.
        PatchOfAll = "PATCH of everything",
        /// What is to be other than it is.
        PatchOfChanges = "PATCH of what changes",
    }
}

words! {
    /// The API version that is spoken.
    Version {
        /// One that takes every soft delete.
        Before = "2025-07-01",
        /// The first that wants it always on.
        Since = "2025-09-01",
    }
}

words! {
    /// What is in the vault.
    Holds {
        /// Nothing.
        Nothing = "nothing",
        /// A backup instance.
        Instance = "an instance",
        /// One that was deleted, and can be brought back.
        SoftDeleted = "a soft-deleted instance",
    }
}

words! {
    /// Immutability; the portal calls Unlocked Enabled.
    Immutability {
        /// Off.
        Disabled = "Disabled",
        /// On, and can be switched off.
        Unlocked = "Unlocked",
        /// On for ever.
        Locked = "Locked",
    }
}

words! {
    /// Soft delete.
    SoftDelete {
        /// Off.
        Off = "Off",
        /// On, and can be switched off.
        On = "On",
        /// On for ever.
        AlwaysOn = "AlwaysOn",
    }
}

words! {
    /// How long what is soft-deleted is to be kept. It was 30 days.
    Days {
        /// As long as before.
        AsBefore = "30",
        /// As long as can be.
        Longest = "180",
        /// As short as can be.
        Shortest = "14",
        /// Longer than can be.
        TooLong = "181",
        /// Shorter than can be.
        TooShort = "13",
    }
}

words! {
    /// Where backups are kept.
    Redundancy {
        /// In one place.
        Local = "LocallyRedundant",
        /// In several zones.
        Zone = "ZoneRedundant",
        /// In another region as well.
        Geo = "GeoRedundant",
    }
}

words! {
    /// Where backups are kept, and whether they are restored in another region.
    Stored {
        /// In one place.
        Local = "LocallyRedundant",
        /// In several zones.
        Zone = "ZoneRedundant",
        /// In another region as well.
        Geo = "GeoRedundant",
        /// There, and restored there.
        Across = "GeoRedundant, restored across regions",
    }
}

words! {
    /// Whether backups are restored into other subscriptions.
    OtherSubscriptions {
        /// They are.
        Enabled = "Enabled",
        /// They are not.
        Disabled = "Disabled",
        /// They are not and never will be.
        PermanentlyDisabled = "PermanentlyDisabled",
    }
}

words! {
    /// Whose keys the vault is encrypted with.
    Encrypted {
        /// Microsoft's.
        ByMicrosoft = "Microsoft’s key",
        /// The first of two keys of one's own, as the vault's system-assigned identity.
        ByOwn = "a key of one’s own",
    }
}

words! {
    /// What is said of the vault's encryption.
    Encryption {
        /// Nothing.
        Unsaid = "unsaid",
        /// That there is no key of one's own.
        Off = "Disabled",
        /// The first key, as the system-assigned identity.
        FirstKey = "the first key",
        /// Another key, as the same identity.
        SecondKey = "another key",
        /// The first key, as the user-assigned identity.
        OtherIdentity = "the first key as another identity",
        /// Another key as another identity.
        Both = "another key as another identity",
    }
}

words! {
    /// What the vault is to have of its identities. It had one of either kind.
    Identity {
        /// Both.
        Both = "both",
        /// The system-assigned one alone.
        System = "the system-assigned one",
        /// The user-assigned one alone.
        User = "the user-assigned one",
        /// None.
        Neither = "none",
    }
}

words! {
    /// What the request names of the guard's own requests.
    Names {
        /// Nothing.
        Nothing = "nothing",
        /// Those for whatever of a vault's write is critical.
        All = "all that a vault’s write can need",
        /// The one for making soft delete weaker.
        SoftDelete = "that for weaker soft delete",
        /// One for something else.
        Restore = "that for a restore",
    }
}

/// A vault as it is, and the request that is to change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sketch {
    /// What is in the vault.
    pub holds: Holds,
    /// Whether a Resource Guard protects it.
    pub guard: Guard,
    /// What the caller may do at the guard.
    pub at_guard: AtGuard,
    /// What the request names of it.
    pub names: Names,
    /// How the change is asked for.
    pub request: Request,
    /// At which version.
    pub version: Version,
    /// Immutability.
    pub immutability: Change<Immutability>,
    /// Soft delete.
    pub soft_delete: Change<SoftDelete>,
    /// How long it is to keep.
    pub days: Days,
    /// Where backups were kept.
    pub stored: Stored,
    /// Where they are to be.
    pub redundancy: Redundancy,
    /// Whether they are to be restored across regions.
    pub across_regions: bool,
    /// Restores into other subscriptions.
    pub subscriptions: Change<OtherSubscriptions>,
    /// Whose key it was encrypted with.
    pub encrypted: Encrypted,
    /// What is said of it.
    pub encryption: Encryption,
    /// Which identities stay.
    pub identity: Identity,
}

impl Shape for Sketch {
    fn in_order() -> Self {
        Self {
            holds: Holds::Nothing,
            guard: Guard::None,
            at_guard: AtGuard::Operator,
            names: Names::Nothing,
            request: Request::Put,
            version: Version::Before,
            immutability: Change::none(Immutability::Disabled),
            soft_delete: Change::none(SoftDelete::Off),
            days: Days::AsBefore,
            stored: Stored::Local,
            redundancy: Redundancy::Local,
            across_regions: false,
            subscriptions: Change::none(OtherSubscriptions::Enabled),
            encrypted: Encrypted::ByMicrosoft,
            encryption: Encryption::Unsaid,
            identity: Identity::Both,
        }
    }

    fn dimensions() -> Vec<Dimension<Self>> {
        vec![
            dimension("holds", |sketch, word| sketch.holds = word),
            dimension("request", |sketch, word| sketch.request = word),
            dimension("version", |sketch, word| sketch.version = word),
            dimension("identities become", |sketch, word| sketch.identity = word),
            dimension("encrypted by", |sketch, word| sketch.encrypted = word),
            dimension("encryption says", |sketch, word| sketch.encryption = word),
            dimension("storage", |sketch, word| sketch.stored = word),
            dimension("storage becomes", |sketch, word| sketch.redundancy = word),
            dimension("across regions", |sketch, word| sketch.across_regions = word),
            dimension("other subscriptions", |sketch: &mut Self, word| {
                sketch.subscriptions.was = word
            }),
            dimension("other subscriptions become", |sketch: &mut Self, word| {
                sketch.subscriptions.becomes = word
            }),
            dimension("for days", |sketch, word| sketch.days = word),
            dimension("soft delete", |sketch: &mut Self, word| {
                sketch.soft_delete.was = word
            }),
            dimension("soft delete becomes", |sketch: &mut Self, word| {
                sketch.soft_delete.becomes = word
            }),
            dimension("immutability", |sketch: &mut Self, word| {
                sketch.immutability.was = word
            }),
            dimension("immutability becomes", |sketch: &mut Self, word| {
                sketch.immutability.becomes = word
            }),
            dimension("guard", |sketch, word| sketch.guard = word),
            dimension("at the guard", |sketch, word| sketch.at_guard = word),
            dimension("names", |sketch, word| sketch.names = word),
        ]
    }
}
