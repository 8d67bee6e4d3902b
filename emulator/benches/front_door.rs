//! What the shell costs, against a bare axum handler in the same run.
//!
//! `cargo bench -p azdrill-emulator --bench front_door`. Client and server share the machine's
//! cores, as they do on a laptop, so only the ratio says something about the shell alone.

#![expect(
    clippy::unwrap_used,
    reason = "a measurement that cannot go on should say where"
)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body as AxumBody;
use axum::routing::{get, put};
use azdrill_emulator::jobs::{Effect, EffectId, EffectResult};
use azdrill_emulator::model::{Body, Extent, NetworkPath, Request, Response, StoredBody, Timestamp};
use azdrill_emulator::server::{Admission, Core, Server, ServerOptions};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const KIB: usize = 1024;
const MIB: usize = 1024 * 1024;
const MEASURED: Duration = Duration::from_secs(2);

#[derive(Default)]
struct Blobs {
    blobs: BTreeMap<String, StoredBody>,
    released: Vec<Extent>,
}

impl Core for Blobs {
    fn admit(&mut self, _: Timestamp, _: &NetworkPath, request: &Request) -> Admission {
        if request.method == Method::PUT {
            return Admission::Store {
                limit_bytes: u64::MAX,
                md5: request.query == "md5",
            };
        }
        Admission::Buffer { limit_bytes: 1024 }
    }

    fn call(&mut self, _: Timestamp, _: &NetworkPath, request: Request) -> Response {
        if let Body::Stored(stored) = request.body {
            if let Some(old) = self.blobs.insert(request.path, stored) {
                self.released.extend(old.extents);
            }
            return Response::new(StatusCode::CREATED);
        }
        let mut response = Response::new(StatusCode::OK);
        if let Some(stored) = self.blobs.get(&request.path) {
            response.body = Body::Stored(stored.clone());
        }
        response
    }

    fn tick(&mut self, _: Timestamp) -> Vec<Effect> {
        Vec::new()
    }

    fn complete(&mut self, _: Timestamp, _: EffectId, _: EffectResult) {}

    fn next_due(&self) -> Option<Timestamp> {
        None
    }

    fn knows_host(&self, _: &str) -> bool {
        true
    }

    fn take_released(&mut self) -> Vec<Extent> {
        std::mem::take(&mut self.released)
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
    let end = Instant::now() + MEASURED;
    while Instant::now() < end {
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

fn request(method: &str, path: &str, body: &[u8]) -> Bytes {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: x.blob.core.windows.net\r\nx-ms-version: 2024-11-04\r\n\
         Authorization: Bearer something\r\nContent-Length: {}\r\n\r\n",
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
    // `cargo test --all-targets` starts this too, and must not wait for it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let start = async || {
        let began = Instant::now();
        let options = ServerOptions::new(directory.path());
        let server = Server::start(Blobs::default(), None, options).await.unwrap();
        (server, began.elapsed())
    };
    let (first, new) = start().await;
    first.shutdown().await;
    let (server, again) = start().await;
    println!(
        "start: {new:?} with a new authority, {again:?} with a kept one; resident {} MiB",
        resident_mib()
    );

    let bodies = BTreeMap::from([
        ("/none", Bytes::new()),
        ("/small", Bytes::from(vec![b's'; KIB])),
        ("/large", Bytes::from(vec![b'l'; 8 * MIB])),
    ]);
    let bare = bare_axum(&bodies).await;
    for (path, body) in &bodies {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(&request("PUT", path, body)).await.unwrap();
        stream.read_u8().await.unwrap();
    }
    measure(bare, server.address(), &bodies).await;
    println!("resident {} MiB afterwards", resident_mib());
    server.shutdown().await;
}

/// Each case against both servers, as one line of a table. A word on the command line picks cases.
async fn measure(bare: SocketAddr, shell: SocketAddr, bodies: &BTreeMap<&'static str, Bytes>) {
    println!("{:<26} {:>12} {:>12} {:>7}", "", "bare axum", "shell", "ratio");
    let cases = [
        ("GET nothing", request("GET", "/none", b""), None, 64, 0),
        ("GET 1 KiB", request("GET", "/small", b""), None, 64, KIB),
        (
            "PUT 1 KiB",
            request("PUT", "/put", &bodies["/small"]),
            None,
            64,
            KIB,
        ),
        ("GET 8 MiB", request("GET", "/large", b""), None, 4, 8 * MIB),
        (
            "PUT 8 MiB",
            request("PUT", "/put", &bodies["/large"]),
            None,
            4,
            8 * MIB,
        ),
        (
            "PUT 8 MiB with MD5",
            request("PUT", "/put", &bodies["/large"]),
            Some(request("PUT", "/put?md5", &bodies["/large"])),
            4,
            8 * MIB,
        ),
    ];
    let only = std::env::args()
        .nth(1)
        .filter(|only| !only.starts_with('-'))
        .unwrap_or_default();
    for (name, plain, ours, connections, payload) in cases {
        if !name.starts_with(&only) {
            continue;
        }
        let (bare_rate, bare_bytes) = load(bare, plain.clone(), connections, payload).await;
        let (rate, bytes) = load(shell, ours.unwrap_or(plain), connections, payload).await;
        let (unit, left, right) = if payload >= MIB {
            ("MiB/s", bare_bytes, bytes)
        } else {
            ("/s", bare_rate, rate)
        };
        println!(
            "{name:<26} {left:>7.0} {unit:<5} {right:>6.0} {unit:<5} {:>6.2}",
            right / left
        );
    }
}
