//! What a request says twice. One reader could take the first, another the last, and a signature
//! checked over one would let the other through; so that nothing reads such a request at all.

use http::HeaderName;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, DATE, HOST, IF_MATCH, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, IF_UNMODIFIED_SINCE, RANGE,
};

use super::{Refusal, Shape};
use crate::model::Request;
use crate::rules::{Endpoint, Gate, code};

/// Headers that have one value, besides all of Azure's own (`x-ms-`).
const SINGLE: [HeaderName; 11] = [
    AUTHORIZATION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_TYPE,
    DATE,
    HOST,
    IF_MATCH,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IF_UNMODIFIED_SINCE,
    RANGE,
];

/// The same, of names the library has no constant for.
const SINGLE_NAMED: [&str; 5] = [
    "content-md5",
    "metadata",
    "secret",
    "x-identity-header",
    "client-request-id",
];

fn has_one_value(name: &HeaderName) -> bool {
    SINGLE.contains(name) || SINGLE_NAMED.contains(&name.as_str()) || name.as_str().starts_with("x-ms-")
}

/// Refuses a request that gives a parameter of its query two values, in whichever letter case, or a
/// header that has one value more than once.
pub(super) fn check(endpoint: Endpoint, request: &Request) -> Result<(), Refusal> {
    let headers = &request.headers;
    // Names and values are counted apart: as a rule there are as many of the one as of the other.
    if headers.keys_len() < headers.len()
        && let Some(name) = headers
            .keys()
            .find(|name| has_one_value(name) && headers.get_all(*name).iter().nth(1).is_some())
    {
        return Err(refuse(endpoint, &format!("The header {name}")));
    }
    match request.query.contradicted() {
        Some(name) => Err(refuse(endpoint, &format!("The query parameter {name}"))),
        None => Ok(()),
    }
}

fn refuse(endpoint: Endpoint, what: &str) -> Refusal {
    let shape = match endpoint {
        Endpoint::Blob => Shape::Blob,
        Endpoint::KeyVault => Shape::KeyVault,
        Endpoint::Login | Endpoint::Imds => Shape::Entra,
        Endpoint::Arm | Endpoint::Graph | Endpoint::Admin => Shape::Arm,
    };
    Refusal::in_shape(shape, code::SyntheticGivenTwice, &[("what", what)]).at(Gate::Route)
}
