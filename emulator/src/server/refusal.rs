//! Refusals of the shell itself.

use std::io;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::body::BodyError;
use crate::model::{Body, Response};

/// What a client is told whose body cannot be taken.
pub(super) fn of_body(error: &BodyError) -> Response {
    match error {
        BodyError::TooLong => text(
            StatusCode::PAYLOAD_TOO_LARGE,
            Some("RequestBodyTooLarge"),
            "The request body is too large and exceeds the maximum permissible limit.",
        ),
        BodyError::Broken(error) if error.kind() == io::ErrorKind::TimedOut => text(
            StatusCode::REQUEST_TIMEOUT,
            Some("OperationTimedOut"),
            "The request body stopped arriving.",
        ),
        BodyError::Broken(error) => text(
            StatusCode::BAD_REQUEST,
            None,
            &format!("The request body did not arrive whole: {error}."),
        ),
        BodyError::Store(error) if error.kind() == io::ErrorKind::StorageFull => {
            tracing::error!(%error, "the blob store is full");
            text(
                StatusCode::INSUFFICIENT_STORAGE,
                Some("SyntheticStorageFull"),
                &format!("azdrill has no room left for the body: {error}."),
            )
        }
        BodyError::Store(error) => {
            tracing::error!(%error, "cannot write to the blob store");
            text(
                StatusCode::INTERNAL_SERVER_ERROR,
                Some("InternalError"),
                &format!("azdrill cannot write to its blob store: {error}."),
            )
        }
    }
}

/// An answer of the shell itself, in plain text, so that nobody takes it for one of Azure's. The
/// code is one Azure has for the same thing, or begins with `Synthetic`.
pub(super) fn text(status: StatusCode, code: Option<&'static str>, text: &str) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    if let Some(code) = code {
        headers.insert("x-ms-error-code", HeaderValue::from_static(code));
        if code.starts_with("Synthetic") {
            headers.insert("x-azdrill-synthetic", HeaderValue::from_static("true"));
        }
    }
    Response {
        headers,
        body: Body::Bytes(Bytes::from(format!("{text}\n"))),
        ..Response::new(status)
    }
}
