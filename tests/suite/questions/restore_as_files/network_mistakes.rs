//! Mistakes about the network of the account.

use azdrill::sketch::restore_as_files::{Bypass, DefaultAction, Network, PublicAccess, ResourceRule, Sketch};

use super::super::mistakes::{Mistake, Wrong, sees, spoilt};

fn serve_by_rules(network: &mut Network) {
    network.access = PublicAccess::Enabled;
    network.default_action = DefaultAction::Deny;
}

fn is_disabled(sketch: &Sketch) -> bool {
    sketch.network.access == PublicAccess::Disabled
}

fn in_rules_and_exceptions() -> Vec<Mistake<Sketch>> {
    vec![
        sees(
            "the exception counts though public access is disabled",
            |sketch| {
                if is_disabled(sketch) {
                    serve_by_rules(&mut sketch.network);
                    sketch.network.resource_rule = ResourceRule::None;
                }
            },
        ),
        sees(
            "the resource rule counts though public access is disabled",
            |sketch| {
                if is_disabled(sketch) {
                    serve_by_rules(&mut sketch.network);
                    sketch.network.bypass = Bypass::None;
                }
            },
        ),
        sees("the tenant of a resource rule is not compared", |sketch| {
            if sketch.network.resource_rule == ResourceRule::AnotherTenant {
                sketch.network.resource_rule = ResourceRule::ThisVault;
            }
        }),
        sees("any resource rule opens", |sketch| {
            if sketch.network.resource_rule == ResourceRule::AnotherVault {
                sketch.network.resource_rule = ResourceRule::ThisVault;
            }
        }),
        sees("a star in a resource rule names nothing", |sketch| {
            if sketch.network.resource_rule == ResourceRule::AnyVault {
                sketch.network.resource_rule = ResourceRule::None;
            }
        }),
    ]
}

/// All of them.
pub(super) fn all() -> Vec<Mistake<Sketch>> {
    let mut found = in_rules_and_exceptions();
    found.extend(in_access_and_addresses());
    found
}

fn in_access_and_addresses() -> Vec<Mistake<Sketch>> {
    vec![
        sees(
            "a private endpoint of the account lets the service in",
            |sketch| {
                if sketch.network.private_endpoint {
                    sketch.network = Network::OPEN;
                }
            },
        ),
        sees("a private endpoint shuts the service out", |sketch| {
            if sketch.network.private_endpoint {
                sketch.network.access = PublicAccess::Disabled;
            }
        }),
        sees("an IP rule lets the service in", |sketch| {
            if sketch.network.ip_rule && !is_disabled(sketch) {
                sketch.network.default_action = DefaultAction::Allow;
            }
        }),
        sees("the default action is overlooked", |sketch| {
            sketch.network.default_action = DefaultAction::Allow;
        }),
        sees("an unset default action denies", |sketch| {
            if sketch.network.default_action == DefaultAction::Unset {
                sketch.network.default_action = DefaultAction::Deny;
            }
        }),
        sees("unset public access counts as disabled", |sketch| {
            if sketch.network.access == PublicAccess::Unset {
                sketch.network.access = PublicAccess::Disabled;
            }
        }),
        sees("a perimeter is overlooked", |sketch| {
            if sketch.network.access == PublicAccess::SecuredByPerimeter {
                sketch.network.access = PublicAccess::Enabled;
            }
        }),
        sees("a bypass of several words is not read", |sketch| {
            if sketch.network.bypass == Bypass::AmongOthers {
                sketch.network.bypass = Bypass::None;
            }
        }),
        spoilt("Backup vaults are no trusted service", |rules| {
            rules.trusted_services.clear();
        }),
        Mistake::new(
            "rule and exception are wanted both",
            Wrong::Profile(|profile| profile.either_is_enough = false),
        ),
        Mistake::new(
            "a user-assigned identity gets no exception",
            Wrong::Profile(|profile| profile.user_assigned_covered = false),
        ),
    ]
}
