//! Account names: their form, and that the whole world shares them.

use http::StatusCode;
use serde_json::json;

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::services::storage::names::is_account_name;
use crate::services::{Context, json_body};
use crate::state::field;

fn invalid(name: &str) -> String {
    format!(
        "{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only."
    )
}

fn taken(name: &str) -> String {
    format!("The storage account named {name} is already taken.")
}

/// Refuses a name that has not the right form, or that another account has.
pub(super) fn check(context: &Context<'_>, id: &ResourceId) -> Result<(), Refusal> {
    let name = id.name();
    if !is_account_name(name) {
        return Err(Refusal::arm(
            StatusCode::BAD_REQUEST,
            "AccountNameInvalid",
            invalid(name),
        ));
    }
    match context.state.storage_accounts.get(name) {
        Some(own) if own != id => Err(Refusal::arm(
            StatusCode::CONFLICT,
            "StorageAccountAlreadyTaken",
            taken(name),
        )),
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
    let answer = if !is_account_name(name) {
        json!({"nameAvailable": false, "reason": "AccountNameInvalid", "message": invalid(name)})
    } else if context.state.storage_accounts.contains_key(name) {
        json!({"nameAvailable": false, "reason": "AlreadyExists", "message": taken(name)})
    } else {
        json!({"nameAvailable": true})
    };
    Ok(Response::json(StatusCode::OK, &answer))
}
