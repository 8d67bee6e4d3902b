//! The network settings of a storage account or a key vault, and the decision over the rows of
//! `network.toml`. Both keep them in the same place and in the same words; the rows are their own.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use crate::model::{NetworkPath, Origin, ResourceId, TenantId};
use crate::rules::{Code, Decision, FirewallFacts, Mark, NetworkRow, OriginKind, RuleId, Rules, rule};
use crate::state::{Resource, below};

/// Whose table decides.
#[derive(Clone, Copy, Debug)]
enum FirewallTable {
    Storage,
    KeyVault,
}

/// The network settings of a storage account or a key vault, read where the resource keeps them.
#[derive(Clone, Copy, Debug)]
pub struct Firewall<'a> {
    table: FirewallTable,
    public_network_access: &'a str,
    default_action: &'a str,
    bypass: &'a str,
    ip_rules: &'a [Value],
    subnet_rules: &'a [Value],
    resource_rules: &'a [Value],
    private_endpoint_connections: &'a [Value],
}

/// What the table says, and which row said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkVerdict<'a> {
    /// Whether the caller gets in.
    pub allowed: bool,
    /// The row first, e.g. `E2-7` (a name of its own where no row matched), then what says so as well.
    pub rules: &'a [RuleId],
    /// The error the row says a refusal is made of.
    pub code: Option<Code>,
    /// Why, for a person.
    pub reason: &'a str,
    /// How sure we are.
    pub mark: Mark,
}

impl FirewallTable {
    fn rows(self, rules: &Rules) -> &[NetworkRow] {
        match self {
            Self::Storage => &rules.storage_rows,
            Self::KeyVault => &rules.key_vault_rows,
        }
    }

    fn trusted_services(self, rules: &Rules) -> &[String] {
        match self {
            Self::Storage => &rules.trusted_services,
            Self::KeyVault => &rules.key_vault_trusted_services,
        }
    }

    fn no_row(self) -> &'static [RuleId] {
        match self {
            Self::Storage => &[rule::E2_NONE],
            Self::KeyVault => &[rule::KV_NONE],
        }
    }
}

impl<'a> Firewall<'a> {
    /// The settings of a storage account.
    pub fn of_storage_account(resource: &'a Resource) -> Self {
        Self::of(resource, FirewallTable::Storage)
    }

    /// The settings of a key vault.
    pub fn of_key_vault(resource: &'a Resource) -> Self {
        Self::of(resource, FirewallTable::KeyVault)
    }

    /// What the resource does not say behaves like what is set here first.
    fn of(resource: &'a Resource, table: FirewallTable) -> Self {
        let properties = resource.at("/properties");
        let mut firewall = Self {
            table,
            public_network_access: "Enabled",
            default_action: "Allow",
            bypass: "AzureServices",
            ip_rules: &[],
            subnet_rules: &[],
            resource_rules: &[],
            private_endpoint_connections: items(below(properties, "/privateEndpointConnections")),
        };
        set(
            &mut firewall.public_network_access,
            below(properties, "/publicNetworkAccess"),
        );
        // Every blob request asks for all of these: one walk is faster than a look-up for each.
        for (name, value) in below(properties, "/networkAcls")
            .as_object()
            .into_iter()
            .flatten()
        {
            match name.as_str() {
                "defaultAction" => set(&mut firewall.default_action, value),
                "bypass" => set(&mut firewall.bypass, value),
                "ipRules" => firewall.ip_rules = items(value),
                "virtualNetworkRules" => firewall.subnet_rules = items(value),
                "resourceAccessRules" => firewall.resource_rules = items(value),
                _ => {}
            }
        }
        firewall
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
        match self.table.rows(rules).iter().find(|row| row.when.matches(&facts)) {
            Some(row) => NetworkVerdict {
                allowed: row.outcome == Decision::Allow,
                rules: row.decides_by(),
                code: row.code,
                reason: &row.reason,
                mark: row.mark,
            },
            None => NetworkVerdict {
                allowed: false,
                rules: self.table.no_row(),
                code: None,
                reason: "no rule lets the caller in",
                mark: Mark::Inferred,
            },
        }
    }

    fn facts(&self, rules: &Rules, path: &NetworkPath, user_assigned: bool) -> FirewallFacts<'a> {
        let mut facts = FirewallFacts {
            from: OriginKind::Internet,
            public_network_access: self.public_network_access,
            default_action: self.default_action,
            bypass: self
                .bypass
                .split(',')
                .any(|word| word.trim().eq_ignore_ascii_case("AzureServices")),
            resource_rule: false,
            address_rule: false,
            subnet_rule: false,
            any_address_rule: !self.ip_rules.is_empty() || !self.subnet_rules.is_empty(),
            private_endpoint: self.private_endpoints().next().is_some(),
            trusted: false,
            user_assigned,
        };
        match &path.origin {
            Origin::Internet { address } => {
                facts.address_rule = self
                    .ip_rules
                    .iter()
                    .filter_map(|rule| rule.get("value")?.as_str())
                    .any(|rule| covers(rule, *address));
            }
            Origin::Subnet { subnet } => {
                facts.from = OriginKind::Subnet;
                facts.subnet_rule = self
                    .subnet_rules
                    .iter()
                    .filter_map(|rule| rule.get("id")?.as_str())
                    .any(|id| id.eq_ignore_ascii_case(subnet.as_str()));
            }
            Origin::PrivateEndpoint { endpoint } => {
                // An endpoint of some other resource is just another place on the private side.
                if self
                    .private_endpoints()
                    .any(|id| id.eq_ignore_ascii_case(endpoint.as_str()))
                {
                    facts.from = OriginKind::PrivateEndpoint;
                }
            }
            Origin::AzureService { instance, tenant, .. } => {
                facts.from = OriginKind::Service;
                facts.resource_rule = self
                    .resource_rules
                    .iter()
                    .any(|rule| rule_names(rule, instance, *tenant));
                facts.trusted = instance.resource_type().is_some_and(|kind| {
                    let kind = kind.to_ascii_lowercase();
                    self.table.trusted_services(rules).contains(&kind)
                });
            }
        }
        facts
    }

    /// The ids of approved private endpoints.
    fn private_endpoints(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.private_endpoint_connections
            .iter()
            .filter(|connection| {
                below(connection, "/properties/privateLinkServiceConnectionState/status")
                    .as_str()
                    .is_some_and(|status| status.eq_ignore_ascii_case("Approved"))
            })
            .filter_map(|connection| below(connection, "/properties/privateEndpoint/id").as_str())
    }
}

fn set<'a>(setting: &mut &'a str, value: &'a Value) {
    if let Some(word) = value.as_str().filter(|word| !word.is_empty()) {
        *setting = word;
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Whether a resource access rule names an instance and its tenant.
fn rule_names(rule: &Value, instance: &ResourceId, tenant: TenantId) -> bool {
    let text = |name: &str| rule.get(name).and_then(Value::as_str).unwrap_or_default();
    text("tenantId").parse().is_ok_and(|id| TenantId(id) == tenant) && names(text("resourceId"), instance)
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

#[cfg(test)]
#[path = "firewall_tests.rs"]
mod tests;
