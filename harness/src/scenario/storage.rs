//! The storage account of a world.

use serde::Deserialize;

/// The storage account restores go to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct StorageWorld {
    /// Its name.
    pub name: String,
    /// Its region, if it is not the world's.
    pub location: Option<String>,
    /// The container restores go to.
    pub container: String,
    /// Whether the container exists.
    pub container_exists: bool,
    /// `Enabled`, `Disabled`, `SecuredByPerimeter`.
    pub public_network_access: String,
    /// `Allow`, `Deny`.
    pub default_action: String,
    /// `AzureServices`, `None`.
    pub bypass: String,
    /// Resource access rules: `vault`, `other_vault`, `vault_of_other_tenant`.
    pub resource_rules: Vec<String>,
    /// IP rules.
    pub address_rules: Vec<String>,
    /// Whether it has a private endpoint.
    pub private_endpoint: bool,
    /// `allowCrossTenantReplication`.
    pub allow_cross_tenant_replication: bool,
    /// `allowSharedKeyAccess`.
    pub allow_shared_key_access: bool,
    /// The resource group it is in.
    pub group: String,
    /// The subscription it is in: one of `[subscription.NAME]`; the operator's own if left out.
    pub subscription: Option<String>,
    /// Properties besides, as ARM spells them.
    #[cfg_attr(
        test,
        schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")
    )]
    pub properties: toml::Table,
}

impl Default for StorageWorld {
    fn default() -> Self {
        Self {
            name: "drillrestore".to_owned(),
            location: None,
            container: "restored".to_owned(),
            container_exists: true,
            public_network_access: "Enabled".to_owned(),
            default_action: "Allow".to_owned(),
            bypass: "AzureServices".to_owned(),
            resource_rules: Vec::new(),
            address_rules: Vec::new(),
            private_endpoint: false,
            allow_cross_tenant_replication: true,
            allow_shared_key_access: true,
            group: "restore".to_owned(),
            subscription: None,
            properties: toml::Table::new(),
        }
    }
}
