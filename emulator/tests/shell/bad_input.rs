//! What badly made or ill-meaning clients send: answered or cut off, in bounded time, and never a
//! call the core should not have had.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::tls::handshake;
use crate::wire::{Running, read_to_end, read_until, start, status};

/// Nothing here takes longer on a machine that has other work as well.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long the server may take to read what has been sent.
const A_MOMENT: Duration = Duration::from_millis(100);

const HOST: &str = "Host: management.azure.com\r\n";

/// Sends this, and reads to the end without closing first: the server has to.
async fn cut_off(running: &Running, request: &[u8]) -> String {
    let mut stream = running.connect().await;
    stream.write_all(request).await.unwrap();
    let whole = tokio::time::timeout(PATIENCE, read_to_end(&mut stream)).await;
    whole.unwrap_or_else(|_| panic!("still open after {}", String::from_utf8_lossy(request)))
}

fn calls(running: &Running) -> Vec<String> {
    running.server.front_door().with_core(|core| core.calls.clone())
}

async fn still_serves(running: &Running) {
    let request = format!("GET /after HTTP/1.1\r\n{HOST}\r\n");
    let answer = running.exchange(request.as_bytes()).await;
    assert_eq!(status(&answer), "200", "{answer}");
}

#[tokio::test]
async fn two_hosts_are_refused_even_if_they_agree() {
    let running = start().await;
    for target in ["/first", "http://management.azure.com/first"] {
        let request = format!("GET {target} HTTP/1.1\r\n{HOST}{HOST}\r\n");
        let answer = running.exchange(request.as_bytes()).await;
        assert_eq!(status(&answer), "400", "{target}: {answer}");
        assert!(answer.contains("more than one Host"), "{answer}");
    }
    assert_eq!(calls(&running), Vec::<String>::new());
    still_serves(&running).await;
}

#[tokio::test]
async fn two_lengths_that_differ_are_refused_and_the_connection_ends() {
    let running = start().await;
    let smuggled = format!("GET /smuggled HTTP/1.1\r\n{HOST}\r\n");
    for lengths in [
        "Content-Length: 0\r\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nContent-Length: 0\r\n",
        "Content-Length: 0, 4\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x4\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length : 4\r\n",
        "Content-Length:\r\n 4\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding : chunked\r\n",
    ] {
        let request = format!("PUT /first HTTP/1.1\r\n{HOST}{lengths}\r\nbody{smuggled}");
        let answer = cut_off(&running, request.as_bytes()).await;
        assert_eq!(status(&answer), "400", "{lengths:?}: {answer}");
    }
    assert!(calls(&running).is_empty(), "{:?}", calls(&running));
    still_serves(&running).await;
}

