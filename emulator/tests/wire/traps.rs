//! Where real clients stumble, one function a trap.

use azdrill_emulator::model::Request;
use azdrill_emulator::server::Core;
use http::Method;
use serde_json::{Value, json};

use crate::bodies::backup_body;
use crate::world::{ARM, World, below_vault};

/// A wait of 0 counts as none, none is 30 seconds, and a fraction crashes the Python SDK. It must
/// stand on the answers to polls as well.
#[test]
fn retry_after_is_a_whole_second_on_first_answers_and_on_polls() {
    let mut world = World::protected();
    world.put_account();
    let answers = [
        world.post(&below_vault("backupInstances/one/backup"), &backup_body()),
        world.put(&below_vault("backupInstances/one"), &world.instance_body()),
        world.arm(Method::PATCH, &below_vault(""), Some(&json!({"tags": {}}))),
        world.put_server(),
        world.delete(""),
    ];
    for answer in &answers {
        assert_eq!(answer.header("retry-after"), Some("1"), "{answer:?}");
        for header in ["azure-asyncoperation", "location"] {
            if answer.header(header).is_some() {
                let poll = world.follow(answer, header);
                assert_eq!(poll.header("retry-after"), Some("1"), "{header} of {answer:?}");
            }
        }
    }
}

/// With both headers the whole second wins.
#[test]
fn fast_polls_name_milliseconds_and_nothing_else() {
    let mut world = World::new();
    world.azure.settings_mut().fast_polls = true;
    let first = world.put_server();
    let poll = world.follow(&first, "azure-asyncoperation");
    for answer in [first, poll] {
        assert_eq!(answer.header("x-ms-retry-after-ms"), Some("50"));
        assert_eq!(answer.header("retry-after"), None);
    }
}

#[test]
fn query_keys_may_be_encoded_and_spaces_may_be_plus_signs() {
    let mut world = World::new();
    let subscription = world.operator.subscription.clone();
    let found = world.get(&format!(
        "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions?%24filter=roleName+eq+%27Reader%27&api%2Dversion=2022-04-01&api-version="
    ));
    assert_eq!(found.status, 200);
    let found = found.json_body();
    assert_eq!(found["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(found["value"][0]["properties"]["roleName"], "Reader");
}

/// An encoded `api-version` has the same meaning: vaults must have soft delete always on from a
/// version on.
#[test]
fn an_encoded_api_version_counts() {
    let mut world = World::new();
    let target = format!("{}{}?api%2Dversion=2026-06-01", world.group(), below_vault(""));
    let request = world
        .request(Method::PUT, &target)
        .with_json(&crate::bodies::vault_body("On"));
    assert_eq!(world.send(request).status, 400);
    assert_eq!(world.put_vault("2026-06-01", "AlwaysOn").status, 201);
}

#[test]
fn paths_may_begin_with_two_slashes_end_with_one_and_be_in_any_case() {
    let mut world = World::new();
    let subscription = world.operator.subscription.clone();
    for target in [
        format!("//subscriptions/{subscription}/resourceGroups/drill?api-version=2025-04-01"),
        format!("/subscriptions/{subscription}/resourcegroups/drill?api-version=2025-04-01"),
        format!("/SUBSCRIPTIONS/{subscription}/RESOURCEGROUPS/DRILL/?api-version=2025-04-01"),
    ] {
        let request = world.request(Method::GET, &target);
        assert_eq!(world.send(request).status, 200, "{target}");
    }
}

/// A client fails if anything else is in the answer.
#[test]
fn lists_of_resources_honour_their_filter() {
    let mut world = World::new();
    world.put_account();
    world.put_server();
    let subscription = world.operator.subscription.clone();
    let list = |world: &mut World, filter: &str| {
        let target =
            format!("/subscriptions/{subscription}/resources?$filter={filter}&api-version=2015-11-01");
        let listed = world.get(&target).json_body();
        listed["value"].as_array().cloned().unwrap_or_default()
    };
    assert!(list(&mut world, "resourceType%20eq%20'Microsoft.KeyVault/vaults'").is_empty());
    let accounts = list(&mut world, "resourceType+eq+'Microsoft.Storage/storageAccounts'");
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0]["name"], "target");
}

/// The CLI phones this account when it signs in, and tolerates any answer.
#[test]
fn an_account_that_does_not_exist_is_answered() {
    let mut world = World::new();
    let host = "azcliprod.blob.core.windows.net";
    assert!(world.azure.knows_host(host));
    let answer = world.send(Request::new(Method::GET, host, "/cli/version.json"));
    assert!(answer.status.is_client_error(), "{answer:?}");
}

/// Signed addresses come back with everything that was added to them.
#[test]
fn polls_take_more_query_and_ids_with_unescaped_padding() {
    let mut world = World::protected();
    let started = world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    let address = started
        .header("azure-asyncoperation")
        .expect("an address")
        .to_owned();
    let target = address
        .trim_start_matches("https://management.azure.com")
        .to_owned();
    let signature = "c".repeat(2500);
    let escaped = target.replacen('=', "%3D", 1);
    for target in [format!("{target}&added={signature}&more=x_-&last=y"), escaped] {
        let request = world.request(Method::GET, &target);
        assert_eq!(world.send(request).status, 200, "{target}");
    }
}

