//! Flexible servers as Azure was recorded to answer them.

use azdrill_emulator::model::Request;
use http::Method;
use serde_json::{Value, json};

use crate::single_server_parts::connect;
use crate::world::{ARM, World};

pub(crate) const SERVER: &str = "/providers/Microsoft.DBforPostgreSQL/flexibleServers/source";

fn server_body(more: &Value) -> Value {
    let mut body = json!({
        "location": "westeurope",
        "sku": {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"},
        "properties": {"administratorLogin": "drill", "administratorLoginPassword": "Not-a-secret-1!", "version": "17"},
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        body["properties"][name] = value.clone();
    }
    body
}

pub(crate) fn with_server() -> World {
    let mut world = World::new();
    let made = world.put(SERVER, &server_body(&json!({})));
    assert_eq!(made.status, 202, "{made:?}");
    world.settle();
    world
}

#[test]
fn every_member_is_there_as_it_was_recorded() {
    let mut world = World::new();
    world.put(SERVER, &server_body(&json!({"storage": {"storageSizeGB": 128}})));
    world.settle();
    let mut own = world.get(SERVER).json_body();
    let properties = own["properties"].take();
    world.same_shape(&own["systemData"], &json!({"createdAt": "{time}"}));
    assert_eq!(own["location"], "West Europe");
    let since = properties["backup"]["earliestRestoreDate"]
        .as_str()
        .expect("a time");
    assert!(since.ends_with("+00:00"), "{since}");
    let wanted = json!({
        "dataEncryption": {"type": "SystemManaged"},
        "replica": {"role": "Primary", "capacity": 5},
        "storage": {"type": "", "storageSizeGB": 128, "autoGrow": "Disabled", "tier": "P10", "iops": 500},
        "network": {"publicNetworkAccess": "Enabled"},
        "privateEndpointConnections": [],
        "authConfig": {"activeDirectoryAuth": "Disabled", "passwordAuth": "Enabled"},
        "fullyQualifiedDomainName": "source.postgres.database.azure.com",
        "version": "17",
        "minorVersion": "9",
        "administratorLogin": "drill",
        "state": "Ready",
        "availabilityZone": "1",
        "backup": {"backupRetentionDays": 7, "geoRedundantBackup": "Disabled", "earliestRestoreDate": since},
        "highAvailability": {"mode": "Disabled", "state": "NotEnabled"},
        "maintenanceWindow": {"customWindow": "Disabled", "dayOfWeek": 0, "startHour": 0, "startMinute": 0},
        "replicationRole": "Primary",
        "replicaCapacity": 5,
    });
    assert_eq!(properties, wanted);
    let named: Vec<&String> = properties.as_object().expect("an object").keys().collect();
    assert_eq!(named[0], "dataEncryption");
    let listed = world
        .get("/providers/Microsoft.DBforPostgreSQL/flexibleServers")
        .json_body();
    assert_eq!(listed["value"][0], world.get(SERVER).json_body());
    // The tenant is shown where people of it sign in.
    let entra =
        json!({"authConfig": {"activeDirectoryAuth": "Enabled"}, "backup": {"backupRetentionDays": 9}});
    let other = SERVER.replace("source", "other");
    world.put(&other, &server_body(&entra));
    world.settle();
    let own = world.get(&other).json_body()["properties"].take();
    assert_eq!(own["authConfig"]["tenantId"], world.operator.tenant.to_string());
    assert_eq!(own["authConfig"]["passwordAuth"], "Enabled");
    assert_eq!(
        (
            &own["backup"]["backupRetentionDays"],
            &own["backup"]["geoRedundantBackup"]
        ),
        (&json!(9), &json!("Disabled"))
    );
}

#[test]
fn first_answers_name_their_operation() {
    let mut world = World::new();
    let named = |answer: &azdrill_emulator::model::Response, name: &str| {
        assert_eq!(answer.status, 202, "{name}: {answer:?}");
        assert_eq!(answer.json_body()["operation"], name);
        assert!(answer.json_body()["startTime"].is_string());
    };
    let upsert = "UpsertServerManagementOperationV2";
    named(&world.put(SERVER, &server_body(&json!({}))), upsert);
    world.settle();
    let tags = json!({"tags": {"a": "b"}});
    named(&world.arm(Method::PATCH, SERVER, Some(&tags)), upsert);
    world.settle();
    let database = format!("{SERVER}/databases/shop");
    named(
        &world.put(&database, &json!({"properties": {"charset": "latin1"}})),
        "UpsertServerDatabaseManagementOperation",
    );
    world.settle();
    assert_eq!(
        world.get(&database).json_body()["properties"]["charset"],
        "LATIN1"
    );
    let gone = world.delete(&database);
    named(&gone, "DropServerDatabaseManagementOperation");
    world.settle();
    let result = world.follow(&gone, "location");
    assert_eq!(
        (result.status.as_u16(), result.header("content-type")),
        (200, None)
    );
    named(&world.delete(SERVER), "DropServerManagementOperation");
}

#[test]
fn what_belongs_to_no_server_is_not_found() {
    let mut world = World::new();
    for child in [
        "databases/d",
        "firewallRules/r",
        "administrators/a",
        "privateEndpointConnections/c",
    ] {
        let answer = world.delete(&format!("{SERVER}/{child}"));
        assert_eq!(answer.status, 404, "{child}");
        assert_eq!(answer.json_body()["error"]["code"], "ResourceNotFound", "{child}");
    }
}

#[test]
fn a_server_that_cannot_be_like_that_is_accepted_and_fails() {
    let mut world = with_server();
    let before = world.get(SERVER).json_body();
    let burstable = json!({"name": "Standard_B2s", "tier": "Burstable"});
    for (change, code) in [
        (
            json!({"sku": {"name": "Standard_B2s", "tier": "GeneralPurpose"}}),
            "ServerEditionIncompatibleWithSkuSize",
        ),
        (
            json!({"sku": burstable, "properties": {"highAvailability": {"mode": "ZoneRedundant"}}}),
            "HANotSupportedForBurstableSkuWithMoreInfo",
        ),
    ] {
        let answer = world.arm(Method::PATCH, SERVER, Some(&change));
        assert_eq!(answer.status, 202, "{answer:?}");
        world.settle();
        let status = world.follow(&answer, "azure-asyncoperation").json_body();
        assert_eq!(
            (&status["status"], &status["error"]["code"]),
            (&json!("Failed"), &json!(code))
        );
        assert_eq!(world.get(SERVER).json_body(), before, "nothing has changed");
    }
    let mut body = server_body(&json!({}));
    body["sku"] = json!({"name": "Standard_E2ds_v5", "tier": "Burstable"});
    let other = SERVER.replace("source", "other");
    let answer = world.put(&other, &body);
    world.settle();
    let status = world.follow(&answer, "azure-asyncoperation").json_body();
    assert_eq!(status["error"]["code"], "ServerEditionIncompatibleWithSkuSize");
    assert_eq!(world.get(&other).status, 404);
    // One that nobody has seen yet is of its series' edition.
    let unseen = json!({"sku": {"name": "Standard_D2ds_v9", "tier": "GeneralPurpose"}, "properties": {"highAvailability": {"mode": "SameZone"}}});
    assert_eq!(world.arm(Method::PATCH, SERVER, Some(&unseen)).status, 202);
    world.settle();
    let own = world.get(SERVER).json_body();
    assert_eq!(own["sku"], unseen["sku"]);
    assert_eq!(
        own["properties"]["highAvailability"],
        json!({"mode": "SameZone", "state": "Healthy"})
    );
}

#[test]
fn private_zones_have_a_suffix() {
    let mut world = World::new();
    let target = "/providers/Microsoft.DBforPostgreSQL/getPrivateDnsZoneSuffix?api-version=2025-08-01";
    let request = world.request(Method::POST, target);
    let answer = world.send(request);
    assert_eq!(answer.json_body(), json!("private.postgres.database.azure.com"));
    let nobody = Request::new(Method::POST, ARM, target);
    let answer = world.send(nobody);
    assert_eq!(answer.status, 401);
}

#[test]
fn capabilities_are_those_recorded() {
    let mut world = World::new();
    let target = format!(
        "/subscriptions/{}/providers/Microsoft.DBforPostgreSQL/locations/westeurope/capabilities",
        world.operator.subscription
    );
    let own = world.get(&target).json_body()["value"][0].take();
    let editions = own["supportedServerEditions"].as_array().expect("a list");
    let counts: Vec<usize> = editions
        .iter()
        .map(|edition| edition["supportedServerSkus"].as_array().map_or(0, Vec::len))
        .collect();
    assert_eq!(counts, [8, 30, 34]);
    let sizes = &editions[1]["supportedStorageEditions"][0]["supportedStorageMb"];
    assert_eq!(
        (
            &sizes[3]["defaultIopsTier"],
            sizes[3]["supportedIopsTiers"].as_array().map(Vec::len)
        ),
        (&json!("P15"), Some(5))
    );
    assert_eq!(sizes[9]["supportedIopsTiers"].as_array().map(Vec::len), Some(3));
}

#[test]
fn connections_of_private_endpoints_are_operations() {
    let mut world = with_server();
    connect(&mut world, SERVER, "privateLinkServiceConnections");
    let list = format!("{SERVER}/privateEndpointConnections");
    let own = world.get(&list).json_body()["value"][0].take();
    let target = own["id"].as_str().expect("an id").to_owned();
    assert!(target.contains("/pe."), "{target}");
    let reject = json!({"properties": {"privateLinkServiceConnectionState": {"status": "Rejected", "description": "no"}}});
    let answer = world.put(&target, &reject);
    assert_eq!(answer.status, 202, "{answer:?}");
    world.settle();
    assert_eq!(
        world.follow(&answer, "azure-asyncoperation").json_body()["status"],
        "Succeeded"
    );
    let state = &world.get(&target).json_body()["properties"]["privateLinkServiceConnectionState"];
    assert_eq!(
        (&state["status"], &state["actionsRequired"]),
        (&json!("Rejected"), &json!("None"))
    );
    assert_eq!(world.delete(&target).status, 202);
    world.settle();
    assert_eq!(world.delete(&target).status, 204);
}
