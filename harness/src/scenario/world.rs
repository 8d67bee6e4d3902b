//! The world a scenario begins with. Everything in it is created by the operator through the front
//! door, like anybody's resources.

use std::collections::BTreeMap;
use std::net::IpAddr;

use azdrill_emulator::entropy::Entropy;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::run::Resource;

use super::{
    GrantWorld, KeyVaultWorld, Misstated, Part, Password, PersonaWorld, SubscriptionWorld, TargetWorld,
    TenantWorld, UserWorld, none_called,
};

/// What every rotated password begins with: an awkward one, so that quoting is put to the test.
pub const ROTATED: &str = "Rotated; \"'=";

/// A world. Everything has a default; a file says what is different.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct World {
    /// The time at which it begins, if that matters to it.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub start: Option<Timestamp>,
    /// `fast` or `recorded`: whether Azure's own waiting is played.
    pub pace: String,
    /// How long a role assignment takes to be seen (`10m`).
    #[cfg_attr(test, schemars(with = "String"))]
    pub role_propagation: SignedDuration,
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

impl Default for World {
    fn default() -> Self {
        Self {
            start: None,
            pace: "fast".to_owned(),
            role_propagation: SignedDuration::ZERO,
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

/// Which kind of server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ServerFlavour {
    /// `Microsoft.DBforPostgreSQL/flexibleServers`.
    #[default]
    Flexible,
    /// `Microsoft.DBforPostgreSQL/servers`.
    Single,
    /// `Microsoft.DBforPostgreSQL/serverGroupsv2` (Cosmos DB for PostgreSQL).
    ServerGroup,
}

/// How a server is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ServerNetwork {
    /// By a public address behind firewall rules.
    #[default]
    Public,
    /// By a private endpoint; public access is off.
    PrivateEndpoint,
    /// In a delegated subnet.
    VirtualNetwork,
}

/// The database server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ServerWorld {
    /// Its name.
    pub name: String,
    /// Which kind.
    pub flavour: ServerFlavour,
    /// Its administrator's password; made up at every start if left out.
    pub password: Password,
    /// The major version; the newest at hand if left out.
    pub version: Option<u32>,
    /// Its region, if it is not the world's.
    pub location: Option<String>,
    /// How it is reached.
    pub network: ServerNetwork,
    /// Addresses on the internet that the firewall lets in.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub firewall: Vec<IpAddr>,
    /// Whether the firewall lets Azure services in (a single server's rule from 0.0.0.0 to 0.0.0.0).
    pub azure_services: bool,
    /// Whether public network access is denied. A single server's only; a private endpoint alone
    /// does not deny it.
    pub deny_public_access: bool,
    /// Whether it has an administrator of Microsoft Entra ID.
    pub entra_administrator: bool,
    /// Whether the vault's identity is a user of the database, as the older model of credentials
    /// wants it.
    pub entra_user: bool,
    /// What is in it: `shop`, `empty`, `bulk:<megabytes>`.
    pub content: String,
    /// What it is taken for where a backup asks how large it is: made-up sizes, since nobody has a terabyte for a drill.
    pub taken_for: TakenFor,
    /// The database the content is in.
    pub database: String,
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

impl Default for ServerWorld {
    fn default() -> Self {
        Self {
            name: "drill-pg".to_owned(),
            flavour: ServerFlavour::Flexible,
            password: Password::default(),
            version: None,
            location: None,
            network: ServerNetwork::Public,
            firewall: Vec::new(),
            azure_services: true,
            deny_public_access: false,
            entra_administrator: false,
            entra_user: false,
            content: "shop".to_owned(),
            taken_for: TakenFor::default(),
            database: "shop".to_owned(),
            group: "databases".to_owned(),
            subscription: None,
            properties: toml::Table::new(),
        }
    }
}

/// Made-up sizes of a server, in MiB; what is in it stays what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TakenFor {
    /// How large its databases are together, in MiB.
    pub size_mib: Option<u64>,
    /// How large the largest value of type `bytea` is, in MiB.
    pub bytea_mib: Option<u64>,
}

