//! Every combination. The core product is small enough to be walked whole; what is left out of it
//! is walked around a few of its cells.

use super::sketch::{
    Assignee, Bypass, Container, CrossTenant, DefaultAction, Grant, Identity, Network, Prefix, PublicAccess,
    Region, ResourceRule, Role, Scope, Sketch, Subscription,
};

const BOTH: [bool; 2] = [false, true];

/// A column of the matrix: what the identity holds.
pub struct Holding {
    /// Its name in a table.
    pub name: &'static str,
    /// The assignments.
    pub grants: Vec<Grant>,
}

/// Every network shape that can make a difference: 320 of them.
pub fn networks() -> impl Iterator<Item = Network> {
    networks_of(
        &[DefaultAction::Allow, DefaultAction::Deny],
        &[Bypass::AzureServices, Bypass::None],
    )
}

fn networks_of(
    defaults: &'static [DefaultAction],
    bypasses: &'static [Bypass],
) -> impl Iterator<Item = Network> {
    PublicAccess::ALL.iter().flat_map(move |&access| {
        defaults.iter().flat_map(move |&default_action| {
            bypasses.iter().flat_map(move |&bypass| {
                ResourceRule::ALL.iter().flat_map(move |&resource_rule| {
                    BOTH.into_iter().flat_map(move |ip_rule| {
                        BOTH.into_iter().map(move |private_endpoint| Network {
                            access,
                            default_action,
                            bypass,
                            resource_rule,
                            ip_rule,
                            private_endpoint,
                        })
                    })
                })
            })
        })
    })
}

/// What an identity may hold, in the matrix: nothing, the right role in right and wrong places, the
/// wrong roles, and the right role given wrongly.
pub fn holdings() -> Vec<Holding> {
    let contributor = |scope| Grant::of(Role::BlobDataContributor, scope);
    let on_account = |role| Grant::of(role, Scope::Account);
    let one = |name, grant| Holding {
        name,
        grants: vec![grant],
    };
    let application = Grant {
        to: Assignee::ApplicationId,
        ..contributor(Scope::Account)
    };
    let too_new = Grant {
        seen: false,
        ..contributor(Scope::Account)
    };
    vec![
        Holding {
            name: "nothing",
            grants: Vec::new(),
        },
        one("SBDC on the account", contributor(Scope::Account)),
        one("SBDC on the container", contributor(Scope::Container)),
        one("SBDC on the resource group", contributor(Scope::ResourceGroup)),
        one("SBDC on the subscription", contributor(Scope::Subscription)),
        one(
            "SBDC on an account with a prefix of the name",
            contributor(Scope::PrefixAccount),
        ),
        one(
            "SBDC on a container with a prefix of the name",
            contributor(Scope::PrefixContainer),
        ),
        one(
            "SBDC on a group with a prefix of the name",
            contributor(Scope::PrefixGroup),
        ),
        one("Storage Blob Data Owner", on_account(Role::BlobDataOwner)),
        one("Storage Blob Data Reader", on_account(Role::BlobDataReader)),
        one(
            "Storage Account Contributor",
            on_account(Role::AccountContributor),
        ),
        one(
            "Storage Account Backup Contributor",
            on_account(Role::AccountBackupContributor),
        ),
        one("Owner", on_account(Role::Owner)),
        one("Contributor", on_account(Role::Contributor)),
        one("SBDC to the application id", application),
        one("SBDC not yet propagated", too_new),
    ]
}

/// The identities of the core product. Without a system-assigned identity nothing else counts, so
/// that one is left to [`edges`].
pub const CORE_IDENTITIES: [Identity; 4] = [
    Identity::System,
    Identity::UserNamed,
    Identity::UserNotNamed,
    Identity::UserDetached,
];

/// The settings of cross-tenant replication in the core product.
pub const CORE_CROSS_TENANT: [CrossTenant; 3] = [CrossTenant::True, CrossTenant::False, CrossTenant::Unset];

/// Network × roles × identity × cross-tenant replication, whole: 61,440 cells. Cells that share a
/// world's settings follow one another.
pub fn core() -> impl Iterator<Item = Sketch> {
    networks().flat_map(|network| {
        CORE_CROSS_TENANT.into_iter().flat_map(move |cross_tenant| {
            CORE_IDENTITIES.into_iter().flat_map(move |identity| {
                holdings().into_iter().map(move |holding| Sketch {
                    network,
                    grants: holding.grants,
                    identity,
                    cross_tenant,
                    ..Sketch::in_order()
                })
            })
        })
    })
}

/// What the core product leaves out: everything that is not network and roles, in full, over three
/// networks and two holdings; and every spelling of the network settings.
pub fn edges() -> impl Iterator<Item = Sketch> {
    let closed = Network {
        access: PublicAccess::Disabled,
        ..Network::OPEN
    };
    let denied = Network {
        default_action: DefaultAction::Deny,
        bypass: Bypass::None,
        ..Network::OPEN
    };
    let around = [Network::OPEN, closed, denied].into_iter().flat_map(|network| {
        let holdings = [Vec::new(), Sketch::in_order().grants];
        holdings.into_iter().flat_map(move |grants| {
            let base = Sketch {
                network,
                grants,
                ..Sketch::in_order()
            };
            everything_else(base)
        })
    });
    let spellings = networks_of(DefaultAction::ALL, Bypass::ALL).map(|network| Sketch {
        network,
        ..Sketch::in_order()
    });
    around.chain(spellings)
}

/// Every combination of what is neither network nor roles.
fn everything_else(base: Sketch) -> Vec<Sketch> {
    let mut found = Vec::new();
    for &identity in Identity::ALL {
        for &cross_tenant in CrossTenant::ALL {
            for &container in Container::ALL {
                for &prefix in Prefix::ALL {
                    for &region in Region::ALL {
                        for &subscription in Subscription::ALL {
                            found.push(Sketch {
                                identity,
                                cross_tenant,
                                container,
                                prefix,
                                region,
                                subscription,
                                ..base.clone()
                            });
                        }
                    }
                }
            }
        }
    }
    found
}
