//! Bodies and headers of an exchange, as far as they may be told.

use http::HeaderMap;
use serde_json::{Value, json};

use super::secrets::{shown_address, shown_form, shown_json};
use crate::model::{Body, Request, Response};

/// The longest body that is kept, in bytes.
const BODY_MAX: usize = 64 * 1024;
/// Headers of a request that change what is answered.
const ASKED: [&str; 6] = [
    "accept",
    "content-type",
    "if-match",
    "if-none-match",
    "x-ms-client-request-id",
    "x-ms-deleted-vault-id",
];
/// Headers of an answer that clients go by.
const ANSWERED: [&str; 8] = [
    "azure-asyncoperation",
    "content-type",
    "location",
    "retry-after",
    "x-azdrill-gate",
    "x-azdrill-mark",
    "x-azdrill-rules",
    "x-ms-error-code",
];

/// What was sent and answered. No secret is in it.
#[derive(Clone, Debug, Default)]
pub struct Bodies {
    /// Headers of the request.
    pub asked_headers: Vec<(&'static str, String)>,
    /// The request's body; `None` if there was none.
    pub asked: Option<Value>,
    /// Headers of the answer.
    pub answered_headers: Vec<(&'static str, String)>,
    /// The answer's body; `None` if there was none.
    pub answered: Option<Value>,
    /// About how many bytes this takes.
    pub(super) bytes: usize,
}

/// Takes them out of an exchange.
pub(super) fn bodies(request: &Request, response: &Response) -> Box<Bodies> {
    let (host, path) = (request.host.as_str(), request.path.as_str());
    let (asked, asked_bytes) = shown(host, path, &request.headers, &request.body);
    let (answered, answered_bytes) = shown(host, path, &response.headers, &response.body);
    Box::new(Bodies {
        asked_headers: headers(&request.headers, &ASKED),
        asked,
        answered_headers: headers(&response.headers, &ANSWERED),
        answered,
        bytes: asked_bytes + answered_bytes + 512,
    })
}

fn headers(all: &HeaderMap, kept: &[&'static str]) -> Vec<(&'static str, String)> {
    kept.iter()
        .filter_map(|name| Some((*name, shown_address(all.get(*name)?.to_str().ok()?))))
        .collect()
}

/// A body as it is told, with about how many bytes that takes. What is neither JSON nor a form is told
/// by its length.
fn shown(host: &str, path: &str, headers: &HeaderMap, body: &Body) -> (Option<Value>, usize) {
    if body.is_empty() {
        return (None, 0);
    }
    let length = body.len();
    let untold = || (Some(json!({"x-azdrill-bytes": length})), 64);
    let bytes = body.bytes();
    if bytes.is_empty() || bytes.len() > BODY_MAX {
        return untold();
    }
    let kind = headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return (Some(shown_form(bytes)), bytes.len());
    }
    match serde_json::from_slice(bytes) {
        Ok(value) => (Some(shown_json(host, path, value)), bytes.len() * 2),
        Err(_) => untold(),
    }
}

#[cfg(test)]
mod tests {
    use http::{Method, StatusCode};

    use super::*;

    #[test]
    fn what_is_too_long_or_no_json_is_told_by_its_length() {
        let mut request = Request::new(Method::PUT, "management.azure.com", "/subscriptions/s?sig=x");
        request.body = Body::Bytes(bytes::Bytes::from(vec![b'a'; BODY_MAX + 1]));
        let answer = Response::json(StatusCode::OK, &json!({"password": "x", "a": 1}));
        let told = bodies(&request, &answer);
        assert_eq!(told.asked, Some(json!({"x-azdrill-bytes": BODY_MAX + 1})));
        assert_eq!(told.answered, Some(json!({"password": "(hidden)", "a": 1})));
        request.body = Body::Bytes(bytes::Bytes::from_static(b"<xml/>"));
        assert_eq!(
            bodies(&request, &answer).asked,
            Some(json!({"x-azdrill-bytes": 6}))
        );
    }
}
