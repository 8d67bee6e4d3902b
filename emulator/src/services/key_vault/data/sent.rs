//! What requests to the data plane say, whatever kind of object they are about.

use serde_json::{Map, Value};

use super::super::vault::Vault;
use crate::gateway::{Refusal, json_text};
use crate::model::Request;
use crate::rules::code;
use crate::services::Context;

/// The vault a request is addressed to.
pub(super) fn addressed(context: &Context<'_>, request: &Request) -> Result<Vault, Refusal> {
    Vault::addressed(context, request)
        .ok_or_else(|| Refusal::key_vault(code::SyntheticKeyVaultNotFound, &[("vault", &request.host)]))
}

/// 400 for a request that says something wrong.
pub(super) fn bad_parameter(what: &str) -> Refusal {
    Refusal::key_vault(code::BadParameter, &[("what", what)])
}

/// The request's JSON body, an object.
pub(super) fn body(request: &Request) -> Result<Value, Refusal> {
    match json_text::read_but(request.body.bytes(), "tags") {
        Ok(body @ Value::Object(_)) => Ok(body),
        // The parser's words are left out: they may quote a secret.
        Ok(_) | Err(_) => Err(bad_parameter("The request body must be a JSON object.")),
    }
}

/// Refuses a name no object may have.
pub(super) fn check_name(context: &Context<'_>, name: &str) -> Result<(), Refusal> {
    let longest = context.rules.key_vault.object_name.longest;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if (1..=longest).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(());
    }
    let what = "The request URI contains an invalid name: letters, digits and hyphens make one.";
    Err(bad_parameter(what))
}

/// The tags a request names, if it names any.
pub(super) fn tags(context: &Context<'_>, sent: &Value) -> Result<Option<Map<String, Value>>, Refusal> {
    let most = context.rules.key_vault.secret.most_tags;
    match sent {
        Value::Null => Ok(None),
        Value::Object(tags) if tags.len() <= most && tags.values().all(Value::is_string) => {
            Ok(Some(tags.clone()))
        }
        _ => {
            let what = format!("tags must be an object of at most {most} texts.");
            Err(bad_parameter(&what))
        }
    }
}