/// RFC 9112, 6.1: chunks win over a length, and the connection is closed after the answer, so that
/// nothing behind it is ever taken for a request.
#[tokio::test]
async fn a_length_beside_chunks_ends_the_connection() {
    let running = start().await;
    let smuggled = format!("GET /smuggled HTTP/1.1\r\n{HOST}\r\n");
    for headers in [
        "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\nConnection: keep-alive\r\n",
    ] {
        let request = format!("PUT /first HTTP/1.1\r\n{HOST}{headers}\r\n2\r\nhi\r\n0\r\n\r\n{smuggled}");
        let answer = cut_off(&running, request.as_bytes()).await;
        assert!(answer.contains(r#""body":"hi""#), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    }
    assert_eq!(calls(&running), ["PUT /first?"; 3]);
    let old = "PUT /old HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(status(&cut_off(&running, old.as_bytes()).await), "400");
    assert_eq!(calls(&running).len(), 3);
}

#[tokio::test]
async fn broken_chunks_are_no_body() {
    let running = start().await;
    for chunks in [
        "x\r\nhi\r\n0\r\n\r\n",
        "-2\r\nhi\r\n0\r\n\r\n",
        "2\r\nhi!\r\n0\r\n\r\n",
        "2\nhi\n0\n\n",
        "fffffffffffffffff\r\nhi\r\n0\r\n\r\n",
    ] {
        let request = format!("PUT /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n{chunks}");
        let answer = cut_off(&running, request.as_bytes()).await;
        assert!(matches!(status(&answer), "400" | "none"), "{chunks:?}: {answer}");
    }
    assert!(calls(&running).is_empty(), "{:?}", calls(&running));
    let extended = "2;name=value\r\nhi\r\n0\r\nTrailer: x\r\n\r\n";
    let request = format!("PUT /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n{extended}");
    let answer = running.exchange(request.as_bytes()).await;
    assert!(answer.contains(r#""body":"hi""#), "{answer}");
}

#[tokio::test]
async fn http_1_0_is_kept_alive_only_if_it_asks() {
    let running = start().await;
    let answer = cut_off(&running, format!("GET /once HTTP/1.0\r\n{HOST}\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    let mut stream = running.connect().await;
    for _ in 0..2 {
        let request = format!("GET /again HTTP/1.0\r\n{HOST}Connection: keep-alive\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = read_until(&mut stream, "}").await;
        assert!(
            answer.to_lowercase().contains("\r\nconnection: keep-alive\r\n"),
            "{answer}"
        );
    }
    let last = format!("PUT /last HTTP/1.0\r\n{HOST}Content-Length: 2\r\n\r\nhi");
    stream.write_all(last.as_bytes()).await.unwrap();
    let answer = tokio::time::timeout(PATIENCE, read_to_end(&mut stream))
        .await
        .unwrap();
    assert!(answer.contains(r#""body":"hi""#), "{answer}");
}

#[tokio::test]
async fn many_requests_in_one_packet_are_answered_in_order() {
    let running = start().await;
    let mut packet = String::new();
    for number in 0..50 {
        let body = "x".repeat(number);
        packet += &format!("PUT /{number} HTTP/1.1\r\n{HOST}Content-Length: {number}\r\n\r\n{body}");
    }
    let answer = running.exchange(packet.as_bytes()).await;
    let mut rest = answer.as_str();
    for number in 0..50 {
        let wanted = format!(r#""path":"/{number}""#);
        let at = rest
            .find(&wanted)
            .unwrap_or_else(|| panic!("{wanted} is not next in {rest}"));
        rest = &rest[at..];
    }
    assert_eq!(calls(&running).len(), 50);
}

#[tokio::test]
async fn paths_that_are_no_text_are_refused_or_handed_on_as_they_are() {
    let running = start().await;
    for path in [&b"/\xff\xfe"[..], b"/\xc3\x28", b"/a\x00b", b"/a\x7fb", b"/a b"] {
        let request = [b"GET ", path, b" HTTP/1.1\r\nHost: management.azure.com\r\n\r\n"].concat();
        let answer = running.exchange(&request).await;
        assert_eq!(status(&answer), "400", "{}", String::from_utf8_lossy(path));
    }
    assert!(calls(&running).is_empty());
    // What is percent-encoded is for the router to judge.
    for path in ["/%ff%fe", "/%00", "/%", "/%zz", "/..%2f..%2fetc"] {
        let answer = running
            .exchange(format!("GET {path} HTTP/1.1\r\n{HOST}\r\n").as_bytes())
            .await;
        assert!(answer.contains(&format!(r#""path":"{path}""#)), "{answer}");
    }
}

#[tokio::test]
async fn endless_request_lines_and_too_many_headers_are_refused() {
    let running = start().await;
    let line = format!("GET /{} HTTP/1.1\r\n{HOST}\r\n", "x".repeat(70_000));
    let answer = cut_off(&running, line.as_bytes()).await;
    assert!(matches!(status(&answer), "414" | "431"), "{}", &answer[..80]);
    let many: String = (0..300).map(|number| format!("x-{number}: y\r\n")).collect();
    let answer = cut_off(&running, format!("GET / HTTP/1.1\r\n{HOST}{many}\r\n").as_bytes()).await;
    assert_eq!(status(&answer), "431");
    let endless = "GET / HTTP/1.1 ".repeat(10_000);
    let answer = cut_off(&running, endless.as_bytes()).await;
    assert!(matches!(status(&answer), "400" | "431"), "{}", &answer[..80]);
    assert!(calls(&running).is_empty());
    still_serves(&running).await;
}

#[tokio::test]
async fn tunnels_lead_to_hosts_and_ports_of_ours_only() {
    let running = start().await;
    let port = running.server.address().port();
    for (target, expected, says) in [
        ("example.com:443", "403", "`example.com`"),
        ("management.azure.com:22", "403", "no port 22"),
        ("management.azure.com:5432", "403", "/_azdrill/servers"),
        ("management.azure.com:8443", "403", "no port 8443"),
        ("10.0.0.1:443", "403", "`10.0.0.1`"),
        ("[::1]:1", "403", "`[::1]`"),
        ("management.azure.com.example.com:443", "403", "never dials out"),
        ("management.azure.com:0", "403", "no port 0"),
        ("management.azure.com:99999", "400", ""),
        ("user@management.azure.com:443", "400", ""),
        (":443", "400", ""),
    ] {
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
        let answer = running.exchange(request.as_bytes()).await;
        assert_eq!(status(&answer), expected, "{target}: {answer}");
        assert!(answer.contains(says), "{target}: {answer}");
    }
    for target in [
        "management.azure.com:443".to_owned(),
        "management.azure.com:80".to_owned(),
        format!("localhost:{port}"),
    ] {
        let mut stream = running.connect().await;
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = read_until(&mut stream, "\r\n\r\n").await;
        assert_eq!(status(&answer), "200", "{target}: {answer}");
    }
    assert!(calls(&running).is_empty());
}

#[tokio::test]
async fn half_closed_connections_get_their_answer() {
    let running = start().await;
    let request = format!("PUT /echo HTTP/1.1\r\n{HOST}Content-Length: 2\r\n\r\n");
    let whole = running.exchange(format!("{request}hi").as_bytes()).await;
    assert!(whole.contains(r#""body":"hi""#), "{whole}");
    let short = running.exchange(format!("{request}h").as_bytes()).await;
    assert!(matches!(status(&short), "400" | "none"), "{short}");
    let no_end = running.exchange(b"GET / HTTP/1.1\r\nHost: manage").await;
    assert!(matches!(status(&no_end), "400" | "none"), "{no_end}");
    let nothing = running.exchange(b"").await;
    assert_eq!(nothing, "");
    assert_eq!(calls(&running).len(), 1);
    let mut stream = handshake(&running, running.connect().await, "management.azure.com").await;
    stream.write_all(format!("{request}hi").as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let answer = tokio::time::timeout(PATIENCE, read_to_end(&mut stream))
        .await
        .unwrap();
    assert!(answer.contains(r#""body":"hi""#), "{answer}");
}

#[tokio::test]
async fn what_begins_like_tls_and_is_none_is_cut_off() {
    let running = start().await;
    for nonsense in [&[0x16][..], &[0x16, 0x03, 0x01, 0xff, 0xff], &[0x16; 5000]] {
        let mut stream = running.connect().await;
        stream.write_all(nonsense).await.unwrap();
        stream.shutdown().await.unwrap();
        let ended = tokio::time::timeout(PATIENCE, read_to_end(&mut stream)).await;
        assert!(ended.is_ok(), "{nonsense:?}");
    }
    still_serves(&running).await;
}

/// Lets the server wait for this client, which sends nothing more, without waiting oneself: with
/// nothing else to do, time jumps to the moment the server loses patience. Answers with what came,
/// and after how long.
async fn lose_patience(stream: &mut (impl AsyncReadExt + Unpin)) -> (String, Duration) {
    tokio::time::sleep(A_MOMENT).await;
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let answer = read_to_end(stream).await;
    let waited = began.elapsed();
    tokio::time::resume();
    (answer, waited)
}

#[tokio::test]
async fn slow_heads_are_cut_off_after_ten_seconds() {
    let running = start().await;
    let mut plain = running.connect().await;
    plain.write_all(b"GET / HTTP/1.1\r\nHost: manage").await.unwrap();
    let (answer, waited) = lose_patience(&mut plain).await;
    assert!(!answer.contains("200"), "{answer}");
    assert!(waited <= Duration::from_secs(10), "{waited:?}");

    let mut secure = handshake(&running, running.connect().await, "management.azure.com").await;
    secure.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let (_, waited) = lose_patience(&mut secure).await;
    assert!(waited <= Duration::from_secs(10), "{waited:?}");

    let mut hello = running.connect().await;
    hello.write_all(&[0x16, 0x03, 0x01, 0x02]).await.unwrap();
    let (_, waited) = lose_patience(&mut hello).await;
    assert!(waited <= Duration::from_secs(10), "{waited:?}");
    assert!(calls(&running).is_empty());
}

#[tokio::test]
async fn bodies_that_stop_are_given_up_after_half_a_minute() {
    let running = start().await;
    for target in ["/echo", "/blobs/slow"] {
        let mut stream = running.connect().await;
        let head = format!("PUT {target} HTTP/1.1\r\n{HOST}Content-Length: 100\r\n\r\nsome");
        stream.write_all(head.as_bytes()).await.unwrap();
        let (answer, waited) = lose_patience(&mut stream).await;
        assert_eq!(status(&answer), "408", "{answer}");
        assert!(answer.contains("OperationTimedOut"), "{answer}");
        // The connection is of no use any more, and is not kept.
        assert!(waited <= Duration::from_secs(31), "{waited:?}");
    }
    assert!(calls(&running).is_empty());
    assert_eq!(running.server.front_door().store().live_bytes(), 0);
}

/// One byte every five seconds would be patient enough for a limit of the pause alone.
#[tokio::test]
async fn bodies_that_drip_are_given_up_too() {
    let running = start().await;
    let (mut client, began) = (running.connect().await, tokio::time::Instant::now());
    let head = format!("PUT /echo HTTP/1.1\r\n{HOST}Content-Length: 1000\r\n\r\n");
    client.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(A_MOMENT).await;
    tokio::time::pause();
    let (mut answers, mut sender) = client.into_split();
    let dripping = async move {
        while sender.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
    };
    let answer = tokio::select! {
        answer = read_to_end(&mut answers) => answer,
        () = dripping => panic!("cut off without an answer"),
    };
    assert_eq!(status(&answer), "408", "{answer}");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert!(calls(&running).is_empty());
}

#[tokio::test]
async fn a_reset_in_the_middle_of_an_upload_leaves_nothing() {
    let running = start().await;
    let stream = running.connect().await;
    let head = format!("PUT /blobs/gone HTTP/1.1\r\n{HOST}Content-Length: 1000000\r\n\r\n");
    reset_after(stream, format!("{head}{}", "x".repeat(50_000)).as_bytes()).await;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while running.server.front_door().store().live_bytes() > 0 {
        assert!(
            tokio::time::Instant::now() < deadline,
            "its bytes are still there"
        );
        tokio::task::yield_now().await;
    }
    assert!(calls(&running).is_empty());
    still_serves(&running).await;
}

async fn reset_after(mut stream: TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).await.unwrap();
    tokio::time::sleep(A_MOMENT).await;
    stream.set_zero_linger().unwrap();
}
