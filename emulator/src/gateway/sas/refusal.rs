//! How a signature is refused.

use http::StatusCode;

use crate::gateway::Refusal;
use crate::rules::Gate;

/// It does not count.
pub(super) fn failed(reason: &str) -> Refusal {
    Refusal::blob(
        StatusCode::FORBIDDEN,
        "AuthenticationFailed",
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.",
    )
    .at(Gate::Authentication)
    .because(reason)
}

/// It counts, and not for this.
pub(super) fn mismatch(code: &str, what: &str, reason: &str) -> Refusal {
    Refusal::blob(
        StatusCode::FORBIDDEN,
        code,
        format!("This request is not authorized to perform this operation using this {what}."),
    )
    .at(Gate::Authentication)
    .because(reason)
}
