//! Settings no server can have, and changes none can be given: each is refused by name, and nothing comes of
//! it. What clients say again, because they were answered so, is no change.

use http::Method;
use serde_json::{Value, json};

use crate::single_server::{SINGLE, server_body};
use crate::world::World;

const SERVER: &str = "/providers/Microsoft.DBforPostgreSQL/flexibleServers/source";
const NETWORK: &str = "/providers/Microsoft.Network/virtualNetworks/v";
const ZONES: &str = "/providers/Microsoft.Network/privateDnsZones";
const USUAL: &str = "InvalidParameterValue";

/// A change, the code it ends with, and what the message names.
type Case = (Value, String, String);

fn case(change: Value, code: &str, names: &str) -> Case {
    (change, code.to_owned(), names.to_owned())
}

/// The cases of one part of the table.
fn cases(part: usize) -> Vec<Case> {
    let table = include_str!("impossible_servers.txt");
    let part = table.split("\n\n").nth(part).expect("the table has four parts");
    let lines = part.lines().filter(|line| !line.starts_with('#'));
    let read = |line: &str| {
        let mut columns = line.split('|').map(str::trim);
        let mut next = || columns.next().expect("a line has three columns");
        let (change, code, names) = (next(), next(), next());
        let (member, value) = match change.split_once(' ') {
            Some((member, value)) if !member.starts_with('{') => (member, value),
            _ => ("properties", change),
        };
        let value: Value = serde_json::from_str(value).expect("a value");
        let mut change = json!({});
        change[member] = value;
        case(change, code, names)
    };
    let all: Vec<Case> = lines.map(read).collect();
    assert!(all.len() > 4, "{part}");
    all
}

