//! The kinds of named resources. One file each, with its words and how it is built; listed here and nowhere else.
//! The short forms of a world (`[world.server]` and so on) have the words of a kind, and are built by it.

#[macro_use]
mod in_a_group;
#[macro_use]
mod list;
#[macro_use]
mod server;
#[macro_use]
mod short_form;

mod container;
mod deny_assignment;
mod flexible_server;
mod identity;
mod instance;
mod key;
mod key_vault;
mod laid_over;
mod management_group;
mod policy;
mod private_dns_zone;
mod private_endpoint;
mod resource_guard;
mod resource_kind;
mod role_assignment;
mod secret;
mod server_group;
mod single_server;
pub(super) mod storage_account;
mod subnet;
pub(super) mod vault;
mod virtual_network;

use azdrill_emulator::entropy::Entropy;
use azdrill_emulator::rules::Rules;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::client::Client;
use super::{Names, RunError};
use crate::scenario::{
    About, KeyVaultWorld, Misstated, Part, ServerFlavour, StorageWorld, VaultWorld, World, check_region,
};
use resource_kind::ResourceKind;

kinds! {
    /// A container of a storage account.
    "container" Container(container::Container),
    /// A deny assignment, as a deployment stack leaves one.
    "deny_assignment" DenyAssignment(deny_assignment::DenyAssignment),
    /// A flexible server.
    "flexible_server" FlexibleServer(flexible_server::FlexibleServer),
    /// A user-assigned identity.
    "identity" Identity(identity::Identity),
    /// A backup instance that the step `protect` makes.
    "instance" Instance(instance::Instance),
    /// A key of a key vault.
    "key" Key(key::Key),
    /// A key vault with the secret of a database's credentials.
    "key_vault" KeyVault(KeyVaultWorld),
    /// A management group, with subscriptions in it.
    "management_group" ManagementGroup(management_group::ManagementGroup),
    /// A policy of a Backup vault, besides the one every vault has.
    "policy" Policy(policy::Policy),
    /// A private DNS zone, with links to virtual networks.
    "private_dns_zone" PrivateDnsZone(private_dns_zone::PrivateDnsZone),
    /// A private endpoint of something, in a subnet.
    "private_endpoint" PrivateEndpoint(private_endpoint::PrivateEndpoint),
    /// A Resource Guard.
    "resource_guard" ResourceGuard(resource_guard::ResourceGuard),
    /// The mapping of a Backup vault to a Resource Guard.
    "resource_guard_proxy" ResourceGuardProxy(resource_guard::ResourceGuardProxy),
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
    /// A subnet of a virtual network.
    "subnet" Subnet(subnet::Subnet),
    /// A Backup vault with its policy and its identities.
    "vault" Vault(VaultWorld),
    /// A virtual network.
    "virtual_network" VirtualNetwork(virtual_network::VirtualNetwork),
}

impl Resource {
    /// What the short forms of a world say, by their words. The key vault is for a single server's credentials.
    pub(crate) fn short_forms(world: &World) -> [(&'static str, Self); 4] {
        let server = world.server.clone();
        let server = match server.flavour {
            ServerFlavour::Flexible => Self::FlexibleServer(flexible_server::FlexibleServer(server)),
            ServerFlavour::Single => Self::SingleServer(single_server::SingleServer(server)),
            ServerFlavour::ServerGroup => Self::ServerGroup(server_group::ServerGroup(server)),
        };
        [
            ("server", server),
            ("vault", Self::Vault(world.vault.clone())),
            ("storage", Self::StorageAccount(world.storage.clone())),
            ("key_vault", Self::KeyVault(world.key_vault.clone())),
        ]
    }

    /// What it is for a step.
    pub(crate) fn part(&self) -> Option<Part> {
        self.kind().part()
    }

    /// Gets the name Azure knows it by.
    pub(crate) fn be_called(&mut self, name: &str) {
        self.kind_mut().be_called(name);
    }

    /// What it belongs to.
    pub(crate) fn about(&self) -> About {
        self.kind().about()
    }

    /// Takes the place of the short form of its part.
    pub(crate) fn stand_in(&self, seen: &mut World) {
        self.kind().stand_in(seen);
    }

    /// The resource group it is in, and the subscription.
    pub(crate) fn place(&self) -> Option<(&str, Option<&str>)> {
        self.kind().place()
    }

    /// Its id, where it stands in the place of the short form.
    pub(super) fn id(&self, names: &Names) -> String {
        self.kind().id(names)
    }

    /// When it is built, among the others.
    pub(super) fn rank(&self) -> u8 {
        self.kind().rank()
    }

    /// Its password.
    pub(crate) fn password(&self) -> Option<&str> {
        self.kind().password()
    }

    /// Makes up what secrets the file does not say.
    pub(crate) fn derive_secrets(&mut self, entropy: &Entropy) {
        self.kind_mut().derive_secrets(entropy);
    }

    /// What no two resources have the same.
    pub(super) fn known_by(&self, names: &Names) -> String {
        self.kind().known_by(names)
    }

    /// Whether it is a user-assigned identity.
    pub(crate) fn is_identity(&self) -> bool {
        self.kind().is_identity()
    }

    /// Whether a role can be given to it.
    pub(crate) fn has_principal(&self) -> bool {
        self.is_identity() || self.part() == Some(Part::Vault)
    }

    /// Checks what it names.
    pub(crate) fn check(&self, world: &World, rules: &Rules) -> Result<(), Misstated> {
        let kind = self.kind();
        let about = kind.about();
        let of_it: Vec<Part> = Part::ALL
            .into_iter()
            .filter(|part| about.of(*part).is_some())
            .collect();
        world.seen_by(&about, &of_it)?;
        if let Some((_, Some(subscription))) = kind.place() {
            world
                .check_subscription(subscription)
                .map_err(|wrong| wrong.at("subscription"))?;
        }
        if let Some(location) = kind.location() {
            check_region(location, rules).map_err(|wrong| wrong.at("location"))?;
        }
        if let Some(properties) = kind.properties() {
            let checked = world.check_filled_table(properties, false);
            checked.map_err(|wrong| wrong.at("properties"))?;
        }
        if let Some(grant) = kind.grant() {
            grant.check_at_once(world, rules)?;
        }
        kind.check(world, rules)
    }
}
