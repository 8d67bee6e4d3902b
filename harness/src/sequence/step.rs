//! One thing that somebody does, or that time passes.

use std::fmt;

use crate::sketch::restore_as_files::{
    Bypass, Container, DefaultAction, Network, Prefix, PublicAccess, ResourceRule,
};

/// Who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    /// The subscription's owner.
    Operator,
    /// Somebody who may read everything, and nothing else.
    Auditor,
}

/// What the vault's identity may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// PostgreSQL Flexible Server Long Term Retention Backup Role on the server.
    BacksUp,
    /// Reader on the server's resource group.
    ReadsGroup,
    /// Storage Blob Data Contributor on the target account.
    WritesAccount,
    /// The same on the target container alone.
    WritesContainer,
    /// Storage Blob Data Reader on the target account, which is not enough.
    ReadsAccount,
    /// Key Vault Crypto Service Encryption User on the key vault.
    UsesKey,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::BacksUp,
        Self::ReadsGroup,
        Self::WritesAccount,
        Self::WritesContainer,
        Self::ReadsAccount,
        Self::UsesKey,
    ];

    /// The built-in role's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::BacksUp => "PostgreSQL Flexible Server Long Term Retention Backup Role",
            Self::ReadsGroup => "Reader",
            Self::WritesAccount | Self::WritesContainer => "Storage Blob Data Contributor",
            Self::ReadsAccount => "Storage Blob Data Reader",
            Self::UsesKey => "Key Vault Crypto Service Encryption User",
        }
    }
}

/// A change of the target account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// `publicNetworkAccess`.
    Access(PublicAccess),
    /// `networkAcls.defaultAction`.
    Default(DefaultAction),
    /// `networkAcls.bypass`.
    Bypass(Bypass),
    /// `networkAcls.resourceAccessRules`.
    Rule(ResourceRule),
    /// A rule for some address.
    IpRule(bool),
    /// `allowCrossTenantReplication`.
    Replication(bool),
}

impl Setting {
    /// Writes it into the network settings; gives back whether replication is allowed, if it is about that.
    pub fn write(self, network: &mut Network) -> Option<bool> {
        match self {
            Self::Access(access) => network.access = access,
            Self::Default(action) => network.default_action = action,
            Self::Bypass(bypass) => network.bypass = bypass,
            Self::Rule(rule) => network.resource_rule = rule,
            Self::IpRule(there) => network.ip_rule = there,
            Self::Replication(allowed) => return Some(allowed),
        }
        None
    }
}

/// What is to be restored, and where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restore {
    /// The newest recovery point; one that was never there otherwise.
    pub newest: bool,
    /// The target container.
    pub container: Container,
    /// The prefix of the files' names.
    pub prefix: Prefix,
}

/// Immutability of a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Immutability {
    /// None.
    Disabled,
    /// It can be taken back.
    Unlocked,
    /// For ever.
    Locked,
}

impl Immutability {
    /// Azure's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Disabled => "Disabled",
            Self::Unlocked => "Unlocked",
            Self::Locked => "Locked",
        }
    }
}

/// What a change of protection is to end in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// `stopProtection`.
    Stop,
    /// `suspendBackups`.
    Suspend,
    /// `resumeProtection`.
    Resume,
}

/// What is done. `approved`: the request names the Resource Guard's request for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// So many seconds pass.
    Wait(i64),
    /// A role is given to the vault's newest identity.
    Grant(Role),
    /// It is taken away from it.
    Revoke(Role),
    /// The target account is changed.
    Set(Setting),
    /// The vault's system-assigned identity is switched off.
    IdentityOff,
    /// It is switched on.
    IdentityOn,
    /// Off and on again: another principal.
    IdentityRecycled,
    /// The backup instance is put.
    Protect,
    /// A backup is asked for.
    BackUp,
    /// A restore is validated.
    Validate(Restore),
    /// A restore is asked for.
    Restore {
        /// What, and where to.
        what: Restore,
        /// See above.
        approved: bool,
    },
    /// The instance is deleted.
    Delete,
    /// It is undeleted.
    Undelete,
    /// Its protection is changed.
    Change {
        /// What it is to end in.
        what: Change,
        /// See above.
        approved: bool,
    },
    /// Maps the vault to the Resource Guard.
    Guard,
    /// Unlocks the removal of that mapping.
    UnlockGuard,
    /// Unlocks the deletion of the instance.
    UnlockInstance,
    /// Removes the mapping.
    Unguard,
    /// The vault's immutability is set.
    Immutable {
        /// What to.
        to: Immutability,
        /// See above.
        approved: bool,
    },
    /// The vault's soft delete is set.
    SoftDelete {
        /// Whether it is to be on.
        on: bool,
        /// See above.
        approved: bool,
    },
    /// Encrypts the vault with the other one of two keys.
    ExchangeKey {
        /// See above.
        approved: bool,
    },
    /// Switches the key the vault is encrypted with on or off.
    EnableKey(bool),
}

impl Act {
    /// What kind of thing it is, for counting.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Wait(_) => "wait",
            Self::Grant(_) => "grant",
            Self::Revoke(_) => "revoke",
            Self::Set(_) => "set the account",
            Self::IdentityOff => "identity off",
            Self::IdentityOn => "identity on",
            Self::IdentityRecycled => "identity recycled",
            Self::Protect => "protect",
            Self::BackUp => "back up",
            Self::Validate(_) => "validate",
            Self::Restore { .. } => "restore",
            Self::Delete => "delete",
            Self::Undelete => "undelete",
            Self::Change { what, .. } => match what {
                Change::Stop => "stop",
                Change::Suspend => "suspend",
                Change::Resume => "resume",
            },
            Self::Guard => "guard",
            Self::UnlockGuard => "unlock the guard",
            Self::UnlockInstance => "unlock the instance",
            Self::Unguard => "unguard",
            Self::Immutable { .. } => "immutability",
            Self::SoftDelete { .. } => "soft delete",
            Self::ExchangeKey { .. } => "exchange the key",
            Self::EnableKey(_) => "enable the key",
        }
    }
}

/// One step of a sequence.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub act: Act,
    /// Who does it.
    pub by: Person,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match self.by {
            Person::Operator => "",
            Person::Auditor => " (the auditor)",
        };
        match self.act {
            Act::Wait(seconds) => write!(f, "{}", lasting(seconds)),
            act => write!(f, "{act:?}{who}"),
        }
    }
}

/// A time for people.
fn lasting(seconds: i64) -> String {
    match seconds {
        s if s % 86_400 == 0 => format!("{} d pass", s / 86_400),
        s if s % 3600 == 0 => format!("{} h pass", s / 3600),
        s if s % 60 == 0 => format!("{} min pass", s / 60),
        s => format!("{s} s pass"),
    }
}
