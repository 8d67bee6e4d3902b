//! What a fake Azure answers over a socket, with authentication, network rules and RBAC on, against
//! a bare axum handler in the same run.
//!
//! `cargo bench -p azdrill-emulator --bench front_door [-- "PUT 8"]`. Client and server share the
//! machine's cores, as they do on a laptop, so the ratio says more than the rate. `cargo test` asks
//! each case once, so that what is measured is known to be answered.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what it is for"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that cannot go on should say where"
)]

#[path = "world/mod.rs"]
mod world;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body as AxumBody;
use axum::routing::{get, put};
use azdrill_emulator::azure::Azure;
use azdrill_emulator::server::{Clock, Server, ServerOptions};
use bytes::Bytes;
use futures_util::StreamExt;
use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const KIB: usize = 1024;
const MIB: usize = 1024 * 1024;
const GROUP_BODY: &[u8] = b"{\"location\":\"uksouth\",\"tags\":{\"made-by\":\"bench\"}}";

/// How long each case is repeated.
fn measured() -> Duration {
    match std::env::args().any(|argument| argument == "--bench") {
        true => Duration::from_secs(2),
        false => Duration::ZERO,
    }
}

/// The least a server can do with the same requests: count what comes in, send what is in memory.
async fn bare_axum(bodies: &BTreeMap<&'static str, Bytes>) -> SocketAddr {
    let mut router = Router::new().route(
        "/put",
        put(async |body: AxumBody| {
            let mut stream = body.into_data_stream();
            while let Some(Ok(_)) = stream.next().await {}
            StatusCode::CREATED
        }),
    );
    for (path, body) in bodies {
        let body = body.clone();
        router = router.route(path, get(async move || body.clone()));
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = hyper_util::service::TowerToHyperService::new(router);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let io = hyper_util::rt::TokioIo::new(stream);
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(io, serve.clone());
            tokio::spawn(connection);
        }
    });
    address
}

/// Sends one request over and over on some connections; answers a second, and bytes a second.
async fn load(address: SocketAddr, request: Bytes, connections: usize, payload: usize) -> (f64, f64) {
    let answers = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|_| tokio::spawn(repeat(address, request.clone(), Arc::clone(&answers))))
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let rate = answers.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    (rate, rate * payload as f64 / MIB as f64)
}

async fn repeat(address: SocketAddr, request: Bytes, answers: Arc<AtomicU64>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 512 * KIB];
    let end = Instant::now() + measured();
    loop {
        stream.write_all(&request).await.unwrap();
        let mut read = 0;
        let mut expected = None;
        while expected.is_none_or(|expected| read < expected) {
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "the server closed the connection");
            // The heads measured here come in one piece.
            expected = expected.or_else(|| Some(answer_length(&buffer[..count])));
            read += count;
        }
        answers.fetch_add(1, Ordering::Relaxed);
        if Instant::now() >= end {
            return;
        }
    }
}

fn answer_length(head: &[u8]) -> usize {
    let text = String::from_utf8_lossy(&head[..head.len().min(2048)]).to_lowercase();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("http/1.1 20"), "{head}");
    let length = head.split_once("content-length: ").unwrap().1;
    let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
    head.len() + 4 + length
}

/// A request with everything a client sends; a bare handler reads past what it does not know.
/// Without a token it is signed in its path.
fn request(method: &str, host: &str, path: &str, token: &str, body: &[u8]) -> Bytes {
    let authorization = match token {
        "" => String::new(),
        token => format!("Authorization: Bearer {token}\r\n"),
    };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nx-ms-version: 2024-11-04\r\nx-ms-blob-type: BlockBlob\r\n\
         Content-Type: application/json\r\n{authorization}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat().into()
}

fn resident_mib() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = pages.split(' ').nth(1).and_then(|it| it.parse::<usize>().ok());
    pages.unwrap_or_default() * 4096 / MIB
}

#[tokio::main]
async fn main() {
    let directory = tempfile::tempdir().unwrap();
    println!(
        "start to first HTTPS answer: {:?} with a new authority",
        start(directory.path()).await
    );
    println!(
        "start to first HTTPS answer: {:?} with a kept one; resident {} MiB",
        start(directory.path()).await,
        resident_mib()
    );

    let options = ServerOptions::new(directory.path());
    let now = options.clock.now();
    let (azure, world) = world::build(now);
    let server = Server::start(azure, None, options).await.unwrap();
    let bodies = BTreeMap::from([
        ("/small", Bytes::from(vec![b's'; KIB])),
        ("/large", Bytes::from(vec![b'l'; 8 * MIB])),
    ]);
    let bare = bare_axum(&bodies).await;
    for (path, body) in &bodies {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        let put = request(
            "PUT",
            world::BLOB_HOST,
            &format!("/data{path}"),
            &world.blob_token,
            body,
        );
        stream.write_all(&put).await.unwrap();
        let mut answer = vec![0; 4096];
        let read = stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]);
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }
    measure(bare, server.address(), cases(&bodies, &world)).await;
    println!("resident {} MiB afterwards", resident_mib());
    server.shutdown().await;
}

