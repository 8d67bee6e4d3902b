//! Server parameters: every one there is, checked, and set on the real server.

use azdrill_emulator::jobs::{RealParameter, ServerWork};
use http::Method;
use serde_json::{Value, json};

use crate::flexible_servers::SERVER;
use crate::world::World;

fn real(name: &str, kind: &str, context: &str) -> RealParameter {
    RealParameter {
        name: name.to_owned(),
        kind: kind.to_owned(),
        unit: String::new(),
        default: "0".to_owned(),
        least: "0".to_owned(),
        most: "100".to_owned(),
        words: Vec::new(),
        context: context.to_owned(),
        description: format!("What {name} is for."),
    }
}

/// With a server of a version, whose real server knows a few parameters.
fn with_server(version: &str) -> World {
    let mut world = World::new();
    world.movement.parameters = vec![
        real("work_mem", "integer", "user"),
        real("max_connections", "integer", "postmaster"),
        real("shared_buffers", "integer", "postmaster"),
        real("brand_new", "integer", "user"),
        real("brand_new_path", "string", "sighup"),
        real("azure.extensions", "string", "sighup"),
    ];
    let body = json!({
        "location": "westeurope",
        "properties": {"administratorLogin": "drill", "administratorLoginPassword": "Not-a-secret-1!", "version": version},
    });
    assert_eq!(world.put(SERVER, &body).status, 202);
    world.settle();
    world
}

fn at(name: &str) -> String {
    format!("{SERVER}/configurations/{name}")
}

fn read(world: &mut World, name: &str) -> Value {
    world.get(&at(name)).json_body()["properties"].take()
}

/// Sets a parameter and says how the operation ended.
#[track_caller]
fn set(world: &mut World, name: &str, value: &str) -> Value {
    let answer = world.put(
        &at(name),
        &json!({"properties": {"value": value, "source": "user-override"}}),
    );
    assert_eq!(answer.status, 202, "{name}: {answer:?}");
    assert_eq!(
        answer.json_body()["operation"],
        "UpdateOrcasServerParameterManagementOperation"
    );
    world.settle();
    world.follow(&answer, "azure-asyncoperation").json_body()
}

#[test]
fn a_recorded_version_lists_what_was_recorded() {
    let mut world = with_server("16");
    let answer = world.get(&format!("{SERVER}/configurations"));
    assert_eq!(answer.header("x-azdrill-mark"), None);
    let list = answer.json_body()["value"].take();
    assert_eq!(list.as_array().map(Vec::len), Some(424));
    let mut own = world.get(&at("lock_timeout")).json_body();
    assert_eq!(
        own["type"],
        "Microsoft.DBforPostgreSQL/flexibleServers/configurations"
    );
    let wanted = json!({
        "value": "0", "description": "", "defaultValue": "0", "dataType": "Integer",
        "allowedValues": "0-2147483647", "source": "system-default", "isDynamicConfig": true,
        "isReadOnly": false, "isConfigPendingRestart": false, "unit": "milliseconds",
        "documentationLink": "https://www.postgresql.org/docs/16/runtime-config-client.html#GUC-LOCK-TIMEOUT",
    });
    assert_eq!(own["properties"].take(), wanted);
    assert_eq!(
        read(&mut world, "work_mem")["description"],
        "What work_mem is for."
    );
    // Some are not as they are by default.
    let mode = read(&mut world, "archive_mode");
    assert_eq!(
        (&mode["value"], &mode["defaultValue"], &mode["source"]),
        (&json!("always"), &json!("off"), &json!("user-override"))
    );
}

#[test]
fn another_version_lists_what_its_server_knows_and_azures_own() {
    let mut world = with_server("17");
    let answer = world.get(&format!("{SERVER}/configurations"));
    assert_eq!(answer.header("x-azdrill-mark"), Some("inferred"));
    let list = answer.json_body()["value"].take();
    let names: Vec<&str> = list
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|own| own["name"].as_str())
        .collect();
    assert!(names.is_sorted() && names.contains(&"azure.extensions") && names.contains(&"brand_new"));
    assert!(
        !names.contains(&"lock_timeout"),
        "its server knows no such parameter"
    );
    let new = read(&mut world, "brand_new");
    assert_eq!(
        (&new["allowedValues"], &new["isReadOnly"]),
        (&json!("0-100"), &json!(false))
    );
    assert_eq!(read(&mut world, "brand_new_path")["isReadOnly"], true);
    let link = read(&mut world, "work_mem")["documentationLink"].take();
    assert!(
        link.as_str().is_some_and(|link| link.contains("/docs/17/")),
        "{link}"
    );
}

