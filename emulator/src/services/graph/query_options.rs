//! Query options, with or without their dollar sign.

use super::written;
use crate::gateway::Refusal;
use crate::model::Request;

/// A query option, with or without its dollar sign.
pub(super) fn option(request: &Request, name: &str) -> Option<String> {
    let value = request.query_value(&format!("${name}"));
    let value = value.or_else(|| request.query_value(name));
    value.filter(|value| !value.is_empty())
}

/// A query option that is a number.
pub(super) fn number(request: &Request, name: &str, least: usize) -> Result<Option<usize>, Refusal> {
    let Some(text) = option(request, name) else {
        return Ok(None);
    };
    match text.parse::<usize>() {
        Ok(number) if number >= least => Ok(Some(number)),
        _ => Err(written::bad(format!(
            "Invalid value '{text}' for $query option '${name}'."
        ))),
    }
}
