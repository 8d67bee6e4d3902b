//! Facts about PostgreSQL flexible servers.

use serde::Deserialize;
use serde_json::Value;

use super::Mark;
use super::load::{RulesError, SourceCheck, parse, row_error};

const FILE: &str = "servers.toml";

/// Facts about PostgreSQL flexible servers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerFacts {
    /// Databases that are Azure's own.
    pub own_databases: OwnDatabases,
    /// Major versions.
    pub majors: Majors,
    /// The ways of coming into being that are played.
    pub create_modes: CreateModes,
    /// What can be created.
    pub capabilities: Capabilities,
    /// What a server has where the request says nothing.
    #[serde(rename = "default")]
    pub defaults: Vec<DefaultRow>,
    /// Server parameters every server shows.
    #[serde(rename = "parameter")]
    pub parameters: Vec<ParameterRow>,
    reserved_login: Vec<ReservedLogin>,
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
    /// Where it was read.
    pub(super) sources: Vec<String>,
}

impl CreateModes {
    /// Whether a word, or none, is played.
    pub fn plays(&self, mode: &str) -> bool {
        mode.is_empty() || self.played.iter().any(|played| played.eq_ignore_ascii_case(mode))
    }
}

/// What the `capabilities` of a region tell.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Sizes of storage.
    pub storage_gibibytes: Vec<u64>,
    /// Editions, with a SKU of each.
    #[serde(rename = "edition")]
    pub editions: Vec<Edition>,
    /// Performance tiers of the storage; the first is the default.
    #[serde(rename = "performance_tier")]
    pub performance_tiers: Vec<PerformanceTier>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// An edition and one of its SKUs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    /// Its name.
    pub name: String,
    /// The SKU.
    pub sku: String,
    /// The SKU's virtual cores.
    pub cores: u32,
}

/// A performance tier of the storage.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerformanceTier {
    /// Its name.
    pub name: String,
    /// Its operations per second.
    pub iops: u32,
}

/// A property a server has where the request says nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultRow {
    /// Its name below `properties`.
    pub property: String,
    /// Its value.
    pub value: Value,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// A server parameter every server shows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterRow {
    /// Its name.
    pub name: String,
    /// Its default.
    pub value: String,
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
    known.check(FILE, "own_databases", &facts.own_databases.sources)?;
    known.check(FILE, "majors", &facts.majors.sources)?;
    known.check(FILE, "create_modes", &facts.create_modes.sources)?;
    known.check(FILE, "capabilities", &facts.capabilities.sources)?;
    for row in &facts.reserved_login {
        known.check(FILE, "reserved_login", &row.sources)?;
    }
    for row in &facts.defaults {
        known.check(FILE, &row.property, &row.sources)?;
    }
    for row in &facts.parameters {
        known.check(FILE, &row.name, &row.sources)?;
    }
    for (row, empty) in [
        ("majors", facts.majors.available.is_empty()),
        (
            "capabilities.performance_tier",
            facts.capabilities.performance_tiers.is_empty(),
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