#[test]
fn what_is_set_is_set_on_the_server_too() {
    let mut world = with_server("16");
    assert_eq!(set(&mut world, "work_mem", "8192")["status"], "Succeeded");
    let own = read(&mut world, "work_mem");
    assert_eq!(
        (&own["value"], &own["source"], &own["isConfigPendingRestart"]),
        (&json!("8192"), &json!("user-override"), &json!(false))
    );
    let was_set = |world: &World, wanted: &str| {
        let set = |work: &ServerWork| matches!(work, ServerWork::SetParameter { name, .. } if name == wanted);
        world.movement.server_work.iter().any(set)
    };
    assert!(was_set(&world, "work_mem"));
    // Azure's own, which its server knows all the same.
    let listed = "PGCRYPTO,citext";
    assert_eq!(set(&mut world, "azure.extensions", listed)["status"], "Succeeded");
    assert_eq!(read(&mut world, "azure.extensions")["value"], listed);
    assert!(was_set(&world, "azure.extensions"));
    // Told, and not done: what does harm.
    assert_eq!(
        set(&mut world, "shared_buffers", "1048576")["status"],
        "Succeeded"
    );
    assert_eq!(read(&mut world, "shared_buffers")["value"], "1048576");
    assert!(!was_set(&world, "shared_buffers"));
    assert_eq!(set(&mut world, "max_connections", "200")["status"], "Succeeded");
    assert!(was_set(&world, "max_connections"));
    // Too much for this machine: told, and nothing of before stays.
    assert_eq!(set(&mut world, "max_connections", "5000")["status"], "Succeeded");
    assert_eq!(read(&mut world, "max_connections")["value"], "5000");
    let last = world.movement.server_work.last();
    assert!(
        matches!(last, Some(ServerWork::SetParameter { name, value, .. }) if name == "max_connections" && value == "0"),
        "{last:?}"
    );
    // Taking it back.
    let back = json!({"properties": {"source": "system-default"}});
    assert_eq!(world.put(&at("work_mem"), &back).status, 202);
    world.settle();
    assert_eq!(read(&mut world, "work_mem")["source"], "system-default");
}

#[test]
fn a_static_parameter_waits_for_a_restart() {
    let mut world = with_server("16");
    set(&mut world, "max_connections", "60");
    let pending = |world: &mut World| read(world, "max_connections")["isConfigPendingRestart"].take();
    assert_eq!(pending(&mut world), true);
    assert_eq!(
        world.arm(Method::POST, &format!("{SERVER}/restart"), None).status,
        202
    );
    world.settle();
    assert_eq!(pending(&mut world), false);
    assert_eq!(read(&mut world, "max_connections")["value"], "60");
}

#[test]
fn what_cannot_be_is_refused() {
    let mut world = with_server("16");
    let value = json!({"properties": {"value": "1"}});
    let unknown = world.put(&at("no_such_parameter"), &value);
    assert_eq!(unknown.status, 404);
    let error = unknown.json_body()["error"].take();
    assert_eq!(error["code"], "ConfigurationNotExists");
    let text = "The configuration 'no_such_parameter' does not exist for source server version 16.";
    assert_eq!(error["message"], text);
    assert_eq!(world.get(&at("no_such_parameter")).status, 404);
    for name in ["data_directory", "port", "archive_command", "server_version"] {
        let answer = world.put(&at(name), &value);
        assert_eq!(
            answer.json_body()["error"]["code"],
            "ConfigurationReadOnly",
            "{name}"
        );
    }
    let before = world.get(&format!("{SERVER}/configurations")).json_body();
    for (name, value) in [
        ("max_connections", "banana"),
        ("max_connections", "24"),
        ("work_mem", "1.5"),
        ("array_nulls", "perhaps"),
        ("wal_level", "minimal"),
        ("azure.extensions", "pgcrypto,no_such_extension"),
        ("TimeZone", "UTC'; DROP"),
        ("DateStyle", "roman"),
    ] {
        let ended = set(&mut world, name, value);
        assert_eq!(ended["status"], "Failed", "{name} = {value}");
        assert_eq!(
            ended["error"]["code"], "InvalidConfigurationValue",
            "{name} = {value}"
        );
    }
    assert_eq!(world.get(&format!("{SERVER}/configurations")).json_body(), before);
    assert_eq!(set(&mut world, "array_nulls", "OFF")["status"], "Succeeded");
}
