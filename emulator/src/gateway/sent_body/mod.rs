//! What Azure Resource Manager and its providers make of a request before they act on it: the
//! version it asks for, and whether its body is of the type published for that version.
//!
//! A body that is not is refused as its provider refuses one, before anything changes. What is only
//! answered and never taken is left out, and so is what the version asked for does not have, as
//! providers take no notice of it; of a version newer than the type was read at, it is kept.

mod refusal;
mod tags;
#[cfg(test)]
mod tests;
mod version;
mod walk;
mod wrong;

use std::borrow::Cow;

use serde_json::Value;

use super::{ParsedBody, Refusal, json_text, lenient_json};
use crate::model::Request;
use crate::rules::{Endpoint, Operation, Rules, code};
pub(crate) use tags::check_tags;
pub(super) use version::version;
use walk::Walk;

/// The body of a request as JSON; null where there is none.
///
/// # Errors
///
/// 400 with line and column if it is not JSON, 415 if it says it is something else.
pub(crate) fn read_json(request: &Request) -> Result<Cow<'_, Value>, Refusal> {
    if request.body.is_empty() {
        return Ok(Cow::Owned(Value::Null));
    }
    says_json(request)?;
    match ParsedBody::of(request) {
        Some(Ok(read)) => Ok(Cow::Borrowed(read)),
        Some(Err(error)) => Err(Refusal::invalid_json(error)),
        None => match json_text::read(request.body.bytes()) {
            Ok(read) => Ok(Cow::Owned(read)),
            Err(error) => Err(Refusal::invalid_json(&error)),
        },
    }
}

fn says_json(request: &Request) -> Result<(), Refusal> {
    let kind = request.header("content-type").unwrap_or("application/json");
    let is_json = kind
        .as_bytes()
        .windows(4)
        .any(|part| part.eq_ignore_ascii_case(b"json"));
    if is_json {
        return Ok(());
    }
    Err(Refusal::of(code::UnsupportedMediaType, &[("kind", kind)]))
}

/// The same of a body that may have comments, and names that are not in quotes, which is how the CLI
/// sends templates.
///
/// # Errors
///
/// The same.
pub(crate) fn read_lenient_json(request: &Request) -> Result<Cow<'_, Value>, Refusal> {
    if !request.body.is_empty() {
        says_json(request)?;
    }
    read_json(request).or_else(|refusal| {
        let read = match request.prepared::<ParsedBody>() {
            Some(parsed) => parsed.lenient().map(Cow::Borrowed),
            None => lenient_json::read(request.body.bytes()).map(Cow::Owned),
        };
        read.ok_or(refusal)
    })
}

/// Resource Manager's refusal of a body that is longer than it takes.
pub(crate) fn too_large(rules: &Rules) -> Refusal {
    const MB: u64 = 1024 * 1024;
    let most = (rules.limits.request_bytes.most / MB).to_string();
    Refusal::of(code::RequestContentTooLarge, &[("most", &most)])
}

/// Checks the version a request asks for and its body, and leaves this in `request.json` as far as it
/// is taken. Answers with the places that are not, because the version does not have them.
///
/// # Errors
///
/// The refusal of Resource Manager or of the provider.
pub(crate) fn check(
    rules: &Rules,
    operation: &Operation,
    request: &mut Request,
) -> Result<Vec<String>, Refusal> {
    if operation.endpoint != Endpoint::Arm || operation.anonymous {
        return Ok(Vec::new());
    }
    let length = u64::try_from(request.body.bytes().len()).unwrap_or(u64::MAX);
    if length > rules.limits.request_bytes.most {
        return Err(too_large(rules));
    }
    let asked = version(rules, operation, request)?;
    let Some(own) = rules.bodies.of_operation(operation) else {
        return Ok(Vec::new());
    };
    let mut body = match ParsedBody::take(request) {
        Some(read) if says_json(request).is_ok() => read,
        _ if own.with_comments => read_lenient_json(request)?.into_owned(),
        _ => read_json(request)?.into_owned(),
    };
    let mut walk = Walk::new(rules, operation, own, asked, request);
    walk.whole(&mut body).map_err(|wrong| walk.refuse(wrong))?;
    let ignored = walk.ignored;
    tags::check(rules, operation, &body)?;
    request.json = Some(body);
    Ok(ignored)
}
