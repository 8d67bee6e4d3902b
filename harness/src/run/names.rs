//! The resource ids of a scenario's world.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::scenario::{Part, ServerFlavour, Site, VaultIdentity, World, placeholders};

/// The administrator of a world's server.
pub(crate) const ADMIN: &str = "drilladmin";

/// Ids of everything a world has, for one subscription.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    /// The id of the operator's own subscription.
    own: String,
    /// What has a name of its own.
    named: BTreeMap<String, Named>,
    pub(crate) subscription: String,
    pub(crate) server: String,
    pub(crate) server_group: String,
    pub(crate) vault: String,
    pub(crate) user_identity: String,
    pub(crate) policy: String,
    pub(crate) instance: String,
    pub(crate) account: String,
    pub(crate) account_group: String,
    pub(crate) vault_group: String,
    pub(crate) container: String,
    pub(crate) container_url: String,
    pub(crate) key_vault: String,
    pub(crate) target: String,
}

/// A GUID that follows from a text: what says the same has the same.
pub(super) fn guid_of(text: &str) -> Uuid {
    let digest = Sha256::digest(text);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Where something with a name of its own is.
#[derive(Clone, Debug)]
struct Named {
    id: String,
    /// What nothing else has the same.
    known_by: String,
    group: Option<String>,
    /// Its user-assigned identity, if it is a vault.
    user_identity: String,
    is_vault: bool,
}

/// A resource group's id.
fn group_id(own: &str, name: &str, subscription: Option<&str>) -> String {
    let subscription = subscription.map_or_else(|| own.to_owned(), |name| further_subscription(own, name));
    format!("/subscriptions/{subscription}/resourceGroups/{name}")
}

/// The id of a further subscription of the operator's: it follows from its name and from that of the first.
fn further_subscription(own: &str, name: &str) -> String {
    let space = Uuid::parse_str(own).unwrap_or_default();
    Uuid::new_v5(&space, name.as_bytes()).to_string()
}

/// The group a vault's user-assigned identity is in: it does not go along where the vault is moved.
fn identity_group(world: &World, own: &str) -> String {
    let (group, subscription) = match &world.vault.made_in {
        Some((group, subscription)) => (group, subscription),
        None => (&world.vault.group, &world.vault.subscription),
    };
    group_id(own, group, subscription.as_deref())
}

impl Names {
    /// The names of a world whose operator has that subscription.
    pub(crate) fn of(world: &World, subscription: &str) -> Self {
        let mut names = Self::of_short_forms(world, subscription);
        let mut resources: Vec<_> = world.resources.iter().collect();
        // What is inside of another is built after it.
        resources.sort_by_key(|(_, resource)| resource.rank());
        for (name, resource) in resources {
            let from_it = names.seen_by(&world.seen_from(resource));
            let place = resource.place();
            let named = Named {
                id: resource.id(&from_it),
                known_by: resource.known_by(&from_it),
                group: place.map(|(group, further)| group_id(subscription, group, further)),
                user_identity: from_it.user_identity,
                is_vault: resource.part() == Some(Part::Vault),
            };
            names.named.insert(name.clone(), named);
        }
        for name in world.subscriptions.keys() {
            let named = Named {
                id: format!("/subscriptions/{}", further_subscription(subscription, name)),
                known_by: name.clone(),
                group: None,
                user_identity: String::new(),
                is_vault: false,
            };
            names.named.insert(name.clone(), named);
        }
        names
    }

    /// The same world's, seen with other things in the places of the short forms.
    pub(crate) fn seen_by(&self, seen: &World) -> Self {
        Self {
            named: self.named.clone(),
            ..Self::of_short_forms(seen, &self.own)
        }
    }

    fn of_short_forms(world: &World, subscription: &str) -> Self {
        let group = |name: &str, further: &Option<String>| group_id(subscription, name, further.as_deref());
        let server_group = group(&world.server.group, &world.server.subscription);
        let kind = match world.server.flavour {
            ServerFlavour::Flexible => "flexibleServers",
            ServerFlavour::Single => "servers",
            ServerFlavour::ServerGroup => "serverGroupsv2",
        };
        let vault_group = group(&world.vault.group, &world.vault.subscription);
        let vault = format!(
            "{vault_group}/providers/Microsoft.DataProtection/backupVaults/{}",
            world.vault.name
        );
        let account_group = group(&world.storage.group, &world.storage.subscription);
        let account = format!(
            "{account_group}/providers/Microsoft.Storage/storageAccounts/{}",
            world.storage.name
        );
        Self {
            own: subscription.to_owned(),
            named: BTreeMap::new(),
            subscription: format!("/subscriptions/{subscription}"),
            server: format!(
                "{server_group}/providers/Microsoft.DBforPostgreSQL/{kind}/{}",
                world.server.name
            ),
            user_identity: format!(
                "{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{}-identity",
                identity_group(world, subscription),
                world.vault.name
            ),
            policy: format!(
                "{vault}/backupPolicies/{}",
                world.policy.as_deref().unwrap_or("weekly")
            ),
            instance: match (&world.instance, world.server.flavour) {
                (Some(name), _) => format!("{vault}/backupInstances/{name}"),
                (None, ServerFlavour::Single) => format!(
                    "{vault}/backupInstances/{}-{}",
                    world.server.name, world.server.database
                ),
                (None, _) => format!("{vault}/backupInstances/{0}-{0}", world.server.name),
            },
            key_vault: format!(
                "{}/providers/Microsoft.KeyVault/vaults/{}",
                group(&world.key_vault.group, &world.key_vault.subscription),
                world.key_vault.name
            ),
            target: format!(
                "{server_group}/providers/Microsoft.DBforPostgreSQL/servers/{}",
                world
                    .target
                    .as_ref()
                    .map_or("none", |target| target.name.as_str())
            ),
            container: format!(
                "{account}/blobServices/default/containers/{}",
                world.storage.container
            ),
            container_url: format!(
                "https://{}.blob.core.windows.net/{}",
                world.storage.name, world.storage.container
            ),
            server_group,
            vault,
            account,
            account_group,
            vault_group,
        }
    }

    /// A subnet of the world's network.
    pub(crate) fn subnet(&self, name: &str) -> String {
        format!("{}/subnets/{name}", self.network())
    }

    /// The private DNS zone of a server in a subnet.
    pub(super) fn private_dns_zone(&self) -> String {
        format!(
            "{}/providers/Microsoft.Network/privateDnsZones/drill.private.postgres.database.azure.com",
            self.server_group
        )
    }

    /// The world's network.
    pub(super) fn network(&self) -> String {
        format!(
            "{}/providers/Microsoft.Network/virtualNetworks/drill-network",
            self.server_group
        )
    }

    /// A private endpoint of the world's.
    pub(crate) fn private_endpoint(&self, name: &str) -> String {
        format!(
            "{}/providers/Microsoft.Network/privateEndpoints/{name}",
            self.server_group
        )
    }

    /// A resource group's id; in a further subscription, if one is named.
    pub(super) fn group(&self, name: &str, subscription: Option<&str>) -> String {
        group_id(&self.own, name, subscription)
    }

    /// The id of a further subscription.
    pub(crate) fn subscription_id(&self, name: &str) -> String {
        further_subscription(&self.own, name)
    }

    /// What each thing of a world is known by: those of the short forms first.
    pub(crate) fn all(&self, world: &World) -> Vec<(String, String)> {
        let is_single = world.server.flavour == ServerFlavour::Single;
        let has_identity = matches!(world.vault.identity, VaultIdentity::User | VaultIdentity::Both);
        let short = [
            ("server", &self.server, true),
            ("vault", &self.vault, true),
            ("the vault's policy", &self.policy, true),
            ("the vault's identity", &self.user_identity, has_identity),
            ("storage", &self.account, true),
            ("container", &self.container, world.storage.container_exists),
            ("key_vault", &self.key_vault, is_single),
            ("target", &self.target, world.target.is_some()),
        ];
        let short = short
            .into_iter()
            .filter(|(.., is_there)| *is_there && !world.all_named);
        let short = short.map(|(name, id, _)| (name.to_owned(), id.clone()));
        let named = world.resources.keys().filter_map(|name| {
            let named = self.named.get(name)?;
            Some((name.clone(), named.known_by.clone()))
        });
        short.chain(named).collect()
    }

    /// The id of what has that name.
    pub(crate) fn called(&self, name: &str) -> Option<&str> {
        self.named.get(name).map(|named| named.id.as_str())
    }

    /// The id a name in braces stands for.
    fn filled(&self, name: &str) -> Option<&str> {
        match name {
            "vault_group" => Some(&self.vault_group),
            "policy" => Some(&self.policy),
            "instance" => Some(&self.instance),
            _ => Some(self.site(&Site::of(name))).filter(|id| !id.is_empty()),
        }
    }

    /// A text with ids in the places of names in braces.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for name in placeholders(text) {
            if let Some(id) = self.filled(name) {
                filled = filled.replace(&format!("{{{name}}}"), id);
            }
        }
        filled
    }

    /// The same in every text of a value, names of members included.
    pub(super) fn fill_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.fill(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill_value(item)),
            Value::Object(members) => {
                let all = std::mem::take(members).into_iter();
                members.extend(all.map(|(name, mut member)| {
                    self.fill_value(&mut member);
                    (self.fill(&name), member)
                }));
            }
            _ => {}
        }
    }

    /// A named vault's id.
    pub(super) fn vault_called(&self, name: &str) -> Option<&str> {
        let named = self.named.get(name).filter(|named| named.is_vault);
        named.map(|named| named.id.as_str())
    }

    /// The id of a named resource whose principal is meant, and of its user-assigned identity, if it is a vault.
    pub(super) fn principal_of(&self, name: &str) -> Option<(&str, Option<&str>)> {
        if name == "vault" && !self.named.contains_key(name) {
            return Some((&self.vault, Some(&self.user_identity)));
        }
        let named = self.named.get(name)?;
        Some((&named.id, named.is_vault.then_some(&named.user_identity)))
    }

    /// The id of what something is about; empty, if there is no such thing.
    pub(super) fn site(&self, site: &Site) -> &str {
        match site.as_str() {
            "server" => &self.server,
            "server_group" => &self.server_group,
            "storage" => &self.account,
            "storage_group" => &self.account_group,
            "container" => &self.container,
            "vault" => &self.vault,
            "key_vault" => &self.key_vault,
            "target" => &self.target,
            "subscription" => &self.subscription,
            named => match named.strip_suffix(".group") {
                Some(name) => self.named.get(name).and_then(|named| named.group.as_deref()),
                None => self.named.get(named).map(|named| named.id.as_str()),
            }
            .unwrap_or_default(),
        }
    }
}
