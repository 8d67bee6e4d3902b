//! Connections to PostgreSQL servers.

use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{NetworkPath, Origin as RequestOrigin, ResourceId, TenantId, Timestamp};
use azdrill_emulator::rules::Rules;
use azdrill_emulator::server::Core;
use azdrill_emulator::state::{Resource, State};
use serde_json::{Value, json};

use super::answer::Answer;
use super::client::WorldError;
use super::foundation::{Foundation, REGION};
use super::question::{Engine, Question};
use super::table::Table;
use crate::oracle::connect::connect;
use crate::oracle::{Expected, Profile};
use crate::sketch::Product;
use crate::sketch::connect::{Endpoint, Flavour, Origin, PublicAccess, Range, Sketch};

const NAME: &str = "sales";
const HOST: &str = "sales.postgres.database.azure.com";
const SINGLE_HOST: &str = "ledger.postgres.database.azure.com";
/// How words of our own begin.
const OWN_WORDS: &str = "azdrill:";

/// The emulator under test, with a server of either flavour that each sketch in turn is painted on.
pub struct Connect {
    azure: Azure,
    now: Timestamp,
    tenant: TenantId,
    group: ResourceId,
    flexible: Resource,
    single: Resource,
    /// What the servers look like now.
    painted: Option<Sketch>,
}

impl Connect {
    fn network(&self, rest: &str) -> ResourceId {
        let networks = self.group.child(["providers", "Microsoft.Network"]);
        networks.child(rest.split('/'))
    }

    fn paint(&mut self, sketch: &Sketch) {
        // Where the client stands is no part of the world.
        let settings = Sketch {
            origin: Origin::Covered,
            ..*sketch
        };
        if self.painted == Some(settings) {
            return;
        }
        let pristine = match sketch.flavour {
            Flavour::Flexible => &self.flexible,
            Flavour::Single => &self.single,
        };
        let mut server = pristine.clone();
        let mut body = server.body.to_value();
        let properties = &mut body["properties"];
        let access = match sketch.access {
            PublicAccess::Unset => Value::Null,
            access => json!(access.label()),
        };
        match sketch.flavour {
            Flavour::Single => properties["publicNetworkAccess"] = access,
            Flavour::Flexible => {
                properties["network"] = json!({"publicNetworkAccess": access});
                if sketch.injected {
                    let subnet = self.network("virtualNetworks/own/subnets/delegated");
                    properties["network"]["delegatedSubnetResourceId"] = json!(subnet);
                }
            }
        }
        let status = match sketch.endpoint {
            Endpoint::None => None,
            Endpoint::Approved => Some("Approved"),
            Endpoint::Pending => Some("Pending"),
        };
        let connections: Vec<Value> = status
            .map(|status| {
                json!({"name": "own", "properties": {
                    "privateEndpoint": {"id": self.network("privateEndpoints/own")},
                    "privateLinkServiceConnectionState": {"status": status},
                }})
            })
            .into_iter()
            .collect();
        properties["privateEndpointConnections"] = json!(connections);
        server.body = body.into();
        let children = self.children(&server.id, sketch);
        let state = self.azure.state_mut();
        for (id, properties) in children {
            set(state, id, properties, self.now);
        }
        state.resources.insert(server.id.clone(), server);
        self.painted = Some(settings);
    }

    /// The rules a server may have; none where there is no such rule.
    fn children(&self, server: &ResourceId, sketch: &Sketch) -> Vec<(ResourceId, Option<Value>)> {
        let from_to = |start: &str, end: &str| Some(json!({"startIpAddress": start, "endIpAddress": end}));
        let azure = sketch.azure_services.then(|| from_to("0.0.0.0", "0.0.0.0"));
        let range = match sketch.range {
            Range::Covers => from_to("203.0.113.0", "203.0.113.255"),
            Range::EveryAddress => from_to("0.0.0.0", "255.255.255.255"),
            Range::Backwards => from_to("203.0.113.255", "203.0.113.0"),
            Range::None => None,
        };
        let mut found = vec![
            (server.child(["firewallRules", "any-name"]), azure.flatten()),
            (server.child(["firewallRules", "range"]), range),
        ];
        if sketch.flavour == Flavour::Single {
            let subnet = self.network("virtualNetworks/own/subnets/clients");
            let named = sketch
                .subnet_rule
                .then(|| json!({"virtualNetworkSubnetId": subnet}));
            found.push((server.child(["virtualNetworkRules", "clients"]), named));
        }
        found
    }

