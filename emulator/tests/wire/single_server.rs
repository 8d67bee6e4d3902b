//! Single servers in ARM: statuses, bodies, names, versions, passwords.

use azdrill_emulator::jobs::{EffectResult, ServerWork, Work};
use azdrill_emulator::model::Response;
use azdrill_emulator::server::Core;
use http::Method;
use serde_json::{Value, json};

use crate::bodies::FLEXIBLE_SERVER;
use crate::world::World;

pub(crate) const PASSWORD: &str = "Not-a-secret-1!";
pub(crate) const SINGLE: &str = "/providers/Microsoft.DBforPostgreSQL/servers/single";

/// What azure-cli sends, with a version.
pub(crate) fn server_body(version: &str) -> Value {
    json!({
        "sku": {"name": "GP_Gen5_2"},
        "properties": {
            "storageProfile": {"backupRetentionDays": 10, "geoRedundantBackup": "Enabled", "storageMB": 51200, "storageAutogrow": "Enabled"},
            "createMode": "Default",
            "administratorLogin": "cloudsa",
            "administratorLoginPassword": PASSWORD,
            "version": version,
        },
        "location": "westus2",
        "tags": {"key": "1"},
    })
}

/// A world with a single server in it.
pub(crate) fn world() -> World {
    let mut world = World::new();
    long(&world.put(SINGLE, &server_body("11")));
    world.settle();
    world
}

/// An answer that begins a long-running operation as all clients take it.
#[track_caller]
pub(crate) fn long(answer: &Response) {
    assert_eq!(answer.status, 202, "{answer:?}");
    for header in ["azure-asyncoperation", "location"] {
        assert!(answer.header(header).is_some(), "no {header}: {answer:?}");
    }
}

fn everything(world: &World) -> String {
    let bodies = world.azure.state().resources.values();
    bodies.map(|resource| resource.body.to_string()).collect()
}

#[test]
fn statuses_and_operations_of_a_server() {
    let mut world = World::new();
    let made = world.put(SINGLE, &server_body("11"));
    long(&made);
    assert_eq!(made.json_body()["operation"], "UpsertElasticServer");
    let status = world.follow(&made, "azure-asyncoperation");
    assert_eq!(
        (status.status.as_u16(), &status.json_body()["status"]),
        (200, &json!("InProgress"))
    );
    assert_eq!(world.follow(&made, "location").status, 202);
    world.settle();
    let status = world.follow(&made, "azure-asyncoperation");
    assert_eq!(status.json_body()["status"], "Succeeded");
    let result = world.follow(&made, "location");
    assert_eq!(
        (result.status.as_u16(), &result.json_body()["name"]),
        (200, &json!("single"))
    );
    long(&world.put(SINGLE, &server_body("11")));
    world.settle();
    long(&world.arm(Method::PATCH, SINGLE, Some(&json!({"tags": {"a": "b"}}))));
    world.settle();
    long(&world.arm(Method::POST, &format!("{SINGLE}/restart"), None));
    world.settle();
    assert_eq!(world.get(SINGLE).status, 200);
    let gone = world.delete(SINGLE);
    long(&gone);
    assert_eq!(
        world.get(SINGLE).json_body()["properties"]["userVisibleState"],
        "Dropping"
    );
    world.settle();
    assert_eq!(world.follow(&gone, "location").status, 200);
    assert_eq!(world.delete(SINGLE).status, 204);
    assert_eq!(world.get(SINGLE).status, 404);
    assert_eq!(world.arm(Method::PATCH, SINGLE, Some(&json!({}))).status, 404);
    assert!(!everything(&world).contains("/servers/single"), "nothing is left");
}

/// The members, their order and their values as they were recorded from Azure, apart from the one
/// that is ours.
#[test]
fn a_server_as_it_was_recorded() {
    let mut world = world();
    let body = world.get(SINGLE).json_body();
    let wanted = json!({
        "sku": {"name": "GP_Gen5_2", "tier": "GeneralPurpose", "family": "Gen5", "capacity": 2},
        "properties": {
            "administratorLogin": "cloudsa",
            "storageProfile": {"storageMB": 51200, "backupRetentionDays": 10, "geoRedundantBackup": "Enabled", "storageAutogrow": "Enabled"},
            "version": "11",
            "x-azdrill-major": "13",
            "sslEnforcement": "Enabled",
            "minimalTlsVersion": "TLSEnforcementDisabled",
            "userVisibleState": "Ready",
            "fullyQualifiedDomainName": "single.postgres.database.azure.com",
            "earliestRestoreDate": "2026-03-02T06:10:00.123+00:00",
            "replicationRole": "None",
            "masterServerId": "",
            "replicaCapacity": 5,
            "byokEnforcement": "Disabled",
            "privateEndpointConnections": [],
            "infrastructureEncryption": "Disabled",
            "publicNetworkAccess": "Enabled",
        },
        "location": "westus2",
        "tags": {"key": "1"},
        "id": "/subscriptions/{subscription}/resourceGroups/drill/providers/Microsoft.DBforPostgreSQL/servers/single",
        "name": "single",
        "type": "Microsoft.DBforPostgreSQL/servers",
    });
    world.same_shape(&body, &wanted);
    for list in [
        "/providers/Microsoft.DBforPostgreSQL/servers".to_owned(),
        format!(
            "/subscriptions/{}/providers/Microsoft.DBforPostgreSQL/servers",
            world.operator.subscription
        ),
    ] {
        assert_eq!(world.get(&list).json_body(), json!({"value": [body]}), "{list}");
    }
    let resources = world.get("/resources?$filter=resourceType eq 'Microsoft.DBforPostgreSQL/servers'");
    assert_eq!(resources.json_body()["value"][0]["name"], "single");
}

