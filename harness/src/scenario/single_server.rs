//! What a world with a single server has besides: a key vault with a connection string, the
//! database user it names, and a server to restore to.

use serde::Deserialize;

use super::Password;

/// Which model of permissions a key vault is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PermissionModel {
    /// Azure roles.
    #[default]
    Roles,
    /// Access policies.
    AccessPolicies,
}

/// The key vault.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct KeyVaultWorld {
    /// Its name.
    pub name: String,
    /// Its region, if it is not the world's.
    pub location: Option<String>,
    /// Which model of permissions it is in.
    pub permission_model: PermissionModel,
    /// What an access policy lets the vault's identity do with secrets; no policy if empty.
    pub secret_permissions: Vec<String>,
    /// `Enabled`, `Disabled`.
    pub public_network_access: String,
    /// `Allow`, `Deny`.
    pub default_action: String,
    /// `AzureServices`, `None`.
    pub bypass: String,
    /// IP rules; by default one for the place everybody works from.
    pub address_rules: Vec<String>,
    /// The secret's name.
    pub secret: String,
    /// Whether the backup instance names the version the secret has at the beginning.
    pub pinned: bool,
    /// The secret's value; `{server}`, `{database}`, `{user}` and `{password}` are filled in.
    pub value: String,
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

impl Default for KeyVaultWorld {
    fn default() -> Self {
        Self {
            name: "drill-keyvault".to_owned(),
            location: None,
            permission_model: PermissionModel::Roles,
            secret_permissions: Vec::new(),
            public_network_access: "Enabled".to_owned(),
            default_action: "Deny".to_owned(),
            bypass: "AzureServices".to_owned(),
            address_rules: vec!["203.0.113.10/32".to_owned()],
            secret: "db-credentials".to_owned(),
            pinned: false,
            value: "Server={server}.postgres.database.azure.com;Database={database};Port=5432;User Id={user}@{server};Password={password};Ssl Mode=Require;".to_owned(),
            group: "databases".to_owned(),
            subscription: None,
            properties: toml::Table::new(),
        }
    }
}

/// What a database user has been granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum UserRights {
    /// What `azdrill grants` grants, and the right to read large objects besides.
    #[default]
    Backup,
    /// What `azdrill grants` grants, which is what the published text asks for.
    Documented,
    /// What `azdrill grants --restore` grants.
    Restore,
    /// CREATEDB, without azure_pg_admin.
    CreateDatabase,
    /// Membership in azure_pg_admin, without CREATEDB.
    Administrator,
    /// Nothing but to sign in.
    None,
}

/// A database user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct UserWorld {
    /// Its name.
    pub name: String,
    /// Its password; made up at every start if left out.
    pub password: Password,
    /// What it has been granted.
    pub rights: UserRights,
}

impl Default for UserWorld {
    fn default() -> Self {
        Self {
            name: "backup".to_owned(),
            password: Password::default(),
            rights: UserRights::Backup,
        }
    }
}

/// A server to restore to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TargetWorld {
    /// Its name.
    pub name: String,
    /// Its region, if it is not the world's.
    pub location: Option<String>,
    /// Its major version; the source's if left out.
    pub version: Option<u32>,
    /// Whether its firewall lets Azure services in.
    pub azure_services: bool,
    /// Whether it has an administrator of Microsoft Entra ID, and the vault's identity as a user.
    pub entra_user: bool,
    /// The secret with its credentials, in the same key vault.
    pub secret: String,
    /// The user of these.
    pub user: UserWorld,
}

impl Default for TargetWorld {
    fn default() -> Self {
        Self {
            name: "drill-target".to_owned(),
            location: None,
            version: None,
            azure_services: true,
            entra_user: false,
            secret: "target-credentials".to_owned(),
            user: UserWorld {
                name: "restorer".to_owned(),
                password: Password::default(),
                rights: UserRights::Restore,
            },
        }
    }
}

/// Somebody else than the operator: a service principal with roles of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PersonaWorld {
    /// The tenant it is of: one of `[tenant.NAME]`; the operator's own if left out.
    pub tenant: Option<String>,
    /// The roles, each on a site.
    pub roles: Vec<PersonaRole>,
    /// The secret it signs in with.
    #[serde(skip)]
    pub secret: Password,
}

/// A role of a persona.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PersonaRole {
    /// The role's display name.
    pub role: String,
    /// On what.
    pub on: super::Site,
}
