//! Azure's public cloud: the hosts of its services, what tokens for them are called, how long those last.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value;

use super::file::{RulesError, parse};
use super::operation::Endpoint;
use super::source::Evidence;
use super::source::SourceCheck;
use crate::model::ResourceId;

const FILE: &str = "cloud.toml";
const TEXT: &str = include_str!("../../rules/cloud.toml");

static PUBLIC: LazyLock<Cloud> =
    LazyLock::new(|| parse(FILE, TEXT).expect("a test loads the file, which is part of the program"));

/// The public cloud. It is the same under every profile and in every world, so that whoever meets a host name
/// can ask without having the rules at hand.
pub fn cloud() -> &'static Cloud {
    &PUBLIC
}

/// A cloud of Azure's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cloud {
    service: Vec<Service>,
    zones: Zones,
    /// Who issues tokens.
    pub login: Login,
    /// Microsoft Graph.
    pub graph: Graph,
    /// How long tokens count.
    pub tokens: TokenLifetimes,
    /// What a client reads to know the cloud.
    pub metadata: Metadata,
}

#[derive(Debug, Deserialize)]
struct Service {
    endpoint: Endpoint,
    hosts: Vec<String>,
    audiences: Vec<String>,
    #[serde(flatten)]
    evidence: Evidence,
}

#[derive(Debug, Deserialize)]
struct Zones {
    blob: String,
    key_vault: String,
    postgresql: String,
    account: Vec<AccountZone>,
    secondary: String,
    of_types: BTreeMap<String, NamedZone>,
    #[serde(flatten)]
    evidence: Evidence,
}

/// A zone in which resources are called by their names.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NamedZone {
    Blob,
    KeyVault,
    Postgresql,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountZone {
    service: String,
    zone: String,
}

/// Who issues tokens.
#[derive(Debug, Deserialize)]
pub struct Login {
    authority: String,
    issuer: String,
    /// What the cloud is called after.
    pub cloud: String,
    /// The host that caches of tokens are kept under.
    pub preferred_cache: String,
    /// What its host is called besides.
    pub aliases: Vec<String>,
    #[serde(flatten)]
    evidence: Evidence,
}

/// Microsoft Graph.
#[derive(Debug, Deserialize)]
pub struct Graph {
    /// Its address.
    pub address: String,
    /// The host of the one before it.
    pub older: String,
    #[serde(flatten)]
    evidence: Evidence,
}

/// How long tokens count.
#[derive(Debug, Deserialize)]
pub struct TokenLifetimes {
    /// An access token, in seconds.
    pub access_seconds: i64,
    refresh_days: i64,
    device_minutes: i64,
    /// How often a device is to ask, in seconds.
    pub device_interval_seconds: u64,
    #[serde(flatten)]
    evidence: Evidence,
}

/// The document about the cloud.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    /// From this version on it is one object; before, an array of one.
    pub object_from: String,
    /// The document.
    pub document: Value,
    #[serde(flatten)]
    evidence: Evidence,
}

impl Cloud {
    /// The service that answers at a host.
    pub fn endpoint_at(&self, host: &str) -> Option<Endpoint> {
        let is = |named: &String| match named.strip_prefix('*') {
            None => named == host,
            // One label and no more: what stands further in front is another host, and none of ours.
            Some(zone) => host
                .strip_suffix(zone)
                .is_some_and(|label| !label.is_empty() && !label.contains('.')),
        };
        let found = self.service.iter().find(|service| service.hosts.iter().any(is));
        found.map(|service| service.endpoint)
    }

    /// The audiences an endpoint takes tokens for, without a slash at the end.
    pub fn audiences(&self, endpoint: Endpoint) -> &[String] {
        let found = self.service.iter().find(|service| service.endpoint == endpoint);
        found.map_or(&[], |service| &service.audiences)
    }

    /// The audience of tokens for an endpoint; `None` where no token is asked for.
    pub fn audience(&self, endpoint: Endpoint) -> Option<&str> {
        self.audiences(endpoint).first().map(String::as_str)
    }

    /// The host that an endpoint answers at, where it is one.
    fn host(&self, endpoint: Endpoint) -> &str {
        let found = self.service.iter().find(|service| service.endpoint == endpoint);
        found
            .and_then(|service| service.hosts.first())
            .map_or("", String::as_str)
    }

    /// The host of Azure Resource Manager.
    pub fn arm_host(&self) -> &str {
        self.host(Endpoint::Arm)
    }

    /// The audience of tokens for Azure Resource Manager.
    pub fn arm_audience(&self) -> &str {
        self.audience(Endpoint::Arm).unwrap_or_default()
    }

    /// The host of an account's blobs.
    pub fn blob_host(&self, account: &str) -> String {
        format!("{account}.{}", self.zones.blob)
    }

    /// The host its blobs are read at in the region its own is paired with.
    pub fn secondary_blob_host(&self, account: &str) -> String {
        format!("{account}{}.{}", self.zones.secondary, self.zones.blob)
    }

