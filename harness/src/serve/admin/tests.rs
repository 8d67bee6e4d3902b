//! The routes below `/_azdrill/`, over a socket.

use std::collections::BTreeSet;

use azdrill_emulator::rules::Profile;
use serde_json::{Value, json};

use crate::journal_file::JournalFile;
use crate::replay::{Until, replay};
use crate::serve::{FaultFile, ServedWorld, Setup};

pub(super) async fn world(folder: &std::path::Path) -> ServedWorld {
    let setup = Setup {
        world: None,
        profile: Profile::Observed,
        seed: 1,
        start: Some("2026-03-02T06:00:00Z".parse().unwrap()),
        stands_still: false,
        port: 0,
        state_directory: folder.to_owned(),
        from: azdrill_emulator::model::NetworkPath::internet(),
        fast_polls: false,
        bodies: false,
        assume: Vec::new(),
        faults: FaultFile::default(),
        certificate: None,
        postgres: None,
        keeps: None,
        hosts: None,
        journal: Some(JournalFile::at(&folder.join("journal")).unwrap()),
    };
    ServedWorld::start(setup).await.unwrap()
}

/// Stops it. Whatever was done below `/_azdrill/` was an input: its journal makes the same world.
pub(super) async fn shut_down(world: ServedWorld, folder: &std::path::Path) {
    world.shutdown().await;
    let replayed = replay(&folder.join("journal"), Until::End).unwrap();
    let first = replayed.first.map(|first| first.played);
    assert!(first.is_none(), "{first:?}");
}

/// Asks over a socket. The answer is JSON, or a text.
pub(super) async fn ask(
    world: &ServedWorld,
    method: &str,
    path: &str,
    body: Option<Value>,
    host: &str,
) -> (u16, Value) {
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let answer = exchange(
        world,
        method,
        path,
        host,
        "Content-Type: application/json\r\n",
        &body,
    )
    .await;
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let text = answer.split_once("\r\n\r\n").unwrap().1;
    (status, serde_json::from_str(text).unwrap_or_else(|_| json!(text)))
}

/// Sends a request with these headers besides, and gives the whole answer back.
pub(super) async fn exchange(
    world: &ServedWorld,
    method: &str,
    path: &str,
    host: &str,
    headers: &str,
    body: &str,
) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(world.server().address())
        .await
        .unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

pub(super) async fn local(
    world: &ServedWorld,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> (u16, Value) {
    ask(world, method, path, body, "localhost").await
}

#[tokio::test]
async fn time_is_moved_and_never_back() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let (status, time) = local(&world, "POST", "/_azdrill/time", Some(json!({"by": "P2D"}))).await;
    assert_eq!(status, 200, "{time}");
    assert!(
        time["now"].as_str().unwrap().starts_with("2026-03-04T06:00:0"),
        "{time}"
    );
    assert!(time["gone_seconds"].as_f64().unwrap() < 3600.0, "{time}");
    for (wrong, part) in [
        (json!({"to": "2026-03-03T00:00:00Z"}), "does not go back"),
        (json!({"by": "P1M"}), "months"),
        (json!({}), "say one of `by`, `to`"),
        (json!({"bye": "P1D"}), "unknown field"),
    ] {
        let (status, answer) = local(&world, "POST", "/_azdrill/time", Some(wrong)).await;
        assert!((400..500).contains(&status), "{status}");
        assert!(answer["error"].as_str().unwrap().contains(part), "{answer}");
    }
    shut_down(world, folder.path()).await;
}

