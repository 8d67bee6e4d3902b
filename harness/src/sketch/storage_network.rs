//! The network of a storage account, and where somebody stands in it.

words! {
    /// `publicNetworkAccess` of the account.
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
        /// No entry at all.
        None = "none",
        /// This vault, and its tenant.
        ThisVault = "this vault",
        /// Any vault of the vault's resource group, and its tenant.
        AnyVault = "any vault (*)",
        /// Another vault of the same tenant.
        AnotherVault = "another vault",
        /// This vault, under another tenant's id.
        AnotherTenant = "this vault, other tenant",
    }
}

words! {
    /// Where somebody stands who wants something of the account.
    Origin {
        /// Azure Backup, acting for the vault.
        Backup = "Azure Backup, for the vault",
        /// An Azure service that is on no list.
        OtherService = "an Azure service on no list",
        /// An address that the IP rule covers, if there is one.
        ListedAddress = "an address of the IP rule",
        /// Another address.
        OtherAddress = "another address",
        /// The subnet that the subnet rule names, if there is one.
        ListedSubnet = "the subnet of the subnet rule",
        /// Another subnet.
        OtherSubnet = "another subnet",
        /// The account's private endpoint, if it has one.
        OwnEndpoint = "the account’s private endpoint",
        /// A private endpoint of something else.
        OtherEndpoint = "a private endpoint of something else",
    }
}

/// The network settings of a storage account.
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
    /// Whether there is a rule for some public IP addresses.
    pub ip_rule: bool,
    /// Whether there is a rule for some subnet.
    pub subnet_rule: bool,
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
        subnet_rule: false,
        private_endpoint: false,
    };
}
