//! What a request to the blob service asks for and nobody would do: to carry out the rest of it would
//! be to do something else.

use super::Refusal;
use crate::model::Request;
use crate::rules::{Operation, Rules};

/// Refuses a parameter that the operation does not read, and a header that nobody plays.
pub(super) fn check(rules: &Rules, row: &Operation, request: &Request) -> Result<(), Refusal> {
    let known = &rules.blob_requests;
    if !request.query.is_empty() {
        // An empty value is no value.
        let pairs = request.query_pairs();
        let unknown = pairs
            .iter()
            .find(|(name, value)| !value.is_empty() && !known.knows_parameter(&row.id, name));
        if let Some((name, _)) = unknown {
            return Err(Refusal::blob_not_played(
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
            return Err(Refusal::blob_not_played(
                request,
                &format!("{} ({name})", header.what),
            ));
        }
    }
    Ok(())
}
