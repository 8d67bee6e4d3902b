//! What every mode has to do, done with real servers. A mode that is not to be had on this machine
//! is skipped, saying so.

use std::io::Write;
use std::sync::Arc;

use azdrill_emulator::server::{Dump, DumpKind, EngineError, ServerSpec};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio_postgres::NoTls;

use super::content::{AWKWARD_DATABASE, Sample, compare, snapshot};
use super::{RealPostgres, RestoreAs, container, dump_from_bytes, local};

mod administrator;
mod azure;
mod client;
mod container_mode;
mod differences;
mod extensions;
mod hostile;
mod local_mode;
mod parameters;

const PASSWORD: &str = "it's a \"secret\" \\ Ω";

type Postgres = Arc<dyn RealPostgres>;

/// Says why a test did nothing. Written past the test runner, which keeps what a passing test prints
/// to itself.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

fn installed() -> Option<Postgres> {
    local::open(None)
        .inspect_err(|missing| skipped(&format!("no local PostgreSQL: {}", missing.what)))
        .ok()
}

async fn containers() -> Option<Postgres> {
    container::open()
        .await
        .inspect_err(|missing| skipped(&format!("no containers: {}", missing.what)))
        .ok()
}

async fn newest(postgres: &Postgres) -> u32 {
    postgres
        .available_majors()
        .await
        .unwrap()
        .into_iter()
        .max()
        .unwrap()
}

fn spec(key: &str, major: u32) -> ServerSpec {
    ServerSpec {
        key: key.to_owned(),
        major,
        admin_login: "Drill \"Admin\"".to_owned(),
        admin_password: PASSWORD.to_owned(),
        absent_extensions: Vec::new(),
        lists_extensions: true,
    }
}

async fn start(postgres: &Postgres, key: &str) -> ServerSpec {
    let spec = spec(key, newest(postgres).await);
    let address = postgres.start(&spec).await.unwrap();
    assert!(address.ip().is_loopback());
    spec
}

/// Logs in over TCP, as a customer does.
async fn log_in(
    address: std::net::SocketAddr,
    login: &str,
    password: &str,
    database: &str,
) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let mut config = tokio_postgres::Config::new();
    config
        .host("127.0.0.1")
        .port(address.port())
        .user(login)
        .password(password)
        .dbname(database);
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn whole(mut dump: Dump) -> Result<Bytes, EngineError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = dump.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    Ok(bytes.into())
}

async fn dump(postgres: &Postgres, key: &str, kind: DumpKind) -> Bytes {
    whole(postgres.dump(key, kind).await.unwrap()).await.unwrap()
}

async fn text(postgres: &Postgres, key: &str, kind: DumpKind) -> String {
    String::from_utf8(dump(postgres, key, kind).await.to_vec()).unwrap()
}

