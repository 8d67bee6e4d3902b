//! Lists in pages: `$top` says how many, `$skipToken` where to go on, `nextLink` names the next page.

use std::borrow::Borrow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::gateway::{Refusal, Shape};
use crate::model::{Request, Response};
use crate::rules::code;

/// How many entries an answer holds where the client does not say. Most lists never get there.
const PAGE: usize = 1000;

/// Answers a list, or the page of it that the request asks for.
///
/// # Errors
///
/// 400 if `$top` is no number above zero, or `$skipToken` is none that an answer gave.
pub(super) fn list(request: &Request, found: &[impl Borrow<Value>]) -> Result<Response, Refusal> {
    let size = size(request)?;
    let from = match request.query_value("$skipToken") {
        None => 0,
        Some(token) => after(&token, found).ok_or_else(|| bad("$skipToken"))?,
    };
    let rest = found.get(from..).unwrap_or_default();
    let page: Vec<&Value> = rest.iter().take(size).map(Borrow::borrow).collect();
    let next = (rest.len() > page.len()).then(|| next_link(request, from + page.len(), page.last().copied()));
    let mut body = json!({"value": page});
    if let Some(next) = next {
        body["nextLink"] = json!(next);
    }
    Ok(Response::json(StatusCode::OK, &body))
}

fn size(request: &Request) -> Result<usize, Refusal> {
    let Some(top) = request.query_value("$top") else {
        return Ok(PAGE);
    };
    match top.parse::<usize>() {
        Ok(top) if top > 0 => Ok(top.min(PAGE)),
        _ => Err(bad("$top")),
    }
}

fn bad(parameter: &str) -> Refusal {
    Refusal {
        shape: Shape::Arm,
        ..Refusal::user_facing(code::SyntheticInvalidPage, &[("parameter", parameter)])
    }
}

fn id_of(entry: Option<&Value>) -> &str {
    entry.and_then(|entry| entry["id"].as_str()).unwrap_or_default()
}

/// The token names the last entry as well as its place: entries may have come or gone since.
fn next_link(request: &Request, place: usize, last: Option<&Value>) -> String {
    let token = URL_SAFE_NO_PAD.encode(format!("{place};{}", id_of(last)));
    let kept: String = request
        .query
        .pairs()
        .filter(|(key, _)| !key.eq_ignore_ascii_case("$skipToken"))
        .map(|(key, value)| format!("{}={}&", escape(key), escape(value)))
        .collect();
    format!(
        "{}{}?{kept}%24skipToken={token}",
        request.authority(),
        request.path
    )
}

fn escape(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The place behind the entry that a token names; the place it had, if it is gone. `None` if it is
/// no token of ours.
fn after(token: &str, found: &[impl Borrow<Value>]) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (place, id) = text.split_once(';')?;
    let place: usize = place.parse().ok()?;
    let entry = found.iter().position(|entry| id_of(Some(entry.borrow())) == id);
    Some(entry.map_or(place.saturating_sub(1), |at| at + 1))
}

// Beside this file and not in a folder: every folder here is a service.
#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
