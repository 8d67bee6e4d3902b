//! What is written of an object: whether it may be, and what is kept of it.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::gateway::Refusal;
use crate::model::{Request, Response};
use crate::rules::{DirectoryKind, cloud, code};
use crate::services::{Context, json_body};

/// Graph's 400.
pub(super) fn bad(text: impl Into<String>) -> Refusal {
    Refusal::of(code::Request_BadRequest, &[("what", &text.into())])
}

/// The members a request writes of an object of a kind. `makes`: it makes the object, so that what
/// every object has must be there.
///
/// # Errors
///
/// Graph's 400 for a member there is none of, one that is missing or of another kind.
pub(super) fn members(
    context: &Context<'_>,
    kind: &str,
    request: &Request,
    makes: bool,
) -> Result<Map<String, Value>, Refusal> {
    let Value::Object(mut sent) = json_body(request)?.into_owned() else {
        return Err(bad("Empty Payload. JSON content expected."));
    };
    sent.retain(|member, _| !member.starts_with('@'));
    let kind = context.rules.directory.kind(kind);
    for (member, value) in &sent {
        check(kind, member, value)?;
    }
    if let Some(missing) = kind
        .required
        .iter()
        .find(|name| makes && !sent.contains_key(*name))
    {
        return Err(bad(format!(
            "A value is required for property '{missing}' of resource '{}'.",
            capital(&kind.name)
        )));
    }
    Ok(sent)
}

fn check(kind: &DirectoryKind, member: &str, value: &Value) -> Result<(), Refusal> {
    match kind.takes(member, value) {
        Some(true) => Ok(()),
        Some(false) => Err(bad(format!(
            "Invalid value specified for property '{member}' of resource '{}'.",
            capital(&kind.name)
        ))),
        None => Err(bad(format!("Invalid property '{member}'."))),
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Puts members into those that are kept; null takes one away.
pub(super) fn keep(kept: &mut Map<String, Value>, sent: Map<String, Value>) {
    for (member, value) in sent {
        if value.is_null() {
            kept.remove(&member);
        } else {
            kept.insert(member, value);
        }
    }
}

/// A text among the members.
pub(super) fn text<'a>(sent: &'a Map<String, Value>, member: &str) -> Option<&'a str> {
    sent.get(member).and_then(Value::as_str)
}

/// The answer to a request that has made an object.
pub(super) fn made(collection: &str, mut object: Value) -> Response {
    object["@odata.context"] = json!(cloud().graph.context(&format!("{collection}/$entity")));
    Response::json(StatusCode::CREATED, &object)
}

pub(super) fn nothing() -> Response {
    Response::new(StatusCode::NO_CONTENT)
}
