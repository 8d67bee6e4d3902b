//! What is kept and told, and nothing comes of it.

use crate::model::Response;

/// The answer to a write of which something is kept and told, and nothing comes of it.
pub(super) fn without_effect(answer: Response, places: &[&str]) -> Response {
    if places.is_empty() {
        answer
    } else {
        answer.with_header("x-azdrill-ignored", &places.join(","))
    }
}
