//! Everything there is, to be held against what it was.

use std::collections::BTreeMap;

use azdrill_emulator::authz::Assignment;
use azdrill_emulator::model::{ResourceId, Timestamp};
use azdrill_emulator::server::Core as _;
use azdrill_emulator::state::{Resource, ResourceBody};

use super::World;

/// Everything there is but for the log, to be held against what it was.
#[derive(Clone, PartialEq)]
pub struct Everything {
    resources: BTreeMap<ResourceId, (ResourceBody, Timestamp)>,
    assignments: Vec<(String, Timestamp)>,
    principals: usize,
    jobs: usize,
    points: usize,
    next_due: Option<Timestamp>,
    operations: usize,
    /// The committed blobs of the target account, with their lengths.
    blobs: Vec<(String, u64)>,
}

impl Everything {
    /// Whether the same is there, whatever is still to be done.
    pub fn is_the_same_but_for_work(&self, other: &Self) -> bool {
        let mut own = self.clone();
        own.operations = other.operations;
        own.next_due = other.next_due;
        own == *other
    }
}

impl World {
    /// Which key the vault shows.
    pub fn key(&self) -> usize {
        let shown =
            self.vault_text("/properties/securitySettings/encryptionSettings/keyVaultProperties/keyUri");
        usize::from(self.founded.keys.get(1).is_some_and(|second| *second == shown))
    }

    /// What the vault shows somewhere; empty where it shows nothing.
    pub fn vault_text(&self, pointer: &str) -> &str {
        let vault = self.founded.world.azure.state().resource(&self.founded.vault);
        vault.map_or("", |vault| vault.text(pointer))
    }

    /// What the target account shows somewhere; empty where it shows nothing.
    pub fn account_text(&self, pointer: &str) -> &str {
        let account = self.founded.world.azure.state().resource(&self.founded.account);
        account.map_or("", |account| account.text(pointer))
    }

    /// Takes note of everything. `whole`: with what takes long to count.
    pub fn everything(&self, whole: bool) -> Everything {
        let azure = &self.founded.world.azure;
        let (state, own) = (azure.state(), &azure.services().data_protection);
        let noted = |own: &Resource| (own.body.clone(), own.created);
        let seen = |own: &Assignment| (own.name.clone(), own.seen_from);
        Everything {
            resources: state
                .resources
                .iter()
                .map(|(id, own)| (id.clone(), noted(own)))
                .collect(),
            assignments: state.access.assignments().map(seen).collect(),
            principals: state.directory.iter().count(),
            jobs: own.all_jobs().count(),
            points: own.all_recovery_points().count(),
            next_due: azure.next_due(),
            operations: if whole { state.operations.count() } else { 0 },
            blobs: azure
                .services()
                .storage
                .lengths(self.founded.account.name())
                .collect(),
        }
    }
}
