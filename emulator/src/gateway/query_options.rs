//! Query options that an operation would not heed: who asks for some and is shown all, or asks for one
//! and is shown another, goes on with the wrong one.

use super::Refusal;
use crate::model::Request;
use crate::rules::{Endpoint, Gate, Operation, Params, Rules};

/// Refuses by name what the operation does not heed.
pub(super) fn check(
    rules: &Rules,
    row: &Operation,
    params: &Params,
    request: &Request,
) -> Result<(), Refusal> {
    // Graph's `/users/$count` is no user of that name.
    if row.endpoint == Endpoint::Graph && params.values().any(|value| value.starts_with('$')) {
        let what = format!("{} {}", request.method, request.path);
        return Err(Refusal::not_played_text(&what).at(Gate::Route));
    }
    if request.query.is_empty() {
        return Ok(());
    }
    match rules.query_options.unheeded(row, &request.query) {
        Some(option) => {
            let what = format!("the query option {option} of {}", row.id);
            Err(Refusal::not_played_text(&what).at(Gate::Route))
        }
        None => Ok(()),
    }
}
