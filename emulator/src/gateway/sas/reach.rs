//! What a signature reaches: the kind of resource, the caller's address, the time, and what a request
//! must carry.

use std::net::IpAddr;

use super::refusal::{failed, mismatch};
use super::text::Query;
use crate::gateway::Refusal;
use crate::model::{NetworkPath, Origin, Request, Timestamp};
use crate::rules::{Operation, code};

/// A time as signatures write it: to the day, to the minute, or to the second and beyond.
pub(super) fn time_of(text: &str) -> Option<Timestamp> {
    text.parse()
        .ok()
        .or_else(|| format!("{text}T00:00:00Z").parse().ok())
        .or_else(|| {
            text.strip_suffix('Z')
                .and_then(|text| format!("{text}:00Z").parse().ok())
        })
}

pub(super) fn check_times(now: Timestamp, start: &str, expiry: &str) -> Result<(), Refusal> {
    let expiry = time_of(expiry).ok_or_else(|| failed("se is not a time"))?;
    if now >= expiry {
        return Err(failed(
            "Signature not valid in the specified time frame: it has expired.",
        ));
    }
    if !start.is_empty() && time_of(start).is_none_or(|start| now < start) {
        return Err(failed(
            "Signature not valid in the specified time frame: it is not valid yet.",
        ));
    }
    Ok(())
}

pub(super) fn check_origin(
    path: &NetworkPath,
    request: &Request,
    addresses: &str,
    protocols: &str,
) -> Result<(), Refusal> {
    if !protocols.is_empty()
        && !protocols
            .split(',')
            .any(|protocol| protocol == request.scheme.as_str())
    {
        let reason = format!(
            "the signature allows {protocols}, the request came by {}",
            request.scheme.as_str()
        );
        return Err(mismatch(code::AuthorizationProtocolMismatch, &reason));
    }
    if addresses.is_empty() {
        return Ok(());
    }
    let (first, last) = addresses.split_once('-').unwrap_or((addresses, addresses));
    let range = first.parse::<IpAddr>().ok().zip(last.parse::<IpAddr>().ok());
    match (&path.origin, range) {
        (Origin::Internet { address }, Some((first, last))) if first <= *address && *address <= last => {
            Ok(())
        }
        _ => Err(mismatch(
            code::AuthorizationSourceIPMismatch,
            "the signature does not cover the caller's address",
        )),
    }
}

/// What an operation is about: the first word of its name.
fn level(row: &Operation) -> &str {
    row.id.split('_').next().unwrap_or_default()
}

/// A service signature reaches blobs, and one for a container also what is said of all its blobs. No
/// permission letter lets it read, make or delete the container itself.
pub(super) fn check_service(row: &Operation, request: &Request, resource: &str) -> Result<(), Refusal> {
    // One for a blob is not taken to be for its snapshots, nor the other way round.
    let snapshot = request
        .query_value("snapshot")
        .is_some_and(|value| !value.is_empty());
    if matches!(resource, "b" | "bs") && snapshot != (resource == "bs") {
        return Err(failed(
            "the signature is for the blob or for one of its snapshots, the request for the other",
        ));
    }
    match level(row) {
        "Blob" | "Account" => Ok(()),
        "Blobs" if resource == "c" => Ok(()),
        _ => {
            let reason = format!("a service signature with sr={resource} does not reach {}", row.id);
            Err(mismatch(code::AuthorizationPermissionMismatch, &reason))
        }
    }
}

/// The resource types of an account signature any one of which reaches an operation.
fn types_of(row: &Operation) -> &'static str {
    match (level(row), &*row.id) {
        // Tags belong to blobs, wherever they are looked for.
        (_, "Service_FindBlobs" | "Blobs_Find") | ("Blob", _) => "o",
        (_, "Service_Batch" | "Blobs_BatchInContainer") | ("Account", _) => "sco",
        ("Container" | "Blobs", _) => "c",
        _ => "s",
    }
}

pub(super) fn check_account(row: &Operation, services: &str, types: &str) -> Result<(), Refusal> {
    if !services.contains('b') {
        return Err(mismatch(
            code::AuthorizationServiceMismatch,
            "the signature does not cover the blob service",
        ));
    }
    let wanted = types_of(row);
    if wanted.chars().any(|letter| types.contains(letter)) {
        return Ok(());
    }
    let reason =
        format!("the signature covers the resource types `{types}`, the operation takes one of `{wanted}`");
    Err(mismatch(code::AuthorizationResourceTypeMismatch, &reason))
}

/// The headers and the query parameters that a request must carry with certain values, as the texts
/// that are signed.
pub(super) fn demands(request: &Request, query: Query<'_>) -> [String; 2] {
    let listed = |names: &str, value: &dyn Fn(&str) -> String| -> Vec<String> {
        names
            .split(',')
            .filter(|name| !name.is_empty())
            .map(|name| format!("{name}:{}", value(name)))
            .collect()
    };
    let headers = listed(query.get("srh"), &|name| {
        request.header(name).unwrap_or_default().to_owned()
    });
    let parameters = listed(query.get("srq"), &|name| query.get(name).to_owned());
    [
        headers.iter().map(|line| format!("{line}\n")).collect(),
        parameters.iter().map(|line| format!("\n{line}")).collect(),
    ]
}

#[cfg(test)]
#[path = "reach_tests.rs"]
mod tests;