/// A server stopped and started again has its data; removed and started again it has not.
async fn keeps_data(postgres: &Postgres) {
    let mut spec = start(postgres, "keeps").await;
    postgres.create_database("keeps", "kept").await.unwrap();
    postgres.create_database("keeps", "kept").await.unwrap();
    let client = postgres.connect("keeps", "kept").await.unwrap();
    client
        .batch_execute("CREATE TABLE t AS SELECT 42 AS answer")
        .await
        .unwrap();

    postgres.stop("keeps").await.unwrap();
    postgres.stop("keeps").await.unwrap();
    assert_eq!(
        postgres.databases("keeps").await,
        Err(EngineError::NotRunning("keeps".to_owned()))
    );
    let address = postgres.start(&spec).await.unwrap();
    assert_eq!(
        postgres.start(&spec).await.unwrap(),
        address,
        "starting a running server changes nothing"
    );
    let client = postgres.connect("keeps", "kept").await.unwrap();
    let answer: i32 = client
        .query_one("SELECT answer FROM t", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(answer, 42);

    spec.major += 1;
    let refused = postgres.start(&spec).await.unwrap_err().to_string();
    assert!(refused.contains("remove it first"), "{refused}");
    spec.major -= 1;

    postgres.remove("keeps").await.unwrap();
    postgres.remove("keeps").await.unwrap();
    postgres.start(&spec).await.unwrap();
    let databases = postgres.databases("keeps").await.unwrap();
    assert_eq!(databases, ["azure_maintenance", "azure_sys", "postgres"]);
}

/// Two servers at once know nothing of each other.
async fn two_at_once(postgres: &Postgres) {
    let major = newest(postgres).await;
    let (one, other) = (spec("one", major), spec("other", major));
    let (first, second) = tokio::join!(postgres.start(&one), postgres.start(&other));
    assert_ne!(first.unwrap(), second.unwrap());
    postgres.create_database("one", "mine").await.unwrap();
    assert!(
        !postgres
            .databases("other")
            .await
            .unwrap()
            .contains(&"mine".to_owned())
    );
    postgres.drop_database("one", "mine").await.unwrap();
    postgres.drop_database("one", "mine").await.unwrap();
    assert!(postgres.size("one").await.unwrap() > 10_000_000);
}

/// What was dumped and restored is what there was, row by row.
async fn round_trip(postgres: &Postgres) {
    let spec = start(postgres, "source").await;
    let target = ServerSpec {
        key: "target".to_owned(),
        ..spec.clone()
    };
    let address = postgres.start(&spec).await.unwrap();
    postgres.start(&target).await.unwrap();
    for key in ["source", "target"] {
        postgres.create_database(key, AWKWARD_DATABASE).await.unwrap();
    }
    let admin = log_in(address, &spec.admin_login, PASSWORD, AWKWARD_DATABASE)
        .await
        .unwrap();
    Sample::Shop.apply(&admin).await.unwrap();

    let dump = postgres
        .dump("source", DumpKind::Database(AWKWARD_DATABASE.to_owned()))
        .await
        .unwrap();
    let outcome = postgres
        .restore("target", AWKWARD_DATABASE, dump, RestoreAs::Administrator)
        .await
        .unwrap();
    let before = snapshot(&postgres.connect("source", AWKWARD_DATABASE).await.unwrap())
        .await
        .unwrap();
    let after = snapshot(&postgres.connect("target", AWKWARD_DATABASE).await.unwrap())
        .await
        .unwrap();
    assert_eq!(compare(&before, &after), [], "{outcome:?}");
    assert!(outcome.complete, "{outcome:?}");
    assert!(before.tables.values().map(|table| table.rows).sum::<i64>() > 10_000);
    assert_eq!(before.large_objects.count, 5);
    assert!(
        before.objects.contains("view public.open_totals"),
        "{:?}",
        before.objects
    );
}

/// A dump of a server that dies ends in an error, never as if it were whole.
async fn dies_while_dumping(postgres: &Postgres) {
    start(postgres, "dies").await;
    postgres.create_database("dies", "big").await.unwrap();
    let client = postgres.connect("dies", "big").await.unwrap();
    Sample::Bulk { megabytes: 40 }.apply(&client).await.unwrap();
    drop(client);
    let mut dump = postgres
        .dump("dies", DumpKind::Database("big".to_owned()))
        .await
        .unwrap();
    assert!(dump.next().await.unwrap().unwrap().starts_with(b"PGDMP"));
    postgres.stop("dies").await.unwrap();
    let mut last = None;
    while let Some(item) = dump.next().await {
        last = Some(item);
    }
    let error = last.unwrap().unwrap_err().to_string();
    assert!(!error.contains(PASSWORD));
}

/// A dump nobody reads on ends, and does not hold its tables locked.
async fn abandoned_dump_ends(postgres: &Postgres) {
    start(postgres, "abandoned").await;
    postgres.create_database("abandoned", "big").await.unwrap();
    let client = postgres.connect("abandoned", "big").await.unwrap();
    Sample::Bulk { megabytes: 40 }.apply(&client).await.unwrap();
    let mut dump = postgres
        .dump("abandoned", DumpKind::Database("big".to_owned()))
        .await
        .unwrap();
    dump.next().await.unwrap().unwrap();
    drop(dump);
    let left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump'";
    for _ in 0..100 {
        if client.query_one(left, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("`pg_dump` still runs");
}

/// A dump of what is not there, and a restore of what is no dump, fail with the tool's own words.
async fn says_why(postgres: &Postgres) {
    start(postgres, "says").await;
    let dump = postgres
        .dump("says", DumpKind::Database("nowhere".to_owned()))
        .await
        .unwrap();
    let error = whole(dump).await.unwrap_err().to_string();
    assert!(error.contains("database \"nowhere\" does not exist"), "{error}");
    let nonsense = dump_from_bytes(Bytes::from_static(b"SELECT 1;"));
    let error = postgres
        .restore("says", "postgres", nonsense, RestoreAs::Superuser)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("input file"), "{error}");
    let refused = postgres.start(&spec("old", 9)).await.unwrap_err().to_string();
    let available = format!("{:?}", postgres.available_majors().await.unwrap());
    assert!(
        refused.contains("starting PostgreSQL 9") && refused.contains(&available),
        "{refused}"
    );
    let mut reserved = spec("reserved", newest(postgres).await);
    reserved.admin_login = "azuresu".to_owned();
    assert!(
        postgres
            .start(&reserved)
            .await
            .unwrap_err()
            .to_string()
            .contains("Azure keeps for itself")
    );
}
