//! Headers that several operations read or write.

use http::{HeaderName, HeaderValue, StatusCode};

use crate::gateway::Refusal;
use crate::model::{Request, Response, wire_http_date};
use crate::services::storage::domain::{Metadata, Version};

/// Names and values of all metadata together, in bytes.
const METADATA_MAX_BYTES: usize = 8 * 1024;

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
pub(super) fn with_version(response: Response, version: &Version) -> Response {
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
pub(super) fn written(status: StatusCode, version: &Version) -> Response {
    with_version(Response::new(status), version).with_header("x-ms-request-server-encrypted", "true")
}

/// The metadata a request sends.
///
/// # Errors
///
/// 400 if a name is no C# identifier, a value is not ASCII, or there is too much of it.
pub(super) fn metadata(request: &Request) -> Result<Metadata, Refusal> {
    let refuse = |code: &str, message: &str| Err(Refusal::blob(StatusCode::BAD_REQUEST, code, message));
    let mut metadata = Metadata::new();
    let mut bytes = 0;
    for (name, value) in &request.headers {
        let Some(name) = name.as_str().strip_prefix("x-ms-meta-") else {
            continue;
        };
        let Ok(value) = value.to_str() else {
            return refuse(
                "InvalidMetadata",
                "The specified metadata is invalid. It includes characters that are not permitted.",
            );
        };
        if name.is_empty() {
            return refuse(
                "EmptyMetadataKey",
                "The key for one of the metadata key-value pairs is empty.",
            );
        }
        let is_identifier = !name.starts_with(|first: char| first.is_ascii_digit())
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !is_identifier {
            return refuse(
                "InvalidMetadata",
                "The specified metadata is invalid. It includes characters that are not permitted.",
            );
        }
        bytes += name.len() + value.len();
        metadata.insert(as_spelled(request, name).to_owned(), value.to_owned());
    }
    if bytes > METADATA_MAX_BYTES {
        return refuse(
            "MetadataTooLarge",
            "The size of the specified metadata exceeds the maximum size permitted.",
        );
    }
    Ok(metadata)
}

/// A name of metadata in the case it was sent in.
fn as_spelled<'a>(request: &'a Request, name: &'a str) -> &'a str {
    let spelled = request
        .spelled
        .iter()
        .filter_map(|own| own.get("x-ms-meta-".len()..));
    let mut same = spelled.filter(|own| own.eq_ignore_ascii_case(name));
    same.next().unwrap_or(name)
}
