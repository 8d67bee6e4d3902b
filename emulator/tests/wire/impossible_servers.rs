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
const NOT_PLAYED: &str = "NotImplementedByEmulator";
const EDITION: &str = "ServerEditionIncompatibleWithSkuSize";

/// A change, the code it ends with, and what the message names.
type Case = (Value, &'static str, &'static str);

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

fn all(body: &mut Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body.take()
}

/// `properties` that say this.
fn own(properties: Value) -> Value {
    all(&mut json!({}), "properties", properties)
}

fn storage(storage: Value) -> Value {
    own(all(&mut json!({}), "storage", storage))
}

fn availability(availability: Value) -> Value {
    own(all(&mut json!({}), "highAvailability", availability))
}

fn network(network: Value) -> Value {
    own(all(&mut json!({}), "network", network))
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
        let mut own = json!({"publicNetworkAccess": "Disabled"});
        if !subnet.is_empty() {
            own["delegatedSubnetResourceId"] = json!(format!("{group}{subnet}"));
        }
        if !zone.is_empty() {
            own["privateDnsZoneArmResourceId"] = json!(format!("{group}{ZONES}/{zone}"));
        }
        network(own)
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
        assert!(message.contains(case.2), "{method} {}: {message}", case.0);
        assert_eq!(self.get(path).json_body(), before, "{method} {}", case.0);
    }

    #[track_caller]
    fn takes(&mut self, method: &Method, path: &str, body: &Value) -> Value {
        let error = self.error(method, path, body);
        assert!(error.is_null(), "{method} {body}: {error}");
        self.get(path).json_body()
    }
}

