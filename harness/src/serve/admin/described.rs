//! The description, made of the declarations. It is kept as a file, so that who builds azdrill need not build
//! what makes it.

use azdrill_emulator::rules::Profile;
use serde_json::{Value, json};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;

use super::tests::{local, world};
use super::{DESCRIPTION, explain, faults, log, own_routes, snapshots, state, time};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "azdrill",
        description = "What whoever runs a fake Azure may ask and tell it. No part of Azure. Answered at \
                       this machine's own name only, without a token."
    ),
    paths(
        servers,
        assertion,
        state::state,
        time::now,
        time::advance,
        faults::list,
        faults::add,
        faults::clear,
        explain::explain,
        log::log,
        super::hosts,
        snapshots::reset,
        snapshots::list,
        snapshots::keep,
        snapshots::forget,
        snapshots::restore
    )
)]
struct Description;

fn description() -> OpenApi {
    let mut description = Description::openapi();
    for path in description.paths.paths.values_mut() {
        let all = [&mut path.get, &mut path.put, &mut path.post, &mut path.delete];
        // They would be the names of our modules.
        all.into_iter()
            .flatten()
            .for_each(|operation| operation.tags = None);
    }
    description
}

/// Where programs on this machine reach the database servers that run. Answered by the emulator itself.
#[utoipa::path(get, path = "/_azdrill/servers", responses((status = 200, description = "Name, fully qualified name, host and port of each")))]
#[expect(dead_code, reason = "described here, answered by the emulator's own handler")]
async fn servers() {}

/// A token of an outside issuer, for workload identity federation: no issuer can be reached from here, so
/// that one key signs for all. As text, or to who accepts JSON as `{"value": …}`.
#[utoipa::path(
    get,
    path = "/_azdrill/assertion",
    params(
        ("issuer" = String, Query, description = "Who is to have issued it"),
        ("subject" = String, Query, description = "Whom it is about"),
        ("audience" = String, Query, description = "Whom it is for, `api://AzureADTokenExchange` as a rule")
    ),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
#[expect(dead_code, reason = "described here, answered by the emulator's own handler")]
async fn assertion() {}

#[test]
fn the_description_is_what_is_declared() {
    let made = description().to_pretty_json().unwrap() + "\n";
    if made != DESCRIPTION {
        let new = concat!(env!("CARGO_MANIFEST_DIR"), "/src/serve/admin/openapi.json.new");
        std::fs::write(new, made).unwrap();
        panic!("the description has changed: read {new}, and put it in the place of openapi.json");
    }
}

/// The emulator's own routes below `/_azdrill/` stand in the rules, the others here.
#[test]
fn every_route_is_described() {
    let description = description();
    let rules = azdrill_emulator::rules::Rules::load(Profile::Observed, &Default::default()).unwrap();
    let of_rules = rules
        .router
        .operations()
        .iter()
        .filter(|row| row.service == "admin")
        .map(|row| row.example_path(""));
    let here = own_routes().into_iter().map(|(path, _)| path.to_owned());
    for path in of_rules.chain(here) {
        assert!(
            description.paths.paths.contains_key(&path),
            "{path} is not described"
        );
    }
}

/// A parameter in a path is one the path has a place for, and no other; what is described as asked for must be.
#[test]
fn parameters_stand_where_they_are_read() {
    let made: Value = serde_json::from_str(&description().to_json().unwrap()).unwrap();
    let mut seen = 0;
    for (path, methods) in made["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            let none = Vec::new();
            let parameters = described["parameters"].as_array().unwrap_or(&none);
            let placed = |place: &str| {
                let here = parameters.iter().filter(|parameter| parameter["in"] == place);
                here.map(|parameter| parameter["name"].as_str().unwrap())
                    .collect::<Vec<_>>()
            };
            let parts = path.split(['{', '}']).skip(1).step_by(2);
            assert_eq!(placed("path"), parts.collect::<Vec<_>>(), "{method} {path}");
            seen += placed("path").len() + placed("query").len();
            assert_eq!(parameters.len(), placed("path").len() + placed("query").len());
            let answered = |status: &str| described["responses"].get(status).is_some();
            let body = described.get("requestBody").is_some();
            for status in ["415", "422"] {
                assert_eq!(answered(status), body, "{method} {path} {status}");
            }
        }
    }
    assert!(seen >= 8, "{seen}");
}

/// The router answers what is described, by the methods that are described, without what need not be said.
#[tokio::test]
async fn the_router_answers_what_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let made: Value = serde_json::from_str(&description().to_json().unwrap()).unwrap();
    for (path, methods) in made["paths"].as_object().unwrap() {
        let asked = path.replace("{name}", "nobodys");
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH"] {
            match methods.get(method.to_lowercase()) {
                None => {
                    let (status, _) = local(&world, method, &asked, Some(json!({}))).await;
                    assert!(matches!(status, 404 | 405), "{method} {path}: {status}");
                }
                Some(described) if method == "GET" => {
                    let none = Vec::new();
                    let parameters = described["parameters"].as_array().unwrap_or(&none);
                    let needed = parameters.iter().any(|parameter| parameter["required"] == true);
                    let (status, told) = local(&world, method, &asked, None).await;
                    assert_eq!(status == 200, !needed, "{path}: {status} {told}");
                }
                Some(described) if described.get("requestBody").is_some() => {
                    let (status, _) = local(&world, method, &asked, Some(json!({"no_such_thing": 1}))).await;
                    assert_eq!(status, 422, "{method} {path}");
                }
                Some(_) => {}
            }
        }
    }
    let (status, log) = local(&world, "GET", "/_azdrill/log?after=1&refused=true", None).await;
    assert_eq!(status, 200, "{log}");
    world.shutdown().await;
}
