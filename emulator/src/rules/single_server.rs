//! Facts about PostgreSQL single servers.

use serde::Deserialize;
use serde_json::Value;

use super::Mark;
use super::file::{RulesError, parse, row_error};
use super::server_facts::CreateModes;
use super::source::SourceCheck;

const FILE: &str = "single_server.toml";

/// Facts about PostgreSQL single servers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SingleServerFacts {
    /// The version of a server whose request names none.
    pub default_version: NamedDefault,
    /// The SKU of a server whose request names none.
    pub default_sku: NamedDefault,
    /// How far after its creation a server can be taken back to.
    pub earliest_restore: EarliestRestore,
    /// What storage comes in steps of.
    pub storage_step: StorageStep,
    /// The ways of coming into being that are played.
    pub create_modes: CreateModes,
    /// Extensions.
    pub extensions: Extensions,
    /// Versions a server can be created with.
    #[serde(rename = "version")]
    pub versions: Vec<VersionRow>,
    /// What a server has where the request says nothing.
    #[serde(rename = "default")]
    pub defaults: Vec<PropertyDefault>,
    /// Performance tiers.
    #[serde(rename = "tier")]
    pub tiers: Vec<TierRow>,
}

/// Extensions, as far as they differ from a flexible server's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extensions {
    /// Those a flexible server begins with and a single server has not.
    pub absent: Vec<String>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What is taken where a request names nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedDefault {
    /// Its name.
    pub name: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// When the earliest restore of a new server can be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarliestRestore {
    /// Minutes after the request.
    pub minutes: i64,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What storage comes in steps of.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageStep {
    /// So many MB.
    pub megabytes: u64,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// Which real server stands behind a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RealServer {
    /// One of the oldest major at hand.
    Oldest,
    /// One of that very major.
    Same,
}

/// Versions with the same kind of server behind them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionRow {
    /// The versions, as they stand in requests.
    pub names: Vec<String>,
    /// What stands behind them.
    pub real: RealServer,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What a property is where the request does not say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PropertyDefault {
    /// Its name below `properties`.
    pub property: String,
    /// Its value; of an object, each member is a default of its own.
    pub value: Value,
    /// Whether it is this whatever the request says.
    #[serde(default)]
    pub read_only: bool,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

fn yes() -> bool {
    true
}

/// A performance tier.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierRow {
    /// Its name.
    pub name: String,
    /// Whether a server is never changed into it, or out of it.
    #[serde(default)]
    pub alone: bool,
    /// Whether a server's own backups may be kept in the paired region as well.
    #[serde(default = "yes")]
    pub geo_redundant: bool,
    /// What the names of its SKUs begin with.
    pub prefix: String,
    /// The hardware's generation, `family` of a SKU.
    pub generation: String,
    /// Virtual cores, `capacity` of a SKU.
    pub cores: Vec<u32>,
    /// The least storage, in MiB.
    pub min_storage_mb: u64,
    /// The most storage, in MiB.
    pub max_storage_mb: u64,
    /// The least days a server keeps its own backups.
    pub min_backup_days: u32,
    /// The most.
    pub max_backup_days: u32,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

impl SingleServerFacts {
    /// What stands behind a version; `None` if no server can be created with it.
    pub fn real_server(&self, version: &str) -> Option<RealServer> {
        let has = |row: &&VersionRow| row.names.iter().any(|name| name == version);
        Some(self.versions.iter().find(has)?.real)
    }
}

/// Loads the file's text.
pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<SingleServerFacts, RulesError> {
    let facts: SingleServerFacts = parse(FILE, text)?;
    let named = [
        ("default_version", &facts.default_version.sources),
        ("default_sku", &facts.default_sku.sources),
        ("earliest_restore", &facts.earliest_restore.sources),
        ("storage_step", &facts.storage_step.sources),
        ("extensions", &facts.extensions.sources),
        ("create_modes", &facts.create_modes.sources),
    ];
    let versions = facts.versions.iter().map(|row| ("version", &row.sources));
    let defaults = facts.defaults.iter();
    let defaults = defaults.map(|row| (row.property.as_str(), &row.sources));
    let tiers = facts.tiers.iter().map(|row| (row.name.as_str(), &row.sources));
    for (row, sources) in named.into_iter().chain(versions).chain(defaults).chain(tiers) {
        known.check(FILE, row, sources)?;
    }
    if facts.real_server(&facts.default_version.name).is_none() {
        return Err(row_error(FILE, "default_version", "no row has this version"));
    }
    Ok(facts)
}
