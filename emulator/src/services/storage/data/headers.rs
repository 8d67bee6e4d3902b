//! Headers that several operations read or write.

use http::{HeaderName, HeaderValue, StatusCode};

use crate::gateway::Refusal;
use crate::model::{Request, Response, wire_http_date};
use crate::services::Context;
use crate::services::storage::domain::{Metadata, WriteVersion};
use crate::services::storage::names;

/// Sets a header whose name is made at run time. One that cannot be written is left out.
pub(super) fn set(response: &mut Response, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (
        HeaderName::from_bytes(name.as_bytes()),
        HeaderValue::from_str(value),
    ) {
        response.headers.insert(name, value);
    }
}

/// `ETag` and `Last-Modified`.
pub(super) fn with_version(response: Response, version: &WriteVersion) -> Response {
    response
        .with_header("etag", &format!("\"{}\"", version.etag))
        .with_header("last-modified", &wire_http_date(version.modified))
}

/// `x-ms-meta-*`.
pub(super) fn with_metadata(mut response: Response, metadata: &Metadata) -> Response {
    for (name, value) in metadata {
        let name = format!("x-ms-meta-{name}");
        set(&mut response, &name, value);
        response.spelled.push(name);
    }
    response
}

/// The answer to a write.
pub(super) fn written(status: StatusCode, version: &WriteVersion) -> Response {
    with_version(Response::new(status), version).with_header("x-ms-request-server-encrypted", "true")
}

/// The metadata a request sends.
///
/// # Errors
///
/// 400 if a name is no C# identifier, a value is not ASCII, or there is too much of it.
pub(super) fn metadata(context: &Context<'_>, request: &Request) -> Result<Metadata, Refusal> {
    let mut metadata = Metadata::new();
    for (name, value) in &request.headers {
        let Some(name) = name.as_str().strip_prefix("x-ms-meta-") else {
            continue;
        };
        // What is not ASCII is refused below, whatever it is.
        let value = value.to_str().unwrap_or("\u{fffd}");
        metadata.insert(as_spelled(request, name).to_owned(), value.to_owned());
    }
    names::check_metadata(context.rules, &metadata)?;
    Ok(metadata)
}

/// A name of metadata in the case it was sent in.
fn as_spelled<'a>(request: &'a Request, name: &'a str) -> &'a str {
    let spelled = request
        .spelled
        .iter()
        .filter_map(|header| header.get("x-ms-meta-".len()..));
    let mut same = spelled.filter(|spelled| spelled.eq_ignore_ascii_case(name));
    same.next().unwrap_or(name)
}
