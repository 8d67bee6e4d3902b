//! Lists in pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value, json};

use super::sent::bad_parameter;
use crate::gateway::Refusal;
use crate::model::{Request, Response};
use crate::services::Context;

/// The page of a list that a request asks for, and the address of the next one.
pub(super) fn page(context: &Context<'_>, request: &Request, items: Vec<Value>) -> Result<Response, Refusal> {
    let most = context.rules.key_vault.page.items;
    let size = match request.query_value("maxresults") {
        None => most,
        Some(text) => text
            .parse()
            .ok()
            .filter(|size| (1..=most).contains(size))
            .ok_or_else(|| bad_parameter(&format!("maxresults must be between 1 and {most}.")))?,
    };
    let start = match request.query_value("$skiptoken") {
        None => 0,
        Some(token) => {
            position(&token).ok_or_else(|| bad_parameter("$skiptoken is none of this service's."))?
        }
    };
    let left = items.len().saturating_sub(start);
    let shown: Vec<Value> = items.into_iter().skip(start).take(size).collect();
    let next = (left > size).then(|| {
        let version = request.query_value("api-version").unwrap_or_default();
        let token = URL_SAFE_NO_PAD.encode((start + size).to_string());
        format!(
            "{}{}?api-version={version}&$skiptoken={token}&maxresults={size}",
            request.authority(),
            request.path
        )
    });
    Ok(Response::json(
        StatusCode::OK,
        &json!({"value": shown, "nextLink": next}),
    ))
}

fn position(token: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    String::from_utf8(bytes).ok()?.parse().ok()
}
