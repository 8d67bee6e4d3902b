//! A storage account's network settings, and the decision over the rows of `network.toml`.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use crate::model::{NetworkPath, Origin, ResourceId, TenantId};
use crate::rules::{Mark, OriginKind, Rules, StorageFacts};
use crate::state::Resource;

/// The network settings of a storage account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageFirewall {
    /// `properties.publicNetworkAccess`.
    pub public_network_access: String,
    /// `properties.networkAcls.defaultAction`.
    pub default_action: String,
    /// Whether `bypass` names AzureServices.
    pub bypass: bool,
    /// `resourceAccessRules`: the resource (a trailing `*` segment matches any) and its tenant.
    pub resource_rules: Vec<(String, TenantId)>,
    /// `ipRules`, as written.
    pub address_rules: Vec<String>,
    /// `virtualNetworkRules`: subnet ids.
    pub subnet_rules: Vec<ResourceId>,
    /// Approved private endpoints.
    pub private_endpoints: Vec<ResourceId>,
}

/// What the table says, and which row said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkVerdict {
    /// Whether the caller gets in.
    pub allowed: bool,
    /// The row, e.g. `E2-7`; `E2-NONE` where no row matched.
    pub row: String,
    /// Why, for a person.
    pub reason: String,
    /// How sure we are.
    pub mark: Mark,
}

impl StorageFirewall {
    /// Reads the settings of an account.
    pub fn of(account: &Resource) -> Self {
        let word = |pointer: &str, unset: &str| match account.text(pointer) {
            "" => unset.to_owned(),
            word => word.to_owned(),
        };
        Self {
            public_network_access: word("/properties/publicNetworkAccess", "Enabled"),
            default_action: word("/properties/networkAcls/defaultAction", "Allow"),
            bypass: word("/properties/networkAcls/bypass", "AzureServices")
                .split(',')
                .any(|word| word.trim().eq_ignore_ascii_case("AzureServices")),
            resource_rules: items(account, "/properties/networkAcls/resourceAccessRules")
                .filter_map(|rule| {
                    let tenant = rule.get("tenantId")?.as_str()?.parse().ok()?;
                    Some((rule.get("resourceId")?.as_str()?.to_owned(), TenantId(tenant)))
                })
                .collect(),
            address_rules: items(account, "/properties/networkAcls/ipRules")
                .filter_map(|rule| Some(rule.get("value")?.as_str()?.to_owned()))
                .collect(),
            subnet_rules: items(account, "/properties/networkAcls/virtualNetworkRules")
                .filter_map(|rule| rule.get("id")?.as_str()?.parse().ok())
                .collect(),
            private_endpoints: items(account, "/properties/privateEndpointConnections")
                .filter(|connection| {
                    connection
                        .pointer("/properties/privateLinkServiceConnectionState/status")
                        .and_then(Value::as_str)
                        .is_some_and(|status| status.eq_ignore_ascii_case("Approved"))
                })
                .filter_map(|connection| {
                    connection
                        .pointer("/properties/privateEndpoint/id")?
                        .as_str()?
                        .parse()
                        .ok()
                })
                .collect(),
        }
    }

    /// Decides whether a caller on this path gets in. `user_assigned` says whether the caller's
    /// token belongs to a user-assigned identity.
    pub fn decide(&self, rules: &Rules, path: &NetworkPath, user_assigned: bool) -> NetworkVerdict {
        let facts = self.facts(rules, path, user_assigned);
        match rules.storage_rows.iter().find(|row| row.when.matches(&facts)) {
            Some(row) => NetworkVerdict {
                allowed: row.outcome == crate::rules::Outcome::Allow,
                row: row.id.clone(),
                reason: row.reason.clone(),
                mark: row.mark,
            },
            None => NetworkVerdict {
                allowed: false,
                row: "E2-NONE".to_owned(),
                reason: "no rule lets the caller in".to_owned(),
                mark: Mark::Inferred,
            },
        }
    }

    fn facts(&self, rules: &Rules, path: &NetworkPath, user_assigned: bool) -> StorageFacts {
        let mut facts = StorageFacts {
            from: OriginKind::Internet,
            public_network_access: self.public_network_access.clone(),
            default_action: self.default_action.clone(),
            bypass: self.bypass,
            resource_rule: false,
            address_rule: false,
            subnet_rule: false,
            any_address_rule: !self.address_rules.is_empty() || !self.subnet_rules.is_empty(),
            private_endpoint: !self.private_endpoints.is_empty(),
            trusted: false,
            user_assigned,
        };
        match &path.origin {
            Origin::Internet { address } => {
                facts.address_rule = self.address_rules.iter().any(|rule| covers(rule, *address));
            }
            Origin::Subnet { subnet } => {
                facts.from = OriginKind::Subnet;
                facts.subnet_rule = self.subnet_rules.contains(subnet);
            }
            Origin::PrivateEndpoint { endpoint } => {
                // An endpoint of some other account is just another place on the private side.
                if self.private_endpoints.contains(endpoint) {
                    facts.from = OriginKind::PrivateEndpoint;
                }
            }
            Origin::AzureService { instance, tenant, .. } => {
                facts.from = OriginKind::Service;
                facts.resource_rule = self
                    .resource_rules
                    .iter()
                    .any(|(rule, rule_tenant)| rule_tenant == tenant && names(rule, instance));
                facts.trusted = instance
                    .resource_type()
                    .is_some_and(|kind| rules.trusted_services.contains(&kind.to_ascii_lowercase()));
            }
        }
        facts
    }
}

fn items<'a>(account: &'a Resource, pointer: &str) -> impl Iterator<Item = &'a Value> {
    account.at(pointer).as_array().into_iter().flatten()
}

/// Whether an IP rule (an address or a range in CIDR form) covers an address.
fn covers(rule: &str, address: IpAddr) -> bool {
    match rule.parse::<IpNet>() {
        Ok(net) => net.contains(&address),
        Err(_) => rule.parse() == Ok(address),
    }
}

/// Whether a resource rule names an instance: the very id, or a pattern in which a `*` segment
/// stands for any one segment.
fn names(rule: &str, instance: &ResourceId) -> bool {
    let pattern: Vec<&str> = rule.split('/').filter(|segment| !segment.is_empty()).collect();
    pattern.len() == instance.segments().count()
        && pattern
            .iter()
            .zip(instance.segments())
            .all(|(wanted, segment)| *wanted == "*" || wanted.eq_ignore_ascii_case(segment))
}
