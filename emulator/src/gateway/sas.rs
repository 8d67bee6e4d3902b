//! Shared access signatures: service SAS for a container or a blob, and account SAS.

use std::net::IpAddr;

use http::StatusCode;
use percent_encoding::percent_decode_str;

use super::{Refusal, shared_key};
use crate::model::{NetworkPath, Origin, Request, Timestamp};
use crate::rules::{Gate, Operation};
use crate::state::AccountKeys;

/// The first version whose string to sign has a line for the encryption scope.
const ENCRYPTION_SCOPE_FROM: &str = "2020-12-06";
/// The first version whose service signature has lines for resource and snapshot.
const RESOURCE_LINE_FROM: &str = "2018-11-09";

/// What a signature is for. All values are secrets or signed; none is logged.
pub(crate) struct Signature<'a> {
    query: &'a dyn Fn(&str) -> String,
}

/// Checks a signature in the query and answers with its permission letters.
pub(super) fn verify(
    now: Timestamp,
    path: &NetworkPath,
    request: &Request,
    account: &str,
    keys: &AccountKeys,
    row: &Operation,
) -> Result<String, Refusal> {
    let pairs = request.query_pairs();
    let query = |name: &str| {
        pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    };
    let signature = Signature { query: &query };
    let text = if query("ss").is_empty() {
        signature.service_text(&resource_of(request, account, &query("sr"))?)
    } else {
        signature.account_text(account)
    };
    if !shared_key::signed_by_either(keys, &text, &query("sig")) {
        return Err(failed("Signature did not match."));
    }
    check_times(now, &query("st"), &query("se"))?;
    check_origin(path, request, &query("sip"), &query("spr"))?;
    if query("ss").is_empty() {
        check_service_reach(row, &query("sr"))?;
    } else {
        check_account_reach(row, &query("ss"), &query("srt"))?;
    }
    Ok(query("sp"))
}

impl Signature<'_> {
    fn lines(&self, names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (self.query)(name)).collect()
    }

    /// The string to sign of a service SAS. `resource` is `/blob/account/container[/blob]`.
    pub(crate) fn service_text(&self, resource: &str) -> String {
        let version = (self.query)("sv");
        let mut lines = self.lines(&["sp", "st", "se"]);
        lines.push(resource.to_owned());
        lines.extend(self.lines(&["si", "sip", "spr", "sv"]));
        if version.as_str() >= RESOURCE_LINE_FROM {
            lines.extend(self.lines(&["sr", "snapshot"]));
        }
        if version.as_str() >= ENCRYPTION_SCOPE_FROM {
            lines.extend(self.lines(&["ses"]));
        }
        lines.extend(self.lines(&["rscc", "rscd", "rsce", "rscl", "rsct"]));
        lines.join("\n")
    }

    fn account_text(&self, account: &str) -> String {
        let mut lines = vec![account.to_owned()];
        lines.extend(self.lines(&["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"]));
        if (self.query)("sv").as_str() >= ENCRYPTION_SCOPE_FROM {
            lines.extend(self.lines(&["ses"]));
        }
        lines.join("\n") + "\n"
    }
}

/// A container-level service signature with these permissions, as a query string without `?`.
/// `None` if the key is not base64.
pub(crate) fn container_signature(
    key: &str,
    account: &str,
    container: &str,
    permissions: &str,
    expires: Timestamp,
) -> Option<String> {
    let version = ENCRYPTION_SCOPE_FROM;
    let expires = crate::model::wire_seconds(expires);
    let query = |name: &str| match name {
        "sp" => permissions.to_owned(),
        "se" => expires.clone(),
        "sv" => version.to_owned(),
        "sr" => "c".to_owned(),
        "spr" => "https".to_owned(),
        _ => String::new(),
    };
    let text = Signature { query: &query }.service_text(&format!("/blob/{account}/{container}"));
    let scope = format!("sv={version}&sr=c&spr=https");
    signed(key, &text, &scope, &expires, permissions)
}

/// Signs a text, and puts the query string together.
fn signed(key: &str, text: &str, scope: &str, expires: &str, permissions: &str) -> Option<String> {
    let signature = shared_key::sign(key, text)?;
    let signature = percent_encoding::utf8_percent_encode(&signature, percent_encoding::NON_ALPHANUMERIC);
    let expires = expires.replace(':', "%3A");
    Some(format!("{scope}&se={expires}&sp={permissions}&sig={signature}"))
}

