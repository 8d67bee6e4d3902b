//! Whom the network settings of a storage account keep out. Written from the table of E.2.

use super::Profile;
use crate::sketch::storage_network::{Bypass, DefaultAction, Network, Origin, PublicAccess, ResourceRule};

/// The rows that keep somebody from the account, by the rows E2-1 to E2-9 of the storage table. `user_assigned` says
/// whether the caller's token belongs to a user-assigned identity.
pub(super) fn kept_out(
    profile: Profile,
    network: &Network,
    origin: Origin,
    user_assigned: bool,
) -> Option<&'static [&'static str]> {
    // Private endpoints are always served.
    if origin == Origin::OwnEndpoint && network.private_endpoint {
        return None;
    }
    match (network.access, network.default_action) {
        // Row 9: the perimeter's own rules decide, and there are none.
        (PublicAccess::SecuredByPerimeter, _) => Some(&["E2-9"]),
        // Rows 7 and 8: only private endpoints are served, and the caller is behind none of them.
        (PublicAccess::Disabled, _) if network.private_endpoint => Some(&["E2-8"]),
        (PublicAccess::Disabled, _) => Some(&["E2-7"]),
        // Row 1: the rules are ignored unless the default action is Deny.
        (PublicAccess::Enabled | PublicAccess::Unset, DefaultAction::Allow | DefaultAction::Unset) => None,
        (PublicAccess::Enabled | PublicAccess::Unset, DefaultAction::Deny) => match origin {
            Origin::ListedAddress if network.ip_rule => None,
            Origin::ListedSubnet if network.subnet_rule => None,
            Origin::Backup | Origin::OtherService => {
                service_kept_out(profile, network, origin, user_assigned)
            }
            _ => Some(&["E2-5"]),
        },
    }
}

/// Behind Deny, what keeps an Azure service out.
fn service_kept_out(
    profile: Profile,
    network: &Network,
    origin: Origin,
    user_assigned: bool,
) -> Option<&'static [&'static str]> {
    if user_assigned && !profile.user_assigned_covered {
        return Some(&["E2-UAMI", "NET-UAMI"]);
    }
    // Rules are about vaults here, and of services on a list there is Azure Backup.
    let backup = origin == Origin::Backup;
    let ruled = match network.resource_rule {
        // The rule's tenant must match, and it must name this vault.
        ResourceRule::ThisVault | ResourceRule::AnyVault => backup,
        ResourceRule::AnotherVault | ResourceRule::AnotherTenant | ResourceRule::None => false,
    };
    let excepted = match network.bypass {
        Bypass::AzureServices | Bypass::AmongOthers => backup,
        Bypass::None | Bypass::OthersOnly => false,
    };
    match (excepted, ruled) {
        (true, true) => None,                                              // Row 2
        (false, true) | (true, false) if profile.either_is_enough => None, // Rows 3 and 4
        // Row 6: such rules let in addresses and subnets, and a service has neither.
        _ if network.ip_rule || network.subnet_rule => Some(&["E2-6"]),
        _ => Some(&["E2-5"]),
    }
}
