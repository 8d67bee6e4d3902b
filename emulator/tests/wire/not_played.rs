//! What an operation may ask for and azdrill does not play.

use azdrill_emulator::model::Request;
use http::Method;
use serde_json::json;

use super::world::World;
use super::wrong_bodies::{SERVER, everything};

/// Clients take 404 for "there is none".
#[test]
fn what_azure_has_and_azdrill_has_not_is_not_called_absent() {
    let mut world = World::new();
    for (host, path, status) in [
        ("169.254.169.254", "/metadata/instance", 501),
        ("graph.microsoft.com", "/v1.0/devices", 501),
        ("localhost", "/_azdrill/nothing", 404),
    ] {
        let answer = world.send(Request::new(Method::GET, host, path));
        assert_eq!(answer.status, status, "{host}: {answer:?}");
        assert!(answer.header("x-azdrill-not-implemented").is_some());
    }
}

/// What would be taken and not done is refused by name, and changes nothing.
#[test]
fn what_is_not_played_is_refused_and_not_ignored() {
    let mut world = World::protected();
    let before = everything(&world);
    let server = |mode: &str| {
        json!({"location": "westeurope", "properties": {
            "createMode": mode, "administratorLogin": "drill", "administratorLoginPassword": "Not-a-secret-1!", "version": "16",
            "sourceServerResourceId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.DBforPostgreSQL/flexibleServers/source",
        }})
    };
    let other = "/providers/Microsoft.DBforPostgreSQL/flexibleServers/other";
    let role = format!(
        "{}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
        world.group()
    );
    let assignment = json!({"properties": {
        "roleDefinitionId": role, "principalId": world.operator.object_id, "principalType": "ServicePrincipal",
        "condition": "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags:a<$key_case_sensitive$>] StringEquals 'b'",
        "conditionVersion": "2.0",
    }});
    let assigned = "/providers/Microsoft.Authorization/roleAssignments/0b7c0d3e-0000-4000-8000-000000000002";
    for (method, target, body) in [
        (Method::PUT, other.to_owned(), server("PointInTimeRestore")),
        (Method::PUT, other.to_owned(), server("Replica")),
        (Method::PUT, other.to_owned(), server("GeoRestore")),
        (
            Method::PATCH,
            SERVER.to_owned(),
            json!({"properties": {"version": "17"}}),
        ),
        (
            Method::POST,
            format!("{SERVER}/restart"),
            json!({"restartWithFailover": true, "failoverMode": "PlannedFailover"}),
        ),
        (Method::PUT, assigned.to_owned(), assignment),
    ] {
        let answer = world.arm(method.clone(), &target, Some(&body));
        assert_eq!(answer.status, 501, "{method} {target}: {answer:?}");
        assert_eq!(answer.json_body()["error"]["code"], "NotImplementedByEmulator");
        assert!(answer.header("x-azdrill-not-implemented").is_some());
    }
    assert_eq!(everything(&world), before);
}
