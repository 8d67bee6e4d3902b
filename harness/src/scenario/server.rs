//! The database server of a world.

use std::net::IpAddr;

use serde::Deserialize;

use super::{Misstated, Password};
use crate::postgres::content::{Sample, UnknownSample};

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

impl ServerWorld {
    /// Checks that there is such a content.
    pub(crate) fn check_content(&self) -> Result<(), Misstated> {
        let sample: Result<Sample, UnknownSample> = self.content.parse();
        let wrong = |error: UnknownSample| Misstated::new(error.to_string()).at("content");
        sample.map(|_| ()).map_err(wrong)
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
