//! Reading a secret of a key vault.

use super::{Dimension, Shape, dimension};

words! {
    /// `publicNetworkAccess` of the key vault.
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
        /// There are no `networkAcls` at all.
        Unset = "unset",
        /// Deny.
        Deny = "Deny",
    }
}

words! {
    /// `networkAcls.bypass`.
    Bypass {
        /// AzureServices.
        AzureServices = "AzureServices",
        /// Not set.
        Unset = "unset",
        /// None.
        None = "None",
    }
}

words! {
    /// Where the caller stands.
    Origin {
        /// Azure Backup, acting for a Backup vault.
        Backup = "Azure Backup, for a Backup vault",
        /// Azure Backup, acting for a Recovery Services vault: the virtual machines.
        MachineBackup = "Azure Backup, for a Recovery Services vault",
        /// An Azure service that is on no list.
        OtherService = "an Azure service on no list",
        /// An address that an IP rule covers.
        ListedAddress = "an address an IP rule covers",
        /// Another address.
        OtherAddress = "another address",
        /// A subnet that a virtual network rule names.
        ListedSubnet = "a subnet a rule names",
        /// Another subnet.
        OtherSubnet = "another subnet",
        /// A private endpoint of the key vault.
        OwnEndpoint = "a private endpoint of the vault",
        /// A private endpoint of something else.
        OtherEndpoint = "a private endpoint of something else",
    }
}

words! {
    /// The permission model of the key vault.
    Model {
        /// Azure roles.
        Roles = "Azure roles",
        /// Access policies.
        Policies = "access policies",
    }
}

words! {
    /// The role assignment the caller holds.
    RoleHeld {
        /// Key Vault Secrets User on the vault.
        SecretsUser = "Secrets User",
        /// The same on the secret.
        SecretsUserOnSecret = "Secrets User on the secret",
        /// The same on the vault's resource group.
        SecretsUserOnGroup = "Secrets User on the group",
        /// Key Vault Secrets Officer.
        SecretsOfficer = "Secrets Officer",
        /// Key Vault Administrator.
        Administrator = "Administrator",
        /// None at all.
        None = "nothing",
        /// Key Vault Secrets User on a secret whose name the secret's begins with.
        SecretsUserOnPrefix = "Secrets User on a secret with a prefix of the name",
        /// Key Vault Secrets User, assigned too recently to be seen.
        SecretsUserTooNew = "Secrets User, not yet propagated",
        /// Key Vault Reader.
        Reader = "Key Vault Reader",
        /// Key Vault Crypto User.
        CryptoUser = "Crypto User",
        /// Key Vault Contributor.
        KeyVaultContributor = "Key Vault Contributor",
        /// Owner.
        Owner = "Owner",
    }
}

words! {
    /// The access policy that could be about the caller.
    PolicyHeld {
        /// Secrets: get.
        Get = "get",
        /// Secrets: Get, in other letters.
        GetInCapitals = "GET",
        /// Secrets: all.
        All = "all",
        /// Secrets: get, for a group the caller is in.
        GetForGroup = "get, for a group of the caller",
        /// None at all.
        None = "nothing",
        /// Secrets: list.
        List = "list only",
        /// Keys: get and all.
        KeysOnly = "keys only",
        /// Secrets: get, under another tenant's id.
        OtherTenant = "get, under another tenant",
        /// Secrets: get, for somebody else.
        SomebodyElse = "get, for somebody else",
        /// Secrets: get, for a user who comes through an application.
        ThroughApplication = "get, through an application",
    }
}

/// A key vault, and somebody who wants to read a secret in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sketch {
    /// `publicNetworkAccess`.
    pub access: PublicAccess,
    /// `networkAcls.defaultAction`.
    pub default_action: DefaultAction,
    /// `networkAcls.bypass`. Where there are no `networkAcls` it says nothing.
    pub bypass: Bypass,
    /// Where the caller stands.
    pub origin: Origin,
    /// The permission model.
    pub model: Model,
    /// The caller's role assignment.
    pub role: RoleHeld,
    /// The caller's access policy.
    pub policy: PolicyHeld,
}

impl Shape for Sketch {
    fn in_order() -> Self {
        Self {
            access: PublicAccess::Enabled,
            default_action: DefaultAction::Allow,
            bypass: Bypass::AzureServices,
            origin: Origin::Backup,
            model: Model::Roles,
            role: RoleHeld::SecretsUser,
            policy: PolicyHeld::Get,
        }
    }

    fn dimensions() -> Vec<Dimension<Self>> {
        vec![
            dimension("public access", |sketch, word| sketch.access = word),
            dimension("default", |sketch, word| sketch.default_action = word),
            dimension("bypass", |sketch, word| sketch.bypass = word),
            dimension("permissions", |sketch, word| sketch.model = word),
            dimension("role", |sketch, word| sketch.role = word),
            dimension("access policy", |sketch, word| sketch.policy = word),
            dimension("the caller stands at", |sketch, word| sketch.origin = word),
        ]
    }
}
