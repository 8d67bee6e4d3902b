//! Key Vault: vaults as resources, and what is inside them.
//!
//! Network rules and the two permission models are the front door's business. What is here begins when
//! a caller has been let in.

mod arm;
mod cryptography;
mod data;
mod material;
mod objects;
#[cfg(test)]
mod tests;
mod vault;

use std::collections::BTreeMap;

use super::{Handler, Preparer};
use crate::model::Timestamp;
use crate::state::Resource;
use material::{KeyMaterial, SecretMaterial};
use objects::{Backups, Objects};

const VAULT: &str = "Microsoft.KeyVault/vaults";

/// What is inside key vaults, and vaults that are deleted and can be recovered.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug))]
pub struct KeyVaultState {
    /// By the vault's name in lower case, like everything here.
    contents: BTreeMap<String, Contents>,
    deleted: BTreeMap<String, DeletedVault>,
    secret_backups: Backups<SecretMaterial>,
    key_backups: Backups<KeyMaterial>,
}

/// What is inside one vault.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug))]
struct Contents {
    secrets: Objects<SecretMaterial>,
    keys: Objects<KeyMaterial>,
}

impl Contents {
    /// Forgets what would have been purged by now.
    fn forget_purged(&mut self, now: Timestamp) {
        self.secrets.forget_purged(now);
        self.keys.forget_purged(now);
    }
}

/// A deleted vault, which keeps its name and what is inside.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
struct DeletedVault {
    resource: Resource,
    contents: Contents,
    deleted: Timestamp,
    purged: Timestamp,
}

pub(super) fn preparer(operation: &str) -> Option<Preparer> {
    data::preparer(operation)
}

pub(super) fn handler(operation: &str) -> Option<Handler> {
    arm::handler(operation).or_else(|| data::handler(operation))
}