fn flexible(change: &Value) -> Value {
    let mut body = json!({
        "location": "westeurope",
        "sku": {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"},
        "properties": {
            "administratorLogin": "drill",
            "administratorLoginPassword": "Not-a-secret-1!",
            "version": "16",
            "storage": {"storageSizeGB": 128},
        },
    });
    merge(&mut body, change);
    body
}

fn merge(body: &mut Value, change: &Value) {
    match (body, change) {
        (Value::Object(body), Value::Object(change)) => {
            for (name, value) in change {
                merge(body.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (body, change) => *body = change.clone(),
    }
}

/// `properties` of which one member says this.
fn own(member: &str, value: Value) -> Value {
    let mut change = json!({"properties": {}});
    change["properties"][member] = value;
    change
}

impl World {
    /// With networks, of which the subnet `db` is for servers, and private DNS zones.
    fn with_networks() -> Self {
        let mut world = Self::new();
        let delegated = json!([{"name": "d", "properties": {"serviceName": "Microsoft.DBforPostgreSQL/flexibleServers"}}]);
        for (path, location) in [
            (NETWORK.to_owned(), "westeurope"),
            (format!("{NETWORK}2"), "northeurope"),
        ] {
            let body = json!({"location": location, "properties": {
                "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                "subnets": [
                    {"name": "db", "properties": {"addressPrefix": "10.0.1.0/24", "delegations": delegated}},
                    {"name": "plain", "properties": {"addressPrefix": "10.0.2.0/24"}},
                ],
            }});
            assert_eq!(world.put(&path, &body).status, 201);
        }
        for zone in [
            "x.private.postgres.database.azure.com",
            "y.postgres.database.azure.com",
            "example.org",
            "source.postgres.database.azure.com",
        ] {
            let made = world.put(&format!("{ZONES}/{zone}"), &json!({"location": "global"}));
            assert!(made.status.is_success(), "{made:?}");
        }
        world.settle();
        world
    }

    /// The settings of a server in a subnet.
    fn private(&self, subnet: &str, zone: &str) -> Value {
        let group = self.group();
        let mut network = json!({"publicNetworkAccess": "Disabled"});
        if !subnet.is_empty() {
            network["delegatedSubnetResourceId"] = json!(format!("{group}{subnet}"));
        }
        if !zone.is_empty() {
            network["privateDnsZoneArmResourceId"] = json!(format!("{group}{ZONES}/{zone}"));
        }
        own("network", network)
    }

    /// The error a write ends with, at once or when its operation does; null where it goes through.
    fn error(&mut self, method: &Method, path: &str, body: &Value) -> Value {
        let answer = self.arm(method.clone(), path, Some(body));
        self.settle();
        if answer.status == 202 {
            self.follow(&answer, "azure-asyncoperation").json_body()["error"].take()
        } else {
            answer.json_body()["error"].take()
        }
    }

    #[track_caller]
    fn refuses(&mut self, method: &Method, path: &str, body: &Value, case: &Case) {
        let before = self.get(path).json_body();
        let error = self.error(method, path, body);
        let message = error["message"].as_str().unwrap_or_default();
        assert_eq!(error["code"], case.1, "{method} {}: {error}", case.0);
        assert!(message.contains(&case.2), "{method} {}: {message}", case.0);
        assert_eq!(self.get(path).json_body(), before, "{method} {}", case.0);
    }

    #[track_caller]
    fn takes(&mut self, method: &Method, path: &str, body: &Value) -> Value {
        let error = self.error(method, path, body);
        assert!(error.is_null(), "{method} {body}: {error}");
        self.get(path).json_body()
    }
}

#[test]
fn no_flexible_server_is_like_that() {
    let mut world = World::new();
    for case in cases(0) {
        world.refuses(&Method::PUT, SERVER, &flexible(&case.0), &case);
    }
    let long = format!("Ab1!{}", "x".repeat(125));
    let long = case(
        own("administratorLoginPassword", json!(long)),
        USUAL,
        "administratorLoginPassword",
    );
    world.refuses(&Method::PUT, SERVER, &flexible(&long.0), &long);
    // Regions without zones, and without a pair.
    let there = |location: &str, change: &Value| {
        let mut body = flexible(change);
        body["location"] = json!(location);
        body
    };
    for (location, member, value) in [
        ("westus", "availabilityZone", json!("1")),
        ("westus", "highAvailability", json!({"mode": "ZoneRedundant"})),
        ("italynorth", "backup", json!({"geoRedundantBackup": "Enabled"})),
    ] {
        let case = case(own(member, value), USUAL, "");
        world.refuses(&Method::PUT, SERVER, &there(location, &case.0), &case);
    }
    let same = own("highAvailability", json!({"mode": "SameZone"}));
    let made = world.takes(&Method::PUT, SERVER, &there("westus", &same));
    assert_eq!(made["properties"]["availabilityZone"], Value::Null, "{made}");
}

#[test]
fn no_flexible_server_becomes_like_that() {
    let mut world = World::with_networks();
    world.takes(&Method::PUT, SERVER, &flexible(&json!({})));
    let zone = "x.private.postgres.database.azure.com";
    let private = world.private(&format!("{NETWORK}/subnets/db"), zone);
    let mut all = cases(0);
    all.extend(cases(1));
    all.push(case(private, USUAL, "delegatedSubnetResourceId"));
    all.push(case(
        world.private("", zone),
        USUAL,
        "privateDnsZoneArmResourceId",
    ));
    for case in all {
        world.refuses(&Method::PATCH, SERVER, &case.0, &case);
        world.refuses(&Method::PUT, SERVER, &flexible(&case.0), &case);
    }
}

#[test]
fn what_is_said_again_is_no_change() {
    let mut world = World::new();
    world.takes(&Method::PUT, SERVER, &flexible(&json!({})));
    let mut shown = world.get(SERVER).json_body();
    for method in [Method::PATCH, Method::PUT] {
        let after = world.takes(&method, SERVER, &shown);
        assert_eq!(after["properties"], shown["properties"], "{method}");
    }
    // Larger storage, with the tier and the operations of before.
    shown["properties"]["storage"]["storageSizeGB"] = json!(256);
    let after = world.takes(&Method::PATCH, SERVER, &shown);
    assert_eq!(
        after["properties"]["storage"],
        json!({"type": "", "storageSizeGB": 256, "autoGrow": "Disabled", "tier": "P15", "iops": 1100})
    );
    let faster = world.takes(
        &Method::PATCH,
        SERVER,
        &own("storage", json!({"tier": "P20", "iops": 2300})),
    );
    assert_eq!(faster["properties"]["storage"]["tier"], "P20");
    // A standby comes, stays where it is, and goes.
    let redundant = own(
        "highAvailability",
        json!({"mode": "ZoneRedundant", "standbyAvailabilityZone": "2"}),
    );
    world.takes(&Method::PATCH, SERVER, &redundant);
    world.takes(&Method::PATCH, SERVER, &redundant);
    let moved = own("highAvailability", json!({"standbyAvailabilityZone": "3"}));
    let case = case(moved, USUAL, "StandbyAvailabilityZone");
    world.refuses(&Method::PATCH, SERVER, &case.0, &case);
    let alone = world.takes(
        &Method::PATCH,
        SERVER,
        &own("highAvailability", json!({"mode": "Disabled"})),
    );
    assert_eq!(
        alone["properties"]["highAvailability"],
        json!({"mode": "Disabled", "state": "NotEnabled"})
    );
}

#[test]
fn a_server_in_a_subnet_stays_there() {
    let mut world = World::with_networks();
    let subnet = format!("{NETWORK}/subnets/db");
    let good = "x.private.postgres.database.azure.com";
    let mut public = world.private(&subnet, good);
    public["properties"]["network"]["publicNetworkAccess"] = json!("Enabled");
    let conflict = "ConflictingPublicNetworkAccessAndVirtualNetworkConfiguration";
    let (no_subnet, no_zone) = ("delegatedSubnetResourceId", "privateDnsZoneArmResourceId");
    for (at, zone, code, names) in [
        (format!("{NETWORK}/subnets/nobody"), good, USUAL, no_subnet),
        (NETWORK.to_owned(), good, USUAL, no_subnet),
        (format!("{NETWORK}2/subnets/db"), good, USUAL, no_subnet),
        (format!("{NETWORK}/subnets/plain"), good, USUAL, no_subnet),
        (subnet.clone(), "", "MissingRequiredParameter", no_zone),
        (String::new(), good, USUAL, no_zone),
        (
            subnet.clone(),
            "nobody.postgres.database.azure.com",
            USUAL,
            no_zone,
        ),
        (subnet.clone(), "example.org", "PrivateDnsZoneNameNotValid", ""),
        (
            subnet.clone(),
            "source.postgres.database.azure.com",
            "PrivateDnsZoneNameNotValid",
            "",
        ),
    ] {
        let case = case(world.private(&at, zone), code, names);
        world.refuses(&Method::PUT, SERVER, &flexible(&case.0), &case);
    }
    let public = case(public, conflict, "");
    world.refuses(&Method::PUT, SERVER, &flexible(&public.0), &public);
    let body = flexible(&world.private(&subnet, good));
    let shown = world.takes(&Method::PUT, SERVER, &body);
    assert_eq!(world.takes(&Method::PATCH, SERVER, &shown), shown);
    let elsewhere = world.private(&format!("{NETWORK}/subnets/plain"), "");
    let public = own("network", json!({"publicNetworkAccess": "Enabled"}));
    for case in [case(public, conflict, ""), case(elsewhere, USUAL, no_subnet)] {
        world.refuses(&Method::PATCH, SERVER, &case.0, &case);
    }
    // Its private DNS zone may be another.
    let change = world.private("", "y.postgres.database.azure.com");
    let after = world.takes(&Method::PATCH, SERVER, &change);
    let zone = after["properties"]["network"]["privateDnsZoneArmResourceId"].as_str();
    assert!(zone.is_some_and(|zone| zone.ends_with("/y.postgres.database.azure.com")));
}

#[test]
fn no_single_server_is_or_becomes_like_that() {
    let mut world = World::new();
    let created = |change: &Value| {
        let mut body = server_body("11");
        merge(&mut body, change);
        body
    };
    for case in cases(2) {
        world.refuses(&Method::PUT, SINGLE, &created(&case.0), &case);
    }
    world.takes(&Method::PUT, SINGLE, &created(&json!({})));
    for case in cases(2).into_iter().chain(cases(3)) {
        world.refuses(&Method::PATCH, SINGLE, &case.0, &case);
        world.refuses(&Method::PUT, SINGLE, &created(&case.0), &case);
    }
    let other = case(
        own("administratorLogin", json!("other")),
        USUAL,
        "administratorLogin",
    );
    world.refuses(&Method::PUT, SINGLE, &created(&other.0), &other);
    let larger = json!({
        "sku": {"name": "MO_Gen5_4", "tier": "MemoryOptimized", "family": "Gen5", "capacity": 4},
        "properties": {"storageProfile": {"storageMB": 102_400, "geoRedundantBackup": "Enabled"}},
    });
    let after = world.takes(&Method::PATCH, SINGLE, &larger);
    assert_eq!(after["sku"], larger["sku"]);
    assert_eq!(after["properties"]["storageProfile"]["storageMB"], 102_400);
}

#[test]
fn what_belongs_to_a_server_has_its_limits_too() {
    let mut world = World::with_networks();
    world.takes(&Method::PUT, SERVER, &flexible(&json!({})));
    let rule =
        |first: &str, last: &str| json!({"properties": {"startIpAddress": first, "endIpAddress": last}});
    let one = rule("203.0.113.7", "203.0.113.7");
    for (path, body, names) in [
        (
            "firewallRules/r",
            rule("203.0.113.7", "203.0.113.6"),
            "endIpAddress",
        ),
        ("firewallRules/-r", one.clone(), "firewallRuleName"),
        ("firewallRules/r.1", one.clone(), "firewallRuleName"),
        (
            &format!("firewallRules/{}", "r".repeat(129)),
            one.clone(),
            "firewallRuleName",
        ),
        (
            &format!("databases/{}", "d".repeat(64)),
            json!({}),
            "databaseName",
        ),
    ] {
        let case = case(body, USUAL, names);
        world.refuses(&Method::PUT, &format!("{SERVER}/{path}"), &case.0, &case);
    }
    for path in ["firewallRules/office_1-a", "databases/shop"] {
        world.takes(
            &Method::PUT,
            &format!("{SERVER}/{path}"),
            if path.starts_with('d') { &Value::Null } else { &one },
        );
    }
    let (single, back) = (
        format!("{SINGLE}/firewallRules/r"),
        rule("203.0.113.7", "203.0.113.6"),
    );
    world.takes(&Method::PUT, SINGLE, &server_body("11"));
    world.refuses(
        &Method::PUT,
        &single,
        &back,
        &case(back.clone(), USUAL, "endIpAddress"),
    );
    // A server in a subnet has no firewall.
    let private = world.private(
        &format!("{NETWORK}/subnets/db"),
        "x.private.postgres.database.azure.com",
    );
    let inside = SERVER.replace("source", "inside");
    world.takes(&Method::PUT, &inside, &flexible(&private));
    let case = case(one, USUAL, "firewallRuleName");
    world.refuses(&Method::PUT, &format!("{inside}/firewallRules/r"), &case.0, &case);
}
