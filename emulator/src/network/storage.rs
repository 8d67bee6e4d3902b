//! A storage account's network settings, and the decision over the rows of `network.toml`.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use crate::model::{NetworkPath, Origin, ResourceId, TenantId};
use crate::rules::{Mark, OriginKind, Rules, StorageFacts};
use crate::state::{Resource, below};

/// The network settings of a storage account, read where the account keeps them.
#[derive(Clone, Copy, Debug)]
pub struct StorageFirewall<'a> {
    properties: &'a Value,
    rules: &'a Value,
}

/// What the table says, and which row said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkVerdict<'a> {
    /// Whether the caller gets in.
    pub allowed: bool,
    /// The row, e.g. `E2-7`; `E2-NONE` where no row matched.
    pub row: &'a str,
    /// Why, for a person.
    pub reason: &'a str,
    /// How sure we are.
    pub mark: Mark,
}

impl<'a> StorageFirewall<'a> {
    /// The settings of an account.
    pub fn of(account: &'a Resource) -> Self {
        let properties = account.at("/properties");
        Self {
            properties,
            rules: below(properties, "/networkAcls"),
        }
    }

    /// Decides whether a caller on this path gets in. `user_assigned` says whether the caller's
    /// token belongs to a user-assigned identity.
    pub fn decide<'r>(
        &self,
        rules: &'r Rules,
        path: &NetworkPath,
        user_assigned: bool,
    ) -> NetworkVerdict<'r> {
        let facts = self.facts(rules, path, user_assigned);
        match rules.storage_rows.iter().find(|row| row.when.matches(&facts)) {
            Some(row) => NetworkVerdict {
                allowed: row.outcome == crate::rules::Outcome::Allow,
                row: &row.id,
                reason: &row.reason,
                mark: row.mark,
            },
            None => NetworkVerdict {
                allowed: false,
                row: "E2-NONE",
                reason: "no rule lets the caller in",
                mark: Mark::Inferred,
            },
        }
    }

    fn facts(&self, rules: &Rules, path: &NetworkPath, user_assigned: bool) -> StorageFacts<'a> {
        let bypass = word(self.rules, "/bypass", "AzureServices");
        let any = |pointer: &str| items(self.rules, pointer).next().is_some();
        let mut facts = StorageFacts {
            from: OriginKind::Internet,
            public_network_access: word(self.properties, "/publicNetworkAccess", "Enabled"),
            default_action: word(self.rules, "/defaultAction", "Allow"),
            bypass: bypass
                .split(',')
                .any(|word| word.trim().eq_ignore_ascii_case("AzureServices")),
            resource_rule: false,
            address_rule: false,
            subnet_rule: false,
            any_address_rule: any("/ipRules") || any("/virtualNetworkRules"),
            private_endpoint: self.private_endpoints().next().is_some(),
            trusted: false,
            user_assigned,
        };
        match &path.origin {
            Origin::Internet { address } => {
                facts.address_rule = items(self.rules, "/ipRules")
                    .filter_map(|rule| rule.get("value")?.as_str())
                    .any(|rule| covers(rule, *address));
            }
            Origin::Subnet { subnet } => {
                facts.from = OriginKind::Subnet;
                facts.subnet_rule = items(self.rules, "/virtualNetworkRules")
                    .filter_map(|rule| rule.get("id")?.as_str())
                    .any(|id| id.eq_ignore_ascii_case(subnet.as_str()));
            }
            Origin::PrivateEndpoint { endpoint } => {
                // An endpoint of some other account is just another place on the private side.
                if self
                    .private_endpoints()
                    .any(|id| id.eq_ignore_ascii_case(endpoint.as_str()))
                {
                    facts.from = OriginKind::PrivateEndpoint;
                }
            }
            Origin::AzureService { instance, tenant, .. } => {
                facts.from = OriginKind::Service;
                facts.resource_rule =
                    items(self.rules, "/resourceAccessRules").any(|rule| rule_names(rule, instance, *tenant));
                facts.trusted = instance
                    .resource_type()
                    .is_some_and(|kind| rules.trusted_services.contains(&kind.to_ascii_lowercase()));
            }
        }
        facts
    }

    /// The ids of approved private endpoints.
    fn private_endpoints(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        items(self.properties, "/privateEndpointConnections")
            .filter(|connection| {
                below(connection, "/properties/privateLinkServiceConnectionState/status")
                    .as_str()
                    .is_some_and(|status| status.eq_ignore_ascii_case("Approved"))
            })
            .filter_map(|connection| below(connection, "/properties/privateEndpoint/id").as_str())
    }
}

/// A setting below a value, or what an account without it behaves like.
fn word<'a>(value: &'a Value, pointer: &str, unset: &'a str) -> &'a str {
    match below(value, pointer).as_str() {
        None | Some("") => unset,
        Some(word) => word,
    }
}

fn items<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    below(value, pointer).as_array().into_iter().flatten()
}

/// Whether a resource access rule names an instance and its tenant.
fn rule_names(rule: &Value, instance: &ResourceId, tenant: TenantId) -> bool {
    let text = |name: &str| rule.get(name).and_then(Value::as_str).unwrap_or_default();
    text("tenantId").parse().is_ok_and(|own| TenantId(own) == tenant) && names(text("resourceId"), instance)
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