    fn place(&self, origin: Origin) -> RequestOrigin {
        let service = |kind: [&str; 2]| RequestOrigin::AzureService {
            instance: self.group.child(["providers", kind[0], kind[1], "one"]),
            tenant: self.tenant,
            region: REGION.to_owned(),
        };
        let subnet = |rest: &str| RequestOrigin::Subnet {
            subnet: self.network(&format!("virtualNetworks/{rest}")),
        };
        let endpoint = |name: &str| RequestOrigin::PrivateEndpoint {
            endpoint: self.network(&format!("privateEndpoints/{name}")),
        };
        match origin {
            Origin::Covered => RequestOrigin::Internet {
                address: [203, 0, 113, 10].into(),
            },
            Origin::OtherAddress => RequestOrigin::Internet {
                address: [203, 0, 114, 10].into(),
            },
            Origin::Version6 => RequestOrigin::Internet {
                address: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 10].into(),
            },
            Origin::Backup => service(["Microsoft.DataProtection", "backupVaults"]),
            Origin::OtherService => service(["Microsoft.DevOps", "pipelines"]),
            Origin::NamedSubnet => subnet("own/subnets/clients"),
            Origin::OwnNetwork => subnet("own/subnets/clients2"),
            Origin::OtherNetwork => subnet("own2/subnets/clients"),
            Origin::OwnEndpoint => endpoint("own"),
            Origin::OtherEndpoint => endpoint("own2"),
        }
    }
}

/// Gives a server a rule, or takes it away.
fn set(state: &mut State, id: ResourceId, properties: Option<Value>, now: Timestamp) {
    let Some(properties) = properties else {
        state.resources.remove(&id);
        return;
    };
    let body = json!({"id": id, "type": id.resource_type().unwrap_or_default(), "properties": properties});
    state.resources.insert(id.clone(), Resource::new(id, body, now));
}

impl Engine<Sketch> for Connect {
    fn ask(&mut self, sketch: &Sketch) -> Answer {
        self.paint(sketch);
        let path = NetworkPath {
            origin: self.place(sketch.origin),
        };
        let host = match sketch.flavour {
            Flavour::Flexible => HOST,
            Flavour::Single => SINGLE_HOST,
        };
        let before = self.azure.log().count();
        let Err(refusal) = self.azure.connect_database(self.now, &path, host) else {
            return Answer::Passes;
        };
        let noted = self.azure.log().since(before).last();
        let Some(because) = noted.and_then(|exchange| exchange.refused.as_ref()) else {
            return Answer::Odd(format!("nobody took note of: {}", refusal.message));
        };
        Answer::Fails {
            gate: because.gate.as_str().to_owned(),
            rules: because
                .rules
                .iter()
                .map(|rule| rule.as_str().to_owned())
                .collect(),
            code: beginning(&refusal.message),
        }
    }
}

/// What a client is told, as far as it does not depend on the client: there is no code.
fn beginning(message: &str) -> String {
    if message.starts_with(OWN_WORDS) {
        return "Synthetic".to_owned();
    }
    let end = message
        .find(" for host")
        .or_else(|| message.find(". ").map(|end| end + 1));
    message[..end.unwrap_or(message.len())].to_owned()
}

impl Question for Connect {
    type Sketch = Sketch;
    const NAME: &'static str = "connect";
    const ASKED: &'static str = "Is a connection to a PostgreSQL server let in?";

    fn expected(profile: Profile, sketch: &Sketch) -> Expected {
        connect(profile, sketch)
    }

    fn put_up(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        let mut world = Foundation::begin(rules, seed)?;
        // Servers are said to run.
        world.azure.settings_mut().has_postgres = true;
        let subscription = world.person.subscription.clone();
        let group = world.group(&subscription, "databases")?;
        let flexible = world.flexible_server(&group, NAME)?;
        let single = world.single_server(&group, "ledger")?;
        let state = world.azure.state();
        let made = |id| state.resource(id).cloned().ok_or(WorldError::Missing("server"));
        Ok(Self {
            flexible: made(&flexible)?,
            single: made(&single)?,
            tenant: world.person.tenant,
            now: world.now,
            azure: world.azure,
            group,
            painted: None,
        })
    }

    fn other_profiles() -> Vec<Profile> {
        [Profile::DOCUMENTED, Profile::OBSERVED]
            .map(|book| Profile {
                everyone_is_services_too: true,
                ..book
            })
            .to_vec()
    }

    fn tables() -> Vec<Table<Sketch>> {
        let table = |name, title, flavour: &str, settings: &[&str]| {
            let product = Product::of(settings).only("server", &[flavour]);
            Table::of(name, title, "public access to the server", product)
        };
        vec![
            table(
                "flexible",
                "Connecting to a flexible server",
                "flexible server",
                &[
                    "server",
                    "the client stands at",
                    "in a virtual network",
                    "private endpoint",
                    "rule for Azure services",
                    "range",
                    "public access",
                ],
            ),
            table(
                "single",
                "Connecting to a single server",
                "single server",
                &[
                    "server",
                    "the client stands at",
                    "private endpoint",
                    "rule for Azure services",
                    "range",
                    "subnet rule",
                    "public access",
                ],
            ),
        ]
    }

    fn because(rules: Vec<String>, _code: String) -> String {
        rules.join(", ")
    }
}
