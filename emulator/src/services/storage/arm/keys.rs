//! Account keys. Secrets: they are answered, and never logged.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response, wire_hundred_nanoseconds};
use crate::rules::{Mark, code};
use crate::services::{Context, json_body};
use crate::state::{AccountKeys, field};

const NAMES: [&str; 2] = ["key1", "key2"];

/// A new key of 64 bytes.
fn new_key(context: &mut Context<'_>, account: &str, name: &str) -> String {
    let draw = context.draw(&format!("storage account key {account} {name}"));
    let bytes = [draw.fork("first half").bytes(), draw.fork("second half").bytes()];
    STANDARD.encode(bytes.concat())
}

/// Makes both keys of a new account.
pub(super) fn create(context: &mut Context<'_>, account: &str) {
    let keys = NAMES.map(|name| new_key(context, account, name));
    let created = [context.now; 2];
    context
        .state
        .account_keys
        .insert(account.to_owned(), AccountKeys { keys, created });
}

/// `keyCreationTime` as the account's body has it.
pub(super) fn creation_times(context: &Context<'_>, account: &str) -> Value {
    let keys = context.state.account_keys.get(account);
    let at = |index: usize| keys.map(|keys| wire_hundred_nanoseconds(keys.created[index]));
    json!({"key1": at(0), "key2": at(1)})
}

fn answer(context: &Context<'_>, permit: &Permit) -> Result<Response, Refusal> {
    let keys = context
        .state
        .account_keys
        .get(&permit.scope.name().to_ascii_lowercase())
        .filter(|_| context.state.resources.contains_key(&permit.scope))
        .ok_or_else(|| context.not_found(&permit.scope))?;
    let keys: Vec<Value> = NAMES
        .iter()
        .zip(&keys.keys)
        .zip(&keys.created)
        .map(|((name, key), created)| {
            json!({
                "creationTime": wire_hundred_nanoseconds(*created),
                "keyName": name,
                "value": key,
                "permissions": "FULL",
            })
        })
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"keys": keys})))
}

pub(super) fn list(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    answer(context, permit)
}

pub(super) fn regenerate(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let wanted = field(&sent, "keyName").as_str().unwrap_or_default();
    let account = permit.scope.name().to_ascii_lowercase();
    if !context.state.resources.contains_key(&permit.scope) {
        return Err(context.not_found(&permit.scope));
    }
    let Some(index) = NAMES.iter().position(|name| name.eq_ignore_ascii_case(wanted)) else {
        let mut refusal = Refusal::of(code::InvalidValuesForRequestParameters, &[("name", "keyName")]);
        refusal.mark = Mark::Inferred;
        return Err(refusal);
    };
    let key = new_key(context, &account, NAMES[index]);
    let now = context.now;
    if let Some(keys) = context.state.account_keys.get_mut(&account) {
        keys.keys[index] = key;
        keys.created[index] = now;
    }
    let times = creation_times(context, &account);
    if let Some(resource) = context.state.resources.get_mut(&permit.scope) {
        resource.set_property(&["keyCreationTime"], times);
    }
    answer(context, permit)
}
