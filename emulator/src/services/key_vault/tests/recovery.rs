//! Secrets that come back: soft delete and backups.

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::secrets::get;
use super::world::{HOST, World, refused};
use crate::model::ResourceId;
use crate::state::Subscription;

#[test]
fn a_deleted_secret_is_recovered_or_purged_and_keeps_its_name_until_then() {
    let mut world = World::new();
    world.set("db", "one");
    world.set("db", "two");
    let answer = world.vault(Method::DELETE, "/secrets/db", None);
    assert_eq!(answer.status, 200);
    let body = answer.json_body();
    assert_eq!(
        body["recoveryId"],
        "https://drill.vault.azure.net/deletedsecrets/db"
    );
    assert_eq!(body["deletedDate"], 1_772_431_200);
    assert_eq!(body["scheduledPurgeDate"], 1_772_431_200 + 90 * 86_400);
    assert_eq!(body["value"], Value::Null);
    assert_eq!(refused(&get(&mut world, "/secrets/db"), 404), "SecretNotFound");
    assert_eq!(get(&mut world, "/deletedsecrets/db").json_body(), body);
    assert_eq!(
        get(&mut world, "/deletedsecrets").json_body()["value"][0]["recoveryId"],
        body["recoveryId"]
    );
    let answer = world.vault(Method::PUT, "/secrets/DB", Some(json!({"value": "three"})));
    assert_eq!(refused(&answer, 409), "ObjectIsDeletedButRecoverable");
    assert_eq!(answer.json_body()["error"]["code"], "Conflict");
    let recovered = world.vault(Method::POST, "/deletedsecrets/db/recover", None);
    assert_eq!(
        (recovered.status.as_u16(), &recovered.json_body()["value"]),
        (200, &Value::Null)
    );
    assert_eq!(get(&mut world, "/secrets/db").json_body()["value"], "two");
    assert_eq!(
        refused(
            &world.vault(Method::POST, "/deletedsecrets/db/recover", None),
            404
        ),
        "SecretNotFound"
    );
    let gone = get(&mut world, "/deletedsecrets/db");
    assert_eq!(
        gone.json_body()["error"]["message"],
        "Deleted Secret not found: db"
    );
    world.vault(Method::DELETE, "/secrets/db", None);
    assert_eq!(
        world.vault(Method::DELETE, "/deletedsecrets/db", None).status,
        204
    );
    assert_eq!(
        world.vault(Method::DELETE, "/deletedsecrets/db", None).status,
        404
    );
    world.set("db", "four");
    // When its time is over it is purged by itself.
    world.vault(Method::DELETE, "/secrets/db", None);
    world.pass(SignedDuration::from_hours(90 * 24) - SignedDuration::from_secs(1));
    assert_eq!(get(&mut world, "/deletedsecrets/db").status, 200);
    world.pass(SignedDuration::from_secs(1));
    assert_eq!(get(&mut world, "/deletedsecrets/db").status, 404);
}

#[test]
fn a_backup_is_restored_where_the_name_is_free() {
    let mut world = World::new();
    world.set("db", "one");
    world.set("db", "two");
    let backup = world.vault(Method::POST, "/secrets/db/backup", None).json_body();
    assert!(!backup.to_string().contains("two"));
    let restore = |world: &mut World| world.vault(Method::POST, "/secrets/restore", Some(backup.clone()));
    assert_eq!(refused(&restore(&mut world), 409), "Conflict");
    world.vault(Method::DELETE, "/secrets/db", None);
    assert_eq!(
        refused(&restore(&mut world), 409),
        "ObjectIsDeletedButRecoverable"
    );
    world.vault(Method::DELETE, "/deletedsecrets/db", None);
    assert_eq!(restore(&mut world).status, 200);
    assert_eq!(get(&mut world, "/secrets/db").json_body()["value"], "two");
    assert_eq!(
        get(&mut world, "/secrets/db/versions").json_body()["value"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    let wrong = world.vault(
        Method::POST,
        "/secrets/restore",
        Some(json!({"value": "made-up"})),
    );
    assert_eq!(refused(&wrong, 400), "BadParameter");
    assert_eq!(
        refused(&world.vault(Method::POST, "/secrets/no/backup", None), 404),
        "SecretNotFound"
    );
}

#[test]
fn a_backup_is_not_restored_in_another_subscription() {
    let mut world = World::new();
    world.set("db", "one");
    let backup = world.vault(Method::POST, "/secrets/db/backup", None).json_body();
    let other = "5b2f1c70-0000-4000-8000-000000000002";
    let tenant = world.operator.tenant;
    world.azure.state_mut().add_subscription(Subscription {
        id: other.to_owned(),
        name: "other".to_owned(),
        tenant,
        hidden: false,
    });
    let scope = ResourceId::from_segments(["subscriptions", other]);
    world.give_at(world.operator.object_id, "Owner", &scope);
    world.give_at(world.operator.object_id, "Key Vault Administrator", &scope);
    let group = format!("/subscriptions/{other}/resourceGroups/rg");
    let body = json!({"location": "westeurope"});
    let made = world.arm_at(
        Method::PUT,
        &format!("{group}?api-version=2021-04-01"),
        Some(body),
    );
    assert_eq!(made.status, 201, "{made:?}");
    let body = json!({"location": "westeurope", "properties": {
        "tenantId": tenant, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": true,
    }});
    let vault = format!("{group}/providers/Microsoft.KeyVault/vaults/elsewhere?api-version=2023-07-01");
    let made = world.arm_at(Method::PUT, &vault, Some(body));
    assert_eq!(made.status, 200, "{made:?}");
    let mut restore = |host: &str| {
        let mut request = world.request(world.operator.object_id, Method::POST, "/secrets/restore");
        host.clone_into(&mut request.host);
        let answer = world.send(request.with_json(&backup));
        (
            answer.status.as_u16(),
            answer.json_body()["error"]["code"].clone(),
        )
    };
    assert_eq!(restore("elsewhere.vault.azure.net"), (400, json!("BadParameter")));
    // It is a backup, though: where it was made, only the secret that is still there is in its way.
    assert_eq!(restore(HOST), (409, json!("Conflict")));
}
