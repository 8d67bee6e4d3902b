//! What resources of `Microsoft.Network` are given besides what a request says.

use serde::Deserialize;
use serde_json::Value;

use super::Mark;
use super::load::{RulesError, SourceCheck, parse};

const FILE: &str = "network_resources.toml";

/// Facts about resources of `Microsoft.Network`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkResourceFacts {
    /// What a new private DNS zone has.
    pub private_dns_zone: PrivateDnsZone,
    /// What private endpoints can be connected to.
    #[serde(rename = "private_link")]
    pub private_links: Vec<PrivateLink>,
}

/// What a new private DNS zone has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateDnsZone {
    /// Properties of its own.
    pub properties: Value,
    /// Its SOA record.
    pub start_of_authority: Value,
    /// How long the SOA record is good, in seconds.
    pub start_of_authority_ttl: u32,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// A part of a resource that a private endpoint can be connected to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateLink {
    /// The resource's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The part.
    pub group: String,
    /// The private DNS zone its names are in.
    pub zone: String,
    /// What stands between the endpoint's name and a GUID in a connection's name.
    #[serde(default = "dot")]
    pub joined_by: String,
    /// What a connection's `provisioningState` is when it is there.
    #[serde(default = "succeeded")]
    pub provisioned: String,
    /// The member that says what is to be done about a connection.
    #[serde(default = "action_required")]
    pub action: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

fn dot() -> String {
    ".".to_owned()
}

fn succeeded() -> String {
    "Succeeded".to_owned()
}

fn action_required() -> String {
    "actionRequired".to_owned()
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<NetworkResourceFacts, RulesError> {
    let facts: NetworkResourceFacts = parse(FILE, text)?;
    known.check(FILE, "private_dns_zone", &facts.private_dns_zone.sources)?;
    for link in &facts.private_links {
        known.check(FILE, &link.kind, &link.sources)?;
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::load::test_sources;

    #[test]
    fn every_fact_has_a_source() {
        let sources = test_sources();
        let zone = |source: &str| {
            format!(
                "private_link = []\n[private_dns_zone]\nproperties = {{}}\nstart_of_authority = {{}}\nstart_of_authority_ttl = 1\nmark = \"doc\"\nsources = [\"{source}\"]\n"
            )
        };
        let known = SourceCheck::new(&sources);
        assert!(load(&zone("KNOWN"), &known).is_ok());
        let error = load(&zone("OTHER"), &known).expect_err("refused").to_string();
        assert!(
            error.contains("row private_dns_zone: sources.toml has no `OTHER`"),
            "{error}"
        );
    }
}
