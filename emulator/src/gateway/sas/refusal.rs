//! How a signature is refused.

use crate::gateway::Refusal;
use crate::rules::{Code, Gate, code};

/// It does not count.
pub(super) fn failed(reason: &str) -> Refusal {
    Refusal::of_blob(code::AuthenticationFailed, &[])
        .at(Gate::Authentication)
        .because(reason)
}

/// It counts, and not for this.
pub(super) fn mismatch(code: Code, reason: &str) -> Refusal {
    Refusal::of_blob(code, &[])
        .at(Gate::Authentication)
        .because(reason)
}
