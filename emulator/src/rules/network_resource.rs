//! What resources of `Microsoft.Network` are given besides what a request says, and what they cannot be.

use ipnet::IpNet;
use serde::Deserialize;
use serde_json::Value;

use super::file::{RulesError, parse};
use super::source::SourceCheck;
use super::{Code, Mark};

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
    /// How large a subnet is.
    pub subnets: SubnetSizes,
    /// What no virtual network has.
    pub reserved_addresses: ReservedAddresses,
    /// How many rules a network security group has.
    pub security_rules: SecurityRules,
    /// What cannot be deleted while another resource names it.
    pub in_use: Vec<InUse>,
}

/// How large a subnet is, as lengths of prefixes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubnetSizes {
    /// Of the smallest.
    pub smallest: u8,
    /// Of the largest.
    pub largest: u8,
    /// Of one of IPv6.
    pub ipv6: u8,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// Ranges that no virtual network has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReservedAddresses {
    /// The ranges.
    pub ranges: Vec<IpNet>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// How many rules a network security group has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityRules {
    /// At most.
    pub most: usize,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What cannot be deleted while another resource names it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InUse {
    /// The type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Who names it, and where.
    pub by: Vec<User>,
    /// The row of `errors.toml` it is refused with.
    pub code: Code,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// A resource that uses others.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The place of the other's id in its body: members between dots, `[]` behind an array.
    pub at: String,
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
    known.check(FILE, "subnets", &facts.subnets.sources)?;
    known.check(FILE, "reserved_addresses", &facts.reserved_addresses.sources)?;
    known.check(FILE, "security_rules", &facts.security_rules.sources)?;
    for row in &facts.in_use {
        known.check(FILE, &row.kind, &row.sources)?;
    }
    for link in &facts.private_links {
        known.check(FILE, &link.kind, &link.sources)?;
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::source::test_sources;

    #[test]
    fn every_fact_has_a_source_and_every_code_a_row() {
        let sources = test_sources();
        let known = SourceCheck::new(&sources);
        let error = |source: &str, code: &str| {
            let said = format!("mark = \"doc\"\nsources = [\"{source}\"]\n");
            let text = format!(
                "private_link = []\n[private_dns_zone]\nproperties = {{}}\nstart_of_authority = {{}}\nstart_of_authority_ttl = 1\n{said}\
                 [subnets]\nsmallest = 29\nlargest = 2\nipv6 = 64\n{said}\
                 [reserved_addresses]\nranges = []\n{said}[security_rules]\nmost = 1\n{said}\
                 [[in_use]]\ntype = \"A/b\"\nby = []\ncode = \"{code}\"\n{said}"
            );
            load(&text, &known).expect_err("refused").to_string()
        };
        assert!(
            error("OTHER", "InUseSubnetCannotBeDeleted")
                .contains("row private_dns_zone: sources.toml has no `OTHER`")
        );
        assert!(error("KNOWN", "X").contains("no error code `X`"));
    }
}