#[test]
fn a_server_named_without_more_gets_what_is_usual() {
    let mut world = World::new();
    let body = json!({
        "location": "westus",
        "properties": {"createMode": "Default", "administratorLogin": "cloudsa", "administratorLoginPassword": PASSWORD, "replicaCapacity": 99, "odd": {"kept": false}},
    });
    long(&world.put(SINGLE, &body));
    world.settle();
    let body = world.get(SINGLE).json_body();
    assert_eq!(body["properties"]["version"], "9.6");
    assert_eq!(body["properties"]["storageProfile"]["backupRetentionDays"], 7);
    assert_eq!(body["properties"]["replicaCapacity"], 5, "read-only");
    assert_eq!(
        body["properties"].get("odd"),
        None,
        "its version does not have it"
    );
    assert_eq!(body["sku"]["tier"], "GeneralPurpose");
}

#[test]
fn a_change_is_kept_and_what_is_read_only_stays() {
    let mut world = world();
    let patch = json!({
        "sku": {"name": "MO_Gen5_8"},
        "properties": {"publicNetworkAccess": "Disabled", "userVisibleState": "Inaccessible", "administratorLogin": "other"},
    });
    long(&world.arm(Method::PATCH, SINGLE, Some(&patch)));
    let during = world.get(SINGLE).json_body();
    assert_eq!(during["properties"]["userVisibleState"], "Ready");
    world.settle();
    let body = world.get(SINGLE).json_body();
    assert_eq!(
        body["sku"],
        json!({"name": "MO_Gen5_8", "tier": "MemoryOptimized", "family": "Gen5", "capacity": 8})
    );
    let own = &body["properties"];
    assert_eq!(own["publicNetworkAccess"], "Disabled");
    assert_eq!(own["userVisibleState"], "Ready");
    assert_eq!(own["administratorLogin"], "cloudsa");
    let upgrade = json!({"properties": {"version": "10"}});
    assert_eq!(world.arm(Method::PATCH, SINGLE, Some(&upgrade)).status, 501);
    assert_eq!(world.get(SINGLE).json_body()["properties"]["version"], "11");
}

/// Which real server stands behind a version.
#[test]
fn old_versions_stand_on_the_oldest_major_at_hand_and_the_body_says_so() {
    let mut world = World::new();
    world.azure.settings_mut().postgres_majors = vec![17, 15];
    let mut asked = |version: &str| {
        let answer = world.put(SINGLE, &server_body(version));
        if answer.status != 202 {
            return (answer.status.as_u16(), Value::Null, 0);
        }
        world.settle();
        let own = world.get(SINGLE).json_body()["properties"].clone();
        assert_eq!(own["version"], version);
        let id = format!("{}{SINGLE}", world.group()).parse().expect("an id");
        let major = world.azure.services().postgres.spec(&id).map(|spec| spec.major);
        world.delete(SINGLE);
        world.settle();
        (202, own["x-azdrill-major"].clone(), major.unwrap_or_default())
    };
    for version in ["9.5", "9.6", "10", "11"] {
        assert_eq!(asked(version), (202, json!("15"), 15), "{version}");
    }
    assert_eq!(asked("15"), (202, Value::Null, 15));
    assert_eq!(asked("17"), (202, Value::Null, 17));
    for version in ["16", "12", "8", "eleven", "11; DROP"] {
        assert_eq!(asked(version).0, 400, "{version}");
    }
}

