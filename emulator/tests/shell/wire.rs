//! HTTP over real loopback sockets, byte by byte.

use azdrill_emulator::server::{Server, ServerOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::core_double::{BUFFER_BYTES_MAX, CoreDouble, STORE_BYTES_MAX};

pub(crate) struct Running {
    pub(crate) server: Server<CoreDouble>,
    pub(crate) directory: tempfile::TempDir,
}

pub(crate) async fn start() -> Running {
    let directory = tempfile::tempdir().unwrap();
    let options = ServerOptions::new(directory.path());
    Running {
        server: Server::start(CoreDouble::default(), None, options).await.unwrap(),
        directory,
    }
}

impl Running {
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.server.address()).await.unwrap()
    }

    /// Sends this and nothing more, and reads to the end.
    pub(crate) async fn exchange(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request).await.unwrap();
        stream.shutdown().await.unwrap();
        read_to_end(&mut stream).await
    }

    fn calls(&self) -> Vec<String> {
        self.server.front_door().with_core(|core| core.calls.clone())
    }

    fn live_bytes(&self) -> u64 {
        self.server.front_door().store().live_bytes()
    }
}

pub(crate) async fn read_to_end(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut bytes = Vec::new();
    // A peer that resets the connection after its answer still gave the answer.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads until this text has come.
pub(crate) async fn read_until(stream: &mut (impl AsyncReadExt + Unpin), end: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        match stream.read_u8().await {
            Ok(byte) => read.push(byte),
            Err(_) => panic!("ended after {:?}", String::from_utf8_lossy(&read)),
        }
    }
    String::from_utf8_lossy(&read).into_owned()
}

pub(crate) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

