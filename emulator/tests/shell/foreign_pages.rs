//! What pages in a browser on this machine try at its own name.

use crate::wire::{start, status};

#[tokio::test]
async fn pages_from_elsewhere_are_refused_at_our_own_name() {
    let running = start().await;
    let port = running.server.address().port();
    let foreign = [
        "Origin: https://evil.example\r\n".to_owned(),
        "Origin: null\r\n".to_owned(),
        "Origin: http://localhost:3000\r\n".to_owned(),
        format!("Origin: https://localhost:{port}\r\n"),
        format!("Origin: http://localhost.evil.example:{port}\r\n"),
        "Referer: https://evil.example/page\r\n".to_owned(),
        "Sec-Fetch-Site: cross-site\r\n".to_owned(),
        "Sec-Fetch-Site: same-site\r\n".to_owned(),
        format!("Origin: http://localhost:{port}\r\nOrigin: https://evil.example\r\n"),
    ];
    // ARM, Entra ID and the metadata endpoint answer there as well.
    for path in [
        "/_azdrill/reset",
        "/subscriptions",
        "/t/oauth2/token",
        "/metadata/identity/oauth2/token",
    ] {
        for header in &foreign {
            for method in ["GET", "POST"] {
                let request = format!(
                    "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{header}Content-Length: 0\r\n\r\n"
                );
                let answer = running.exchange(request.as_bytes()).await;
                assert_eq!(status(&answer), "403", "{request}{answer}");
                assert!(!answer.to_lowercase().contains("access-control-"), "{answer}");
            }
        }
    }
    let calls = running.server.front_door().with_core(|core| core.calls.clone());
    assert!(calls.is_empty(), "{calls:?}");
    for header in [
        String::new(),
        format!("Origin: http://localhost:{port}\r\nSec-Fetch-Site: same-origin\r\n"),
        format!("Referer: http://localhost:{port}/page\r\n"),
        "Sec-Fetch-Site: none\r\n".to_owned(),
    ] {
        let request = format!("GET /subscriptions HTTP/1.1\r\nHost: localhost:{port}\r\n{header}\r\n");
        let answer = running.exchange(request.as_bytes()).await;
        assert_eq!(status(&answer), "200", "{request}{answer}");
    }
}

#[tokio::test]
async fn a_name_that_leads_here_by_a_trick_is_not_ours() {
    let running = start().await;
    let port = running.server.address().port();
    for host in [
        format!("evil.example:{port}"),
        "localhost.evil.example".to_owned(),
    ] {
        let request = format!("POST /_azdrill/reset HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n");
        let answer = running.exchange(request.as_bytes()).await;
        assert_eq!(status(&answer), "403", "{answer}");
    }
}

#[tokio::test]
async fn only_json_is_taken_below_our_own_paths() {
    let running = start().await;
    for header in [
        "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
        "Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n\r\n{}",
        "Content-Length: 2\r\n\r\n{}",
    ] {
        let request = format!("POST /_azdrill/reset HTTP/1.1\r\nHost: localhost\r\n{header}");
        let answer = running.exchange(request.as_bytes()).await;
        assert_eq!(status(&answer), "415", "{request}{answer}");
    }
}

#[tokio::test]
async fn a_host_is_asked_at_its_own_port() {
    let running = start().await;
    for (target, expected) in [
        ("http://169.254.169.254:8080/metadata/instance", "403"),
        ("http://management.azure.com:8080/subscriptions", "403"),
        ("http://management.azure.com:80/subscriptions", "200"),
        ("http://management.azure.com/subscriptions", "200"),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n");
        let answer = running.exchange(request.as_bytes()).await;
        assert_eq!(status(&answer), expected, "{target}: {answer}");
    }
}
