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

/// A change, the code it ends with, what the message names, and the rules one of which refuses it.
struct Case {
    change: Value,
    code: String,
    names: String,
    rule: String,
}

fn case(change: Value, code: &str, names: &str, rule: &str) -> Case {
    let (code, names, rule) = (code.to_owned(), names.to_owned(), rule.to_owned());
    Case {
        change,
        code,
        names,
        rule,
    }
}

/// The cases of one part of the table.
fn cases(part: usize) -> Vec<Case> {
    let table = include_str!("impossible_servers.txt");
    let part = table.split("\n\n").nth(part).expect("the table has four parts");
    let lines = part.lines().filter(|line| !line.starts_with('#'));
    let read = |line: &str| {
        let mut columns = line.split('|').map(str::trim);
        let mut next = || columns.next().unwrap_or_default();
        let (change, code, names, rule) = (next(), next(), next(), next());
        let (member, value) = match change.split_once(' ') {
            Some((member, value)) if !member.starts_with('{') => (member, value),
            _ => ("properties", change),
        };
        let value: Value = serde_json::from_str(value).expect("a value");
        let mut change = json!({});
        change[member] = value;
        case(change, code, names, rule)
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

    /// The error a write ends with, at once or when its operation does, and the rules it names; null where it goes
    /// through.
    fn error(&mut self, method: &Method, path: &str, body: &Value) -> (Value, String) {
        let mut answer = self.arm(method.clone(), path, Some(body));
        self.settle();
        if answer.status == 202 {
            answer = self.follow(&answer, "azure-asyncoperation");
        }
        let rules = answer.header("x-azdrill-rules").unwrap_or_default().to_owned();
        (answer.json_body()["error"].take(), rules)
    }

    #[track_caller]
    fn refuses(&mut self, method: &Method, path: &str, body: &Value, case: &Case) {
        let before = self.get(path).json_body();
        let (error, rules) = self.error(method, path, body);
        let message = error["message"].as_str().unwrap_or_default();
        let change = &case.change;
        assert_eq!(error["code"], case.code, "{method} {change}: {error}");
        assert!(message.contains(&case.names), "{method} {change}: {message}");
        // What says so of a particular case is named behind it.
        let first = rules.split(',').next().unwrap_or_default();
        assert!(
            case.rule.split(',').any(|rule| rule == first),
            "{method} {change}: {rules}"
        );
        assert_eq!(self.get(path).json_body(), before, "{method} {change}");
    }

    #[track_caller]
    fn takes(&mut self, method: &Method, path: &str, body: &Value) -> Value {
        let (error, _) = self.error(method, path, body);
        assert!(error.is_null(), "{method} {body}: {error}");
        self.get(path).json_body()
    }
}

#[test]
fn no_flexible_server_is_like_that() {
    let mut world = World::new();
    for case in cases(0) {
        world.refuses(&Method::PUT, SERVER, &flexible(&case.change), &case);
    }
    let long = format!("Ab1!{}", "x".repeat(125));
    let long = case(
        own("administratorLoginPassword", json!(long)),
        USUAL,
        "administratorLoginPassword",
        "BodyOfPostgreSQL",
    );
    world.refuses(&Method::PUT, SERVER, &flexible(&long.change), &long);
    // Regions without zones, and without a pair.
    let there = |location: &str, change: &Value| {
        let mut body = flexible(change);
        body["location"] = json!(location);
        body
    };
    for (location, member, value, rule) in [
        ("westus", "availabilityZone", json!("1"), "PG-ZONE-UNKNOWN"),
        (
            "westus",
            "highAvailability",
            json!({"mode": "ZoneRedundant"}),
            "PG-REDUNDANCY-WITHOUT-ZONES",
        ),
        (
            "italynorth",
            "backup",
            json!({"geoRedundantBackup": "Enabled"}),
            "PG-GEO-WITHOUT-PAIR",
        ),
    ] {
        let case = case(own(member, value), USUAL, "", rule);
        world.refuses(&Method::PUT, SERVER, &there(location, &case.change), &case);
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
    all.push(case(private, USUAL, "delegatedSubnetResourceId", "PG-FIXED"));
    all.push(case(
        world.private("", zone),
        USUAL,
        "privateDnsZoneArmResourceId",
        "PG-ZONE-WITHOUT-SUBNET",
    ));
    for case in all {
        world.refuses(&Method::PATCH, SERVER, &case.change, &case);
        world.refuses(&Method::PUT, SERVER, &flexible(&case.change), &case);
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
    let case = case(moved, USUAL, "StandbyAvailabilityZone", "PG-STANDBY-FIXED");
    world.refuses(&Method::PATCH, SERVER, &case.change, &case);
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
    let networks = |rest: &str| format!("{NETWORK}{rest}");
    let named = "PrivateDnsZoneNameNotValid";
    for (at, rule) in [
        (networks("/subnets/nobody"), "PG-SUBNET-UNKNOWN"),
        (networks(""), "PG-SUBNET-UNKNOWN"),
        (networks("2/subnets/db"), "PG-SUBNET-ELSEWHERE"),
        (networks("/subnets/plain"), "PG-SUBNET-NOT-DELEGATED"),
    ] {
        let case = case(world.private(&at, good), USUAL, no_subnet, rule);
        world.refuses(&Method::PUT, SERVER, &flexible(&case.change), &case);
    }
    let nobodys = "nobody.postgres.database.azure.com";
    let its_own = "source.postgres.database.azure.com";
    for (at, zone, code, names, rule) in [
        (
            &*subnet,
            "",
            "MissingRequiredParameter",
            no_zone,
            "PG-SUBNET-WITHOUT-ZONE",
        ),
        ("", good, USUAL, no_zone, "PG-ZONE-WITHOUT-SUBNET"),
        (&*subnet, nobodys, USUAL, no_zone, "PG-DNS-ZONE-UNKNOWN"),
        (&*subnet, "example.org", named, "", "PG-DNS-ZONE-NAME"),
        (&*subnet, its_own, named, "", "PG-DNS-ZONE-NAME"),
    ] {
        let case = case(world.private(at, zone), code, names, rule);
        world.refuses(&Method::PUT, SERVER, &flexible(&case.change), &case);
    }
    let public = case(public, conflict, "", "PG-PUBLIC-IN-SUBNET");
    world.refuses(&Method::PUT, SERVER, &flexible(&public.change), &public);
    let body = flexible(&world.private(&subnet, good));
    let shown = world.takes(&Method::PUT, SERVER, &body);
    assert_eq!(world.takes(&Method::PATCH, SERVER, &shown), shown);
    let elsewhere = world.private(&format!("{NETWORK}/subnets/plain"), "");
    let public = own("network", json!({"publicNetworkAccess": "Enabled"}));
    for case in [
        case(public, conflict, "", "PG-PUBLIC-IN-SUBNET"),
        case(elsewhere, USUAL, no_subnet, "PG-FIXED"),
    ] {
        world.refuses(&Method::PATCH, SERVER, &case.change, &case);
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
        world.refuses(&Method::PUT, SINGLE, &created(&case.change), &case);
    }
    world.takes(&Method::PUT, SINGLE, &created(&json!({})));
    for case in cases(2).into_iter().chain(cases(3)) {
        world.refuses(&Method::PATCH, SINGLE, &case.change, &case);
        world.refuses(&Method::PUT, SINGLE, &created(&case.change), &case);
    }
    let other = case(
        own("administratorLogin", json!("other")),
        USUAL,
        "administratorLogin",
        "PG-FIXED",
    );
    world.refuses(&Method::PUT, SINGLE, &created(&other.change), &other);
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
    let back = rule("203.0.113.7", "203.0.113.6");
    let (long, longest) = (
        format!("firewallRules/{}", "r".repeat(129)),
        format!("databases/{}", "d".repeat(64)),
    );
    let (end, name) = ("endIpAddress", "firewallRuleName");
    for (path, body, names, rule) in [
        ("firewallRules/r", &back, end, "PG-FIREWALL-RANGE"),
        ("firewallRules/-r", &one, name, "PG-FIREWALL-NAME"),
        ("firewallRules/r.1", &one, name, "PG-FIREWALL-NAME"),
        (&*long, &one, name, "PG-FIREWALL-NAME"),
        (&*longest, &json!({}), "databaseName", "PG-DATABASE-NAME"),
    ] {
        let case = case(body.clone(), USUAL, names, rule);
        world.refuses(&Method::PUT, &format!("{SERVER}/{path}"), &case.change, &case);
    }
    for path in ["firewallRules/office_1-a", "databases/shop"] {
        world.takes(
            &Method::PUT,
            &format!("{SERVER}/{path}"),
            if path.starts_with('d') { &Value::Null } else { &one },
        );
    }
    let single = format!("{SINGLE}/firewallRules/r");
    world.takes(&Method::PUT, SINGLE, &server_body("11"));
    world.refuses(
        &Method::PUT,
        &single,
        &back,
        &case(back.clone(), USUAL, "endIpAddress", "PG-FIREWALL-RANGE"),
    );
    // A server in a subnet has no firewall.
    let private = world.private(
        &format!("{NETWORK}/subnets/db"),
        "x.private.postgres.database.azure.com",
    );
    let inside = SERVER.replace("source", "inside");
    world.takes(&Method::PUT, &inside, &flexible(&private));
    let case = case(one, USUAL, "firewallRuleName", "PG-FIREWALL-IN-SUBNET");
    world.refuses(
        &Method::PUT,
        &format!("{inside}/firewallRules/r"),
        &case.change,
        &case,
    );
}
