//! One socket, every way of speaking to it.

use tokio::io::AsyncWriteExt;

use crate::tls::{client, handshake};
use crate::wire::{read_to_end, read_until, start};

const REQUEST: &[u8] = b"GET /x HTTP/1.1\r\nHost: management.azure.com\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn tls_by_server_name() {
    let running = start().await;
    let mut stream = handshake(&running, running.connect().await, "management.azure.com").await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    stream.write_all(REQUEST).await.unwrap();
    let answer = read_to_end(&mut stream).await;
    assert!(
        answer.contains(r#""scheme":"https","host":"management.azure.com","port":null"#),
        "{answer}"
    );
}

#[tokio::test]
async fn tls_by_address_and_by_localhost() {
    let running = start().await;
    let port = running.server.address().port();
    for name in ["127.0.0.1", "localhost"] {
        let mut stream = handshake(&running, running.connect().await, name).await;
        let request = format!("GET /x HTTP/1.1\r\nHost: {name}:{port}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = read_to_end(&mut stream).await;
        assert!(
            answer.contains(&format!(r#""host":"{name}","port":{port}"#)),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn tls_for_an_unknown_host_is_refused() {
    let running = start().await;
    let name = "example.com".try_into().unwrap();
    let error = client(&running)
        .connect(name, running.connect().await)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("AccessDenied"), "{error}");
}

#[tokio::test]
async fn absolute_form_as_sent_to_a_proxy() {
    let running = start().await;
    let answer = running
        .exchange(b"GET http://169.254.169.254/metadata?x=1 HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n")
        .await;
    assert!(
        answer.contains(r#""scheme":"http","host":"169.254.169.254","port":null"#),
        "{answer}"
    );
    assert!(answer.contains(r#""path":"/metadata","query":"x=1""#), "{answer}");
    let answer = running
        .exchange(b"GET https://management.azure.com HTTP/1.1\r\nHost: other\r\n\r\n")
        .await;
    assert!(
        answer.contains(r#""scheme":"https","host":"management.azure.com""#),
        "{answer}"
    );
    assert!(answer.contains(r#""path":"/""#), "{answer}");
}

#[tokio::test]
async fn a_tunnel_with_tls_inside() {
    let running = start().await;
    let mut stream = running.connect().await;
    let connect = b"CONNECT management.azure.com:443 HTTP/1.1\r\nHost: management.azure.com:443\r\n\r\n";
    stream.write_all(connect).await.unwrap();
    let opened = read_until(&mut stream, "\r\n\r\n").await;
    assert!(opened.starts_with("HTTP/1.1 200"), "{opened}");
    let mut stream = handshake(&running, stream, "management.azure.com").await;
    for _ in 0..2 {
        let keep = b"GET /x HTTP/1.1\r\nHost: management.azure.com\r\n\r\n";
        stream.write_all(keep).await.unwrap();
        let answer = read_until(&mut stream, "}").await;
        assert!(
            answer.contains(r#""scheme":"https","host":"management.azure.com""#),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_tunnel_to_an_address_needs_no_server_name() {
    let running = start().await;
    let mut stream = running.connect().await;
    stream
        .write_all(b"CONNECT 169.254.169.254:443 HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    read_until(&mut stream, "\r\n\r\n").await;
    let mut stream = handshake(&running, stream, "169.254.169.254").await;
    stream.write_all(b"GET /x HTTP/1.0\r\n\r\n").await.unwrap();
    let answer = read_to_end(&mut stream).await;
    assert!(
        answer.contains(r#""scheme":"https","host":"169.254.169.254""#),
        "{answer}"
    );
}

#[tokio::test]
async fn a_tunnel_with_plain_http_inside_even_if_sent_at_once() {
    let running = start().await;
    let mut together = b"CONNECT management.azure.com:80 HTTP/1.1\r\nHost: x\r\n\r\n".to_vec();
    together.extend_from_slice(REQUEST);
    let answer = running.exchange(&together).await;
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 2, "{answer}");
    assert!(
        answer.contains(r#""scheme":"http","host":"management.azure.com""#),
        "{answer}"
    );
}

#[tokio::test]
async fn a_tunnel_in_a_tunnel_is_refused() {
    let running = start().await;
    let connect = b"CONNECT management.azure.com:80 HTTP/1.1\r\nHost: x\r\n\r\n";
    let answer = running.exchange(&[connect, &connect[..]].concat()).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("HTTP/1.1 400"), "{answer}");
}
