//! A restore of a flexible server as files.

use super::identity::Identity;
pub use super::storage_network::{Bypass, DefaultAction, Network, PublicAccess, ResourceRule};
use super::{Dimension, Shape, Word, dimension};

words! {
    /// A role somebody may think is the right one.
    Role {
        /// Storage Blob Data Contributor.
        BlobDataContributor = "Storage Blob Data Contributor",
        /// Storage Blob Data Owner.
        BlobDataOwner = "Storage Blob Data Owner",
        /// Storage Blob Data Reader.
        BlobDataReader = "Storage Blob Data Reader",
        /// Storage Account Contributor.
        AccountContributor = "Storage Account Contributor",
        /// Storage Account Backup Contributor.
        AccountBackupContributor = "Storage Account Backup Contributor",
        /// Owner.
        Owner = "Owner",
        /// Contributor.
        Contributor = "Contributor",
    }
}

words! {
    /// Where a role is assigned.
    Scope {
        /// The target account.
        Account = "account",
        /// The target container.
        Container = "container",
        /// The target account's resource group.
        ResourceGroup = "resource group",
        /// The target account's subscription.
        Subscription = "subscription",
        /// An account of the same group whose name the target's begins with.
        PrefixAccount = "account with a prefix of the name",
        /// A container of the same account whose name the target's begins with.
        PrefixContainer = "container with a prefix of the name",
        /// A resource group whose name that of the target's begins with.
        PrefixGroup = "group with a prefix of the name",
    }
}

words! {
    /// Which id of the identity an assignment names as its principal.
    Assignee {
        /// The object id.
        ObjectId = "object id",
        /// The application id, by mistake.
        ApplicationId = "application id",
    }
}

words! {
    /// `allowCrossTenantReplication` of the target account.
    CrossTenant {
        /// True.
        True = "true",
        /// False.
        False = "false",
        /// Not set, on an account of today.
        Unset = "unset",
        /// Not set, on an account made before 15 December 2023.
        UnsetSinceLongAgo = "unset, account of before 15 Dec 2023",
    }
}

words! {
    /// The target container.
    Container {
        /// It is there.
        There = "there",
        /// It is missing.
        Missing = "missing",
    }
}

words! {
    /// The file prefix.
    Prefix {
        /// No blob's name begins with it.
        Free = "free",
        /// A blob of an earlier restore begins with it.
        Taken = "taken",
    }
}

words! {
    /// The target account's region.
    Region {
        /// The vault's.
        Same = "same",
        /// Another.
        Other = "other",
    }
}

words! {
    /// The target account's subscription.
    Subscription {
        /// The vault's.
        Same = "same",
        /// Another one of the tenant.
        Other = "other",
        /// Another one, and cross-subscription restore is switched off on the vault.
        OtherForbidden = "other, switched off on the vault",
    }
}

/// One role assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Where.
    pub scope: Scope,
    /// Which id it names.
    pub to: Assignee,
    /// Whether it has propagated.
    pub seen: bool,
}

impl Grant {
    /// The role at the scope, to the object id, long since seen.
    pub const fn of(role: Role, scope: Scope) -> Self {
        Self {
            role,
            scope,
            to: Assignee::ObjectId,
            seen: true,
        }
    }
}

/// A world as far as a restore as files can tell worlds apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sketch {
    /// The target account's network settings.
    pub network: Network,
    /// The role assignments of the identity.
    pub grants: Vec<Grant>,
    /// The identity.
    pub identity: Identity,
    /// `allowCrossTenantReplication`.
    pub cross_tenant: CrossTenant,
    /// The container.
    pub container: Container,
    /// The file prefix.
    pub prefix: Prefix,
    /// The region.
    pub region: Region,
    /// The subscription.
    pub subscription: Subscription,
}

/// What an identity may hold, in the matrix: the right role in right and wrong places, nothing, the
/// wrong roles, and the right role given wrongly.
pub const HOLDINGS: &[(&str, &[Grant])] = &[
    ("SBDC on the account", &[contributor(Scope::Account)]),
    ("SBDC on the container", &[contributor(Scope::Container)]),
    ("SBDC on the resource group", &[contributor(Scope::ResourceGroup)]),
    ("SBDC on the subscription", &[contributor(Scope::Subscription)]),
    ("nothing", &[]),
    (
        "SBDC on an account with a prefix of the name",
        &[contributor(Scope::PrefixAccount)],
    ),
    (
        "SBDC on a container with a prefix of the name",
        &[contributor(Scope::PrefixContainer)],
    ),
    (
        "SBDC on a group with a prefix of the name",
        &[contributor(Scope::PrefixGroup)],
    ),
    ("Storage Blob Data Owner", &[on_account(Role::BlobDataOwner)]),
    ("Storage Blob Data Reader", &[on_account(Role::BlobDataReader)]),
    (
        "Storage Account Contributor",
        &[on_account(Role::AccountContributor)],
    ),
    (
        "Storage Account Backup Contributor",
        &[on_account(Role::AccountBackupContributor)],
    ),
    ("Owner", &[on_account(Role::Owner)]),
    ("Contributor", &[on_account(Role::Contributor)]),
    (
        "SBDC to the application id",
        &[Grant {
            to: Assignee::ApplicationId,
            ..contributor(Scope::Account)
        }],
    ),
    (
        "SBDC not yet propagated",
        &[Grant {
            seen: false,
            ..contributor(Scope::Account)
        }],
    ),
];

const fn contributor(scope: Scope) -> Grant {
    Grant::of(Role::BlobDataContributor, scope)
}

const fn on_account(role: Role) -> Grant {
    Grant::of(role, Scope::Account)
}

impl Word for Vec<Grant> {
    fn labels() -> Vec<&'static str> {
        HOLDINGS.iter().map(|(label, _)| *label).collect()
    }

    fn chosen(index: usize) -> Self {
        HOLDINGS[index].1.to_vec()
    }
}

impl Shape for Sketch {
    /// The world the documents describe, with the account open to everybody.
    fn in_order() -> Self {
        Self {
            network: Network::OPEN,
            grants: Vec::chosen(0),
            identity: Identity::System,
            cross_tenant: CrossTenant::True,
            container: Container::There,
            prefix: Prefix::Free,
            region: Region::Same,
            subscription: Subscription::Same,
        }
    }

    fn dimensions() -> Vec<Dimension<Self>> {
        vec![
            dimension("region", |sketch, word| sketch.region = word),
            dimension("subscription", |sketch, word| sketch.subscription = word),
            dimension("container", |sketch, word| sketch.container = word),
            dimension("prefix", |sketch, word| sketch.prefix = word),
            dimension("public access", |sketch, word| sketch.network.access = word),
            dimension("default", |sketch, word| sketch.network.default_action = word),
            dimension("bypass", |sketch, word| sketch.network.bypass = word),
            dimension("resource rule", |sketch, word| {
                sketch.network.resource_rule = word
            }),
            dimension("IP rule", |sketch, word| sketch.network.ip_rule = word),
            dimension("private endpoint", |sketch, word| {
                sketch.network.private_endpoint = word
            }),
            dimension("cross-tenant replication", |sketch, word| {
                sketch.cross_tenant = word
            }),
            dimension("identity", |sketch, word| sketch.identity = word),
            dimension("the identity holds", |sketch, word| sketch.grants = word),
        ]
    }
}
