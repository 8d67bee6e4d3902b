//! Answers, with bodies that may be in the blob store.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::Body;

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
}

/// What a part of a blob is hashed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeHash {
    /// `Content-MD5`.
    Md5,
    /// `x-ms-content-crc64`.
    Crc64,
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
        }
    }

    /// A JSON answer with Azure Resource Manager's content type.
    pub fn json(status: StatusCode, value: &serde_json::Value) -> Self {
        // Not by `to_string`: formatting costs twice as much as writing bytes. A value's keys are
        // texts, so that writing it cannot fail.
        let bytes = serde_json::to_vec(value).unwrap_or_default();
        let mut response = Self::new(status).with_body(Bytes::from(bytes));
        response.headers.insert(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        response
    }

    /// The same answer with one more header. An unprintable value is left out.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
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
