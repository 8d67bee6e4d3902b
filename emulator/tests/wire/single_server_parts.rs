//! What belongs to a single server: rules, databases, parameters, administrators, connections.

use http::Method;
use serde_json::{Value, json};

use crate::single_server::{SINGLE, long, world};
use crate::world::World;

const NETWORK: &str = "/providers/Microsoft.Network";

fn below(rest: &str) -> String {
    format!("{SINGLE}/{rest}")
}

/// Puts a child, reads it, and deletes it.
#[track_caller]
fn comes_and_goes(world: &mut World, child: &str, properties: &Value) -> Value {
    let target = below(child);
    assert_eq!(world.get(&target).status, 404, "{child}");
    for _ in 0..2 {
        long(&world.put(&target, &json!({"properties": properties})));
        world.settle();
    }
    let body = world.get(&target).json_body();
    let (collection, name) = child.split_once('/').expect("a collection and a name");
    assert_eq!(
        body["type"],
        format!("Microsoft.DBforPostgreSQL/servers/{collection}")
    );
    assert_eq!(body["name"], name);
    let list = world.get(&below(collection)).json_body();
    assert!(
        list["value"].as_array().is_some_and(|all| all.contains(&body)),
        "{list}"
    );
    long(&world.delete(&target));
    world.settle();
    assert_eq!(world.delete(&target).status, 204);
    assert_eq!(world.get(&target).status, 404);
    body
}

#[test]
fn children_that_come_and_go() {
    let mut world = world();
    let range = json!({"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"});
    let rule = comes_and_goes(&mut world, "firewallRules/rule1", &range);
    assert_eq!(rule["properties"], range);
    let subnet = format!("{}{NETWORK}/virtualNetworks/v/subnets/s", world.group());
    let rule = comes_and_goes(
        &mut world,
        "virtualNetworkRules/vnet",
        &json!({"virtualNetworkSubnetId": subnet}),
    );
    assert_eq!(rule["properties"]["state"], "Ready");
    let database = comes_and_goes(&mut world, "databases/shop", &json!({}));
    assert_eq!(database["properties"]["charset"], "UTF8");
    let administrator =
        json!({"login": "dba", "sid": "b0a2f3d6-8b0e-4b3f-9d43-0d6a8f5a2b11", "tenantId": "x"});
    let administrator = comes_and_goes(&mut world, "administrators/activeDirectory", &administrator);
    assert_eq!(
        administrator["properties"]["administratorType"],
        "ActiveDirectory"
    );
}

