//! The kinds of named resources. One file each, with its words and how it is built; listed here and nowhere else.
//! The short forms of a world (`[world.server]` and so on) have the words of a kind, and are built by it.

#[macro_use]
mod list;
#[macro_use]
mod server;

mod container;
pub(super) mod flexible_server;
mod identity;
mod key_vault;
mod policy;
mod role_assignment;
mod secret;
mod server_group;
mod single_server;
pub(super) mod storage_account;
pub(super) mod vault;

use azdrill_emulator::entropy::Entropy;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::Value;

use super::client::Client;
use super::{Names, RunError};
use crate::scenario::{About, KeyVaultWorld, Misstated, Part, ServerWorld, StorageWorld, VaultWorld, World};

kinds! {
    /// A container of a storage account.
    "container" Container(container::Container),
    /// A flexible server.
    "flexible_server" FlexibleServer(flexible_server::FlexibleServer),
    /// A user-assigned identity.
    "identity" Identity(identity::Identity),
    /// A key vault with the secret of a database's credentials.
    "key_vault" KeyVault(KeyVaultWorld),
    /// A policy of a Backup vault, besides the one every vault has.
    "policy" Policy(policy::Policy),
    /// A role given.
    "role_assignment" RoleAssignment(role_assignment::RoleAssignment),
    /// A secret of a key vault.
    "secret" Secret(secret::Secret),
    /// A server group (Cosmos DB for PostgreSQL).
    "server_group" ServerGroup(server_group::ServerGroup),
    /// A single server.
    "single_server" SingleServer(single_server::SingleServer),
    /// A storage account with its container.
    "storage_account" StorageAccount(StorageWorld),
    /// A Backup vault with its policy and its identities.
    "vault" Vault(VaultWorld),
}

/// What every kind of resource does.
trait ResourceKind {
    /// Kinds are built in this order.
    fn rank(&self) -> u8;

    /// What it is for a step.
    fn part(&self) -> Option<Part> {
        None
    }

    /// Gets the name Azure knows it by, if the file says none.
    fn be_called(&mut self, name: &str);

    /// What it belongs to, where that has to be said.
    fn about(&self) -> About {
        About::default()
    }

    /// The resource group it is in, and the subscription.
    fn place(&self) -> Option<(&str, Option<&str>)> {
        None
    }

    /// Takes the place of the short form of its part.
    fn stand_in(&self, _seen: &mut World) {}

    /// Its id, where it stands in the place of the short form.
    fn id(&self, names: &Names) -> String;

    /// Checks what it names.
    fn check(&self, _world: &World) -> Result<(), Misstated> {
        Ok(())
    }

    /// The password the file says or that was made up, if it has one.
    fn password(&self) -> Option<&str> {
        None
    }

    /// Makes up what secrets the file does not say.
    fn derive_secrets(&mut self, _entropy: &Entropy) {}
}

impl Resource {
    /// The flexible server of a short form.
    pub(super) fn flexible_server(own: ServerWorld) -> Self {
        Self::FlexibleServer(flexible_server::FlexibleServer(own))
    }

    /// The single server of a short form.
    pub(super) fn single_server(own: ServerWorld) -> Self {
        Self::SingleServer(single_server::SingleServer(own))
    }

    /// The server group of a short form.
    pub(super) fn server_group(own: ServerWorld) -> Self {
        Self::ServerGroup(server_group::ServerGroup(own))
    }

    /// What it is for a step.
    pub(crate) fn part(&self) -> Option<Part> {
        self.own().part()
    }

    /// Gets the name Azure knows it by.
    pub(crate) fn be_called(&mut self, name: &str) {
        self.own_mut().be_called(name);
    }

    /// What it belongs to.
    pub(crate) fn about(&self) -> About {
        self.own().about()
    }

    /// Takes the place of the short form of its part.
    pub(crate) fn stand_in(&self, seen: &mut World) {
        self.own().stand_in(seen);
    }

    /// The resource group it is in, and the subscription.
    pub(crate) fn place(&self) -> Option<(&str, Option<&str>)> {
        self.own().place()
    }

    /// Its id, where it stands in the place of the short form.
    pub(super) fn id(&self, names: &Names) -> String {
        self.own().id(names)
    }

    /// When it is built, among the others.
    pub(super) fn rank(&self) -> u8 {
        self.own().rank()
    }

    /// Its password.
    pub(crate) fn password(&self) -> Option<&str> {
        self.own().password()
    }

    /// Makes up what secrets the file does not say.
    pub(crate) fn derive_secrets(&mut self, entropy: &Entropy) {
        self.own_mut().derive_secrets(entropy);
    }

    /// Checks what it names.
    pub(crate) fn check(&self, world: &World) -> Result<(), Misstated> {
        for part in Part::ALL {
            if self.about().of(part).is_some() {
                world.seen_by(&self.about(), &[part])?;
            }
        }
        if let Some((_, Some(subscription))) = self.place()
            && !world.subscriptions.contains(subscription)
        {
            let all: Vec<&str> = world.subscriptions.iter().map(String::as_str).collect();
            let what = format!("there is no [subscription.{subscription}]");
            return Err(Misstated::new(what).of_these(&all).at("subscription"));
        }
        self.own().check(world)
    }
}

/// Properties that are said besides, over those of a body.
pub(super) fn over(body: &mut Value, properties: &toml::Table) {
    let Ok(said) = serde_json::to_value(properties) else {
        return;
    };
    lay(&mut body["properties"], said);
}

/// Objects are merged member by member; everything else is replaced.
fn lay(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (name, value) in above {
                lay(below.entry(name).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}
