//! What handlers answer.

use http::StatusCode;
use serde_json::json;

use crate::gateway::Refusal;
use crate::model::Response;
use crate::rules::code;

/// What a handler answers.
pub(super) type Answer = Result<Response, Refusal>;

/// A list.
pub(super) fn all(values: &[serde_json::Value]) -> Response {
    Response::json(StatusCode::OK, &json!({"value": values}))
}

/// The provider's refusal of a value.
pub(super) fn bad(text: impl AsRef<str>) -> Refusal {
    Refusal::of(code::InvalidParameterValue, &[("what", text.as_ref())])
}
