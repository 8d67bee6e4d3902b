//! Assertions of outside issuers. All of them are played with one key, since none can be reached.

use bytes::Bytes;
use http::StatusCode;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::json;

use crate::gateway::{Permit, Refusal};
use crate::model::{Body, Request, Response};
use crate::rules::code;
use crate::services::Context;

/// How long an assertion is good for, in seconds, unless somebody says otherwise.
const LIFETIME_SECONDS: i64 = 3600;

fn bad(what: &str) -> Refusal {
    Refusal::of(code::SyntheticInvalidAssertion, &[("what", what)])
}

/// An assertion of `issuer` about `subject`, as text for a file; to who wants JSON, in a `value`, as
/// pipelines get theirs.
pub(super) fn assertion(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let value = |name: &str| request.query_value(name).filter(|value| !value.is_empty());
    let (Some(issuer), Some(subject)) = (value("issuer"), value("subject")) else {
        return Err(bad("An assertion needs an issuer and a subject."));
    };
    let lifetime = match value("lifetime") {
        None => LIFETIME_SECONDS,
        Some(text) => text
            .parse::<u32>()
            .map(i64::from)
            .map_err(|_| bad("The lifetime is no number of seconds."))?,
    };
    let audience = value("audience").unwrap_or_else(|| context.rules.federation.audience.value.clone());
    let now = context.now.as_second();
    let id = context.draw_uuid("assertion");
    let token = context.tokens.sign(&json!({
        "iss": issuer,
        "sub": subject,
        "aud": audience,
        "iat": now,
        "nbf": now,
        "exp": now + lifetime,
        "jti": id,
    }));
    let wants_json = request
        .headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("json"));
    if wants_json {
        return Ok(Response::json(StatusCode::OK, &json!({"value": token})));
    }
    let mut response = Response::new(StatusCode::OK).with_header(CONTENT_TYPE.as_str(), "text/plain");
    response.body = Body::Bytes(Bytes::from(token));
    Ok(response)
}