/// Regional names lead to the same place.
#[test]
fn a_poll_at_a_regional_host_finds_the_operation() {
    let mut world = World::protected();
    let started = world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    let address = started
        .header("azure-asyncoperation")
        .expect("an address")
        .to_owned();
    let target = address.trim_start_matches("https://management.azure.com");
    let mut request = world.request(Method::GET, target);
    request.host = "westeurope.management.azure.com".to_owned();
    assert_eq!(world.send(request).status, 200);
}

/// The service compares the names of members without regard to case.
#[test]
fn a_datasource_may_be_named_resource_id_in_either_spelling() {
    let mut world = World::protected();
    world.delete(&below_vault("backupInstances/one"));
    world.settle();
    let mut properties = world.instance_body()["properties"].clone();
    let info = properties["dataSourceInfo"].as_object_mut().expect("an object");
    let id = info.shift_remove("resourceID").expect("an id");
    info.insert("resourceId".to_owned(), id);
    let started = world.post(
        &below_vault("validateForBackup"),
        &json!({"backupInstance": properties}),
    );
    assert_eq!(started.status, 202, "{started:?}");
    world.settle();
    assert_eq!(
        world.follow(&started, "azure-asyncoperation").json_body()["status"],
        "Succeeded"
    );
}

/// Terraform leaves it empty.
#[test]
fn an_empty_object_type_is_filled_in() {
    let mut world = World::protected();
    let mut body = world.instance_body();
    body["properties"]["objectType"] = json!("");
    body["properties"]["dataSourceInfo"]["objectType"] = json!("");
    let made = world.put(&below_vault("backupInstances/one"), &body).json_body();
    assert_eq!(made["properties"]["objectType"], "BackupInstance");
    assert_eq!(made["properties"]["dataSourceInfo"]["objectType"], "Datasource");
}

#[test]
fn a_retention_rule_is_no_backup_rule() {
    let mut world = World::protected();
    let body = json!({"backupRuleOptions": {"ruleName": "Default", "triggerOption": {}}});
    let refused = world.post(&below_vault("backupInstances/one/backup"), &body);
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.json_body()["error"]["code"],
        "BMSUserErrorDPPAdhocBackupNotAllowedForBackupType"
    );
}

#[test]
fn every_answer_of_arm_carries_its_common_headers() {
    let mut world = World::new();
    let answer = world.get("");
    for (name, value) in [
        ("cache-control", "no-cache"),
        ("pragma", "no-cache"),
        ("expires", "-1"),
        ("x-content-type-options", "nosniff"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("content-type", "application/json; charset=utf-8"),
        ("x-ms-client-request-id", crate::world::ACTIVITY),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert_eq!(
        answer.header("x-ms-request-id"),
        answer.header("x-ms-correlation-request-id")
    );
}

/// The fraction's trailing zeros are left out, as recorded.
#[test]
fn times_are_written_without_trailing_zeros() {
    let mut world = World::new();
    world.now = "2026-03-02T06:00:00.515338Z".parse().expect("a time");
    let started = world.put_vault("2024-04-01", "On");
    let status = world.follow(&started, "azure-asyncoperation").json_body();
    assert_eq!(status["startTime"], "2026-03-02T06:00:00.515338Z");
}

/// Not Azure's: where servers listen, for whoever runs on this machine.
#[test]
fn running_servers_are_listed_at_the_local_address_only() {
    let mut world = World::new();
    let list = |host: &str| Request::new(Method::GET, host, "/_azdrill/servers");
    assert_eq!(world.send(list("localhost")).json_body(), json!([]));
    world.put_server();
    world.settle();
    let wanted = json!([{
        "name": "source",
        "fullyQualifiedDomainName": "source.postgres.database.azure.com",
        "host": "127.0.0.1",
        "port": 5432,
    }]);
    assert_eq!(world.send(list("127.0.0.1")).json_body(), wanted);
    assert_eq!(world.send(list(ARM)).status, 501);
    let server = world.server();
    world.delete(&server);
    world.settle();
    assert_eq!(
        world.send(list("localhost")).json_body(),
        Value::Array(Vec::new())
    );
}

/// Terraform's provider sends a charset with `Accept`, and sees an empty 406 in place of any error
/// of the Backup service; what succeeds, and what Azure Resource Manager itself refuses, is as ever.
#[test]
fn an_accept_header_with_a_charset_turns_errors_into_an_empty_406() {
    let mut world = World::protected();
    let accept = "application/json; charset=utf-8; IEEE754Compatible=false";
    let vault = format!("{}{}?api-version=2024-04-01", world.group(), below_vault(""));
    let send = |world: &mut World, method: Method, target: &str, body: Option<&Value>| {
        let request = world.request(method, target).with_header("accept", accept);
        world.send(match body {
            Some(body) => request.with_json(body),
            None => request,
        })
    };
    assert_eq!(send(&mut world, Method::GET, &vault, None).status, 200);
    let local = json!({"location": "westeurope", "properties": {
        "storageSettings": [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}],
    }});
    let refused = send(&mut world, Method::PUT, &vault, Some(&local));
    assert_eq!(refused.status, 406, "{refused:?}");
    assert!(
        refused.body.is_empty() && refused.header("content-type").is_none(),
        "{refused:?}"
    );
    let rules = refused.header("x-azdrill-rules").expect("rules");
    assert!(rules.split(',').any(|rule| rule == "DPP-406"), "{rules}");
    let missing = send(
        &mut world,
        Method::GET,
        &vault.replace("backupVaults/", "backupVaults/not-"),
        None,
    );
    assert_eq!(missing.status, 404);
    assert_eq!(missing.json_body()["error"]["code"], "ResourceNotFound");
}
