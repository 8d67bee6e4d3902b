//! Whether a secret of a key vault can be read. Written from the tables of E.5.

use super::{Expected, Gate, Profile, no};
use crate::sketch::read_secret::{
    Bypass, DefaultAction, Model, Origin, PolicyHeld, PublicAccess, RoleHeld, Sketch,
};

/// Whether a secret is read: the network comes first, then the permissions.
pub fn read_secret(profile: Profile, sketch: &Sketch) -> Expected {
    if let Some((row, code)) = kept_out(profile, sketch) {
        return no(Gate::Network, &[row], code);
    }
    let (by_role, by_policy) = (role_reads(sketch.role), policy_reads(sketch.policy));
    let (reads, otherwise, mut rules, code) = match sketch.model {
        Model::Roles => (by_role, by_policy, vec!["RBAC"], "ForbiddenByRbac"),
        Model::Policies => (by_policy, by_role, vec!["KV-POLICY"], "ForbiddenByPolicy"),
    };
    if reads {
        return Expected::Passes;
    }
    if sketch.model == Model::Roles && sketch.role == RoleHeld::SecretsUserTooNew {
        rules.push("E1-PROPAGATION");
    }
    // What the other model would let through.
    if otherwise {
        rules.push("SS-B-04");
    }
    no(Gate::Authorization, &rules, code)
}

/// The row that keeps the caller out, and the inner code it does so with.
fn kept_out(profile: Profile, sketch: &Sketch) -> Option<(&'static str, &'static str)> {
    // Private endpoints are always served.
    if sketch.origin == Origin::OwnEndpoint {
        return None;
    }
    let has_rules = sketch.default_action != DefaultAction::Unset;
    // What is not said counts as AzureServices.
    let excepted = !has_rules || sketch.bypass != Bypass::None;
    let trusted = excepted
        && match sketch.origin {
            Origin::Backup => profile.trusted_for_postgresql,
            Origin::MachineBackup => true,
            _ => false,
        };
    match sketch.access {
        // The perimeter's own rules decide, and there are none. It overrides the exception.
        PublicAccess::SecuredByPerimeter => Some(("KV-2", "ForbiddenByFirewall")),
        // The opposite of storage: the exception goes on counting. Rules do not.
        PublicAccess::Disabled if trusted => None,
        PublicAccess::Disabled => Some(("KV-4", "ForbiddenByConnection")),
        PublicAccess::Enabled | PublicAccess::Unset => match sketch.default_action {
            DefaultAction::Allow | DefaultAction::Unset => None,
            DefaultAction::Deny if trusted => None,
            DefaultAction::Deny => match sketch.origin {
                Origin::ListedAddress | Origin::ListedSubnet => None,
                _ => Some(("KV-9", "ForbiddenByFirewall")),
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
