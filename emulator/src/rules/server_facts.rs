//! Facts about PostgreSQL flexible servers.

use serde::Deserialize;
use serde_json::Value;

use super::Mark;
use super::file::{RulesError, parse, row_error};
use super::source::SourceCheck;

const FILE: &str = "servers.toml";

/// Facts about PostgreSQL flexible servers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerFacts {
    /// Databases that are Azure's own.
    pub own_databases: OwnDatabases,
    /// What a database has where the request says nothing.
    pub new_database: NewDatabase,
    /// Major versions.
    pub majors: Majors,
    /// The ways of coming into being that are played.
    pub create_modes: CreateModes,
    /// What can be created.
    pub capabilities: Capabilities,
    /// What a server has where the request says nothing.
    #[serde(rename = "default")]
    pub defaults: Vec<DefaultRow>,
    /// Minor versions.
    #[serde(rename = "minor")]
    pub minors: Vec<MinorVersion>,
    /// What private DNS zones of servers end with.
    pub private_dns_zone_suffix: PrivateDnsZoneSuffix,
    reserved_login: Vec<ReservedLogin>,
    #[serde(default)]
    concurrent: Vec<ConcurrentRow>,
}

/// What belongs to a server and can be changed while others of its kind are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConcurrentRow {
    /// The last segment of its type.
    collection: String,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

/// Databases there from the start, owned by Azure's own roles.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnDatabases {
    /// Their names.
    pub names: Vec<String>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What a database has where the request says nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDatabase {
    /// Its character set.
    pub charset: String,
    /// Its collation.
    pub collation: String,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

/// Major versions a server can have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Majors {
    /// Newest first; the first is taken where a request names none.
    pub available: Vec<u32>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// The words of `createMode` that are played. The others make a server of what another one holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateModes {
    played: Vec<String>,
    of_changes: Vec<String>,
    /// Where it was read.
    pub(super) sources: Vec<String>,
}

impl CreateModes {
    /// Whether a word, or none, is played.
    pub fn plays(&self, mode: &str) -> bool {
        mode.is_empty() || self.played.iter().any(|played| played.eq_ignore_ascii_case(mode))
    }

    /// Whether a server that is there takes a word, or none.
    pub fn takes_for_change(&self, mode: &str) -> bool {
        mode.is_empty() || self.of_changes.iter().any(|own| own.eq_ignore_ascii_case(mode))
    }
}

/// What the `capabilities` of a region tell.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Editions, with their SKUs.
    #[serde(rename = "edition")]
    pub editions: Vec<Edition>,
    /// Storage.
    pub storage: Storage,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

fn yes() -> bool {
    true
}

/// An edition and its SKUs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    /// Its name, `tier` of a SKU.
    pub name: String,
    /// Whether a server of it can have a standby.
    #[serde(default = "yes")]
    pub standby: bool,
    /// What the names of its SKUs begin with.
    pub prefix: String,
    /// The SKU it proposes.
    pub default_sku: String,
    /// The storage it proposes, in GiB.
    pub storage: u64,
    /// Name, virtual cores, operations per second, and MiB of memory for each core.
    pub skus: Vec<(String, u32, u32, u32)>,
}

/// Sizes and tiers of storage.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// The types that are played.
    types: Vec<String>,
    /// The size in GiB, the tier it has unless asked for another, and the highest it can have.
    pub sizes: Vec<(u64, String, String)>,
    /// Performance tiers and their operations per second, lowest first.
    pub tiers: Vec<(String, u32)>,
}

impl Storage {
    /// Whether storage of a type is played.
    pub fn plays(&self, kind: &str) -> bool {
        self.types.iter().any(|own| own.eq_ignore_ascii_case(kind))
    }

    /// Whether there is storage of that size, in GiB.
    pub fn is_sold(&self, gibibytes: u64) -> bool {
        self.sizes.iter().any(|(size, ..)| *size == gibibytes)
    }

    /// The tiers a size can have, its default first. Of a size between two it is the smaller's.
    pub fn tiers_of(&self, gibibytes: u64) -> &[(String, u32)] {
        let row = self.sizes.iter().rev().find(|(size, ..)| *size <= gibibytes);
        let Some((_, least, most)) = row.or_else(|| self.sizes.first()) else {
            return &[];
        };
        let at = |name: &str| self.tiers.iter().position(|(tier, _)| tier == name);
        match (at(least), at(most)) {
            (Some(least), Some(most)) => self.tiers.get(least..=most).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// The minor version of new servers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinorVersion {
    /// The major version.
    pub major: u32,
    /// The minor version.
    pub minor: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What private DNS zones of servers end with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateDnsZoneSuffix {
    /// The suffix.
    pub suffix: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// A property a server has where the request says nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultRow {
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

/// Logins an administrator may not have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReservedLogin {
    names: Vec<String>,
    #[serde(default)]
    prefixes: Vec<String>,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

impl ServerFacts {
    /// Whether Azure keeps a login for itself.
    pub fn is_reserved_login(&self, login: &str) -> bool {
        let login = login.to_ascii_lowercase();
        self.reserved_login.iter().any(|row| {
            row.names.contains(&login) || row.prefixes.iter().any(|prefix| login.starts_with(prefix))
        })
    }

    /// Whether two changes of a server may go on at the same time.
    pub fn are_concurrent(&self, one: &str, other: &str) -> bool {
        let is = |row: &ConcurrentRow| row.collection.eq_ignore_ascii_case(one);
        one.eq_ignore_ascii_case(other) && self.concurrent.iter().any(is)
    }

    /// The major version of a server whose request names none.
    pub fn default_major(&self) -> u32 {
        *self
            .majors
            .available
            .first()
            .expect("there is one: the loader has made sure")
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<ServerFacts, RulesError> {
    let facts: ServerFacts = parse(FILE, text)?;
    known.check(FILE, "new_database", &facts.new_database.sources)?;
    known.check(FILE, "own_databases", &facts.own_databases.sources)?;
    known.check(FILE, "majors", &facts.majors.sources)?;
    known.check(FILE, "create_modes", &facts.create_modes.sources)?;
    known.check(FILE, "capabilities", &facts.capabilities.sources)?;
    for row in &facts.reserved_login {
        known.check(FILE, "reserved_login", &row.sources)?;
    }
    let suffix = &facts.private_dns_zone_suffix;
    known.check(FILE, "private_dns_zone_suffix", &suffix.sources)?;
    for row in &facts.minors {
        known.check(FILE, &format!("minor {}", row.major), &row.sources)?;
    }
    for row in &facts.concurrent {
        known.check(FILE, &row.collection, &row.sources)?;
    }
    for row in &facts.defaults {
        known.check(FILE, &row.property, &row.sources)?;
    }
    for (row, empty) in [
        ("majors", facts.majors.available.is_empty()),
        (
            "capabilities.storage",
            facts.capabilities.storage.sizes.is_empty(),
        ),
    ] {
        if empty {
            return Err(row_error(FILE, row, "it is empty"));
        }
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use crate::rules::{Assumptions, Profile, Rules};

    #[test]
    fn logins_that_azure_keeps_for_itself() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        for login in ["azure_pg_admin", "Admin", "pg_signal", "PG_me", "postgres"] {
            assert!(rules.servers.is_reserved_login(login), "{login}");
        }
        for login in ["drill", "administrators", "mypg_"] {
            assert!(!rules.servers.is_reserved_login(login), "{login}");
        }
    }
}
