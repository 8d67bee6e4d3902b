//! The oracle of key vaults: whether a secret can be read, by definition. Written from the tables of E.5
//! and from nothing else; it shares with the engine nothing.

use crate::strategy::key_vault::sketch::{
    Bypass, DefaultAction, Model, Origin, PolicyHeld, PublicAccess, RoleHeld, Sketch,
};

/// The answer to a question the documents answer in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Trust {
    /// SS-B-05: the exception for trusted services covers Azure Backup when it backs up PostgreSQL, and
    /// not only when it backs up virtual machines.
    pub covers_postgresql: bool,
}

/// How the request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expected {
    /// The secret is read.
    Passes,
    /// The network settings say no, with this inner code.
    Network(&'static str),
    /// The permission model says no, with this inner code.
    Authorization(&'static str),
}

/// Whether a secret is read: the network comes first, then the permissions.
pub fn read_secret(trust: Trust, sketch: &Sketch) -> Expected {
    if let Some(code) = kept_out(trust, sketch) {
        return Expected::Network(code);
    }
    match sketch.model {
        Model::Roles if role_reads(sketch.role) => Expected::Passes,
        Model::Roles => Expected::Authorization("ForbiddenByRbac"),
        Model::Policies if policy_reads(sketch.policy) => Expected::Passes,
        Model::Policies => Expected::Authorization("ForbiddenByPolicy"),
    }
}

fn kept_out(trust: Trust, sketch: &Sketch) -> Option<&'static str> {
    // Private endpoints are always served.
    if sketch.origin == Origin::OwnEndpoint {
        return None;
    }
    let has_rules = sketch.default_action != DefaultAction::Unset;
    // What is not said counts as AzureServices.
    let excepted = !has_rules || sketch.bypass != Bypass::None;
    let trusted = excepted
        && match sketch.origin {
            Origin::Backup => trust.covers_postgresql,
            Origin::MachineBackup => true,
            _ => false,
        };
    match sketch.access {
        // The perimeter's own rules decide, and there are none. It overrides the exception.
        PublicAccess::SecuredByPerimeter => Some("ForbiddenByFirewall"),
        // The opposite of storage: the exception goes on counting. Rules do not.
        PublicAccess::Disabled if trusted => None,
        PublicAccess::Disabled => Some("ForbiddenByConnection"),
        PublicAccess::Enabled | PublicAccess::Unset => match sketch.default_action {
            DefaultAction::Allow | DefaultAction::Unset => None,
            DefaultAction::Deny if trusted => None,
            DefaultAction::Deny => match sketch.origin {
                Origin::ListedAddress | Origin::ListedSubnet => None,
                _ => Some("ForbiddenByFirewall"),
            },
        },
    }
}

/// Whose data actions hold the reading of secrets, at or above the secret, as of now.
fn role_reads(role: RoleHeld) -> bool {
    match role {
        RoleHeld::SecretsUser
        | RoleHeld::SecretsUserOnSecret
        | RoleHeld::SecretsUserOnGroup
        | RoleHeld::SecretsOfficer
        | RoleHeld::Administrator => true,
        RoleHeld::None
        | RoleHeld::SecretsUserOnPrefix
        | RoleHeld::SecretsUserTooNew
        | RoleHeld::Reader
        | RoleHeld::CryptoUser
        | RoleHeld::KeyVaultContributor
        | RoleHeld::Owner => false,
    }
}

/// Which access policies let the caller get secrets.
fn policy_reads(policy: PolicyHeld) -> bool {
    match policy {
        PolicyHeld::Get | PolicyHeld::GetInCapitals | PolicyHeld::All | PolicyHeld::GetForGroup => true,
        PolicyHeld::None
        | PolicyHeld::List
        | PolicyHeld::KeysOnly
        | PolicyHeld::OtherTenant
        | PolicyHeld::SomebodyElse
        | PolicyHeld::ThroughApplication => false,
    }
}