#[tokio::test]
async fn origin_form_takes_its_host_from_the_header() {
    let running = start().await;
    let answer = running
        .exchange(b"GET /a%20b//c/?x=%2F+1 HTTP/1.1\r\nHost: Management.Azure.com\r\n\r\n")
        .await;
    assert_eq!(status(&answer), "200");
    assert!(
        answer.contains(r#""scheme":"http","host":"management.azure.com","port":null"#),
        "{answer}"
    );
    assert!(
        answer.contains(r#""path":"/a%20b//c/","query":"x=%2F+1""#),
        "{answer}"
    );
    assert!(answer.to_lowercase().contains("\r\ndate: "), "{answer}");
}

/// Other headers have small letters whatever the client wrote.
#[tokio::test]
async fn names_of_metadata_keep_their_case() {
    let running = start().await;
    let answer = running
        .exchange(
            b"GET / HTTP/1.1\r\nHost: management.azure.com\r\nX-Ms-Version: 1\r\nx-ms-meta-M1: a\r\nX-MS-META-camelCase: b\r\n\r\n",
        )
        .await;
    assert!(
        answer.contains(r#""spelled":["x-ms-meta-M1","X-MS-META-camelCase"]"#),
        "{answer}"
    );
    for line in [
        "\r\nx-ms-meta-M1: echoed\r\n",
        "\r\nX-MS-META-camelCase: echoed\r\n",
        "\r\ncontent-type: ",
    ] {
        assert!(answer.contains(line), "{line}: {answer}");
    }
}

#[tokio::test]
async fn what_is_not_there_has_no_host() {
    let running = start().await;
    for request in [
        "GET / HTTP/1.1\r\nHost: gone.blob.core.windows.net\r\n\r\n",
        "CONNECT gone.blob.core.windows.net:443 HTTP/1.1\r\nHost: gone.blob.core.windows.net:443\r\n\r\n",
    ] {
        let answer = running.exchange(request.as_bytes()).await;
        assert_eq!(status(&answer), "502", "{answer}");
        assert!(answer.contains("There is no such host"), "{answer}");
    }
    assert!(running.calls().is_empty());
}

#[tokio::test]
async fn a_port_is_kept_when_it_is_unusual() {
    let running = start().await;
    for (host, port) in [
        ("management.azure.com:80", "null"),
        ("management.azure.com:8443", "8443"),
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let answer = running.exchange(request.as_bytes()).await;
        assert!(answer.contains(&format!(r#""port":{port}"#)), "{answer}");
    }
}

#[tokio::test]
async fn ourselves_are_known_by_our_own_port_only() {
    let running = start().await;
    let port = running.server.address().port();
    for host in ["localhost", "127.0.0.1"] {
        let own = format!("GET /own HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
        assert_eq!(status(&running.exchange(own.as_bytes()).await), "200");
        let other = format!("GET /own HTTP/1.1\r\nHost: {host}:1\r\n\r\n");
        assert_eq!(status(&running.exchange(other.as_bytes()).await), "403");
    }
}

#[tokio::test]
async fn an_unknown_host_is_refused_by_name() {
    let running = start().await;
    for request in [
        "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
        "GET http://example.com/ HTTP/1.1\r\nHost: management.azure.com\r\n\r\n",
        "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
        "CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n",
    ] {
        let answer = running.exchange(request.as_bytes()).await;
        assert_eq!(status(&answer), "403", "{request}");
        assert!(answer.contains("never dials out"), "{answer}");
        assert!(
            answer.contains("`example.com`") || answer.contains("`localhost`"),
            "{answer}"
        );
    }
    assert!(running.calls().is_empty());
}

#[tokio::test]
async fn http_1_0_works_with_and_without_a_host() {
    let running = start().await;
    let mut stream = running.connect().await;
    stream.write_all(b"GET /old HTTP/1.0\r\n\r\n").await.unwrap();
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    assert!(answer.contains(r#""host":"localhost""#), "{answer}");
    let named = running
        .exchange(b"GET /old HTTP/1.0\r\nHost: management.azure.com\r\n\r\n")
        .await;
    assert!(named.contains(r#""host":"management.azure.com""#), "{named}");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let running = start().await;
    let one = "GET /one HTTP/1.1\r\nHost: management.azure.com\r\n\r\n";
    let two = "PUT /two HTTP/1.1\r\nHost: management.azure.com\r\nContent-Length: 2\r\n\r\nhi";
    let answer = running.exchange(format!("{one}{two}{one}").as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 3, "{answer}");
    assert_eq!(running.calls(), ["GET /one?", "PUT /two?", "GET /one?"]);
}

#[tokio::test]
async fn chunked_bodies_are_put_together() {
    let running = start().await;
    let head = "HTTP/1.1\r\nHost: management.azure.com\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunks = "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
    let answer = running
        .exchange(format!("PUT /echo {head}{chunks}").as_bytes())
        .await;
    assert!(answer.contains(r#""body":"abcdefg""#), "{answer}");
    let answer = running
        .exchange(format!("PUT /blobs/c {head}{chunks}").as_bytes())
        .await;
    assert_eq!(status(&answer), "201");
    assert_eq!(running.live_bytes(), 7);
}

#[tokio::test]
async fn permission_to_continue_is_given_only_to_those_admitted() {
    let running = start().await;
    let head = "HTTP/1.1\r\nHost: management.azure.com\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    let mut stream = running.connect().await;
    stream
        .write_all(format!("PUT /echo {head}").as_bytes())
        .await
        .unwrap();
    assert_eq!(
        read_until(&mut stream, "\r\n\r\n").await,
        "HTTP/1.1 100 Continue\r\n\r\n"
    );
    stream.write_all(b"body").await.unwrap();
    let answer = read_until(&mut stream, "}").await;
    assert!(answer.contains(r#""body":"body""#), "{answer}");

    let mut stream = running.connect().await;
    stream
        .write_all(format!("PUT /refused {head}").as_bytes())
        .await
        .unwrap();
    let answer = read_until(&mut stream, "who are you?").await;
    assert_eq!(status(&answer), "401");
}

#[tokio::test]
async fn a_refused_upload_is_read_to_its_end_so_that_the_answer_arrives() {
    let running = start().await;
    let length = 24 * 1024 * 1024;
    for (target, expected) in [("/refused", "401"), ("/echo", "413")] {
        let mut stream = running.connect().await;
        let head = format!(
            "PUT {target} HTTP/1.1\r\nHost: management.azure.com\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // As simple clients do: everything is sent before anything is read.
        stream.write_all(&vec![0; length]).await.unwrap();
        let answer = read_until(&mut stream, "\r\n\r\n").await;
        assert_eq!(status(&answer), expected);
    }
    assert!(running.calls().is_empty());
}

#[tokio::test]
async fn long_urls_pass_and_endless_headers_do_not() {
    let running = start().await;
    let long = format!(
        "GET /{} HTTP/1.1\r\nHost: management.azure.com\r\n\r\n",
        "x".repeat(4500)
    );
    assert_eq!(status(&running.exchange(long.as_bytes()).await), "200");
    let fits = "y".repeat(60_000);
    let endless = "z".repeat(70_000);
    for (value, expected) in [(fits, "200"), (endless, "431")] {
        let request = format!("GET / HTTP/1.1\r\nHost: management.azure.com\r\nX-Long: {value}\r\n\r\n");
        assert_eq!(status(&running.exchange(request.as_bytes()).await), expected);
    }
}

#[tokio::test]
async fn what_is_not_http_is_a_bad_request() {
    let running = start().await;
    for request in [
        "nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: not a host\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: management.azure.com\r\nContent-Length: x\r\n\r\n",
        "CONNECT nowhere HTTP/1.1\r\nHost: \r\n\r\n",
    ] {
        let answer = running.exchange(request.as_bytes()).await;
        let expected = if request.starts_with("CONNECT") {
            "403"
        } else {
            "400"
        };
        assert_eq!(status(&answer), expected, "{request:?}");
    }
    assert!(running.calls().is_empty());
}

#[tokio::test]
async fn a_truncated_upload_leaves_nothing_in_the_store() {
    let running = start().await;
    let head = "PUT /blobs/t HTTP/1.1\r\nHost: x.blob.core.windows.net\r\nContent-Length: 100\r\n\r\n";
    let answer = running.exchange(format!("{head}only this").as_bytes()).await;
    assert!(matches!(status(&answer), "400" | "none"), "{answer}");
    assert_eq!(running.live_bytes(), 0);
    assert!(running.calls().is_empty());
}

#[tokio::test]
async fn a_body_longer_than_allowed_is_refused() {
    let running = start().await;
    for (target, limit) in [("/blobs/l", STORE_BYTES_MAX), ("/echo", BUFFER_BYTES_MAX)] {
        let too_long = limit + 1;
        let head = format!(
            "PUT {target} HTTP/1.1\r\nHost: management.azure.com\r\nContent-Length: {too_long}\r\n\r\n"
        );
        let answer = running.exchange(head.as_bytes()).await;
        assert_eq!(status(&answer), "413", "{target}");
    }
    assert_eq!(running.live_bytes(), 0);
}

#[tokio::test]
async fn stored_bytes_come_back_over_the_socket() {
    let running = start().await;
    let body = "0123456789".repeat(100_000);
    let head = "HTTP/1.1\r\nHost: x.blob.core.windows.net\r\n";
    let put = format!("PUT /blobs/s {head}Content-Length: {}\r\n\r\n{body}", body.len());
    assert_eq!(status(&running.exchange(put.as_bytes()).await), "201");
    let answer = running
        .exchange(format!("GET /blobs/s {head}\r\n").as_bytes())
        .await;
    assert!(answer.to_lowercase().contains("content-length: 1000000\r\n"));
    assert!(answer.ends_with(&format!("\r\n\r\n{body}")));
    let range = format!("GET /blobs/s {head}x-ms-range: bytes=995-1004\r\n\r\n");
    let answer = running.exchange(range.as_bytes()).await;
    assert_eq!(status(&answer), "206");
    assert!(answer.ends_with("\r\n\r\n5678901234"), "{answer}");
    let answer = running
        .exchange(format!("HEAD /blobs/s {head}\r\n").as_bytes())
        .await;
    assert!(answer.to_lowercase().contains("content-length: 1000000\r\n"));
    assert!(answer.ends_with("\r\n\r\n"), "no body: {answer}");
}
