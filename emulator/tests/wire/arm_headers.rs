//! Headers of Azure Resource Manager, and the addresses it signs.

use azdrill_emulator::model::{Request, Response};
use http::Method;
use serde_json::{Value, json};

use crate::bodies::{backup_body, vault_body};
use crate::world::{ARM, World, below_vault};

#[test]
fn every_answer_says_how_it_was_routed_and_the_backup_service_who_asked() {
    let mut world = World::protected();
    let answer = world.get(&below_vault("backupInstances/one"));
    let id = answer.header("x-ms-request-id").expect("there").to_owned();
    let time = world.now.strftime("%Y%m%dT%H%M%SZ");
    let routed = format!("WESTEUROPE:{time}:{id}");
    assert_eq!(answer.header("x-ms-routing-request-id"), Some(routed.as_str()));
    let (tenant, operator) = (world.operator.tenant, world.operator.object_id);
    let identifier = format!("tenantId={tenant},objectId={operator}/westeurope/{id}");
    assert_eq!(
        answer.header("x-ms-operation-identifier"),
        Some(identifier.as_str())
    );
    // What is asked at a region is answered from there.
    let target = format!(
        "/subscriptions/{}/providers/Microsoft.DataProtection/locations/northeurope/deletedVaults?api-version=2025-09-01",
        world.operator.subscription
    );
    let far = world.get(&target);
    let identifier = far.header("x-ms-operation-identifier").unwrap_or_default();
    assert!(identifier.contains("/northeurope/"), "{identifier}");
    let group = world.get("");
    assert!(group.header("x-ms-routing-request-id").is_some());
    assert_eq!(group.header("x-ms-operation-identifier"), None);
}

/// A vault's body has no `systemData`; the header of its PUT has. Only the first names a creator.
#[test]
fn who_wrote_a_vault_stands_in_a_header() {
    let mut world = World::new();
    let data = |answer: &Response| -> Value {
        let text = answer.header("x-ms-arm-resource-system-data").expect("there");
        serde_json::from_str(text).expect("JSON")
    };
    let client = world.operator.client_id.to_string();
    let target = below_vault("");
    let made = world.put(&target, &vault_body("On"));
    let found = data(&made);
    let keys: Vec<&String> = found.as_object().expect("an object").keys().collect();
    assert_eq!(
        keys,
        [
            "createdBy",
            "createdByType",
            "createdAt",
            "lastModifiedBy",
            "lastModifiedByType",
            "lastModifiedAt"
        ]
    );
    assert_eq!(found["createdBy"], json!(client));
    assert_eq!(found["createdByType"], "Application");
    assert_eq!(found["createdAt"], "2026-03-02T06:00:00.1234567Z");
    assert_eq!(made.json_body().get("systemData"), None);
    world.settle();
    let found = data(&world.put(&target, &vault_body("On")));
    let keys: Vec<&String> = found.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["lastModifiedBy", "lastModifiedByType", "lastModifiedAt"]);
    assert_eq!(world.get(&target).header("x-ms-arm-resource-system-data"), None);
}

#[test]
fn addresses_of_operations_are_signed_and_come_back_as_they_are() {
    let mut world = World::protected();
    let started = world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    let signature = |header: &str| {
        let address = started.header(header).expect("an address").to_owned();
        assert!(
            (3_000..4_500).contains(&address.len()),
            "{} characters",
            address.len()
        );
        let target = address.trim_start_matches("https://management.azure.com");
        let asked = Request::new(Method::GET, ARM, target);
        let pairs = asked.query.pairs();
        let pairs: Vec<(String, String)> = pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let keys: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["api-version", "t", "c", "s", "h"]);
        assert!(pairs.iter().all(|(_, value)| {
            value
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        }));
        pairs
    };
    let (status, result) = (signature("azure-asyncoperation"), signature("location"));
    // One certificate, and a signature of each address.
    assert_eq!(status[2], result[2]);
    assert_ne!((&status[3], &status[4]), (&result[3], &result[4]));
    let running = world.follow(&started, "location");
    assert_eq!(running.status, 202);
    assert_eq!(running.header("location"), started.header("location"));
    world.settle();
    assert_eq!(
        world.follow(&started, "azure-asyncoperation").json_body()["status"],
        "Succeeded"
    );
    assert_eq!(world.follow(&started, "location").status, 200);
}
