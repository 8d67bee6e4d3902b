//! Account names: their form, and that the whole world shares them.

use http::StatusCode;
use serde_json::json;

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{NameForm, code};
use crate::services::{Context, json_body};
use crate::state::field;

fn invalid(form: &NameForm, name: &str) -> String {
    format!(
        "{name} is not a valid storage account name. Storage account name must be between {} and {} characters in length and use numbers and lower-case letters only.",
        form.shortest, form.longest
    )
}

/// Refuses a name that has not the right form, or that another account has.
pub(in crate::services::storage) fn check(context: &Context<'_>, id: &ResourceId) -> Result<(), Refusal> {
    let (name, form) = (id.name(), &context.rules.names.storage_account);
    if !form.admits(name) {
        return Err(Refusal::of(
            code::AccountNameInvalid,
            &[("what", &invalid(form, name))],
        ));
    }
    match context.state.storage_accounts.get(name) {
        Some(owner) if owner != id => Err(Refusal::of(code::StorageAccountAlreadyTaken, &[("name", name)])),
        _ => Ok(()),
    }
}

pub(super) fn check_availability(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let name = field(&sent, "name").as_str().unwrap_or_default();
    let form = &context.rules.names.storage_account;
    let answer = if !form.admits(name) {
        json!({"nameAvailable": false, "reason": "AccountNameInvalid", "message": invalid(form, name)})
    } else if context.state.storage_accounts.contains_key(name) {
        json!({"nameAvailable": false, "reason": "AlreadyExists", "message": Refusal::of(code::StorageAccountAlreadyTaken, &[("name", name)]).message})
    } else {
        json!({"nameAvailable": true})
    };
    Ok(Response::json(StatusCode::OK, &answer))
}
