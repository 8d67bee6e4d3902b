//! Answers, with bodies that may be in the blob store.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::{Body, Mishap};

/// Most answers have no more headers than this, so that writing them seldom moves them.
const USUAL_HEADERS: usize = 12;

/// One answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers. The shell adds `Content-Length` and `Date`.
    pub headers: HeaderMap,
    /// The body. For an answer to `HEAD` this describes the body that is left out.
    pub body: Body,
    /// A hash of a stored body that the shell is to add, for the core does not see the bytes.
    pub hash: Option<RangeHash>,
    /// Names of headers as they are to be spelled; those that are not here have small letters.
    pub spelled: Vec<String>,
    /// What happens to it on its connection, where a fault says so.
    pub mishap: Option<Mishap>,
}

/// What a part of a blob is hashed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeHash {
    /// `Content-MD5`.
    Md5,
    /// `x-ms-content-crc64`.
    Crc64,
}

/// The most letters of a header that repeats what a client wrote.
const REPEATED_MAX: usize = 200;

/// Such headers.
const REPEATS: [&str; 2] = ["x-azdrill-not-implemented", "x-azdrill-ignored"];

/// Such a header that is too long, as far as it goes.
fn cut_short(name: &str, value: &str) -> Option<String> {
    if value.len() <= REPEATED_MAX || !REPEATS.contains(&name) {
        return None;
    }
    let (end, _) = value.char_indices().nth(REPEATED_MAX)?;
    Some(format!("{}...", value.get(..end)?))
}

impl Response {
    /// An answer without headers or body.
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::with_capacity(USUAL_HEADERS),
            body: Body::Empty,
            hash: None,
            spelled: Vec::new(),
            mishap: None,
        }
    }

    /// A JSON answer with Azure Resource Manager's content type.
    pub fn json(status: StatusCode, value: &serde_json::Value) -> Self {
        // Not by `to_string`: formatting costs twice as much as writing bytes. A value's keys are
        // texts, so that writing it cannot fail.
        let mut bytes = Vec::with_capacity(1024);
        if serde_json::to_writer(&mut bytes, value).is_err() {
            bytes.clear();
        }
        let mut response = Self::new(status).with_body(Bytes::from(bytes));
        response.headers.insert(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        response
    }

    /// The same answer with one more header. An unprintable value is left out; one of ours, which may repeat
    /// what a client wrote, is cut where clients would refuse the whole answer for it.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        let cut = cut_short(name, value);
        let value = cut.as_deref().unwrap_or(value);
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// The same answer with these bytes as its body.
    #[must_use]
    pub fn with_body(mut self, bytes: Bytes) -> Self {
        self.body = Body::Bytes(bytes);
        self
    }

    /// A header as text; `None` if absent or not printable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body read as JSON; `Null` if it is not JSON.
    pub fn json_body(&self) -> serde_json::Value {
        serde_json::from_slice(self.body.bytes()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_repeats_what_was_asked_has_an_end() {
        let long = "ä".repeat(100_000);
        for name in REPEATS {
            let answer = Response::new(StatusCode::OK).with_header(name, &long);
            let value = answer
                .headers
                .get(name)
                .map(HeaderValue::as_bytes)
                .unwrap_or_default();
            assert!(value.len() < 500 && value.ends_with(b"..."), "{name}");
        }
        let answer = Response::new(StatusCode::OK).with_header("x-ms-meta-a", &"b".repeat(1000));
        assert_eq!(answer.header("x-ms-meta-a").map(str::len), Some(1000));
    }
}
