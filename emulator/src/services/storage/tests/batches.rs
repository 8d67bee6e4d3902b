//! Batches.

use http::Method;

use super::gates::with_sas;
use super::world::{World, refused, text};
use crate::model::Response;

const TYPE: (&str, &str) = ("content-type", "multipart/mixed; boundary=batch_1");

fn part(world: &World, id: usize, line: &str, headers: &str, signed: bool) -> String {
    let token = world.request(Method::GET, "/", &[]);
    let authorization = match token.header("authorization") {
        Some(token) if signed => format!("Authorization: {token}\r\n"),
        _ => String::new(),
    };
    format!(
        "--batch_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {id}\r\n\r\n{line} HTTP/1.1\r\n{authorization}{headers}Content-Length: 0\r\n\r\n"
    )
}

fn submit(world: &mut World, target: &str, parts: &[String]) -> Response {
    let body = parts.concat() + "--batch_1--\r\n";
    world.blob_with(Method::POST, target, &[TYPE], &body)
}

#[test]
fn every_part_is_answered_by_itself() {
    let mut world = World::new();
    world.put("/box/a", &[], "x");
    world.put("/box/b%20c", &[], "x");
    let parts = [
        part(&world, 0, "DELETE /box/a", "", true),
        part(&world, 1, "DELETE /box/none", "", true),
        part(
            &world,
            2,
            "PUT /box/b%20c?comp=tier",
            "x-ms-access-tier: Cool\r\n",
            true,
        ),
        part(&world, 3, "DELETE /box/b%20c", "", false),
        part(&world, 4, "PUT /box/new", "x-ms-blob-type: BlockBlob\r\n", true),
    ];
    let answer = submit(&mut world, "/?comp=batch", &parts);
    assert_eq!(answer.status, 202, "{answer:?}");
    let kind = answer.header("content-type").unwrap_or_default().to_owned();
    assert!(
        kind.starts_with("multipart/mixed; boundary=batchresponse_"),
        "{kind}"
    );
    let text = text(&answer);
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("HTTP/1.1")).collect();
    assert_eq!(
        lines,
        [
            "HTTP/1.1 202 Accepted",
            "HTTP/1.1 404 Not Found",
            "HTTP/1.1 200 OK",
            "HTTP/1.1 401 Unauthorized",
            "HTTP/1.1 400 Bad Request"
        ]
    );
    assert!(
        text.contains("Content-ID: 3") && text.contains("<Code>BlobNotFound</Code>"),
        "{text}"
    );
    assert_eq!(world.released, [world.came_in[0]]);
    let head = world.blob(Method::HEAD, "/box/b%20c", &[]);
    assert_eq!(head.header("x-ms-access-tier"), Some("Cool"));
    let log: Vec<u16> = world
        .azure
        .log()
        .since(0)
        .filter(|exchange| exchange.path == "/box/none")
        .map(|exchange| exchange.status)
        .collect();
    assert_eq!(log, [404], "each part is in the log");
}

#[test]
fn a_batch_of_a_container_is_about_that_container() {
    let mut world = World::new();
    world.blob(Method::PUT, "/second?restype=container", &[]);
    world.put("/box/a", &[], "x");
    world.put("/second/a", &[], "x");
    let parts = [
        part(&world, 0, "DELETE /box/a", "", true),
        part(&world, 1, "DELETE /second/a", "", true),
    ];
    let answer = submit(&mut world, "/box?restype=container&comp=batch", &parts);
    let text = text(&answer);
    assert!(
        text.contains("HTTP/1.1 202") && text.contains("HTTP/1.1 400"),
        "{text}"
    );
    assert_eq!(world.blob(Method::GET, "/second/a", &[]).status, 200);
}

#[test]
fn a_batch_that_is_none_is_refused_whole() {
    let mut world = World::new();
    world.put("/box/a", &[], "x");
    let one = part(&world, 0, "DELETE /box/a", "", true);
    let many: Vec<String> = (0..257)
        .map(|id| part(&world, id, "DELETE /box/none", "", true))
        .collect();
    assert_eq!(
        refused(&submit(&mut world, "/?comp=batch", &many), 400),
        "ExceedsMaxBatchRequestCount"
    );
    assert_eq!(submit(&mut world, "/?comp=batch", &many[..256]).status, 202);
    assert_eq!(
        refused(&submit(&mut world, "/?comp=batch", &[]), 400),
        "InvalidInput"
    );
    let answer = world.blob_with(Method::POST, "/?comp=batch", &[TYPE], &one);
    assert_eq!(refused(&answer, 400), "InvalidInput", "it does not end");
    let answer = world.blob_with(Method::POST, "/?comp=batch", &[], &one);
    assert_eq!(refused(&answer, 400), "InvalidHeaderValue");
    assert_eq!(world.blob(Method::GET, "/box/a", &[]).status, 200);
    let sas = super::gates::container_sas(&world, "d");
    let answer = with_sas(&mut world, Method::POST, "/?comp=batch", &sas);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
}
