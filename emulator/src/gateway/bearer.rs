//! Bearer tokens: where a request has one, and whether it is for the endpoint asked.

use crate::model::Request;
use crate::rules::{Endpoint, cloud};

/// The bearer token a request carries.
pub(super) fn bearer_token(request: &Request) -> Option<&str> {
    strip_scheme(request.header("authorization")?, "Bearer")
}

/// What stands behind the name of a scheme.
pub(super) fn strip_scheme<'a>(header: &'a str, scheme: &str) -> Option<&'a str> {
    let (own, rest) = header.split_once(' ')?;
    own.eq_ignore_ascii_case(scheme).then_some(rest.trim())
}

/// Whether a token for this audience is one for the endpoint.
pub(super) fn audience_fits(request: &Request, endpoint: Endpoint, audience: &str) -> bool {
    let audience = audience.trim_end_matches('/');
    let is = |name: &str| name.eq_ignore_ascii_case(audience);
    let known = cloud().audiences(endpoint);
    // A registered custom cloud and a blob endpoint name themselves as the audience.
    let own = matches!(request.host.as_str(), "localhost" | "127.0.0.1") || endpoint == Endpoint::Blob;
    known.iter().any(|name| is(name)) || own && is(&request.authority())
}
