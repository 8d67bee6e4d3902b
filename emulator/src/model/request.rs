//! Requests as the core sees them: parsed, with the body already at rest.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::percent_decode_str;

use super::{Body, Prepared, Timestamp};

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

    /// The query as decoded pairs, in order. Keys and values are percent-decoded and `+` is a
    /// space: JavaScript clients send `api%2Dversion`, Go clients `%24filter=a+eq+b`.
    pub fn query_pairs(&self) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        self.decoded_pairs().collect()
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
        fn small(name: &str) -> impl Iterator<Item = u8> {
            name.bytes().map(|letter| letter.to_ascii_lowercase())
        }
        let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = self
            .decoded_pairs()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        pairs.sort_unstable_by(|(one, of_one), (two, of_two)| {
            small(one).cmp(small(two)).then_with(|| of_one.cmp(of_two))
        });
        pairs
            .windows(2)
            .find(|pair| pair[0].0.eq_ignore_ascii_case(&pair[1].0) && pair[0].1 != pair[1].1)
            .map(|pair| pair[0].0.to_ascii_lowercase())
    }

    /// The first value of a query key, decoded; the key is compared without regard to case.
    pub fn query_value(&self, key: &str) -> Option<String> {
        // Asked several times of each request: only the value that is wanted is decoded.
        let mut pairs = self.query.split('&');
        pairs.find_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let found = !pair.is_empty() && decode_form(name).eq_ignore_ascii_case(key);
            found.then(|| decode_form(value).into_owned())
        })
    }
}

fn decode_form(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned());
    }
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

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