#[test]
fn the_first_answer_of_a_firewall_rule_as_it_was_recorded() {
    let mut world = world();
    let rule = json!({"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}});
    let answer = world.put(&below("firewallRules/any"), &rule);
    long(&answer);
    let wanted = json!({"operation": "UpsertElasticServerFirewallRules", "startTime": "{time}"});
    world.same_shape(&answer.json_body(), &wanted);
}

#[test]
fn bad_children_are_refused() {
    let mut world = world();
    for (child, properties) in [
        ("firewallRules/r", json!({"startIpAddress": "0.0.0.0"})),
        (
            "firewallRules/r",
            json!({"startIpAddress": "::1", "endIpAddress": "::1"}),
        ),
        ("virtualNetworkRules/r", json!({})),
        (
            "virtualNetworkRules/r",
            json!({"virtualNetworkSubnetId": "a subnet"}),
        ),
        ("administrators/activeDirectory", json!({"login": "dba"})),
    ] {
        let answer = world.put(&below(child), &json!({"properties": properties}));
        assert_eq!(answer.status, 400, "{child}: {properties}");
    }
    let whole = json!({"properties": {"login": "dba", "sid": "x", "tenantId": "x"}});
    for child in ["administrators/other", "securityAlertPolicies/other"] {
        let answer = world.put(&below(child), &whole);
        assert_eq!(answer.status, 404, "{child}");
    }
    assert_eq!(world.delete(&below("databases/postgres")).status, 400);
    let elsewhere = SINGLE.replace("single", "none");
    for rest in [
        "firewallRules",
        "databases",
        "configurations",
        "administrators",
        "virtualNetworkRules",
        "privateEndpointConnections",
        "privateLinkResources",
        "replicas",
        "logFiles",
        "securityAlertPolicies",
        "performanceTiers",
    ] {
        assert_eq!(world.get(&format!("{elsewhere}/{rest}")).status, 404, "{rest}");
        assert_eq!(world.get(&below(rest)).status, 200, "{rest}");
    }
    let rule = json!({"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}});
    let orphan = format!("{elsewhere}/firewallRules/r");
    assert_eq!(world.put(&orphan, &rule).status, 404);
}

#[test]
fn azures_own_databases_are_there_from_the_start() {
    let mut world = world();
    let list = world.get(&below("databases")).json_body();
    let names: Vec<&str> = list["value"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|database| database["name"].as_str())
        .collect();
    assert_eq!(names, ["azure_maintenance", "azure_sys", "postgres"]);
    assert_eq!(
        list["value"][0]["type"],
        "Microsoft.DBforPostgreSQL/servers/databases"
    );
}

#[test]
fn parameters_show_defaults_until_they_are_set() {
    let mut world = world();
    let target = below("configurations/array_nulls");
    let read = |world: &mut World| world.get(&target).json_body()["properties"].clone();
    let own = read(&mut world);
    assert_eq!(
        (&own["value"], &own["source"]),
        (&json!("on"), &json!("system-default"))
    );
    long(&world.put(
        &target,
        &json!({"properties": {"value": "off", "source": "user-override"}}),
    ));
    world.settle();
    let own = read(&mut world);
    assert_eq!(
        (&own["value"], &own["source"]),
        (&json!("off"), &json!("user-override"))
    );
    assert_eq!(
        (&own["defaultValue"], &own["dataType"]),
        (&json!("on"), &json!("Boolean"))
    );
    let list = world.get(&below("configurations")).json_body();
    let shown = list["value"].as_array().expect("a list");
    let named = |parameter: &&Value| parameter["name"] == "array_nulls";
    assert_eq!(shown.iter().filter(named).count(), 1);
    assert_eq!(shown.len(), 168);
    assert_eq!(own["isConfigPendingRestart"], "False");
    assert_eq!(world.get(&below("configurations/unheard_of")).status, 404);
}

#[test]
fn an_alert_policy_takes_a_key_and_shows_it_to_nobody() {
    let mut world = world();
    let target = below("securityAlertPolicies/Default");
    assert_eq!(world.get(&target).json_body()["properties"]["state"], "Disabled");
    let policy =
        json!({"state": "Enabled", "storageEndpoint": "https://a", "StorageAccountAccessKey": "sup3rsecret"});
    long(&world.put(&target, &json!({"properties": policy})));
    world.settle();
    let own = world.get(&target).json_body();
    assert_eq!(own["properties"]["state"], "Enabled");
    assert!(!own.to_string().contains("sup3rsecret"));
    let list = world.get(&below("securityAlertPolicies")).json_body();
    assert_eq!(list, json!({"value": [own]}));
}

#[test]
fn tiers_name_their_skus() {
    let mut world = world();
    let location = format!(
        "/subscriptions/{}/providers/Microsoft.DBforPostgreSQL/locations/WestUS/performanceTiers",
        world.operator.subscription
    );
    let tiers = world.get(&location).json_body();
    assert_eq!(tiers["value"][0]["id"], "Basic");
    assert_eq!(tiers["value"][1]["serviceLevelObjectives"][0]["id"], "GP_Gen5_2");
    assert_eq!(world.get(&below("performanceTiers")).json_body(), tiers);
}

/// Connects a private endpoint to a server, in one of the two ways.
pub(crate) fn connect(world: &mut World, server: &str, way: &str) {
    let target = format!("{}{server}", world.group());
    let subnet = format!("{}{NETWORK}/virtualNetworks/v/subnets/s", world.group());
    let mut body = json!({"location": "westus2", "properties": {"subnet": {"id": subnet}}});
    body["properties"][way] = json!([{
        "name": "link",
        "properties": {"privateLinkServiceId": target, "groupIds": ["postgresqlServer"]},
    }]);
    let answer = world.put(&format!("{NETWORK}/privateEndpoints/pe"), &body);
    assert!(answer.status.is_success(), "{answer:?}");
    world.settle();
}

/// The connection of the one private endpoint.
pub(crate) fn connection(world: &mut World) -> Value {
    world.get(&below("privateEndpointConnections")).json_body()["value"][0].clone()
}

#[test]
fn a_private_endpoint_connects_to_the_server() {
    let mut world = world();
    let link = world.get(&below("privateLinkResources/postgresqlServer"));
    assert_eq!(link.json_body()["properties"]["groupId"], "postgresqlServer");
    assert_eq!(world.get(&below("privateLinkResources/other")).status, 404);
    connect(&mut world, SINGLE, "manualPrivateLinkServiceConnections");
    let made = connection(&mut world);
    let name = made["id"]
        .as_str()
        .and_then(|id| id.rsplit('/').next())
        .expect("a name");
    assert!(name.starts_with("pe-") && name.len() == 39, "{name}");
    assert_eq!(made["properties"]["provisioningState"], "Ready");
    let target = made["id"].as_str().expect("an id").to_owned();
    assert_eq!(world.get(&target).json_body(), made);
    let server = world.get(SINGLE).json_body();
    assert_eq!(server["properties"]["privateEndpointConnections"], json!([made]));
    let status =
        |connection: &Value| connection["properties"]["privateLinkServiceConnectionState"]["status"].clone();
    assert_eq!(status(&made), "Pending");
    let reject = json!({"properties": {"privateLinkServiceConnectionState": {"status": "Rejected", "description": "no"}}});
    long(&world.put(&target, &reject));
    world.settle();
    assert_eq!(status(&connection(&mut world)), "Rejected");
    let again = world.put(&target, &reject);
    assert_eq!(
        (again.status.as_u16(), &again.json_body()["error"]["code"]),
        (400, &json!("PrivateEndpointConnectionStatusNotPending"))
    );
    let tags = world.arm(Method::PATCH, &target, Some(&json!({"tags": {"a": "b"}})));
    assert_eq!(
        (tags.status.as_u16(), &tags.json_body()["tags"]["a"]),
        (200, &json!("b"))
    );
    assert_eq!(connection(&mut world), tags.json_body());
    // Tags come on top of those there are, and count with them.
    let many: serde_json::Map<String, Value> = (0..50).map(|at| (format!("t{at}"), json!("x"))).collect();
    let refused = world.arm(Method::PATCH, &target, Some(&json!({"tags": many})));
    assert_eq!(refused.json_body()["error"]["code"], "SyntheticTooManyTags");
    assert_eq!(connection(&mut world), tags.json_body());
    let state = &connection(&mut world)["properties"]["privateLinkServiceConnectionState"];
    assert_eq!(state["actionsRequired"], "None");
    let nonsense = json!({"properties": {"privateLinkServiceConnectionState": {"status": "Maybe"}}});
    assert_eq!(world.put(&target, &nonsense).status, 400);
    long(&world.delete(&target));
    world.settle();
    assert_eq!(connection(&mut world), Value::Null);
    assert_eq!(world.delete(&target).status, 204);
    assert_eq!(world.put(&target, &reject).status, 404);
}