#[tokio::test]
async fn faults_are_put_in_place_listed_and_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let fault =
        json!({"request": [{"operation": "Tenants_List", "answer": {"status": 503, "code": "ServerBusy"}}]});
    let (status, placed) = local(&world, "POST", "/_azdrill/faults", Some(fault)).await;
    assert_eq!(
        (status, placed["faults"].as_array().unwrap().len()),
        (200, 1),
        "{placed}"
    );
    let wrong = json!({"request": [{"operation": "Tenants_Lits", "lose_answer": {"status": 500}}]});
    let (status, answer) = local(&world, "POST", "/_azdrill/faults", Some(wrong)).await;
    assert_eq!(status, 400);
    assert!(
        answer["error"]
            .as_str()
            .unwrap()
            .contains("Did you mean `Tenants_List`?")
    );
    // What is like nothing there is costs nothing to find out.
    let endless = json!({"request": [{"operation": "x".repeat(500_000), "lose_answer": {"status": 500}}]});
    let began = std::time::Instant::now();
    let (status, answer) = local(&world, "POST", "/_azdrill/faults", Some(endless)).await;
    assert_eq!(status, 400);
    assert!(answer.to_string().len() < 300, "{answer}");
    assert!(began.elapsed() < std::time::Duration::from_secs(2));
    let everything = json!({"request": [{"lose_answer": {"status": 500}, "optional": true}]});
    let (status, placed) = local(&world, "POST", "/_azdrill/faults", Some(everything)).await;
    assert_eq!(status, 200);
    assert!(
        placed["doubtful"][0]
            .as_str()
            .unwrap()
            .contains("every request of everybody"),
        "{placed}"
    );
    let (_, none) = local(&world, "DELETE", "/_azdrill/faults", None).await;
    assert_eq!(none, json!({"faults": []}));
    shut_down(world, folder.path()).await;
}

#[tokio::test]
async fn the_gates_are_asked_why() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let question = json!({"url": "/subscriptions?api-version=2022-12-01", "as": "operator"});
    let (_, verdict) = local(&world, "POST", "/_azdrill/explain", Some(question)).await;
    assert_eq!(
        (verdict["allowed"].as_bool(), &verdict["operation"]),
        (Some(true), &json!("Subscriptions_List"))
    );
    let question = json!({"url": "/subscriptions?api-version=2022-12-01"});
    let (_, verdict) = local(&world, "POST", "/_azdrill/explain", Some(question)).await;
    assert_eq!(
        (verdict["status"].as_u64(), &verdict["gate"]),
        (Some(401), &json!("authentication"))
    );
    let (_, log) = local(&world, "GET", "/_azdrill/log", None).await;
    assert_eq!(log["newest"], 0, "asking why is no call");
    for wrong in [
        json!({"url": "https://example.com/"}),
        json!({"url": "/x", "as": "nobody"}),
        json!({"url": "/x", "from": "moon"}),
    ] {
        let (status, _) = local(&world, "POST", "/_azdrill/explain", Some(wrong)).await;
        assert_eq!(status, 400);
    }
    shut_down(world, folder.path()).await;
}

#[tokio::test]
async fn state_and_log_tell_what_is_and_what_was() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    ask(
        &world,
        "GET",
        "/subscriptions?api-version=2022-12-01",
        None,
        "management.azure.com",
    )
    .await;
    let (_, state) = local(&world, "GET", "/_azdrill/state", None).await;
    assert_eq!(
        state["subscriptions"].as_array().unwrap().len(),
        1,
        "Microsoft's own is hidden: {state}"
    );
    let names: Vec<&str> = state["principals"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|own| own["name"].as_str())
        .collect();
    assert!(names.contains(&"operator"), "{names:?}");
    assert!(!state.to_string().contains("azdrill~"), "a secret");
    let (_, log) = local(&world, "GET", "/_azdrill/log?refused=true", None).await;
    assert_eq!(log["calls"][0]["status"], 401, "{log}");
    let (status, _) = local(&world, "GET", "/_azdrill/log?afetr=1", None).await;
    assert_eq!(status, 400);
    shut_down(world, folder.path()).await;
}

/// Asks ARM as the operator.
pub(super) async fn arm(world: &ServedWorld, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let reach = world.reach();
    let path = format!("/subscriptions/{}{path}", reach.subscription);
    let door = world.server().front_door();
    let now = door.clock().now();
    let token = door.with_core(|azure| {
        let app = reach.client_id.parse().unwrap();
        let operator = azure.state().directory.by_app_id(app).unwrap();
        azure
            .tokens()
            .issue(now, operator, "https://management.azure.com")
            .0
    });
    let method = method.parse().unwrap();
    let mut request = azdrill_emulator::model::Request::new(method, "management.azure.com", &path)
        .with_header("authorization", &format!("Bearer {token}"));
    let mut sent = azdrill_emulator::server::BodySource::Empty;
    if let Some(body) = body {
        request = request.with_header("content-type", "application/json");
        sent = azdrill_emulator::server::BodySource::Bytes(body.to_string().into());
    }
    let path = azdrill_emulator::model::NetworkPath::internet();
    let answer = door
        .handle(&path, request, sent)
        .await
        .into_response(1 << 20)
        .unwrap();
    (answer.status.as_u16(), answer.json_body())
}

