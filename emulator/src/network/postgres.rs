//! A database server's network settings, and the decision over the rows of `database_network.toml`.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::Value;

use crate::model::{NetworkPath, Origin, ResourceId};
use crate::rules::{DatabaseFacts, DatabaseRow, Decision, Mark, OriginKind, RuleId, Rules, rule};
use crate::state::{Resource, State};

const SINGLE_SERVER: &str = "Microsoft.DBforPostgreSQL/servers";
const FLEXIBLE_SERVER: &str = "Microsoft.DBforPostgreSQL/flexibleServers";

/// The network settings of a database server of either flavour, read where the server keeps them.
#[derive(Clone, Copy)]
pub struct DatabaseFirewall<'a> {
    state: &'a State,
    server: &'a Resource,
}

/// What the table says, and which row said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseVerdict<'a> {
    /// Whether the caller gets in.
    pub allowed: bool,
    /// The row first, e.g. `SS-N-AZURE` (`PG-N-NONE` where no row matched), then what says so as well.
    pub rules: &'a [RuleId],
    /// Why, for a person.
    pub reason: &'a str,
    /// What a client that is refused is told; `{address}`, `{user}` and `{database}` are to be
    /// filled in.
    pub message: &'a str,
    /// How sure we are.
    pub mark: Mark,
}

impl<'a> DatabaseFirewall<'a> {
    /// The settings of a server.
    pub fn of(state: &'a State, server: &'a Resource) -> Self {
        Self { state, server }
    }

    /// Decides whether a caller on this path gets in.
    pub fn decide<'r>(&self, rules: &'r Rules, path: &NetworkPath) -> DatabaseVerdict<'r> {
        let facts = self.facts(path);
        let network = &rules.database_network;
        let rows: &[DatabaseRow] = if self.is_single() {
            &network.single_server
        } else if self.server.is_type(FLEXIBLE_SERVER) {
            &network.flexible_server
        } else {
            &[]
        };
        match rows.iter().find(|row| row.when.matches(&facts)) {
            Some(row) => DatabaseVerdict {
                allowed: row.outcome == Decision::Allow,
                rules: row.decides_by(),
                reason: &row.reason,
                message: network.message(row),
                mark: row.mark,
            },
            None => DatabaseVerdict {
                allowed: false,
                rules: &[rule::PG_N_NONE],
                reason: "no rule lets the caller in",
                message: "azdrill: no rule lets this connection in",
                mark: Mark::Inferred,
            },
        }
    }

    /// Whether connections must be encrypted: `sslEnforcement` of a single server, the parameter
    /// `require_secure_transport` of a flexible one. Both are on unless they are switched off.
    pub fn requires_tls(&self) -> bool {
        if self.is_single() {
            let enforcement = self.server.text("/properties/sslEnforcement");
            return !enforcement.eq_ignore_ascii_case("Disabled");
        }
        let parameter = self
            .server
            .id
            .child(["configurations", "require_secure_transport"]);
        let set = self.state.resource(&parameter);
        !set.is_some_and(|parameter| parameter.text("/properties/value").eq_ignore_ascii_case("off"))
    }

    fn is_single(&self) -> bool {
        self.server.is_type(SINGLE_SERVER)
    }

    fn public_network_access(&self) -> &'a str {
        let pointer = if self.is_single() {
            "/properties/publicNetworkAccess"
        } else {
            "/properties/network/publicNetworkAccess"
        };
        match self.server.text(pointer) {
            "" => "Enabled",
            word => word,
        }
    }

    /// The subnet the server is injected into, if it is.
    fn delegated_subnet(&self) -> Option<ResourceId> {
        self.server
            .text("/properties/network/delegatedSubnetResourceId")
            .parse()
            .ok()
    }

    /// The properties of the server's children of that collection.
    fn children(&self, collection: &str) -> Vec<&'a Resource> {
        let kind = format!("{}/{collection}", self.server.text("/type"));
        let below = self.state.resources_below(&self.server.id, &kind);
        below.filter_map(|child| self.state.resource(&child.id)).collect()
    }

    /// The ranges of the firewall rules. A rule that is no range covers nothing.
    fn ranges(&self) -> Vec<(Ipv4Addr, Ipv4Addr)> {
        let end = |rule: &Resource, name: &str| rule.text(&format!("/properties/{name}")).parse().ok();
        self.children("firewallRules")
            .into_iter()
            .filter_map(|rule| Some((end(rule, "startIpAddress")?, end(rule, "endIpAddress")?)))
            .collect()
    }

    /// The ids of approved private endpoints.
    fn private_endpoints(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.server
            .at("/properties/privateEndpointConnections")
            .as_array()
            .into_iter()
            .flatten()
            .filter(|connection| {
                connection
                    .pointer("/properties/privateLinkServiceConnectionState/status")
                    .and_then(Value::as_str)
                    .is_some_and(|status| status.eq_ignore_ascii_case("Approved"))
            })
            .filter_map(|connection| connection.pointer("/properties/privateEndpoint/id")?.as_str())
    }

    fn facts(&self, path: &NetworkPath) -> DatabaseFacts<'a> {
        let ranges = self.ranges();
        let nobody = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED);
        let everybody = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST);
        let delegated = self.delegated_subnet();
        let mut facts = DatabaseFacts {
            from: OriginKind::from(&path.origin),
            public_network_access: self.public_network_access(),
            azure_services: ranges.contains(&nobody),
            every_address: ranges.contains(&everybody),
            address_rule: false,
            subnet_rule: false,
            private_endpoint: self.private_endpoints().next().is_some(),
            injected: delegated.is_some(),
            same_network: false,
        };
        match &path.origin {
            Origin::Internet {
                address: IpAddr::V4(address),
            } => {
                facts.address_rule = ranges
                    .iter()
                    .any(|(start, end)| (*start..=*end).contains(address));
            }
            Origin::Subnet { subnet } => {
                facts.subnet_rule = self.children("virtualNetworkRules").iter().any(|rule| {
                    rule.text("/properties/virtualNetworkSubnetId")
                        .eq_ignore_ascii_case(subnet.as_str())
                });
                facts.same_network = delegated.is_some_and(|other| other.parent() == subnet.parent());
            }
            // An endpoint of something else is just another place on the private side, with an
            // address nobody knows.
            Origin::PrivateEndpoint { endpoint }
                if !self
                    .private_endpoints()
                    .any(|id| id.eq_ignore_ascii_case(endpoint.as_str())) =>
            {
                facts.from = OriginKind::Internet;
            }
            // Firewall rules are IPv4 only, and a service has no address of its own.
            Origin::Internet { .. } | Origin::PrivateEndpoint { .. } | Origin::AzureService { .. } => {}
        }
        facts
    }
}
