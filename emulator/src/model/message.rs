//! Requests and responses as the core sees them: parsed, with the body already at rest.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use percent_encoding::percent_decode_str;

use super::{Prepared, Timestamp};

/// How the request travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Plain text.
    Http,
    /// TLS, terminated by the front door.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A run of bytes in the blob store. Opaque to the core except for slicing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Which segment file of the store.
    pub segment: u32,
    /// Offset of the first byte within the segment, in bytes.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}

impl Extent {
    /// The segment that exists nowhere and reads as zeros: the pages of a page blob that were never
    /// written.
    pub const ZEROS: u32 = u32::MAX;

    /// Zeros, which take no room.
    pub fn zeros(length: u64) -> Self {
        Self {
            segment: Self::ZEROS,
            offset: 0,
            length,
        }
    }

    /// Whether these are zeros nobody wrote.
    pub fn is_zeros(&self) -> bool {
        self.segment == Self::ZEROS
    }
}

/// A body the shell has put into the blob store. The core handles the description, never the bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredBody {
    /// Where the bytes are, in order.
    pub extents: Vec<Extent>,
    /// Total number of bytes; the sum of the extents' lengths.
    pub length: u64,
    /// MD5 of the bytes, where the admission asked for one.
    pub md5: Option<[u8; 16]>,
}

impl StoredBody {
    /// The part of this body that starts at `start` and is `length` bytes long, clipped to the end.
    pub fn slice(&self, start: u64, length: u64) -> Self {
        let end = start.saturating_add(length).min(self.length);
        let mut extents = Vec::new();
        let mut position = 0;
        for extent in &self.extents {
            let from = start.max(position);
            let to = end.min(position + extent.length);
            if from < to {
                let skipped = if extent.is_zeros() { 0 } else { from - position };
                extents.push(Extent {
                    segment: extent.segment,
                    offset: extent.offset + skipped,
                    length: to - from,
                });
            }
            position += extent.length;
        }
        Self {
            extents,
            length: end.saturating_sub(start),
            md5: None,
        }
    }

    /// Appends the extents of `other`.
    pub fn append(&mut self, other: &Self) {
        self.extents.extend_from_slice(&other.extents);
        self.length += other.length;
        self.md5 = None;
    }

    /// Zeros, which take no room.
    pub fn zeros(length: u64) -> Self {
        Self {
            extents: (length > 0).then(|| Extent::zeros(length)).into_iter().collect(),
            length,
            md5: None,
        }
    }

    /// The body with `part` in the place of as many bytes from `start` on. `part` lies within it.
    #[must_use]
    pub fn with_part(&self, start: u64, part: &Self) -> Self {
        let behind = start.saturating_add(part.length);
        let mut whole = self.slice(0, start);
        whole.append(part);
        whole.append(&self.slice(behind, self.length.saturating_sub(behind)));
        whole.join_zeros();
        whole
    }

    /// The body cut off, or made longer with zeros.
    #[must_use]
    pub fn resized(&self, length: u64) -> Self {
        let mut whole = self.slice(0, length);
        whole.length = length.min(self.length);
        whole.append(&Self::zeros(length.saturating_sub(self.length)));
        whole.join_zeros();
        whole
    }

    /// Makes neighbouring zeros one extent, so that a body does not grow by being written over.
    fn join_zeros(&mut self) {
        self.extents.dedup_by(|next, last| {
            let joined = next.is_zeros() && last.is_zeros();
            if joined {
                last.length += next.length;
            }
            joined
        });
    }
}

/// A body at rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// No body.
    #[default]
    Empty,
    /// A small body in memory (JSON, XML, forms).
    Bytes(Bytes),
    /// A body in the blob store.
    Stored(StoredBody),
}

impl Body {
    /// Number of bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Stored(stored) => stored.length,
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The in-memory bytes; empty for a stored body, which the core never reads.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Empty | Self::Stored(_) => &[],
        }
    }
}

/// One request, after the shell has taken it off the wire (or built it, for a call between the
/// fake services).
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Plain or TLS.
    pub scheme: Scheme,
    /// The host asked for, in lower case, without the port.
    pub host: String,
    /// The port of the authority asked for, where one was named and it is not the scheme's own.
    /// Absolute URLs in answers must keep it.
    pub port: Option<u16>,
    /// The path as sent, still percent-encoded, beginning with `/`.
    pub path: String,
    /// The query as sent, without the `?`; empty if there was none.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// The body as JSON, where the front door has read it and found it to be of its published type.
    pub json: Option<serde_json::Value>,
    /// What was worked out for it beforehand.
    pub prepared: Vec<Prepared>,
    /// Names of headers as they were spelled, where somebody keeps them: of metadata.
    pub spelled: Vec<String>,
    /// When it came in, by the machine's clock. The world's may have been moved, and a client knows
    /// nothing of that. `None` for a request that no socket brought.
    pub came_at: Option<Timestamp>,
}