/// An account signature, as a query string without `?`. `None` if the key is not base64.
#[cfg(test)]
pub(crate) fn account_signature(
    key: &str,
    account: &str,
    services: &str,
    types: &str,
    permissions: &str,
    expires: Timestamp,
) -> Option<String> {
    let version = ENCRYPTION_SCOPE_FROM;
    let expires = crate::model::wire_seconds(expires);
    let query = |name: &str| match name {
        "sp" => permissions.to_owned(),
        "se" => expires.clone(),
        "sv" => version.to_owned(),
        "ss" => services.to_owned(),
        "srt" => types.to_owned(),
        _ => String::new(),
    };
    let text = Signature { query: &query }.account_text(account);
    let scope = format!("sv={version}&ss={services}&srt={types}");
    signed(key, &text, &scope, &expires, permissions)
}

fn resource_of(request: &Request, account: &str, kind: &str) -> Result<String, Refusal> {
    let path = percent_decode_str(&request.path).decode_utf8_lossy();
    let path = path.trim_start_matches('/');
    let container = path.split('/').next().unwrap_or_default();
    match kind {
        "c" => Ok(format!("/blob/{account}/{container}")),
        "b" => Ok(format!("/blob/{account}/{path}")),
        other => Err(failed(&format!(
            "sr={other} is not a resource of the blob service"
        ))),
    }
}

fn check_times(now: Timestamp, start: &str, expiry: &str) -> Result<(), Refusal> {
    let parse = |text: &str| -> Option<Timestamp> {
        text.parse()
            .ok()
            .or_else(|| format!("{text}T00:00:00Z").parse().ok())
            .or_else(|| {
                text.strip_suffix('Z')
                    .and_then(|text| format!("{text}:00Z").parse().ok())
            })
    };
    let expiry = parse(expiry).ok_or_else(|| failed("se is not a time"))?;
    if now >= expiry {
        return Err(failed(
            "Signature not valid in the specified time frame: it has expired.",
        ));
    }
    if !start.is_empty() && parse(start).is_none_or(|start| now < start) {
        return Err(failed(
            "Signature not valid in the specified time frame: it is not valid yet.",
        ));
    }
    Ok(())
}

fn check_origin(
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
        return Err(mismatch("AuthorizationProtocolMismatch", "protocol", &reason));
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
            "AuthorizationSourceIPMismatch",
            "source IP",
            "the signature does not cover the caller's address",
        )),
    }
}

/// A service signature reaches blobs, and one for a container also their list. No permission letter
/// lets it read, make or delete the container itself.
fn check_service_reach(row: &Operation, resource: &str) -> Result<(), Refusal> {
    let level = row.id.split('_').next().unwrap_or_default();
    if level == "Blob" || level == "Blobs" && resource == "c" {
        return Ok(());
    }
    let reason = format!("a service signature with sr={resource} does not reach {}", row.id);
    Err(mismatch("AuthorizationPermissionMismatch", "permission", &reason))
}

fn check_account_reach(row: &Operation, services: &str, types: &str) -> Result<(), Refusal> {
    if !services.contains('b') {
        return Err(mismatch(
            "AuthorizationServiceMismatch",
            "service",
            "the signature does not cover the blob service",
        ));
    }
    let level = row.id.split('_').next().unwrap_or_default();
    let letter = match level {
        "Blob" => 'o',
        "Container" | "Blobs" => 'c',
        _ => 's',
    };
    if types.contains(letter) {
        Ok(())
    } else {
        let reason =
            format!("the signature covers the resource types `{types}`, the operation takes `{letter}`");
        Err(mismatch(
            "AuthorizationResourceTypeMismatch",
            "resource type",
            &reason,
        ))
    }
}

fn failed(reason: &str) -> Refusal {
    Refusal::blob(
        StatusCode::FORBIDDEN,
        "AuthenticationFailed",
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.",
    )
    .at(Gate::Authentication)
    .because(reason)
}

fn mismatch(code: &str, what: &str, reason: &str) -> Refusal {
    Refusal::blob(
        StatusCode::FORBIDDEN,
        code,
        format!("This request is not authorized to perform this operation using this {what}."),
    )
    .at(Gate::Authentication)
    .because(reason)
}
