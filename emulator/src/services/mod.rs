//! The fake services: one folder each. A service never names another; they meet through the front
//! door, as their own identities, from their own place in the network.

mod admin;
mod arm_filter;
mod authorization;
mod budget;
mod context;
pub mod data_protection;
pub mod deployments;
pub mod entra;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod graph;
mod identity;
mod kept;
pub mod key_vault;
mod later;
mod listed;
mod managed_identity;
mod management_groups;
mod moving;
mod network;
mod page;
mod parts;
mod plain;
pub mod postgres;
mod private_link;
mod provider_operation;
mod resource_graph;
pub mod resources;
mod sent_body;
pub mod storage;
mod system_data;
mod workflow;

pub use context::{Context, LongRunning, Pace, Settings, json_body, lenient_json_body};
use listed::{Listed, listed};
pub(crate) use moving::check as check_moving;
pub(crate) use resources::check_being_deleted;
pub use workflow::{Input, Next, Outbound, Workflow};

use crate::gateway::{Permit, Refusal};
use crate::model::{Extent, Preparation, Request, ResourceId, Response};

/// What carries an operation out, once the gates have let it through.
pub type Handler = fn(&mut Context<'_>, &Permit, &Request) -> Result<Response, Refusal>;

/// What works out beforehand, and without the core, what takes long about an operation. `None`: the
/// request has nothing of the kind, or is going to be refused.
pub type Preparer = fn(&mut Context<'_>, &Permit, &Request) -> Option<Preparation>;

/// What each service knows alone.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub struct ServiceStates {
    /// Backup vaults and what belongs to them.
    pub data_protection: data_protection::DataProtectionState,
    /// Deployments of templates.
    pub deployments: deployments::DeploymentsState,
    /// What is inside key vaults.
    pub key_vault: key_vault::KeyVaultState,
    /// People who signed in.
    pub entra: entra::SignIns,
    /// Database servers.
    pub postgres: postgres::PostgresState,
    /// Subscriptions, besides their resources.
    pub resources: resources::ResourcesState,
    /// Containers and blobs.
    pub storage: storage::StorageState,
}

impl ServiceStates {
    /// All of it, to come back to. The bytes of blobs are held once more.
    pub(crate) fn keep(&mut self) -> Self {
        let storage = self.storage.keep();
        self.with(storage)
    }

    /// A copy behind whose blobs there are no bytes: nothing holds them once more.
    pub(crate) fn copy(&self) -> Self {
        self.with(self.storage.copy())
    }

    /// The same with these blobs.
    fn with(&self, storage: storage::StorageState) -> Self {
        Self {
            data_protection: self.data_protection.clone(),
            deployments: self.deployments.clone(),
            key_vault: self.key_vault.clone(),
            entra: self.entra.clone(),
            postgres: self.postgres.clone(),
            resources: self.resources.clone(),
            storage,
        }
    }

    /// Comes back to what was kept. Answers with the database engine's keys of servers that are no
    /// part of it, and with bytes that nothing holds any more.
    pub(crate) fn bring_back(&mut self, kept: &Self) -> (Vec<String>, Vec<Extent>) {
        let released = self.storage.bring_back(&kept.storage);
        let surplus = self.postgres.bring_back(&kept.postgres);
        self.data_protection = kept.data_protection.clone();
        self.deployments = kept.deployments.clone();
        self.key_vault = kept.key_vault.clone();
        self.entra = kept.entra.clone();
        self.resources = kept.resources.clone();
        (surplus, released)
    }
}

/// The handler of an operation. `None`: the operation has a row and nobody carries it out, which
/// a test forbids.
pub fn handler(service: &str, operation: &str) -> Option<Handler> {
    match service {
        "admin" => admin::handler(operation),
        "authorization" => authorization::handler(operation),
        "data_protection" => data_protection::handler(operation),
        "deployments" => deployments::handler(operation),
        "entra" => entra::handler(operation),
        "graph" => graph::handler(operation),
        "key_vault" => key_vault::handler(operation),
        "kept" => kept::handler(operation),
        "managed_identity" => managed_identity::handler(operation),
        "management_groups" => management_groups::handler(operation),
        "network" => network::handler(operation),
        "postgres" => postgres::handler(operation),
        "resource_graph" => resource_graph::handler(operation),
        "resources" => resources::handler(operation),
        "storage" => storage::handler(operation),
        _ => None,
    }
}

/// Refuses a name that a resource of this type cannot have, as its service would.
///
/// # Errors
///
/// The service's refusal.
pub(crate) fn check_name(context: &Context<'_>, kind: &str, id: &ResourceId) -> Result<(), Refusal> {
    match kind.to_ascii_lowercase().as_str() {
        "microsoft.storage/storageaccounts" => storage::check_name(context, id),
        "microsoft.dbforpostgresql/flexibleservers" => postgres::check_name(context, id),
        "microsoft.dataprotection/backupvaults" | "microsoft.dataprotection/backupvaults/backuppolicies" => {
            data_protection::check_name(context, id)
        }
        _ => Ok(()),
    }
}

/// What prepares an operation that takes long.
pub fn preparer(operation: &str) -> Option<Preparer> {
    key_vault::preparer(operation)
        .or_else(|| deployments::preparer(operation))
        .or_else(|| resource_graph::preparer(operation))
}
