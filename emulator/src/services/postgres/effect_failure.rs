//! What an operation ends with whose outside work has failed.

use serde_json::{Value, json};

use crate::jobs::{EffectFailure, EffectResult};

/// The operation's error for outside work that failed.
pub(super) fn failure(result: &EffectResult) -> Option<Value> {
    let text = match result {
        EffectResult::Failed(
            EffectFailure::Engine(text)
            | EffectFailure::Store(text)
            | EffectFailure::Session { message: text, .. },
        ) => text.clone(),
        EffectResult::Failed(EffectFailure::Refused {
            status,
            code,
            message,
        }) => format!("{status} {code}: {message}"),
        _ => return None,
    };
    Some(
        json!({"code": "InternalServerError", "message": format!("An unexpected error occured while processing the request: {text}")}),
    )
}
