//! The vocabulary of sketches: a world as far as a restore as files can tell worlds apart.
//!
//! Plain words and nothing else. The oracle reads a sketch as it stands; the engine gets a real
//! world that was made to look like it. So nothing of the emulator may be named here.

words! {
    /// `publicNetworkAccess` of the target account.
    PublicAccess {
        /// Enabled.
        Enabled = "Enabled",
        /// Not set.
        Unset = "unset",
        /// Disabled.
        Disabled = "Disabled",
        /// Secured by a network security perimeter.
        SecuredByPerimeter = "SecuredByPerimeter",
    }
}

words! {
    /// `networkAcls.defaultAction`.
    DefaultAction {
        /// Allow.
        Allow = "Allow",
        /// Not set.
        Unset = "unset",
        /// Deny.
        Deny = "Deny",
    }
}

words! {
    /// `networkAcls.bypass`.
    Bypass {
        /// It names AzureServices and nothing else.
        AzureServices = "AzureServices",
        /// It names AzureServices among others.
        AmongOthers = "Logging, AzureServices",
        /// It says None.
        None = "None",
        /// It names others only.
        OthersOnly = "Logging, Metrics",
    }
}

words! {
    /// The only entry of `networkAcls.resourceAccessRules`.
    ResourceRule {
        /// This vault, and its tenant.
        ThisVault = "this vault",
        /// Any vault of the vault's resource group, and its tenant.
        AnyVault = "any vault (*)",
        /// Another vault of the same tenant.
        AnotherVault = "another vault",
        /// This vault, under another tenant's id.
        AnotherTenant = "this vault, other tenant",
        /// No entry at all.
        None = "none",
    }
}

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
    /// The identity the roles were given to, and what the restore request says about it.
    Identity {
        /// The vault's system-assigned identity; the request names none.
        System = "system-assigned",
        /// A user-assigned identity of the vault, named in the request's `identityDetails`.
        UserNamed = "user-assigned, named in the request",
        /// A user-assigned identity of the vault, but the request names none.
        UserNotNamed = "user-assigned, not named",
        /// A user-assigned identity the request names and the vault does not have.
        UserDetached = "user-assigned, named, not on the vault",
        /// The system-assigned identity of a vault that has it switched off by now.
        SystemSwitchedOff = "system-assigned, switched off",
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

/// The network settings of the target account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    /// `publicNetworkAccess`.
    pub access: PublicAccess,
    /// `networkAcls.defaultAction`.
    pub default_action: DefaultAction,
    /// `networkAcls.bypass`.
    pub bypass: Bypass,
    /// `networkAcls.resourceAccessRules`.
    pub resource_rule: ResourceRule,
    /// Whether there is a rule for some public IP address.
    pub ip_rule: bool,
    /// Whether the account has an approved private endpoint.
    pub private_endpoint: bool,
}

impl Network {
    /// Open to everybody.
    pub const OPEN: Self = Self {
        access: PublicAccess::Enabled,
        default_action: DefaultAction::Allow,
        bypass: Bypass::AzureServices,
        resource_rule: ResourceRule::None,
        ip_rule: false,
        private_endpoint: false,
    };
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

impl Sketch {
    /// Everything in order: the world the documents describe, with the account open to everybody.
    pub fn in_order() -> Self {
        Self {
            network: Network::OPEN,
            grants: vec![Grant::of(Role::BlobDataContributor, Scope::Account)],
            identity: Identity::System,
            cross_tenant: CrossTenant::True,
            container: Container::There,
            prefix: Prefix::Free,
            region: Region::Same,
            subscription: Subscription::Same,
        }
    }
}
