//! Signatures that ARM makes with an account's keys, and the end of those made with user delegation
//! keys. Secrets: they are answered, and never logged.

use std::net::IpAddr;

use http::StatusCode;
use serde_json::{Value, json};

use super::containers::account_in_path;
use crate::gateway::{Permit, Refusal, account_signature, service_signature};
use crate::model::{Request, Response, Timestamp};
use crate::rules::code;
use crate::services::{Context, json_body};
use crate::state::field;

/// The key that `keyToSign` names; the first where it names none.
fn key(context: &Context<'_>, host: &str, sent: &Value) -> Result<String, Refusal> {
    let at = match text(sent, "keyToSign").to_ascii_lowercase().as_str() {
        "" | "key1" => 0,
        "key2" => 1,
        _ => return Err(wrong("keyToSign")),
    };
    let keys = context.state.account_keys.get(host);
    Ok(keys.map(|keys| keys.keys[at].clone()).unwrap_or_default())
}

fn text<'a>(sent: &'a Value, name: &str) -> &'a str {
    field(sent, name).as_str().unwrap_or_default()
}

fn wrong(name: &str) -> Refusal {
    Refusal::of(code::InvalidValuesForRequestParameters, &[("name", name)])
}

fn required(sent: &Value, names: &[&str]) -> Result<(), Refusal> {
    match names.iter().find(|name| text(sent, name).is_empty()) {
        None => Ok(()),
        Some(name) => Err(wrong(name)),
    }
}

/// Refuses letters that say nothing, and times that are none: such a signature would open nothing, and
/// would look as if it did.
fn readable(sent: &Value, letters: &[(&str, &str)]) -> Result<(), Refusal> {
    for (name, known) in letters {
        if text(sent, name).chars().any(|letter| !known.contains(letter)) {
            return Err(wrong(name));
        }
    }
    // An address, or the first and the last of a range.
    let addresses = text(sent, "signedIp");
    let is_address = |text: &str| text.parse::<IpAddr>().is_ok();
    let (first, last) = addresses.split_once('-').unwrap_or((addresses, addresses));
    if !addresses.is_empty() && (!is_address(first) || !is_address(last)) {
        return Err(wrong("signedIp"));
    }
    let time = |name: &str| match text(sent, name) {
        "" => Ok(None),
        text => text.parse::<Timestamp>().map(Some).map_err(|_| wrong(name)),
    };
    let (start, expiry) = (time("signedStart")?, time("signedExpiry")?);
    match (start, expiry) {
        (Some(start), Some(expiry)) if start >= expiry => Err(wrong("signedExpiry")),
        _ => Ok(()),
    }
}

pub(super) fn account(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let (_, host) = account_in_path(context, permit)?;
    let facts = &context.rules.storage.signatures;
    required(
        &sent,
        &[
            "signedServices",
            "signedResourceTypes",
            "signedPermission",
            "signedExpiry",
        ],
    )?;
    readable(
        &sent,
        &[
            ("signedServices", &facts.services),
            ("signedResourceTypes", &facts.resource_types),
        ],
    )?;
    if !context
        .rules
        .storage
        .permissions
        .fit_account(text(&sent, "signedPermission"))
    {
        return Err(wrong("signedPermission"));
    }
    let parameters = [
        ("sv", facts.version_of_arm.as_str()),
        ("ss", text(&sent, "signedServices")),
        ("srt", text(&sent, "signedResourceTypes")),
        ("sp", text(&sent, "signedPermission")),
        ("st", text(&sent, "signedStart")),
        ("se", text(&sent, "signedExpiry")),
        ("sip", text(&sent, "signedIp")),
        ("spr", text(&sent, "signedProtocol")),
    ];
    let token =
        account_signature(facts, &key(context, &host, &sent)?, &host, &parameters).unwrap_or_default();
    Ok(Response::json(StatusCode::OK, &json!({"accountSasToken": token})))
}

pub(super) fn service(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let (_, host) = account_in_path(context, permit)?;
    let facts = &context.rules.storage.signatures;
    required(&sent, &["canonicalizedResource"])?;
    let resource = text(&sent, "canonicalizedResource");
    // Only blobs and containers of this account.
    if !resource.starts_with(&format!("/blob/{host}/")) {
        return Err(Refusal::of(code::ServiceSasResource, &[]));
    }
    readable(&sent, &[])?;
    if !context
        .rules
        .storage
        .permissions
        .fit_service(text(&sent, "signedPermission"))
    {
        return Err(wrong("signedPermission"));
    }
    let parameters = [
        ("sv", facts.version_of_arm.as_str()),
        ("sr", text(&sent, "signedResource")),
        ("sp", text(&sent, "signedPermission")),
        ("st", text(&sent, "signedStart")),
        ("se", text(&sent, "signedExpiry")),
        ("si", text(&sent, "signedIdentifier")),
        ("sip", text(&sent, "signedIp")),
        ("spr", text(&sent, "signedProtocol")),
        ("rscc", text(&sent, "rscc")),
        ("rscd", text(&sent, "rscd")),
        ("rsce", text(&sent, "rsce")),
        ("rscl", text(&sent, "rscl")),
        ("rsct", text(&sent, "rsct")),
    ];
    let token =
        service_signature(facts, &key(context, &host, &sent)?, resource, &parameters).unwrap_or_default();
    Ok(Response::json(StatusCode::OK, &json!({"serviceSasToken": token})))
}

/// Makes all user delegation keys of the account worthless, and what was signed with them.
pub(super) fn revoke(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let (_, host) = account_in_path(context, permit)?;
    context.state.blob_access.revoke_delegation_keys(&host);
    Ok(Response::new(StatusCode::OK))
}