/// What neither a new server can be nor one that is there.
fn never() -> Vec<Case> {
    vec![
        (storage(json!({"storageSizeGB": 0})), USUAL, "StorageSizeGB"),
        (storage(json!({"storageSizeGB": 200})), USUAL, "StorageSizeGB"),
        (storage(json!({"storageSizeGB": -128})), USUAL, "StorageSizeGB"),
        (
            storage(json!({"storageSizeGB": 1_000_000})),
            USUAL,
            "StorageSizeGB",
        ),
        (storage(json!({"tier": "P4"})), USUAL, "StorageTier"),
        (storage(json!({"tier": "P99"})), USUAL, "tier"),
        (storage(json!({"type": "Floppy"})), USUAL, "type"),
        (
            storage(json!({"type": "PremiumV2_LRS"})),
            NOT_PLAYED,
            "PremiumV2_LRS",
        ),
        (storage(json!({"iops": 12_345})), USUAL, "StorageIops"),
        (storage(json!({"throughput": 125})), USUAL, "StorageThroughput"),
        (own(json!({"availabilityZone": "9"})), USUAL, "availabilityZone"),
        (availability(json!({"mode": "Sometimes"})), USUAL, "mode"),
        (
            availability(json!({"mode": "ZoneRedundant", "standbyAvailabilityZone": "1"})),
            USUAL,
            "StandbyAvailabilityZone,availabilityZone",
        ),
        (
            availability(json!({"mode": "SameZone", "standbyAvailabilityZone": "2"})),
            USUAL,
            "StandbyAvailabilityZone,availabilityZone",
        ),
        (
            availability(json!({"mode": "ZoneRedundant", "standbyAvailabilityZone": "9"})),
            USUAL,
            "StandbyAvailabilityZone",
        ),
        (
            availability(json!({"standbyAvailabilityZone": "2"})),
            USUAL,
            "StandbyAvailabilityZone",
        ),
        (own(json!({"administratorLogin": "azure_superuser"})), USUAL, ""),
        (
            own(json!({"administratorLogin": "a b"})),
            USUAL,
            "administratorLogin",
        ),
        (
            own(json!({"administratorLogin": "a".repeat(64)})),
            USUAL,
            "administratorLogin",
        ),
        (
            own(json!({"administratorLoginPassword": "Ab1!"})),
            USUAL,
            "administratorLoginPassword",
        ),
        (
            own(json!({"administratorLoginPassword": format!("Ab1!{}", "x".repeat(125))})),
            USUAL,
            "administratorLoginPassword",
        ),
        (
            own(json!({"administratorLoginPassword": "aaaaaaaaaa1"})),
            USUAL,
            "administratorLoginPassword",
        ),
        (
            own(json!({"administratorLoginPassword": "My-Drill-1!x"})),
            USUAL,
            "administratorLoginPassword",
        ),
        (
            own(json!({"maintenanceWindow": {"dayOfWeek": 7}})),
            USUAL,
            "dayOfWeek",
        ),
        (
            own(json!({"maintenanceWindow": {"startHour": 24}})),
            USUAL,
            "startHour",
        ),
        (
            own(json!({"maintenanceWindow": {"startMinute": 60}})),
            USUAL,
            "startMinute",
        ),
        (
            own(json!({"maintenanceWindow": {"customWindow": "Maybe"}})),
            USUAL,
            "customWindow",
        ),
        (
            own(json!({"replicationRole": "AsyncReplica"})),
            USUAL,
            "replicationRole",
        ),
        (own(json!({"replicationRole": "King"})), USUAL, "replicationRole"),
        (
            own(json!({"replica": {"role": "GeoAsyncReplica"}})),
            USUAL,
            "replicationRole",
        ),
        (
            own(json!({"replica": {"promoteMode": "Standalone", "promoteOption": "Planned"}})),
            USUAL,
            "replica",
        ),
        (
            own(json!({"replica": {"promoteMode": "Now"}})),
            USUAL,
            "promoteMode",
        ),
        (json!({"sku": {"name": "Standard_B2s"}}), EDITION, ""),
        (json!({"sku": {"name": "Standard_Dxyz"}}), EDITION, ""),
        (json!({"sku": {"tier": "Cheap"}}), USUAL, "tier"),
        (own(json!({"version": "9"})), USUAL, "version"),
        (own(json!({"version": "19"})), USUAL, "version"),
        (own(json!({"version": "16.1"})), USUAL, "version"),
        (own(json!({"version": "new"})), USUAL, "version"),
        (
            own(json!({"backup": {"backupRetentionDays": 6}})),
            USUAL,
            "backupRetentionDays",
        ),
        (
            own(json!({"backup": {"backupRetentionDays": 36}})),
            USUAL,
            "backupRetentionDays",
        ),
        (
            json!({"identity": {"type": "UserAssigned"}}),
            "MissingIdentityIds",
            "UserAssigned",
        ),
        (
            json!({"identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {}}}),
            "MissingIdentityIds",
            "",
        ),
        (
            json!({"identity": {"type": "SystemAssigned", "userAssignedIdentities": {"/x": {}}}}),
            "SyntheticIdentityIds",
            "SystemAssigned",
        ),
        (
            json!({"identity": {"type": "Own"}}),
            "SyntheticIdentityType",
            "Own",
        ),
        (
            own(json!({"authConfig": {"passwordAuth": "Disabled", "activeDirectoryAuth": "Disabled"}})),
            USUAL,
            "authConfig",
        ),
        (
            own(json!({"cluster": {"clusterSize": 2}})),
            NOT_PLAYED,
            "clusters",
        ),
        (own(json!({"dataEncryption": {"type": "None"}})), USUAL, "type"),
        (
            own(json!({"dataEncryption": {"primaryKeyURI": "https://k.vault.azure.net/keys/a/b"}})),
            NOT_PLAYED,
            "key",
        ),
        (
            own(json!({"pointInTimeUTC": "2026-01-01T00:00:00Z"})),
            USUAL,
            "sourceServerResourceId",
        ),
        (
            own(json!({"sourceServerResourceId": "/x"})),
            USUAL,
            "sourceServerResourceId",
        ),
    ]
}

#[test]
fn no_flexible_server_is_like_that() {
    let mut world = World::new();
    for case in never() {
        world.refuses(&Method::PUT, SERVER, &flexible(&case.0), &case);
    }
    // Regions without zones, and without a pair.
    let there = |location: &str, change: Value| {
        let mut body = flexible(&change);
        body["location"] = json!(location);
        body
    };
    for (location, change, parameter) in [
        (
            "westus",
            own(json!({"availabilityZone": "1"})),
            "availabilityZone",
        ),
        (
            "westus",
            availability(json!({"mode": "ZoneRedundant"})),
            "highAvailability",
        ),
        (
            "italynorth",
            own(json!({"backup": {"geoRedundantBackup": "Enabled"}})),
            "geoRedundantBackup",
        ),
    ] {
        let body = there(location, change.clone());
        world.refuses(&Method::PUT, SERVER, &body, &(change, USUAL, parameter));
    }
    let made = world.takes(
        &Method::PUT,
        SERVER,
        &there("westus", availability(json!({"mode": "SameZone"}))),
    );
    assert_eq!(made["properties"]["availabilityZone"], Value::Null, "{made}");
}

#[test]
fn no_flexible_server_becomes_like_that() {
    let mut world = World::with_networks();
    world.takes(&Method::PUT, SERVER, &flexible(&json!({})));
    let private = world.private(
        &format!("{NETWORK}/subnets/db"),
        "x.private.postgres.database.azure.com",
    );
    let zone = world.private("", "x.private.postgres.database.azure.com");
    let mut cases = never();
    cases.extend([
        (storage(json!({"storageSizeGB": 64})), USUAL, "StorageSizeGB"),
        (own(json!({"availabilityZone": "2"})), USUAL, "availabilityZone"),
        (
            own(json!({"backup": {"geoRedundantBackup": "Enabled"}})),
            USUAL,
            "geoRedundantBackup",
        ),
        (
            own(json!({"administratorLogin": "other"})),
            USUAL,
            "administratorLogin",
        ),
        (own(json!({"version": "17"})), NOT_PLAYED, "upgrades"),
        (own(json!({"version": "15"})), USUAL, "version"),
        (private, USUAL, "delegatedSubnetResourceId"),
        (zone, USUAL, "privateDnsZoneArmResourceId"),
        (own(json!({"createMode": "Replica"})), USUAL, "createMode"),
        (
            own(json!({"createMode": "PointInTimeRestore"})),
            USUAL,
            "createMode",
        ),
        (
            json!({"location": "northeurope"}),
            "InvalidResourceLocation",
            "northeurope",
        ),
    ]);
    for case in cases {
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
        &storage(json!({"tier": "P20", "iops": 2300})),
    );
    assert_eq!(faster["properties"]["storage"]["tier"], "P20");
    // A standby comes, stays where it is, and goes.
    let redundant = availability(json!({"mode": "ZoneRedundant", "standbyAvailabilityZone": "2"}));
    world.takes(&Method::PATCH, SERVER, &redundant);
    world.takes(&Method::PATCH, SERVER, &redundant);
    let moved = availability(json!({"standbyAvailabilityZone": "3"}));
    let case = (moved.clone(), USUAL, "StandbyAvailabilityZone");
    world.refuses(&Method::PATCH, SERVER, &moved, &case);
    let alone = world.takes(&Method::PATCH, SERVER, &availability(json!({"mode": "Disabled"})));
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
    let cases = [
        (
            world.private(&format!("{NETWORK}/subnets/nobody"), good),
            USUAL,
            "delegatedSubnetResourceId",
        ),
        (world.private(NETWORK, good), USUAL, "delegatedSubnetResourceId"),
        (
            world.private(&format!("{NETWORK}2/subnets/db"), good),
            USUAL,
            "delegatedSubnetResourceId",
        ),
        (
            world.private(&format!("{NETWORK}/subnets/plain"), good),
            USUAL,
            "delegatedSubnetResourceId",
        ),
        (
            world.private(&subnet, ""),
            "MissingRequiredParameter",
            "privateDnsZoneArmResourceId",
        ),
        (world.private("", good), USUAL, "privateDnsZoneArmResourceId"),
        (
            world.private(&subnet, "nobody.postgres.database.azure.com"),
            USUAL,
            "privateDnsZoneArmResourceId",
        ),
        (
            world.private(&subnet, "example.org"),
            "PrivateDnsZoneNameNotValid",
            "",
        ),
        (
            world.private(&subnet, "source.postgres.database.azure.com"),
            "PrivateDnsZoneNameNotValid",
            "",
        ),
        (public.clone(), conflict, ""),
    ];
    for case in cases {
        world.refuses(&Method::PUT, SERVER, &flexible(&case.0), &case);
    }
    let body = flexible(&world.private(&subnet, good));
    let shown = world.takes(&Method::PUT, SERVER, &body);
    assert_eq!(world.takes(&Method::PATCH, SERVER, &shown), shown);
    let elsewhere = world.private(&format!("{NETWORK}/subnets/plain"), "");
    for case in [
        (network(json!({"publicNetworkAccess": "Enabled"})), conflict, ""),
        (elsewhere, USUAL, "delegatedSubnetResourceId"),
    ] {
        world.refuses(&Method::PATCH, SERVER, &case.0, &case);
    }
    // Its private DNS zone may be another.
    let change = world.private("", "y.postgres.database.azure.com");
    let after = world.takes(&Method::PATCH, SERVER, &change);
    let zone = after["properties"]["network"]["privateDnsZoneArmResourceId"].as_str();
    assert!(zone.is_some_and(|zone| zone.ends_with("/y.postgres.database.azure.com")));
}

fn profile(profile: Value) -> Value {
    own(all(&mut json!({}), "storageProfile", profile))
}

#[test]
fn no_single_server_is_like_that() {
    let mut world = World::new();
    let never = vec![
        (profile(json!({"storageMB": 5000})), USUAL, "storageMB"),
        (profile(json!({"storageMB": 51_201})), USUAL, "storageMB"),
        (profile(json!({"storageMB": 5_120_000})), USUAL, "storageMB"),
        (
            profile(json!({"backupRetentionDays": 6})),
            USUAL,
            "backupRetentionDays",
        ),
        (
            profile(json!({"backupRetentionDays": 36})),
            USUAL,
            "backupRetentionDays",
        ),
        (
            profile(json!({"geoRedundantBackup": "Perhaps"})),
            USUAL,
            "geoRedundantBackup",
        ),
        (
            profile(json!({"storageAutogrow": "Perhaps"})),
            USUAL,
            "storageAutogrow",
        ),
        (
            own(json!({"minimalTlsVersion": "TLS9"})),
            USUAL,
            "minimalTlsVersion",
        ),
        (
            own(json!({"publicNetworkAccess": "Perhaps"})),
            USUAL,
            "publicNetworkAccess",
        ),
        (
            own(json!({"administratorLoginPassword": "short"})),
            USUAL,
            "administratorLoginPassword",
        ),
        (
            own(json!({"administratorLoginPassword": "aaaaaaaaaa1"})),
            USUAL,
            "administratorLoginPassword",
        ),
        (json!({"sku": {"name": "GP_Gen5_3"}}), USUAL, "sku"),
        (json!({"sku": {"name": "GP_Gen6_2"}}), USUAL, "sku"),
        (json!({"sku": {"name": "banana"}}), USUAL, "sku"),
        (
            json!({"sku": {"name": "GP_Gen5_2", "tier": "Basic"}}),
            USUAL,
            "sku",
        ),
        (
            json!({"sku": {"name": "GP_Gen5_2", "capacity": 64}}),
            USUAL,
            "sku",
        ),
        (
            json!({"sku": {"name": "GP_Gen5_2", "family": "Gen4"}}),
            USUAL,
            "sku",
        ),
        (json!({"sku": {"name": "B_Gen5_1"}}), USUAL, ""),
        (
            json!({"identity": {"type": "UserAssigned"}}),
            "MissingIdentityIds",
            "",
        ),
    ];
    let created = |change: &Value| {
        let mut body = server_body("11");
        merge(&mut body, change);
        body
    };
    for case in &never {
        world.refuses(&Method::PUT, SINGLE, &created(&case.0), case);
    }
    world.takes(&Method::PUT, SINGLE, &created(&json!({})));
    let later = [
        (profile(json!({"storageMB": 5120})), USUAL, "storageMB"),
        (
            profile(json!({"geoRedundantBackup": "Disabled"})),
            USUAL,
            "geoRedundantBackup",
        ),
        (
            own(json!({"infrastructureEncryption": "Enabled"})),
            USUAL,
            "infrastructureEncryption",
        ),
        (own(json!({"version": "10"})), NOT_PLAYED, "upgrades"),
        (json!({"location": "northeurope"}), "InvalidResourceLocation", ""),
    ];
    for case in never.iter().chain(&later) {
        world.refuses(&Method::PATCH, SINGLE, &case.0, case);
        world.refuses(&Method::PUT, SINGLE, &created(&case.0), case);
    }
    let other = (
        own(json!({"administratorLogin": "other"})),
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
