//! Bodies that give a member two values, spelled the same or in other letters: the last counts, and what is
//! checked is what is kept.

use azdrill_emulator::model::{Body, Response};
use http::Method;

use crate::world::World;

const SERVER: &str = "/providers/Microsoft.DBforPostgreSQL/flexibleServers/source";

fn put(world: &mut World, path: &str, version: &str, text: &str) -> Response {
    let target = format!("{}{path}?api-version={version}", world.group());
    let mut request = world
        .request(Method::PUT, &target)
        .with_header("content-type", "application/json");
    request.body = Body::Bytes(text.to_owned().into());
    world.send(request)
}

fn server(location: &str, login: &str) -> String {
    format!(
        r#"{{{location}, "sku": {{"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"}}, "properties": {{{login}, "administratorLoginPassword": "Not-a-secret-1!"}}}}"#
    )
}

#[test]
fn the_last_of_two_is_checked_and_kept() {
    let here = r#""location": "westeurope""#;
    let drill = r#""administratorLogin": "drill""#;
    for (location, login, taken) in [
        (
            here,
            r#""administratorLogin": "postgres", "administratorLogin": "drill""#,
            true,
        ),
        (
            here,
            r#""administratorLogin": "drill", "administratorLogin": "postgres""#,
            false,
        ),
        (
            here,
            r#""administratorLogin": "postgres", "ADMINISTRATORLOGIN": "drill""#,
            true,
        ),
        (
            here,
            r#""ADMINISTRATORLOGIN": "drill", "administratorLogin": "postgres""#,
            false,
        ),
        (
            here,
            r#""administratorLogin": "drill", "ADMINISTRATORLOGIN": "postgres""#,
            false,
        ),
        (r#""location": "atlantis", "Location": "westeurope""#, drill, true),
        (
            r#""location": "westeurope", "Location": "atlantis""#,
            drill,
            false,
        ),
        (r#""Location": "atlantis", "location": "westeurope""#, drill, true),
    ] {
        let mut world = World::new();
        let answer = put(&mut world, SERVER, "2025-08-01", &server(location, login));
        assert_eq!(answer.status == 202, taken, "{location} {login}: {answer:?}");
        world.settle();
        if taken {
            let own = world.get(SERVER).json_body();
            assert_eq!(own["properties"]["administratorLogin"], "drill", "{own}");
            assert_eq!(own["location"], "West Europe");
            let text = own.to_string().to_ascii_lowercase();
            assert_eq!(text.matches("administratorlogin\"").count(), 1, "{text}");
        }
    }
}

/// The same where nothing of a type is known, in maps, and in a long body, which is read beforehand.
#[test]
fn so_it_is_at_every_depth_and_however_it_is_read() {
    let mut world = World::new();
    let long = "x".repeat(40_000);
    for filler in ["", long.as_str()] {
        let text = format!(
            r#"{{"location": "westeurope", "tags": {{"team": "a", "Team": "b"}}, "properties": {{"addressSpace": {{"addressPrefixes": ["10.0.0.0/16"]}}, "addressSPACE": {{"addressPrefixes": ["10.9.0.0/16"]}}}}, "filler": "{filler}"}}"#
        );
        let path = "/providers/Microsoft.Network/virtualNetworks/v";
        let answer = put(&mut world, path, "2024-05-01", &text);
        assert!(answer.status.is_success(), "{answer:?}");
        let own = world.get(path).json_body();
        assert_eq!(own["tags"], serde_json::json!({"Team": "b"}));
        assert_eq!(
            own["properties"]["addressSpace"]["addressPrefixes"][0], "10.9.0.0/16",
            "{own}"
        );
    }
}
