//! Single servers with a real PostgreSQL behind them.

use std::net::SocketAddr;

use azdrill_emulator::journal::{Beginning, Journalled};
use azdrill_emulator::model::{NetworkPath, Timestamp};
use azdrill_emulator::rules::{Assumptions, Profile};
use azdrill_emulator::server::{BlobStore, Clock, Core, DatabaseEngine, Driver, FrontDoor};
use azdrill_emulator::services::Settings;
use http::Method;
use serde_json::{Value, json};
use tokio_postgres::NoTls;

use super::client::Client;
use crate::postgres::{PostgresMode, choose};

const HOST: &str = "single.postgres.database.azure.com";

/// A world of its own on the PostgreSQL that the environment chooses; `None` if there is none.
async fn world() -> Option<(Client, tempfile::TempDir)> {
    let mode = PostgresMode::from_environment().unwrap();
    let chosen = choose(mode)
        .await
        .inspect_err(|error| eprintln!("skipped: {error}"))
        .ok()?;
    let postgres = chosen.postgres?;
    let majors = postgres.available_majors().await.unwrap();
    let settings = Settings {
        has_postgres: true,
        postgres_majors: majors.into_iter().rev().collect(),
        engine_namespace: "single-server-test-".to_owned(),
        ..Settings::default()
    };
    let beginning = Beginning::new(Profile::Observed, &Assumptions::new(), 1, settings);
    let start: Timestamp = "2024-03-02T06:00:00Z".parse().unwrap();
    let mut machine = Journalled::new(&beginning).unwrap();
    let operator = machine.found(start, None);
    let blobs = tempfile::tempdir().unwrap();
    let store = BlobStore::open(blobs.path()).unwrap();
    let engine: std::sync::Arc<dyn DatabaseEngine> = postgres;
    let driver = Driver::new(FrontDoor::new(machine, Clock::at(start), store), Some(engine));
    Some((Client::new(driver, operator), blobs))
}

#[track_caller]
fn succeeded(ended: &super::ended::Ended) {
    assert_eq!(ended.status, "Succeeded", "{:?}", ended.error);
}

fn route(client: &Client) -> Option<SocketAddr> {
    let now = client.now();
    let laptop = NetworkPath::internet();
    let route = client.look(|core| core.connect_database(now, &laptop, HOST));
    Some(route.ok()?.backend)
}

async fn sign_in(
    at: SocketAddr,
    password: &str,
    database: &str,
) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let mut config = tokio_postgres::Config::new();
    config
        .host("127.0.0.1")
        .port(at.port())
        .user("cloudsa")
        .password(password)
        .dbname(database);
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn ask(client: &tokio_postgres::Client, question: &str) -> String {
    client.query_one(question, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn the_administrator_of_a_single_server_signs_in() {
    let Some((mut client, _blobs)) = world().await else {
        return;
    };
    let group = format!(
        "/subscriptions/{}/resourceGroups/drill",
        client.operator().subscription
    );
    let server = format!("{group}/providers/Microsoft.DBforPostgreSQL/servers/single");
    let put = |path: String, body: Value| (path, body);
    for (path, body) in [
        put(group.clone(), json!({"location": "westeurope"})),
        put(
            server.clone(),
            json!({
                "location": "westeurope",
                "sku": {"name": "B_Gen5_1"},
                "properties": {"createMode": "Default", "administratorLogin": "cloudsa", "administratorLoginPassword": "It's \"one\" \\ Ω", "version": "11"},
            }),
        ),
        put(format!("{server}/databases/shop"), json!({"properties": {}})),
    ] {
        succeeded(&client.operate(Method::PUT, &path, Some(&body)).await.unwrap());
    }
    assert_eq!(route(&client), None, "no firewall rule yet");
    let rule = json!({"properties": {"startIpAddress": "203.0.113.10", "endIpAddress": "203.0.113.10"}});
    let path = format!("{server}/firewallRules/laptop");
    succeeded(&client.operate(Method::PUT, &path, Some(&rule)).await.unwrap());
    let at = route(&client).expect("the rule lets the laptop in");

    let admin = sign_in(at, "It's \"one\" \\ Ω", "shop").await.unwrap();
    let body = client.send(Method::GET, &server, None).await.unwrap().json_body();
    let major = ask(
        &admin,
        "SELECT (current_setting('server_version_num')::int / 10000)::text",
    )
    .await;
    assert_eq!(body["properties"]["version"], "11");
    assert_eq!(body["properties"]["x-azdrill-major"], major);
    let azures =
        "SELECT string_agg(datname::text, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate";
    assert_eq!(
        ask(&admin, azures).await,
        "azure_maintenance azure_sys postgres shop"
    );
    let member = "SELECT pg_has_role('cloudsa', 'azure_pg_admin', 'member')::text";
    assert_eq!(ask(&admin, member).await, "true");

    let patch = json!({"properties": {"administratorLoginPassword": "Another-1"}});
    succeeded(
        &client
            .operate(Method::PATCH, &server, Some(&patch))
            .await
            .unwrap(),
    );
    assert!(sign_in(at, "It's \"one\" \\ Ω", "shop").await.is_err());
    drop(sign_in(at, "Another-1", "shop").await.unwrap());

    succeeded(&client.operate(Method::DELETE, &server, None).await.unwrap());
    assert_eq!(route(&client), None);
    assert!(
        sign_in(at, "Another-1", "shop").await.is_err(),
        "the server is gone"
    );
}
