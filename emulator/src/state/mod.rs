//! What exists: subscriptions, resources, principals, role assignments, long-running operations.
//!
//! Shared by the gates and every service. What only one service knows stands in that service's own
//! `state.rs`.

mod blob_access;
mod directory;
mod lock;
mod moves;
mod operation;
mod policies;
mod record;
mod resource;

use std::collections::BTreeMap;

use crate::authz::{AccessControl, Hierarchy};
use crate::model::{ResourceId, TenantId, Timestamp};

pub use blob_access::{BlobAccess, ContainerAccess, StoredAccessPolicy};
pub use directory::{Directory, IdentityKind, Principal};
pub use lock::{Lock, LockLevel, Locks};
pub use moves::{Move, Moves};
pub use operation::{OperationOutcome, OperationState, Operations};
pub use policies::{Policies, PolicyAssignment, PolicyDefinition, PolicyExemption};
pub use record::{KeyCredential, Password, Record, Registration};
pub use resource::{Resource, ResourceBody, below, field_mut};

pub use crate::model::field;

/// A subscription.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// The subscription id, as written.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// The tenant it trusts.
    pub tenant: TenantId,
    /// Whether it belongs to Microsoft's own side of a service (vault storage): hidden from lists.
    pub hidden: bool,
}

/// The two keys of a storage account, base64 as on the wire. Secrets.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct AccountKeys {
    /// `key1` and `key2`.
    pub keys: [String; 2],
    /// When each was made.
    pub created: [Timestamp; 2],
}

/// Everything that exists and is not one service's own.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug))]
pub struct State {
    /// Subscriptions by lower-case id.
    pub subscriptions: BTreeMap<String, Subscription>,
    /// Resources and resource groups by id.
    pub resources: BTreeMap<ResourceId, Resource>,
    /// Principals.
    pub directory: Directory,
    /// Role assignments and custom roles.
    pub access: AccessControl,
    /// Management locks.
    pub locks: Locks,
    /// What is being moved to another resource group.
    pub moves: Moves,
    /// Azure Policy.
    pub policies: Policies,
    /// Long-running operations.
    pub operations: Operations,
    /// The storage account behind a blob host's first label.
    pub storage_accounts: BTreeMap<String, ResourceId>,
    /// The key vault behind a vault host's first label, in lower case.
    pub key_vaults: BTreeMap<String, ResourceId>,
    /// Account keys by account name.
    pub account_keys: BTreeMap<String, AccountKeys>,
    /// Who may read containers without a role.
    pub blob_access: BlobAccess,
}

impl State {
    /// The resource of that id.
    pub fn resource(&self, id: &ResourceId) -> Option<&Resource> {
        self.resources.get(id)
    }

    /// The resources of a type directly or indirectly below a scope, in order of id.
    pub fn resources_below<'a>(
        &'a self,
        scope: &'a ResourceId,
        kind: &'a str,
    ) -> impl Iterator<Item = &'a Resource> {
        self.resources
            .range(scope.clone()..)
            .take_while(move |(id, _)| id.key().starts_with(scope.key()))
            .map(|(_, resource)| resource)
            .filter(move |resource| scope.contains(&resource.id) && resource.is_type(kind))
    }

    /// Removes a resource, and the role assignments, locks and policies at and below it.
    pub fn remove(&mut self, id: &ResourceId) -> Option<Resource> {
        self.access.remove_below(id);
        self.locks.remove_below(id);
        self.policies.remove_below(id);
        self.resources.remove(id)
    }

    /// The subscription of that id, without regard to case.
    pub fn subscription(&self, id: &str) -> Option<&Subscription> {
        self.subscriptions.get(&id.to_ascii_lowercase())
    }

    /// Adds a subscription, which begins in its tenant's root group.
    pub fn add_subscription(&mut self, subscription: Subscription) {
        let key = subscription.id.to_ascii_lowercase();
        self.access
            .hierarchy
            .place(&key, Hierarchy::root(subscription.tenant));
        self.subscriptions.insert(key, subscription);
    }

    /// The tenant of the subscription a resource lies in, or of the management group it is at.
    pub fn tenant_of(&self, id: &ResourceId) -> Option<TenantId> {
        if let Some(tenant) = self.access.hierarchy.tenant_of(id) {
            return Some(tenant);
        }
        Some(self.subscription(id.subscription()?)?.tenant)
    }
}
