//! The clock, over a socket: frozen, set going, moved until it is quiet, and what goes by it.

use serde_json::{Value, json};

use super::tests::{arm, ask, local, shut_down, world};
use crate::serve::ServedWorld;

const TIME: &str = "/_azdrill/time";
const GROUP: &str = "/resourceGroups/one?api-version=2022-09-01";

async fn time(world: &ServedWorld, asked: Value) -> (u16, Value) {
    local(world, "POST", TIME, Some(asked)).await
}

async fn refused(world: &ServedWorld, asked: Value, part: &str) {
    let (status, answer) = time(world, asked).await;
    assert!((400..500).contains(&status), "{status} {answer}");
    assert!(answer["error"].as_str().unwrap().contains(part), "{answer}");
}

#[tokio::test]
async fn a_frozen_clock_stands_still_and_work_is_done_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let (status, frozen) = time(&world, json!({"clock": "frozen"})).await;
    assert_eq!((status, &frozen["clock"]), (200, &json!("frozen")), "{frozen}");
    arm(&world, "PUT", GROUP, Some(json!({"location": "uksouth"}))).await;
    assert_eq!(arm(&world, "DELETE", GROUP, None).await.0, 202);
    // Nobody moves it: what was begun is done by itself.
    let mut tries = 0;
    while arm(&world, "GET", GROUP, None).await.0 != 404 {
        tries += 1;
        assert!(tries < 400, "it waits for a clock that stands still");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let (_, still) = local(&world, "GET", TIME, None).await;
    assert_eq!(still["now"], frozen["now"]);
    let (_, moved) = time(&world, json!({"by": "P400D"})).await;
    assert_eq!(moved["clock"], "frozen");
    assert_eq!(
        moved["gone_seconds"], frozen["gone_seconds"],
        "it was moved, and did not go"
    );
    let (_, going) = time(&world, json!({"clock": "going"})).await;
    assert_eq!(going["clock"], "going");
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let (_, later) = local(&world, "GET", TIME, None).await;
    assert!(later["now"].as_str() > moved["now"].as_str(), "{later}");
    shut_down(world, folder.path()).await;
}

#[tokio::test]
async fn the_clock_is_moved_until_it_is_quiet_and_no_further() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let (_, start) = time(&world, json!({"clock": "frozen"})).await;
    let (status, quiet) = time(&world, json!({"until_quiet": {}})).await;
    assert_eq!(
        (status, &quiet["now"]),
        (200, &start["now"]),
        "nothing was under way"
    );
    let late =
        json!({"request": [{"operation": "ResourceGroups_Delete", "operation_told": {"end_late": "6h"}}]});
    let (status, put) = local(&world, "POST", "/_azdrill/faults", Some(late)).await;
    assert_eq!(status, 200, "{put}");
    arm(&world, "PUT", GROUP, Some(json!({"location": "uksouth"}))).await;
    assert_eq!(arm(&world, "DELETE", GROUP, None).await.0, 202);
    refused(
        &world,
        json!({"until_quiet": {"within": "PT1H"}}),
        "1 operations and 0 jobs have not ended",
    )
    .await;
    let (status, quiet) = time(&world, json!({"until_quiet": {}})).await;
    assert_eq!(
        (status, &quiet["running_operations"]),
        (200, &json!(0)),
        "{quiet}"
    );
    assert!(
        quiet["now"].as_str().unwrap().starts_with("2026-03-02T12:00:0"),
        "{quiet}"
    );
    shut_down(world, folder.path()).await;
}

#[tokio::test]
async fn what_cannot_be_reached_is_refused_with_what_can() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    for (asked, part) in [
        (json!({"by": "-PT1S"}), "does not go back"),
        (json!({"to": "1999-01-01T00:00:00Z"}), "does not go back"),
        (json!({"by": "P3285000D"}), "hundred years"),
        (json!({"to": "9999-12-30T00:00:00Z"}), "hundred years"),
        (json!({"until_quiet": {"within": "P3285000D"}}), "hundred years"),
        (json!({"by": "P1D", "clock": "frozen"}), "say one of"),
        (json!({"clock": "stopped"}), "frozen"),
        (json!({"until_quiet": {"with": "P1D"}}), "unknown field"),
    ] {
        refused(&world, asked, part).await;
    }
    shut_down(world, folder.path()).await;
}

/// A token is asked for over the socket, as a client would, and the answers' date is the world's.
#[tokio::test]
async fn tokens_and_dates_follow_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    time(&world, json!({"clock": "frozen"})).await;
    time(&world, json!({"to": "2035-01-01T00:00:00Z"})).await;
    let reach = world.reach();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fmanagement.azure.com%2F.default",
        reach.client_id, reach.client_secret
    );
    let path = format!("/{}/oauth2/v2.0/token", reach.tenant);
    let answer = send(&world, "POST", &path, "login.microsoftonline.com", "", &form).await;
    assert!(
        answer.contains("\r\ndate: Mon, 01 Jan 2035 00:00:00 GMT\r\n"),
        "{answer}"
    );
    let token: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    let bearer = format!(
        "Authorization: Bearer {}\r\n",
        token["access_token"].as_str().unwrap()
    );
    let list = "/subscriptions?api-version=2022-12-01";
    let answer = send(&world, "GET", list, "management.azure.com", &bearer, "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    time(&world, json!({"by": "PT2H"})).await;
    let answer = send(&world, "GET", list, "management.azure.com", &bearer, "").await;
    assert!(answer.contains("ExpiredAuthenticationToken"), "{answer}");
    assert!(
        answer.contains("\r\ndate: Mon, 01 Jan 2035 02:00:00 GMT\r\n"),
        "{answer}"
    );
    shut_down(world, folder.path()).await;
}

/// Sends a form, and gives the whole answer back.
async fn send(
    world: &ServedWorld,
    method: &str,
    path: &str,
    host: &str,
    headers: &str,
    form: &str,
) -> String {
    let headers = format!("{headers}Content-Type: application/x-www-form-urlencoded\r\n");
    super::tests::exchange(world, method, path, host, &headers, form).await
}

/// Whoever asked for years and left does not keep the world busy: it stops at what falls due next.
#[tokio::test]
async fn who_leaves_stops_what_they_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    time(&world, json!({"clock": "frozen"})).await;
    let hundred = ask(&world, "POST", TIME, Some(json!({"by": "P36000D"})), "localhost");
    let _ = tokio::time::timeout(std::time::Duration::ZERO, hundred).await;
    let (status, after) = time(&world, json!({"by": "PT1S"})).await;
    assert_eq!(status, 200, "{after}");
    shut_down(world, folder.path()).await;
}