impl TakenFor {
    /// The tags of the server that say so.
    pub(crate) fn tags(self) -> serde_json::Value {
        use azdrill_emulator::rules::TakenFor as Measure;
        let said = [(Measure::Size, self.size_mib), (Measure::Bytea, self.bytea_mib)];
        let tags = said
            .into_iter()
            .filter_map(|(measure, mib)| Some((measure.tag().to_owned(), mib?.to_string().into())));
        serde_json::Value::Object(tags.collect())
    }
}

/// Which identities a vault has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum VaultIdentity {
    /// None.
    None,
    /// A system-assigned one.
    #[default]
    System,
    /// A user-assigned one.
    User,
    /// Both.
    Both,
}

/// Which of a vault's identities acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Acting {
    /// The system-assigned one.
    #[default]
    System,
    /// The user-assigned one.
    User,
}

/// The Backup vault.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct VaultWorld {
    /// Its name.
    pub name: String,
    /// Its region, if it is not the world's.
    pub location: Option<String>,
    /// Its identities.
    pub identity: VaultIdentity,
    /// User-assigned identities it has besides, by name: `kind = "identity"` makes them.
    pub identities: Vec<String>,
    /// Which of them protects.
    pub protect_as: Acting,
    /// Its redundancy.
    pub redundancy: String,
    /// Its soft-delete state.
    pub soft_delete: String,
    /// The repeating intervals of its policy.
    pub schedule: Vec<String>,
    /// How long its policy keeps what has no tag of its own, as a duration of ISO 8601.
    pub keep: String,
    /// The tags of its policy, besides the default one.
    pub tags: Vec<TagWorld>,
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

impl Default for VaultWorld {
    fn default() -> Self {
        Self {
            name: "drill-vault".to_owned(),
            location: None,
            identity: VaultIdentity::System,
            identities: Vec::new(),
            protect_as: Acting::System,
            redundancy: "LocallyRedundant".to_owned(),
            soft_delete: "On".to_owned(),
            schedule: vec!["R/2026-01-04T02:00:00+00:00/P1W".to_owned()],
            keep: "P3M".to_owned(),
            tags: Vec::new(),
            group: "backup".to_owned(),
            subscription: None,
            properties: toml::Table::new(),
        }
    }
}

impl VaultWorld {
    /// Checks what it names.
    pub(crate) fn check_names(&self, world: &World) -> Result<(), Misstated> {
        for (number, name) in self.identities.iter().enumerate() {
            let checked = world.check_identity(name);
            checked.map_err(|wrong| wrong.in_entry("identities", number))?;
        }
        Ok(())
    }
}

/// A retention tag of the vault's policy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TagWorld {
    /// Its name.
    pub name: String,
    /// How long it keeps, as a duration of ISO 8601.
    pub keep: String,
    /// Of several tags a backup could get it gets the one with the lowest number.
    pub priority: u32,
    /// What a backup must be, in Azure's words: `absoluteCriteria = ["FirstOfMonth"]`.
    pub criteria: BTreeMap<String, Vec<String>>,
}

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

/// What resource access rules are called that name no vault of the world's by name.
const SHORT_RULES: [&str; 3] = ["vault", "other_vault", "vault_of_other_tenant"];

impl StorageWorld {
    /// Checks what it names.
    pub(crate) fn check_names(&self, world: &World) -> Result<(), Misstated> {
        for (number, rule) in self.resource_rules.iter().enumerate() {
            let checked = world.check_resource_rule(rule);
            checked.map_err(|wrong| wrong.in_entry("resource_rules", number))?;
        }
        Ok(())
    }
}

impl World {
    /// Checks the short name of a resource access rule.
    pub(crate) fn check_resource_rule(&self, rule: &str) -> Result<(), Misstated> {
        let vaults = self
            .resources
            .iter()
            .filter(|(_, resource)| resource.part() == Some(Part::Vault));
        let all = vaults.map(|(name, _)| name.as_str()).chain(SHORT_RULES);
        if all.clone().any(|known| known == rule) {
            return Ok(());
        }
        Err(none_called("vault", rule, all))
    }
}
