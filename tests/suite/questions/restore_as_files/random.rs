//! Random sketches over the full product. They shrink towards the world in order.

use azdrill::sketch::identity::Identity;
use azdrill::sketch::restore_as_files::{
    Assignee, Bypass, Container, CrossTenant, DefaultAction, Grant, Network, Prefix, PublicAccess, Region,
    ResourceRule, Role, Scope, Sketch, Subscription,
};
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) fn any_network() -> impl Strategy<Value = Network> {
    (
        select(PublicAccess::ALL),
        select(DefaultAction::ALL),
        select(Bypass::ALL),
        select(ResourceRule::ALL),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(access, default_action, bypass, resource_rule, ip_rule, subnet_rule, private_endpoint)| {
                Network {
                    access,
                    default_action,
                    bypass,
                    resource_rule,
                    ip_rule,
                    subnet_rule,
                    private_endpoint,
                }
            },
        )
}

pub(crate) fn any_grant() -> impl Strategy<Value = Grant> {
    (
        select(Role::ALL),
        select(Scope::ALL),
        select(Assignee::ALL),
        any::<bool>(),
    )
        .prop_map(|(role, scope, to, seen)| Grant {
            role,
            scope,
            to,
            seen,
        })
}

/// Faults of the world that hide everything behind them are rarer than they would be by chance.
pub(crate) fn any_sketch() -> impl Strategy<Value = Sketch> {
    let mostly = |rare: f64| proptest::bool::weighted(rare);
    (
        any_network(),
        proptest::collection::vec(any_grant(), 0..5),
        select(Identity::ALL),
        select(CrossTenant::ALL),
        mostly(0.2),
        mostly(0.2),
        mostly(0.1),
        select(Subscription::ALL),
    )
        .prop_map(
            |(network, grants, identity, cross_tenant, missing, taken, elsewhere, subscription)| Sketch {
                network,
                grants,
                identity,
                cross_tenant,
                container: if missing {
                    Container::Missing
                } else {
                    Container::There
                },
                prefix: if taken { Prefix::Taken } else { Prefix::Free },
                region: if elsewhere { Region::Other } else { Region::Same },
                subscription,
            },
        )
}