const GROUP: &str = "/resourceGroups/one?api-version=2022-09-01";
const OTHER: &str = "/resourceGroups/other?api-version=2022-09-01";

#[tokio::test]
async fn a_world_that_was_kept_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let place = json!({"location": "uksouth"});
    arm(&world, "PUT", GROUP, Some(place.clone())).await;
    let (status, kept) = local(&world, "PUT", "/_azdrill/snapshots/before", None).await;
    assert_eq!(
        (status, &kept["snapshots"][0]["name"]),
        (200, &json!("before")),
        "{kept}"
    );

    arm(&world, "PUT", OTHER, Some(place)).await;
    let (status, _) = arm(&world, "DELETE", GROUP, None).await;
    assert_eq!(status, 202);
    world.server().driver().settle().await;
    assert_eq!(arm(&world, "GET", GROUP, None).await.0, 404);

    for _ in 0..2 {
        let (status, time) = local(&world, "POST", "/_azdrill/snapshots/before/restore", None).await;
        assert_eq!(status, 200, "{time}");
        assert_eq!(arm(&world, "GET", GROUP, None).await.0, 200);
        assert_eq!(arm(&world, "GET", OTHER, None).await.0, 404);
    }
    let (status, _) = local(&world, "DELETE", "/_azdrill/snapshots/before", None).await;
    assert_eq!(status, 200);
    let (status, missing) = local(&world, "POST", "/_azdrill/snapshots/before/restore", None).await;
    assert_eq!(status, 404);
    assert!(
        missing["error"].as_str().unwrap().contains("`before`"),
        "{missing}"
    );
    shut_down(world, folder.path()).await;
}

#[tokio::test]
async fn a_reset_begins_again_and_the_log_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    arm(&world, "PUT", GROUP, Some(json!({"location": "uksouth"}))).await;
    local(&world, "POST", "/_azdrill/time", Some(json!({"by": "P30D"}))).await;
    local(&world, "PUT", "/_azdrill/snapshots/late", None).await;
    let (status, time) = local(&world, "POST", "/_azdrill/reset", None).await;
    assert_eq!(status, 200, "{time}");
    assert!(
        time["now"].as_str().unwrap().starts_with("2026-03-02T06:00:0"),
        "{time}"
    );
    assert_eq!(arm(&world, "GET", GROUP, None).await.0, 404);
    let (_, kept) = local(&world, "GET", "/_azdrill/snapshots", None).await;
    assert_eq!(kept, json!({"snapshots": []}), "it was of another world");
    let (_, log) = local(&world, "GET", "/_azdrill/log", None).await;
    let paths: Vec<&str> = log["calls"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|call| call["path"].as_str())
        .collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
    shut_down(world, folder.path()).await;
}

/// A blob's path may begin as ours do; only at this machine's own name are they ours.
#[tokio::test]
async fn hosts_of_azure_have_no_such_routes() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    for host in ["management.azure.com", "x.blob.core.windows.net"] {
        let (status, answer) = ask(&world, "GET", "/_azdrill/state", None, host).await;
        assert!(status >= 400, "{host}: {answer}");
    }
    shut_down(world, folder.path()).await;
}

#[tokio::test]
async fn everything_described_is_answered_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let (_, description) = local(&world, "GET", "/_azdrill/openapi.json", None).await;
    let paths = description["paths"].as_object().unwrap();
    let described: BTreeSet<&str> = paths.keys().map(String::as_str).collect();
    assert!(
        described.contains("/_azdrill/servers") && described.len() >= 7,
        "{described:?}"
    );
    let methods = ["GET", "PUT", "POST", "PATCH", "DELETE"];
    for (path, operations) in paths {
        let operations = operations.as_object().unwrap();
        for method in methods {
            let (kept, _) = local(&world, "PUT", "/_azdrill/snapshots/one", None).await;
            assert_eq!(kept, 200);
            let path = path.replace("{name}", "one");
            let (status, answer) = local(&world, method, &path, None).await;
            let said = format!("{method} {path}: {status} {answer}");
            if operations.contains_key(&method.to_lowercase()) {
                assert!(![404, 405].contains(&status), "{said}");
            } else {
                assert!([404, 405].contains(&status), "not described: {said}");
            }
        }
    }
    shut_down(world, folder.path()).await;
}