#[test]
fn the_password_is_changed_on_the_server_and_shown_nowhere() {
    let mut world = World::new();
    let mut body = server_body("11");
    let own = body["properties"].as_object_mut().expect("an object");
    own.remove("administratorLoginPassword");
    own.insert("AdministratorLoginPassword".to_owned(), json!(PASSWORD));
    let members = body.as_object_mut().expect("an object");
    let own = members.remove("properties").expect("properties");
    members.insert("Properties".to_owned(), own);
    let made = world.put(SINGLE, &body);
    long(&made);
    assert!(!String::from_utf8_lossy(made.body.bytes()).contains(PASSWORD));
    world.settle();
    assert!(!everything(&world).contains(PASSWORD));
    for spelling in ["administratorLoginPassword", "ADMINISTRATORLOGINPASSWORD"] {
        for outer in ["properties", "Properties"] {
            let new = format!("New-{spelling}-{outer}");
            let patch = json!({outer: {spelling: new}});
            long(&world.arm(Method::PATCH, SINGLE, Some(&patch)));
            let effects = world.azure.tick(world.now);
            let changed = effects.iter().any(|effect| {
                matches!(&effect.work, Work::Server(ServerWork::SetAdminPassword { password, .. }) if *password == new)
            });
            assert!(changed, "{spelling} in {outer}: {effects:?}");
            assert!(!format!("{effects:?}").contains(&new));
            for effect in effects {
                let now = world.now;
                world.azure.complete(now, effect.id, EffectResult::ServerDone);
            }
            assert!(!everything(&world).contains("New-"), "{spelling} in {outer}");
        }
    }
}

/// Both flavours are `NAME.postgres.database.azure.com`.
#[test]
fn no_two_servers_have_the_same_name() {
    let mut world = world();
    let flexible = json!({
        "location": "westeurope",
        "properties": {"administratorLogin": "drill", "administratorLoginPassword": PASSWORD},
    });
    let refused = world.put(&format!("/providers/{FLEXIBLE_SERVER}/single"), &flexible);
    assert_eq!(refused.status, 409);
    assert_eq!(refused.json_body()["error"]["code"], "SyntheticServerNameInUse");
    assert_eq!(refused.header("x-azdrill-synthetic"), Some("true"));
    world.put_server();
    world.settle();
    let clash = SINGLE.replace("/single", "/source");
    assert_eq!(world.put(&clash, &server_body("11")).status, 409);
    let subscription = world.operator.subscription.clone();
    for (name, kind, free) in [
        ("single", "Microsoft.DBforPostgreSQL/servers", false),
        ("SOURCE", "Microsoft.DBforPostgreSQL/servers", false),
        ("single", FLEXIBLE_SERVER, false),
        ("another", "Microsoft.DBforPostgreSQL/servers", true),
    ] {
        let path = format!(
            "/subscriptions/{subscription}/providers/Microsoft.DBforPostgreSQL/checkNameAvailability"
        );
        let answer = world
            .post(&path, &json!({"name": name, "type": kind}))
            .json_body();
        assert_eq!(answer["nameAvailable"], free, "{name}");
        assert_eq!(answer["type"], kind);
    }
}

#[test]
fn bad_input_is_refused() {
    let mut world = World::new();
    let with = |name: &str, value: Value| {
        let mut body = server_body("11");
        body["properties"][name] = value;
        body
    };
    for body in [
        with("administratorLogin", json!("")),
        with("administratorLogin", json!("azure_superuser")),
        with("administratorLogin", json!(7)),
        with("administratorLoginPassword", Value::Null),
        json!({"location": "westus", "properties": []}),
        json!([1]),
    ] {
        let answer = world.put(SINGLE, &body);
        assert_eq!(answer.status, 400, "{body}");
    }
    for name in ["ab", "Upper", "under_score", "-dash", "dash-"] {
        let target = SINGLE.replace("single", name);
        assert_eq!(world.put(&target, &server_body("11")).status, 400, "{name}");
    }
    for mode in ["Replica", "PointInTimeRestore", "GeoRestore"] {
        let mut body = with("createMode", json!(mode));
        body["properties"]["sourceServerId"] = json!(format!("{}{SINGLE}", world.group()));
        body["properties"]["restorePointInTime"] = json!("2026-03-01T00:00:00Z");
        let answer = world.put(SINGLE, &body);
        assert_eq!(answer.status, 501, "{mode}");
        assert_eq!(answer.json_body()["error"]["code"], "NotImplementedByEmulator");
    }
    assert!(!everything(&world).contains("/servers/single"));
}

#[test]
fn roles_are_asked_for_single_servers_by_their_own_actions() {
    let mut world = world();
    let token = "not a token";
    let target = format!("{}{SINGLE}?api-version=2017-12-01", world.group());
    let request = world
        .request(Method::GET, &target)
        .with_header("authorization", &format!("Bearer {token}"));
    assert_eq!(world.send(request).status, 401);
    let rules = world.azure.rules();
    for operation in rules.router.operations() {
        if !operation.id.starts_with("SingleServer") {
            continue;
        }
        let action = operation.action.as_ref().expect("an action").to_string();
        let in_region = &*operation.id == "SingleServers_PerformanceTiers";
        assert!(
            action.starts_with("Microsoft.DBforPostgreSQL/servers/") || in_region,
            "{}: {action}",
            operation.id
        );
    }
}
