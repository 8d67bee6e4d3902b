//! What several worlds are painted with: the identities of a vault, and role assignments.

use azdrill_emulator::authz::{AccessControl, Assignment};
use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{PrincipalId, ResourceId, Timestamp};
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::sketch::identity::Identity;

/// The principals of a vault's identities, and what requests call the user-assigned one.
#[derive(Clone)]
pub struct Identities {
    /// The system-assigned one.
    pub system: PrincipalId,
    /// The user-assigned one.
    pub user: PrincipalId,
    /// What requests call the user-assigned one.
    pub user_id: ResourceId,
}

impl Identities {
    /// Whom the roles of a sketch are given to.
    pub(super) fn granted(&self, identity: Identity) -> PrincipalId {
        match identity {
            Identity::System | Identity::SystemSwitchedOff => self.system,
            Identity::UserNamed | Identity::UserNotNamed | Identity::UserDetached => self.user,
        }
    }

    /// Whether the request names an identity.
    pub(super) fn named(identity: Identity) -> bool {
        matches!(identity, Identity::UserNamed | Identity::UserDetached)
    }

    /// What a request names it by.
    pub(super) fn details(id: &ResourceId) -> Value {
        json!({"useSystemAssignedIdentity": false, "userAssignedIdentityArmUrl": id})
    }
}

/// Takes identities away from the body of a vault that has all.
pub(super) fn paint_identity(body: &mut Value, identity: Identity) {
    match identity {
        Identity::System | Identity::UserNamed | Identity::UserNotNamed => {}
        Identity::UserDetached => {
            let tenant = body["identity"]["tenantId"].clone();
            let principal = body["identity"]["principalId"].clone();
            body["identity"] =
                json!({"type": "SystemAssigned", "principalId": principal, "tenantId": tenant});
        }
        Identity::SystemSwitchedOff => {
            body["identity"]["type"] = json!("UserAssigned");
            if let Some(identity) = body["identity"].as_object_mut() {
                identity.remove("principalId");
            }
        }
    }
}

/// A role that a sketch gives somebody.
pub(super) struct Given<'a> {
    pub(super) role: &'a str,
    pub(super) scope: ResourceId,
    pub(super) to: PrincipalId,
    /// Whether it names the object id, and not the application id by mistake.
    pub(super) by_object_id: bool,
    /// Whether it has propagated.
    pub(super) seen: bool,
}

impl<'a> Given<'a> {
    /// A role as it should be given.
    pub(super) fn of(role: &'a str, scope: ResourceId, to: PrincipalId) -> Self {
        Self {
            role,
            scope,
            to,
            by_object_id: true,
            seen: true,
        }
    }

    /// The assignment, the sketch's own of that number.
    pub(super) fn assignment(self, azure: &Azure, now: Timestamp, number: usize) -> Option<Assignment> {
        let role = azure.rules().built_in_role(self.role)?.id;
        let principal = if self.by_object_id {
            self.to
        } else {
            PrincipalId(azure.state().directory.get(self.to)?.app_id?)
        };
        let name = Uuid::from_u128(0x1000 + number as u128).to_string();
        let until_seen = if self.seen {
            SignedDuration::ZERO
        } else {
            SignedDuration::from_mins(10)
        };
        Some(Assignment {
            seen_from: now + until_seen,
            ..Assignment::new(name, self.scope, role, principal, now)
        })
    }
}

/// The assignments a sketch leaves alone, and its own.
pub(super) fn access(kept: &[Assignment], granted: impl IntoIterator<Item = Assignment>) -> AccessControl {
    let mut access = AccessControl::default();
    for assignment in kept.iter().cloned().chain(granted) {
        access.insert(assignment);
    }
    access
}

/// Something whose name another's begins with: the last letter of its own is left out.
pub(super) fn shorter(name: &str) -> String {
    let mut name = name.to_owned();
    name.pop();
    name
}
