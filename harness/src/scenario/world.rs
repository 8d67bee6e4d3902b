//! The world a scenario begins with. Everything in it is created by the operator through the front
//! door, like anybody's resources.

use std::collections::BTreeMap;

use azdrill_emulator::authz::Lags;
use azdrill_emulator::entropy::Entropy;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::run::Resource;

use super::time::{duration, duration_or_none, time};
use super::{
    GrantWorld, KeyVaultWorld, Limits, PersonaWorld, ServerWorld, StorageWorld, SubscriptionWorld,
    TargetWorld, TenantWorld, UserWorld, VaultWorld,
};

/// The word for servers that only are said to run.
pub(super) const SIMULATED_ROWS: &str = "simulated";

/// What every rotated password begins with: an awkward one, so that quoting is put to the test.
pub const ROTATED: &str = "Rotated; \"'=";

/// A world. Everything has a default; a file says what is different.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct World {
    /// The time at which it begins, if that matters to it.
    #[serde(deserialize_with = "time")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub start: Option<Timestamp>,
    /// `fast` or `recorded`: whether Azure's own waiting is played.
    pub pace: String,
    /// `real` or `simulated`: whether backups move rows of a real server, or a server only is said to run. For what is
    /// about time and retention and about no row; what is played says so.
    pub rows: String,
    /// How long a role assignment takes to be seen (`10m`).
    #[serde(deserialize_with = "duration")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub role_propagation: SignedDuration,
    /// How late else what was written is seen; at once if left out.
    pub lags: LagsWorld,
    /// How much Resource Manager lets be asked once the world is built; if left out, it counts and refuses nothing.
    pub throttling: Option<Limits>,
    /// The region of everything that names none of its own.
    pub location: String,
    /// The database server.
    pub server: ServerWorld,
    /// The Backup vault.
    pub vault: VaultWorld,
    /// The storage account restores go to.
    pub storage: StorageWorld,
    /// The key vault with the credentials, in a world with a single server.
    pub key_vault: KeyVaultWorld,
    /// The database user of the credentials.
    pub user: UserWorld,
    /// A single server to restore to, if there is one.
    pub target: Option<TargetWorld>,
    /// Until when a single server may be protected without credentials in Key Vault.
    #[serde(deserialize_with = "time")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub entra_credentials_until: Option<Timestamp>,
    /// Who else acts, by name.
    pub personas: BTreeMap<String, PersonaWorld>,
    /// Roles, by a name of their own so that a file that extends another can change one.
    pub grants: BTreeMap<String, GrantWorld>,
    /// What the tables `[resource.NAME]` name; filled in by the library.
    #[serde(skip)]
    pub resources: BTreeMap<String, Resource>,
    /// Further subscriptions by name; filled in by the library.
    #[serde(skip)]
    pub subscriptions: BTreeMap<String, SubscriptionWorld>,
    /// Further tenants by name; filled in by the library.
    #[serde(skip)]
    pub tenants: BTreeMap<String, TenantWorld>,
    /// The name of the vault's policy that is meant, if it is not the vault's own.
    #[serde(skip)]
    pub policy: Option<String>,
    /// The name of the backup instance that is meant, if it is not derived.
    #[serde(skip)]
    pub instance: Option<String>,
    /// Whether the server, the vault and the account of the short forms are left out, since everything there is
    /// has a name; filled in by the library.
    #[serde(skip)]
    pub all_named: bool,
}

/// How late what was written is seen where others see it already. Nobody has published more than that a role assignment
/// takes up to ten minutes and a group of a managed identity up to a day: what is not said here is at once.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LagsWorld {
    /// How long Resource Manager takes to see a role assignment, if not `role_propagation`.
    #[serde(deserialize_with = "duration_or_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub resource_manager: Option<SignedDuration>,
    /// The same of the services that hold data: blobs, secrets, keys.
    #[serde(deserialize_with = "duration_or_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub data: Option<SignedDuration>,
    /// The same where the Backup service asks.
    #[serde(deserialize_with = "duration_or_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub backup_service: Option<SignedDuration>,
    /// How many front ends answer: each sees a role assignment at a time of its own, and which one answers is drawn for
    /// each request, under the seed.
    pub front_ends: u32,
    /// How long a managed identity goes on with the groups its cached token says (`24h`).
    #[serde(deserialize_with = "duration")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub identity_groups: SignedDuration,
    /// How long a principal that was just made is not found by a role assignment without its `principalType`.
    #[serde(deserialize_with = "duration")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub new_principals: SignedDuration,
}

impl LagsWorld {
    /// As the emulator takes them.
    pub fn lags(&self) -> Lags {
        Lags {
            resource_manager: self.resource_manager,
            data: self.data,
            backup_service: self.backup_service,
            front_ends: self.front_ends,
            identity_groups: self.identity_groups,
            new_principals: self.new_principals,
        }
    }
}

impl Default for World {
    fn default() -> Self {
        Self {
            start: None,
            pace: "fast".to_owned(),
            rows: "real".to_owned(),
            role_propagation: SignedDuration::ZERO,
            lags: LagsWorld::default(),
            throttling: None,
            location: "uksouth".to_owned(),
            server: ServerWorld::default(),
            vault: VaultWorld::default(),
            storage: StorageWorld::default(),
            key_vault: KeyVaultWorld::default(),
            user: UserWorld::default(),
            target: None,
            entra_credentials_until: None,
            personas: BTreeMap::new(),
            grants: BTreeMap::new(),
            resources: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            tenants: BTreeMap::new(),
            policy: None,
            instance: None,
            all_named: false,
        }
    }
}

impl World {
    /// The time at which a scenario with it begins: where it does not matter, a Monday after the
    /// retirement of single server.
    pub fn begins(&self) -> Timestamp {
        self.start
            .unwrap_or_else(|| Timestamp::from_second(1_772_431_200).unwrap_or_default())
    }

    /// Whether its servers only are said to run.
    pub fn moves_no_rows(&self) -> bool {
        self.rows == SIMULATED_ROWS
    }

    /// The passwords of its database users. No report may hold one.
    pub fn passwords(&self) -> impl Iterator<Item = &str> {
        let target = self.target.as_ref().map(|target| target.user.password.as_str());
        [
            self.user.password.as_str(),
            self.server.password.as_str(),
            ROTATED,
        ]
        .into_iter()
        .chain(target)
        .chain(self.resources.values().filter_map(Resource::password))
    }

    /// Makes up from a seed whatever secret the file does not say, so that the same seed gives the
    /// same.
    pub fn derive_secrets(&mut self, seed: u64) {
        let entropy = Entropy::from_seed(seed).fork("passwords");
        self.server.password.derive(&entropy.fork("administrator"));
        self.user.password.derive(&entropy.fork("user"));
        if let Some(target) = &mut self.target {
            target.user.password.derive(&entropy.fork("target user"));
        }
        for (name, resource) in &mut self.resources {
            resource.derive_secrets(&entropy.fork("resource").fork(name));
        }
        for (name, tenant) in &mut self.tenants {
            tenant.secret.derive(&entropy.fork("tenant").fork(name));
        }
        for (name, persona) in &mut self.personas {
            persona.secret.derive(&entropy.fork("persona").fork(name));
        }
    }
}