/// From nothing to the first answer over TLS: rules, an empty world, certificates, socket,
/// handshake, answer.
async fn start(directory: &std::path::Path) -> Duration {
    let began = Instant::now();
    let azure = world::empty(Clock::system().now());
    let server: Server<Azure> = Server::start(azure, None, ServerOptions::new(directory))
        .await
        .unwrap();
    let mut stream = world::connect_tls(server.address(), server.ca_pem(), "management.azure.com").await;
    stream
        .write_all(
            b"GET /metadata/endpoints?api-version=2022-09-01 HTTP/1.1\r\nHost: management.azure.com\r\n\r\n",
        )
        .await
        .unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    let took = began.elapsed();
    server.shutdown().await;
    took
}

/// One request, for the bare handler and for us.
struct Case {
    name: &'static str,
    bare: Bytes,
    ours: Bytes,
    connections: usize,
    payload: usize,
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases(bodies: &BTreeMap<&'static str, Bytes>, world: &world::World) -> Vec<Case> {
    let (small, large) = (&bodies["/small"], &bodies["/large"]);
    let arm = |method: &str, path: &str, body: &[u8]| {
        request(method, "management.azure.com", path, &world.arm_token, body)
    };
    let blob = |method: &str, path: &str, body: &[u8]| {
        request(method, world::BLOB_HOST, path, &world.blob_token, body)
    };
    let case = |name, bare, ours, connections, payload| Case {
        name,
        bare,
        ours,
        connections,
        payload,
    };
    let policy = &world.policy_body;
    let signed = format!("/data/small?{}", world.signature);
    let block = "/data/blocks?comp=block&blockid=MDAwMQ%3D%3D";
    vec![
        case(
            "ARM GET",
            arm("GET", "/small", b""),
            arm("GET", &world.vault, b""),
            64,
            0,
        ),
        case(
            "ARM PUT group",
            arm("PUT", "/put", GROUP_BODY),
            arm("PUT", &world.group, GROUP_BODY),
            64,
            0,
        ),
        case(
            "ARM PUT policy",
            arm("PUT", "/put", policy),
            arm("PUT", &world.policy, policy),
            64,
            0,
        ),
        case(
            "blob GET 1 KiB",
            blob("GET", "/small", b""),
            blob("GET", "/data/small", b""),
            64,
            KIB,
        ),
        case(
            "blob GET 1 KiB, signed",
            request("GET", world::BLOB_HOST, "/small", "", b""),
            request("GET", world::BLOB_HOST, &signed, "", b""),
            64,
            KIB,
        ),
        case(
            "blob PUT 1 KiB",
            blob("PUT", "/put", small),
            blob("PUT", "/data/put", small),
            64,
            KIB,
        ),
        case(
            "blob GET 8 MiB",
            blob("GET", "/large", b""),
            blob("GET", "/data/large", b""),
            4,
            8 * MIB,
        ),
        case(
            "blob PUT 8 MiB block",
            blob("PUT", "/put", large),
            blob("PUT", block, large),
            4,
            8 * MIB,
        ),
    ]
}

/// Each case against both servers, as one line of a table. A word on the command line picks cases.
async fn measure(bare: SocketAddr, ours: SocketAddr, cases: Vec<Case>) {
    let once = measured().is_zero();
    if !once {
        println!("{:<26} {:>13} {:>13} {:>7}", "", "bare axum", "azdrill", "ratio");
    }
    let only = std::env::args()
        .nth(1)
        .filter(|only| !only.starts_with('-'))
        .unwrap_or_default();
    for case in cases.into_iter().filter(|case| case.name.starts_with(&only)) {
        let Case {
            name,
            connections,
            payload,
            ..
        } = case;
        let (bare_rate, bare_bytes) = load(bare, case.bare, connections, payload).await;
        let (rate, bytes) = load(ours, case.ours, connections, payload).await;
        if once {
            continue;
        }
        let (unit, left, right) = if payload >= MIB {
            ("MiB/s", bare_bytes, bytes)
        } else {
            ("/s", bare_rate, rate)
        };
        println!(
            "{name:<26} {left:>7.0} {unit:<5} {right:>7.0} {unit:<5} {:>6.2}",
            right / left
        );
    }
}
