//! A request as a journal holds it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};

use crate::model::{Body, Prepared, Request, Scheme, StoredBody, Timestamp};

/// A request: one that is being written, or one that was read. Holds secrets, so that there is no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentRequest<'a> {
    method: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "is_false")]
    plain: bool,
    host: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    path: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    query: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(Cow<'a, str>, Text<'a>)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<SentBody<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    spelled: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    came_at: Option<Timestamp>,
    /// The inputs at which what was worked out for it was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    prepared: Vec<u64>,
}

/// Text, or bytes that are none.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Text<'a> {
    Text(Cow<'a, str>),
    Bytes { base64: String },
}

/// A body.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SentBody<'a> {
    Memory(Text<'a>),
    Stored(Cow<'a, StoredBody>),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl<'a> Text<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.into()),
            Err(_) => Self::Bytes {
                base64: STANDARD.encode(bytes),
            },
        }
    }

    fn bytes(self) -> Result<Vec<u8>, String> {
        match self {
            Self::Text(text) => Ok(text.into_owned().into_bytes()),
            Self::Bytes { base64 } => STANDARD
                .decode(base64)
                .map_err(|error| format!("base64 was expected: {error}")),
        }
    }
}

impl<'a> From<&'a Request> for SentRequest<'a> {
    fn from(request: &'a Request) -> Self {
        let headers = request.headers.iter();
        let prepared = request.prepared.iter();
        Self {
            method: request.method.as_str().into(),
            plain: request.scheme == Scheme::Http,
            host: request.host.as_str().into(),
            port: request.port,
            path: request.path.as_str().into(),
            query: Cow::Borrowed(&request.query),
            headers: headers
                .map(|(name, value)| (name.as_str().into(), Text::of(value.as_bytes())))
                .collect(),
            body: match &request.body {
                Body::Empty => None,
                Body::Bytes(bytes) => Some(SentBody::Memory(Text::of(bytes))),
                Body::Stored(stored) => Some(SentBody::Stored(Cow::Borrowed(stored))),
            },
            spelled: request.spelled.clone(),
            came_at: request.came_at,
            prepared: prepared.filter_map(Prepared::number).collect(),
        }
    }
}

impl SentRequest<'_> {
    /// The inputs at which what was worked out for it was asked for.
    pub(super) fn prepared(&self) -> &[u64] {
        &self.prepared
    }

    /// The request, as far as it can be one.
    pub(super) fn request(self) -> Result<Request, String> {
        let method = Method::from_bytes(self.method.as_bytes())
            .map_err(|_| format!("`{}` is no method of a request", self.method))?;
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in self.headers {
            let key = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| format!("`{name}` is no name of a header"))?;
            let value = HeaderValue::from_bytes(&value.bytes()?)
                .map_err(|_| format!("the header `{name}` has a value that no header has"))?;
            headers.append(key, value);
        }
        if !self.path.starts_with('/') {
            return Err("a path begins with `/`".to_owned());
        }
        let body = match self.body {
            None => Body::Empty,
            Some(SentBody::Memory(text)) => Body::Bytes(Bytes::from(text.bytes()?)),
            Some(SentBody::Stored(stored)) => Body::Stored(checked(stored.into_owned())?),
        };
        Ok(Request {
            scheme: if self.plain { Scheme::Http } else { Scheme::Https },
            port: self.port,
            query: self.query.into_owned().into(),
            headers,
            body,
            spelled: self.spelled,
            came_at: self.came_at,
            ..Request::new(method, &self.host, &self.path)
        })
    }

    /// What is asked for, without the query: what signs it is in there.
    pub(super) fn what(&self) -> String {
        format!("{} {}{}", self.method, self.host, self.path)
    }
}

/// A stored body whose parts come to what it says it is.
fn checked(stored: StoredBody) -> Result<StoredBody, String> {
    let mut length = 0_u64;
    for extent in &stored.extents {
        let end = extent.offset.checked_add(extent.length);
        length = end
            .and(length.checked_add(extent.length))
            .ok_or("a stored body is longer than any can be")?;
    }
    if length == stored.length {
        Ok(stored)
    } else {
        Err(format!(
            "a stored body of {} bytes has parts of {length} together",
            stored.length
        ))
    }
}
