//! Requests as the core sees them: parsed, with the body already at rest.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::{Body, Prepared, Query, Timestamp};

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
    /// The query, without the `?`.
    pub query: Query,
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
            query: query.into(),
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
        let at = self
            .prepared
            .iter()
            .position(|prepared| prepared.get::<T>().is_some())?;
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

    /// The first value of a query key, decoded; the key is compared without regard to case.
    pub fn query_value(&self, key: &str) -> Option<String> {
        self.query.value(key).map(str::to_owned)
    }
}
