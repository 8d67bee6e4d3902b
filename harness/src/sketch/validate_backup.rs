//! Whether a flexible server can be backed up.

use super::identity::Identity;
use super::{Dimension, Shape, dimension};

words! {
    /// Whether the server is protected already.
    Holder {
        /// It is not.
        Nobody = "nobody",
        /// It was, by an instance of another vault that is soft-deleted by now.
        SoftDeletedElsewhere = "a soft-deleted instance of another vault",
        /// By an instance of this vault.
        ThisVault = "an instance of this vault",
        /// By an instance of another vault.
        OtherVault = "an instance of another vault",
        /// By an instance of this vault that is soft-deleted by now.
        SoftDeleted = "a soft-deleted instance of this vault",
    }
}

words! {
    /// The server's subscription.
    Subscription {
        /// The vault's.
        Same = "the vault’s",
        /// Another one of the tenant.
        Other = "another of the tenant",
        /// One of another tenant.
        OtherTenant = "one of another tenant",
    }
}

words! {
    /// The server's region.
    Region {
        /// The vault's.
        Same = "the vault’s",
        /// Another.
        Other = "another",
    }
}

words! {
    /// The server itself.
    Server {
        /// A primary that runs.
        Ready = "ready",
        /// A primary that is stopped.
        Stopped = "stopped",
        /// A replica.
        Replica = "a replica",
        /// It has been deleted, and the roles on it with it.
        Gone = "gone",
    }
}

words! {
    /// The server's network.
    Access {
        /// Public access.
        Public = "public",
        /// Public access is disabled.
        Disabled = "public access disabled",
        /// It stands in a delegated subnet.
        Injected = "in a virtual network",
    }
}

words! {
    /// What the server is.
    Kind {
        /// A small one of a recent version.
        BurstableOfToday = "Burstable, 16",
        /// One of an old version.
        GeneralPurposeOfOld = "General Purpose, 11",
        /// A large one.
        MemoryOptimized = "Memory Optimized, 17",
    }
}

words! {
    /// The role that is to let the identity back the server up. "LTR" is PostgreSQL Flexible Server Long Term
    /// Retention Backup Role.
    Backs {
        /// LTR on the server.
        LtrOnServer = "LTR on the server",
        /// LTR on its resource group.
        LtrOnGroup = "LTR on the group",
        /// LTR on its subscription.
        LtrOnSubscription = "LTR on the subscription",
        /// None.
        Nothing = "nothing",
        /// LTR on a server whose name the server's begins with.
        LtrOnPrefix = "LTR on a server with a prefix of the name",
        /// LTR, assigned too recently to be seen.
        LtrTooNew = "LTR, not yet propagated",
        /// LTR, to the application id.
        LtrToApplication = "LTR to the application id",
        /// Backup Operator, whose id was once taken for the other's.
        BackupOperator = "Backup Operator on the server",
        /// Contributor.
        Contributor = "Contributor on the server",
        /// Owner.
        Owner = "Owner on the server",
    }
}

words! {
    /// The role that is to let the identity read the server's resource group.
    Reads {
        /// Reader on the group.
        ReaderOnGroup = "Reader on the group",
        /// Reader on the subscription.
        ReaderOnSubscription = "Reader on the subscription",
        /// None.
        Nothing = "nothing",
        /// Reader on the server.
        ReaderOnServer = "Reader on the server",
        /// Reader on a group whose name the group's begins with.
        ReaderOnPrefix = "Reader on a group with a prefix of the name",
        /// Reader on the group, assigned too recently to be seen.
        ReaderTooNew = "Reader on the group, not yet propagated",
        /// Backup Contributor on the group, which reads groups.
        BackupContributor = "Backup Contributor on the group",
        /// Contributor on the group.
        Contributor = "Contributor on the group",
    }
}

/// A vault, and a flexible server it is to back up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sketch {
    /// Who protects the server already.
    pub holder: Holder,
    /// The server's subscription.
    pub subscription: Subscription,
    /// Its region.
    pub region: Region,
    /// Its state.
    pub server: Server,
    /// Its network.
    pub access: Access,
    /// What it is.
    pub kind: Kind,
    /// The identity.
    pub identity: Identity,
    /// What the identity holds to back up.
    pub backs: Backs,
    /// What the identity holds to read the group.
    pub reads: Reads,
}

impl Shape for Sketch {
    fn in_order() -> Self {
        Self {
            holder: Holder::Nobody,
            subscription: Subscription::Same,
            region: Region::Same,
            server: Server::Ready,
            access: Access::Public,
            kind: Kind::BurstableOfToday,
            identity: Identity::System,
            backs: Backs::LtrOnServer,
            reads: Reads::ReaderOnGroup,
        }
    }

    fn dimensions() -> Vec<Dimension<Self>> {
        vec![
            dimension("protected by", |sketch, word| sketch.holder = word),
            dimension("subscription", |sketch, word| sketch.subscription = word),
            dimension("region", |sketch, word| sketch.region = word),
            dimension("network", |sketch, word| sketch.access = word),
            dimension("tier and version", |sketch, word| sketch.kind = word),
            dimension("server", |sketch, word| sketch.server = word),
            dimension("identity", |sketch, word| sketch.identity = word),
            dimension("to back up", |sketch, word| sketch.backs = word),
            dimension("to read the group", |sketch, word| sketch.reads = word),
        ]
    }
}
