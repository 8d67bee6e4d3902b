//! What a request to the blob service asks for and nobody would do: to carry out the rest of it would
//! be to do something else.

use http::HeaderName;
use serde_json::json;

use super::Refusal;
use crate::model::Request;
use crate::rules::{Code, Gate, Operation, Rules, code};

const VERSION: HeaderName = HeaderName::from_static("x-ms-version");

/// Refuses a version there is not: it is looked at before anything else, since what everything else means
/// depends on it.
pub(super) fn check_version(rules: &Rules, request: &Request) -> Result<(), Refusal> {
    let unknown = |row: Code, place: &str, name: &str, asked: &str| {
        let mut refusal = Refusal::of_blob(row, &[])
            .at(Gate::Route)
            .because(format!("there is no version `{asked}` of the blob service"));
        refusal.details = vec![json!({format!("{place}Name"): name, format!("{place}Value"): asked})];
        Err(refusal)
    };
    if let Some(asked) = request.headers.get(&VERSION) {
        let asked = String::from_utf8_lossy(asked.as_bytes());
        if !rules.storage.knows_version(&asked) {
            return unknown(code::BlobVersionUnknown, "Header", VERSION.as_str(), &asked);
        }
    }
    match request.query.value("api-version") {
        Some(asked) if !asked.is_empty() && !rules.storage.knows_version(asked) => unknown(
            code::BlobVersionParameterUnknown,
            "QueryParameter",
            "api-version",
            asked,
        ),
        _ => Ok(()),
    }
}

/// Refuses a parameter that the operation does not read, and a header that nobody plays.
pub(super) fn check(rules: &Rules, row: &Operation, request: &Request) -> Result<(), Refusal> {
    let known = &rules.blob_requests;
    if !request.query.is_empty() {
        // An empty value is no value.
        let unknown = request
            .query
            .pairs()
            .find(|(name, value)| !value.is_empty() && !known.knows_parameter(&row.id, name));
        if let Some((name, _)) = unknown {
            return Err(Refusal::blob_not_played_text(
                request,
                &format!("the query parameter {name} of {}", row.id),
            ));
        }
    }
    for (name, value) in &request.headers {
        let unplayed = Some(name.as_str())
            .filter(|name| name.starts_with("x-ms-"))
            .and_then(|name| known.unplayed_header(&row.id, name, value.as_bytes()));
        if let Some(header) = unplayed {
            return Err(Refusal::blob_not_played_text(
                request,
                &format!("{} ({name})", header.what),
            ));
        }
    }
    Ok(())
}
