//! The resource ids of a scenario's world.

use crate::scenario::{Site, World};

/// Ids of everything a world has, for one subscription.
#[derive(Clone, Debug)]
pub(crate) struct Names {
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

impl Names {
    pub(crate) fn of(world: &World, subscription: &str) -> Self {
        let group = |name: &str| format!("/subscriptions/{subscription}/resourceGroups/{name}");
        let server_group = group(&world.server.group);
        let kind = match world.server.flavour {
            crate::scenario::ServerFlavour::Flexible => "flexibleServers",
            crate::scenario::ServerFlavour::Single => "servers",
            crate::scenario::ServerFlavour::ServerGroup => "serverGroupsv2",
        };
        let vault_group = group(&world.vault.group);
        let vault = format!(
            "{vault_group}/providers/Microsoft.DataProtection/backupVaults/{}",
            world.vault.name
        );
        let account_group = group(&world.storage.group);
        let account = format!(
            "{account_group}/providers/Microsoft.Storage/storageAccounts/{}",
            world.storage.name
        );
        Self {
            subscription: format!("/subscriptions/{subscription}"),
            server: format!(
                "{server_group}/providers/Microsoft.DBforPostgreSQL/{kind}/{}",
                world.server.name
            ),
            user_identity: format!(
                "{vault_group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{}-identity",
                world.vault.name
            ),
            policy: format!("{vault}/backupPolicies/weekly"),
            instance: match world.server.flavour {
                crate::scenario::ServerFlavour::Single => format!(
                    "{vault}/backupInstances/{}-{}",
                    world.server.name, world.server.database
                ),
                _ => format!("{vault}/backupInstances/{0}-{0}", world.server.name),
            },
            key_vault: format!(
                "{}/providers/Microsoft.KeyVault/vaults/{}",
                group(&world.key_vault.group),
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

    pub(super) fn site(&self, site: Site) -> &str {
        match site {
            Site::Server => &self.server,
            Site::ServerGroup => &self.server_group,
            Site::Storage => &self.account,
            Site::StorageGroup => &self.account_group,
            Site::Container => &self.container,
            Site::Vault => &self.vault,
            Site::KeyVault => &self.key_vault,
            Site::Target => &self.target,
            Site::Subscription => &self.subscription,
        }
    }
}
