//! Every combination.

use super::sketch::{Bypass, DefaultAction, Model, Origin, PolicyHeld, PublicAccess, RoleHeld, Sketch};

/// Every network setting and place to stand, for somebody who may read.
pub fn networks() -> impl Iterator<Item = Sketch> {
    PublicAccess::ALL.iter().flat_map(|&access| {
        DefaultAction::ALL.iter().flat_map(move |&default_action| {
            Bypass::ALL.iter().flat_map(move |&bypass| {
                Origin::ALL.iter().map(move |&origin| Sketch {
                    access,
                    default_action,
                    bypass,
                    origin,
                    ..Sketch::IN_ORDER
                })
            })
        })
    })
}

/// Every permission model, role and access policy, on top of a sketch.
pub fn permissions(base: Sketch) -> impl Iterator<Item = Sketch> {
    Model::ALL.iter().flat_map(move |&model| {
        RoleHeld::ALL.iter().flat_map(move |&role| {
            PolicyHeld::ALL.iter().map(move |&policy| Sketch {
                model,
                role,
                policy,
                ..base
            })
        })
    })
}

/// All of it. Cells that share a vault's settings follow one another.
pub fn whole() -> impl Iterator<Item = Sketch> {
    networks().flat_map(permissions)
}