impl Request {
    /// A request over TLS without headers or body. `target` is `/path?query`.
    pub fn new(method: Method, host: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method,
            scheme: Scheme::Https,
            host: host.to_ascii_lowercase(),
            port: None,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: HeaderMap::new(),
            body: Body::Empty,
            json: None,
            prepared: Vec::new(),
            spelled: Vec::new(),
            came_at: None,
        }
    }

    /// The same request with a JSON body.
    #[must_use]
    pub fn with_json(mut self, value: &serde_json::Value) -> Self {
        self.headers.insert(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        self.body = Body::Bytes(Bytes::from(value.to_string()));
        self
    }

    /// The same request with one more header. An unprintable value is left out.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// What was worked out for it beforehand, of that kind.
    pub fn prepared<T: std::any::Any>(&self) -> Option<&T> {
        self.prepared.iter().find_map(Prepared::get)
    }

    /// The same, taken out of the request, if nobody else holds it.
    pub fn take_prepared<T: std::any::Any + Send + Sync>(&mut self) -> Option<T> {
        let at = self.prepared.iter().position(|own| own.get::<T>().is_some())?;
        self.prepared.remove(at).into_inner()
    }

    /// A header as text; `None` if absent or not printable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `scheme://host[:port]`, as the caller named it.
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}://{}:{port}", self.scheme.as_str(), self.host),
            None => format!("{}://{}", self.scheme.as_str(), self.host),
        }
    }

    /// The query as decoded pairs, in order. Keys and values are percent-decoded and `+` is a
    /// space: JavaScript clients send `api%2Dversion`, Go clients `%24filter=a+eq+b`.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        self.decoded_pairs()
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect()
    }

    /// The pairs one by one; what needs no decoding is not copied.
    fn decoded_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode_form(key), decode_form(value))
        })
    }

    /// The parameter of the query that is given two different values, if one is: keys are told apart
    /// without regard to case and once they are decoded, as they are read. No value is no second one:
    /// clients that go on from an address they were given add an empty `api-version`.
    pub fn contradicted_parameter(&self) -> Option<String> {
        if !self.query.contains('&') {
            return None;
        }
        let mut pairs: Vec<(String, Cow<'_, str>)> = self
            .decoded_pairs()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect();
        pairs.sort_unstable();
        pairs
            .windows(2)
            .find(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1)
            .map(|pair| pair[0].0.clone())
    }

    /// The first value of a query key, decoded; the key is compared without regard to case.
    pub fn query_value(&self, key: &str) -> Option<String> {
        self.decoded_pairs()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| value.into_owned())
    }
}

fn decode_form(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned());
    }
    percent_decode_str(text).decode_utf8_lossy()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slice_crosses_extents_and_clips_at_the_end() {
        let body = StoredBody {
            extents: vec![
                Extent {
                    segment: 0,
                    offset: 100,
                    length: 10,
                },
                Extent {
                    segment: 1,
                    offset: 0,
                    length: 10,
                },
            ],
            length: 20,
            md5: None,
        };
        let part = body.slice(5, 100);
        assert_eq!(part.length, 15);
        assert_eq!(
            part.extents,
            vec![
                Extent {
                    segment: 0,
                    offset: 105,
                    length: 5
                },
                Extent {
                    segment: 1,
                    offset: 0,
                    length: 10
                },
            ]
        );
        assert_eq!(body.slice(30, 5).length, 0);
    }

    #[test]
    fn parts_are_put_in_place_and_zeros_stay_one_extent() {
        let written = |offset: u64, length: u64| StoredBody {
            extents: vec![Extent {
                segment: 3,
                offset,
                length,
            }],
            length,
            md5: None,
        };
        let pages = StoredBody::zeros(2048).with_part(512, &written(0, 512));
        assert_eq!(pages.length, 2048);
        assert_eq!(pages.extents.len(), 3);
        let over = pages.with_part(0, &written(512, 2048));
        assert_eq!(over.extents, written(512, 2048).extents);
        let cleared = pages.with_part(512, &StoredBody::zeros(512));
        assert_eq!(cleared, StoredBody::zeros(2048));
        assert_eq!(pages.resized(1024).extents.len(), 2);
        assert_eq!(pages.resized(4096).extents[2], Extent::zeros(3072));
        assert_eq!(StoredBody::zeros(512).resized(0), StoredBody::default());
    }

    #[test]
    fn query_keys_and_values_are_decoded() {
        let request = Request::new(
            Method::GET,
            "management.azure.com",
            "/x?api%2Dversion=2022-12-01&%24filter=roleName+eq+%27Reader%27",
        );
        assert_eq!(request.query_value("api-version").as_deref(), Some("2022-12-01"));
        assert_eq!(
            request.query_value("$filter").as_deref(),
            Some("roleName eq 'Reader'")
        );
    }
}
