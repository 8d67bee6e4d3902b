//! Containers, by ARM and by the data plane.

use http::Method;
use serde_json::json;

use super::world::{World, refused, text};

const SERVICE: &str = "/providers/Microsoft.Storage/storageAccounts/acct/blobServices/default";

fn at(name: &str) -> String {
    format!("{SERVICE}/containers/{name}")
}

#[test]
fn both_sides_see_the_same_containers() {
    let mut world = World::new();
    let sent = json!({"properties": {"metadata": {"Purpose": "test"}}});
    let answer = world.arm(Method::PUT, &at("from-arm"), Some(sent));
    assert_eq!(answer.status, 201);
    let body = answer.json_body();
    assert_eq!(body["properties"]["publicAccess"], "None");
    assert_eq!(body["properties"]["leaseStatus"], "Unlocked");
    assert_eq!(body["properties"]["hasLegalHold"], false);
    assert_eq!(
        world.arm(Method::PUT, &at("from-arm"), Some(json!({}))).status,
        200
    );
    let head = world.blob(Method::HEAD, "/from-arm?restype=container", &[]);
    assert_eq!(head.status, 200);
    assert_eq!(head.header("x-ms-meta-purpose"), Some("test"));
    assert_eq!(head.header("etag"), body["etag"].as_str());
    let found = world
        .arm(Method::GET, &format!("{SERVICE}/containers"), None)
        .json_body();
    let names: Vec<&str> = found["value"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert_eq!(names, ["box", "from-arm"]);
    let filtered = format!("{SERVICE}/containers?$filter=fr");
    let found = world.arm(Method::GET, &filtered, None).json_body();
    assert_eq!(found["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        world.arm(Method::GET, &at("box"), None).json_body()["name"],
        "box"
    );
    assert_eq!(world.arm(Method::DELETE, &at("from-arm"), None).status, 200);
    assert_eq!(world.arm(Method::DELETE, &at("from-arm"), None).status, 204);
    assert_eq!(
        refused(&world.arm(Method::GET, &at("from-arm"), None), 404),
        "ContainerNotFound"
    );
    assert_eq!(
        world.arm(Method::GET, SERVICE, None).json_body()["name"],
        "default"
    );
}

#[test]
fn arm_refuses_bad_names_missing_accounts_and_public_containers() {
    let mut world = World::new();
    let answer = world.arm(Method::PUT, &at("Bad"), Some(json!({})));
    assert_eq!(refused(&answer, 400), "InvalidResourceName");
    for length in [2, 64] {
        let name = "b".repeat(length);
        let answer = world.arm(Method::PUT, &at(&name), Some(json!({})));
        assert_eq!(refused(&answer, 400), "OutOfRangeInput");
        let answer = world.blob(Method::PUT, &format!("/{name}?restype=container"), &[]);
        assert_eq!(refused(&answer, 400), "OutOfRangeInput");
    }
    assert!(answer.json_body()["error"]["message"].is_string());
    let none = at("box").replace("/acct/", "/none/");
    assert_eq!(
        refused(&world.arm(Method::PUT, &none, Some(json!({}))), 404),
        "ResourceNotFound"
    );
    let sent = json!({"properties": {"publicAccess": "Blob"}});
    assert_eq!(
        refused(&world.arm(Method::PUT, &at("open"), Some(sent)), 409),
        "PublicAccessNotPermitted"
    );
}

#[test]
fn a_container_lives_on_the_data_plane() {
    let mut world = World::new();
    let create = "/new?restype=container";
    let answer = world.blob(Method::PUT, create, &[("x-ms-meta-a", "1")]);
    assert_eq!(answer.status, 201);
    assert!(answer.header("etag").expect("tagged").starts_with("\"0x8D"));
    assert_eq!(answer.header("x-ms-version"), Some("2026-10-06"));
    assert_eq!(
        refused(&world.blob(Method::PUT, create, &[]), 409),
        "ContainerAlreadyExists"
    );
    let got = world.blob(Method::GET, "/new?restype=container&timeout=30", &[]);
    assert_eq!(got.header("x-ms-lease-state"), Some("available"));
    assert_eq!(got.header("x-ms-meta-a"), Some("1"));
    let late = [("if-unmodified-since", "Wed, 26 Jun 2024 07:50:23 GMT")];
    assert_eq!(
        refused(&world.blob(Method::DELETE, create, &late), 412),
        "ConditionNotMet"
    );
    assert_eq!(
        refused(
            &world.blob(
                Method::DELETE,
                create,
                &[("x-ms-lease-id", "00000000-0000-0000-0000-000000000001")]
            ),
            412
        ),
        "LeaseNotPresentWithContainerOperation"
    );
    assert_eq!(world.blob(Method::DELETE, create, &[]).status, 202);
    assert_eq!(
        refused(&world.blob(Method::DELETE, create, &[]), 404),
        "ContainerNotFound"
    );
    let head = world.blob(Method::HEAD, create, &[]);
    assert_eq!(refused(&head, 404), "ContainerNotFound");
    assert!(head.body.is_empty());
    let bad = world.blob(Method::PUT, "/a--b?restype=container", &[]);
    assert_eq!(refused(&bad, 400), "InvalidResourceName");
    let open = [("x-ms-blob-public-access", "blob")];
    assert_eq!(
        refused(&world.blob(Method::PUT, create, &open), 409),
        "PublicAccessNotPermitted"
    );
    let many = "x".repeat(9000);
    assert_eq!(
        refused(&world.blob(Method::PUT, create, &[("x-ms-meta-a", &many)]), 400),
        "MetadataTooLarge"
    );
    assert_eq!(
        refused(&world.blob(Method::PUT, create, &[("x-ms-meta-a-b", "1")]), 400),
        "InvalidMetadata"
    );
}

#[test]
fn an_account_tells_what_it_is() {
    let mut world = World::new();
    let answer = world.blob(Method::GET, "/?restype=account&comp=properties", &[]);
    assert_eq!(answer.header("x-ms-sku-name"), Some("Standard_LRS"));
    assert_eq!(answer.header("x-ms-account-kind"), Some("StorageV2"));
    let answer = world.blob(Method::GET, "/?restype=service&comp=properties", &[]);
    assert!(text(&answer).contains("<StorageServiceProperties><Logging>"));
}