    /// The account that a blob host belongs to, at either endpoint.
    pub fn account_named<'a>(&self, host: &'a str) -> &'a str {
        let label = host.split('.').next().unwrap_or_default();
        label.strip_suffix(&*self.zones.secondary).unwrap_or(label)
    }

    /// The addresses of an account, by service.
    pub fn account_addresses(&self, account: &str) -> impl Iterator<Item = (&str, String)> {
        self.zones
            .account
            .iter()
            .map(move |own| (&*own.service, format!("https://{account}.{}/", own.zone)))
    }

    /// The host of a key vault.
    pub fn vault_host(&self, vault: &str) -> String {
        format!("{vault}.{}", self.zones.key_vault)
    }

    /// Whether a host is some key vault's.
    pub fn is_vault_host(&self, host: &str) -> bool {
        self.endpoint_at(host) == Some(Endpoint::KeyVault)
    }

    /// The host of a database server of either flavour.
    pub fn server_host(&self, server: &str) -> String {
        format!("{server}.{}", self.zones.postgresql)
    }

    /// The host that nothing else has, of a resource that is reached by its name alone; `None` of any other.
    pub fn host_of(&self, id: &ResourceId) -> Option<String> {
        let mut types = self.zones.of_types.iter();
        let (_, zone) = types.find(|(kind, _)| id.is_type(kind))?;
        let name = id.name().to_lowercase();
        Some(match zone {
            NamedZone::Blob => self.blob_host(&name),
            NamedZone::KeyVault => self.vault_host(&name),
            NamedZone::Postgresql => self.server_host(&name),
        })
    }

    /// What the hosts of database servers end in, without the period before it.
    pub fn server_zone(&self) -> &str {
        &self.zones.postgresql
    }

    /// The server whose host this is, without regard to case.
    pub fn server_named<'a>(&self, host: &'a str) -> Option<&'a str> {
        let zone = &self.zones.postgresql;
        let at = host.len().checked_sub(zone.len() + 1)?;
        let (name, rest) = host.split_at_checked(at)?;
        rest.strip_prefix('.')?.eq_ignore_ascii_case(zone).then_some(name)
    }
}

impl Login {
    /// The address of a tenant's authority.
    pub fn authority(&self, tenant: &impl std::fmt::Display) -> String {
        format!("{}/{tenant}", self.authority)
    }

    /// Who an access token says has issued it.
    pub fn issuer(&self, tenant: &impl std::fmt::Display) -> String {
        format!("{}/{tenant}/", self.issuer)
    }

    /// Who an id token, and the documents about tokens, say it is.
    pub fn issuer_of_people(&self, tenant: &impl std::fmt::Display) -> String {
        format!("{}/{tenant}/v2.0", self.authority)
    }

    /// Whether a host is the authority's own, under its usual name.
    pub fn is_at(&self, host: &str) -> bool {
        self.authority.strip_prefix("https://") == Some(host)
    }
}

impl Graph {
    /// Its host.
    pub fn host(&self) -> &str {
        self.address.trim_start_matches("https://")
    }

    /// What says of which kind an answer is.
    pub fn context(&self, kind: &str) -> String {
        format!("{}/v1.0/$metadata#{kind}", self.address)
    }
}

impl TokenLifetimes {
    /// How long a refresh token can be used.
    pub fn refresh(&self) -> SignedDuration {
        SignedDuration::from_hours(self.refresh_days * 24)
    }

    /// How long a device's code can be used.
    pub fn device(&self) -> SignedDuration {
        SignedDuration::from_mins(self.device_minutes)
    }
}

/// Reads the file once more, so that what is wrong with it is an error and not a panic, and checks its sources.
pub(super) fn check(known: &SourceCheck<'_>) -> Result<(), RulesError> {
    let cloud: Cloud = parse(FILE, TEXT)?;
    for service in &cloud.service {
        known.check(
            FILE,
            &format!("{:?}", service.endpoint),
            &service.evidence.sources,
        )?;
    }
    for (name, evidence) in [
        ("zones", &cloud.zones.evidence),
        ("login", &cloud.login.evidence),
        ("graph", &cloud.graph.evidence),
        ("tokens", &cloud.tokens.evidence),
        ("metadata", &cloud.metadata.evidence),
    ] {
        known.check(FILE, name, &evidence.sources)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_one_service_s_or_nobody_s() {
        let cases = [
            ("management.azure.com", Some(Endpoint::Arm)),
            ("westeurope.management.azure.com", Some(Endpoint::Arm)),
            ("a.b.management.azure.com", None),
            (".management.azure.com", None),
            ("drill.blob.core.windows.net", Some(Endpoint::Blob)),
            ("blob.core.windows.net", None),
            ("drill.vault.azure.net", Some(Endpoint::KeyVault)),
            ("vault.azure.net", None),
            ("sts.windows.net", Some(Endpoint::Login)),
            ("169.254.169.254", Some(Endpoint::Imds)),
            ("localhost", None),
        ];
        for (host, endpoint) in cases {
            assert_eq!(cloud().endpoint_at(host), endpoint, "{host}");
        }
    }

    #[test]
    fn a_server_is_found_by_its_whole_zone() {
        let named = |host| cloud().server_named(host);
        assert_eq!(named("Drill.Postgres.Database.Azure.Com"), Some("Drill"));
        assert_eq!(named("drillpostgres.database.azure.com"), None);
        assert_eq!(named("postgres.database.azure.com"), None);
        assert_eq!(named("é"), None);
    }

    #[test]
    fn what_names_a_zone_twice_says_the_same() {
        let own = cloud();
        let blob = own.account_addresses("a").find(|(service, _)| *service == "blob");
        let blob = blob.map(|(_, address)| address);
        assert_eq!(blob, Some(format!("https://{}/", own.blob_host("a"))));
        let suffixes = &own.metadata.document["suffixes"];
        assert_eq!(suffixes["keyVaultDns"], own.zones.key_vault.as_str());
        assert_eq!(suffixes["postgresqlServerEndpoint"], own.server_zone());
        assert_eq!(
            own.host(Endpoint::Login),
            own.login.authority.trim_start_matches("https://")
        );
        assert_eq!(own.host(Endpoint::Graph), own.graph.host());
    }
}
