//! Who may do what, told by which roles were given and by nothing else.

use std::collections::{BTreeMap, BTreeSet};

use azdrill_emulator::log::{CallOrigin, Exchange};
use azdrill_emulator::model::Timestamp;
use http::Method;
use jiff::SignedDuration;

use super::invariant::{Broken, Invariant};
use crate::sequence::step::Role;
use crate::sequence::world::World;

/// A role that is given is seen so much later, and one that is taken away is seen for so much longer.
const PROPAGATION: SignedDuration = SignedDuration::from_mins(10);

/// A role the vault's identity was given.
#[derive(Clone, Debug)]
struct Held {
    role: Role,
    principal: String,
    from: Timestamp,
    until: Option<Timestamp>,
}

/// All of them, by the names of their assignments; and who the vault's identity has been.
#[derive(Clone, Debug, Default)]
pub(super) struct Grants {
    held: BTreeMap<String, Held>,
    principals: Vec<String>,
    /// The names of assignments that count for nothing.
    ignored: BTreeSet<String>,
}

impl Grants {
    /// What is given by now counts for nothing: for a mistake.
    pub(super) fn ignoring_all(world: &World) -> Self {
        let given = world.azure().state().access.assignments();
        Self {
            ignored: given.map(|own| own.name.clone()).collect(),
            ..Self::default()
        }
    }

    /// Takes note of what is given and of what is no more.
    pub(super) fn note(&mut self, world: &World) {
        if self.principals.last() != Some(&world.principal) {
            self.principals.push(world.principal.clone());
        }
        let now = world.time();
        let rules = world.azure().rules();
        let mut there = Vec::new();
        for own in world.azure().state().access.assignments() {
            let principal = own.principal.to_string();
            if !self.principals.contains(&principal) || self.ignored.contains(&own.name) {
                continue;
            }
            there.push(own.name.clone());
            let mut roles = Role::ALL.into_iter();
            let role = roles.find(|role| {
                let built_in = rules.built_in_role(role.name());
                built_in.is_some_and(|built_in| built_in.id == own.role)
                    && own.scope == world.founded.scope(*role)
            });
            if let Some(role) = role
                && !self.held.contains_key(&own.name)
            {
                let held = Held {
                    role,
                    principal,
                    from: own.seen_from,
                    until: None,
                };
                self.held.insert(own.name.clone(), held);
            }
        }
        for (name, held) in &mut self.held {
            if held.until.is_none() && !there.contains(name) {
                held.until = Some(now.saturating_add(PROPAGATION).unwrap_or(Timestamp::MAX));
            }
        }
    }

    /// Whether the vault's identity, whoever it was, held one of these at a time.
    fn holds(&self, roles: &[Role], at: Timestamp) -> bool {
        self.held.values().any(|held| {
            roles.contains(&held.role)
                && self.principals.contains(&held.principal)
                && held.from <= at
                && held.until.is_none_or(|until| at < until)
        })
    }
}

/// Holds what was done against that: who only reads changes nothing, and the vault's identity does what its roles say.
pub(super) fn check(grants: &Grants, world: &World, exchange: &Exchange) -> Result<(), Broken> {
    let let_through = exchange.status < 400 && exchange.refused.is_none() && !exchange.faulted;
    if !let_through || exchange.asked == CallOrigin::OnlyWhether {
        return Ok(());
    }
    let broken = |who: &str| {
        let what = format!("{who} did {} at {}", exchange.operation, exchange.at);
        Err(Broken::new(Invariant::WithinGrants, what))
    };
    let names = |id| {
        let directory = &world.azure().state().directory;
        directory.get(id).map(|own| own.display_name.clone())
    };
    let reads = matches!(exchange.method, Method::GET | Method::HEAD);
    if names(world.founded.auditor).is_some_and(|name| name == exchange.caller) && !reads {
        return broken("who may only read");
    }
    if exchange.caller != world.founded.vault.name() {
        return Ok(());
    }
    let wanted: &[Role] = match &*exchange.operation {
        "LongTermRetention_PreBackup" | "LongTermRetention_Start" => &[Role::BacksUp],
        "Blob_PutBlock" | "Blob_PutBlockList" => &[Role::WritesAccount, Role::WritesContainer],
        "Keys_Wrap" | "Keys_Unwrap" | "Keys_WrapLatest" | "Keys_UnwrapLatest" => &[Role::UsesKey],
        _ => return Ok(()),
    };
    if grants.holds(wanted, exchange.at) {
        return Ok(());
    }
    broken("the vault's identity, without a role for it,")
}
