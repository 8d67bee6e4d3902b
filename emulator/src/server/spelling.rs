//! The case that names of headers are written in.
//!
//! It makes no difference to HTTP, and hyper turns it all into small letters; names of metadata are names of
//! headers, and keep theirs. hyper takes note of it for proxies, in an extension of the message that only
//! hyper itself can read and make. So a message that has metadata goes through hyper once more, in memory:
//! written, to see how its names were spelled, or read, to have others spelled so.

use bytes::Bytes;
use http::request::Parts;
use http::{Extensions, HeaderName, HeaderValue, Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

/// What names of metadata begin with.
const METADATA: &str = "x-ms-meta-";
/// Room for a head: names of metadata take less.
const HEAD_BYTES: usize = 64 * 1024;

/// How a request spells the names of its metadata.
pub(super) async fn of(parts: &Parts) -> Vec<String> {
    let named = |name: &&HeaderName| name.as_str().starts_with(METADATA);
    let names: Vec<&HeaderName> = parts.headers.keys().filter(named).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let mut copy = Request::new(Empty::new());
    *copy.extensions_mut() = parts.extensions.clone();
    for name in names {
        copy.headers_mut().append(name, HeaderValue::from_static(""));
    }
    let (ours, mut theirs) = duplex(HEAD_BYTES);
    let head = tokio::select! {
        head = read_head(&mut theirs) => head,
        _ = exchange(ours, copy) => Vec::new(),
    };
    String::from_utf8_lossy(&head)
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name.to_owned())
        .filter(|name| {
            name.get(..METADATA.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(METADATA))
        })
        .collect()
}

/// What has hyper spell names so, where small letters will not do.
pub(super) async fn to_write(names: &[String]) -> Extensions {
    if !names
        .iter()
        .any(|name| name.bytes().any(|letter| letter.is_ascii_uppercase()))
    {
        return Extensions::new();
    }
    let mut head = "HTTP/1.1 204 No Content\r\n".to_owned();
    for name in names {
        head.push_str(name);
        head.push_str(": x\r\n");
    }
    head.push_str("\r\n");
    let (ours, mut theirs) = duplex(HEAD_BYTES);
    let answer = async {
        // An answer is none before something has been asked.
        read_head(&mut theirs).await;
        // There is room for all of it.
        let _ = theirs.write_all(head.as_bytes()).await;
        std::future::pending::<()>().await;
    };
    let read = tokio::select! {
        () = answer => None,
        read = exchange(ours, Request::new(Empty::new())) => read,
    };
    read.map(|read| read.into_parts().0.extensions)
        .unwrap_or_default()
}

/// Reads the head of a message, as far as it comes.
async fn read_head(stream: &mut DuplexStream) -> Vec<u8> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if !matches!(stream.read_buf(&mut head).await, Ok(read) if read > 0) {
            break;
        }
    }
    head
}

/// Sends a request into memory, and waits for an answer from there.
async fn exchange(stream: DuplexStream, request: Request<Empty<Bytes>>) -> Option<Response<Incoming>> {
    let mut builder = http1::Builder::new();
    builder.preserve_header_case(true);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.ok()?;
    tokio::select! {
        answer = sender.send_request(request) => answer.ok(),
        _ = connection => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn names_are_written_and_read_as_they_are_spelled() {
        let names = ["x-ms-meta-M1".to_owned(), "X-Ms-Meta-anOther".to_owned()];
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.extensions_mut() = to_write(&names).await;
        for name in &names {
            let name: HeaderName = name.to_ascii_lowercase().parse().expect("a name");
            request.headers_mut().insert(name, HeaderValue::from_static("x"));
        }
        let (parts, _) = request.into_parts();
        let mut read = of(&parts).await;
        read.sort();
        assert_eq!(read, ["X-Ms-Meta-anOther", "x-ms-meta-M1"]);
    }

    #[tokio::test]
    async fn what_has_no_metadata_costs_nothing() {
        let (parts, _) = Request::new(Empty::<Bytes>::new()).into_parts();
        assert!(of(&parts).await.is_empty());
        assert!(to_write(&["x-ms-meta-small".to_owned()]).await.is_empty());
    }
}
