//! Headers of Azure Resource Manager's answers.

use std::fmt::Write;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Permit;
use crate::model::Timestamp;
use crate::rules::{Endpoint, HeaderRows, Rules};
use crate::state::State;

const ROUTING_ID: HeaderName = HeaderName::from_static("x-ms-routing-request-id");
const OPERATION_IDENTIFIER: HeaderName = HeaderName::from_static("x-ms-operation-identifier");

/// Adds what every answer carries, and where the request was routed.
pub(crate) fn add(headers: &mut HeaderMap, rows: &HeaderRows, now: Timestamp, id: &HeaderValue) {
    rows.add_always(Endpoint::Arm, headers);
    let time = jiff::tz::Offset::UTC.to_datetime(now);
    let mut text = String::with_capacity(80);
    // Writing into a string does not fail.
    let _ = write!(
        text,
        "{}:{:04}{:02}{:02}T{:02}{:02}{:02}Z:{}",
        rows.routing_region,
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        id.to_str().unwrap_or_default()
    );
    if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(text)) {
        headers.insert(ROUTING_ID, value);
    }
}

/// Adds who the Backup service took the caller for, and where: what its own answers carry.
pub(crate) fn identify(
    headers: &mut HeaderMap,
    rules: &Rules,
    state: &State,
    permit: &Permit,
    id: &HeaderValue,
) {
    if permit.operation(rules).service != "data_protection" {
        return;
    }
    let (Some(tenant), Some(principal)) = (permit.caller.tenant, permit.caller.principal) else {
        return;
    };
    let region = region_of(state, permit);
    let id = id.to_str().unwrap_or_default();
    let text = format!("tenantId={tenant},objectId={principal}/{region}/{id}");
    if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(text)) {
        headers.insert(OPERATION_IDENTIFIER, value);
    }
}

/// The region of the vault, or the one that the path names.
fn region_of<'a>(state: &'a State, permit: &'a Permit) -> &'a str {
    let named = permit.params.get("location");
    if !named.is_empty() {
        return named;
    }
    let mut above = None;
    loop {
        let scope = above.as_ref().unwrap_or(&permit.scope);
        if !scope.is_of_provider() {
            return "";
        }
        match state.resource(scope).map(crate::state::Resource::location) {
            Some(region) if !region.is_empty() => return region,
            _ => above = Some(scope.parent()),
        }
    }
}
