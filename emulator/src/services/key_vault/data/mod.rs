//! The data plane: secrets, and what both kinds of object have in common.

mod kind;
mod lifecycle;
mod page;
pub(super) mod secrets;

use http::StatusCode;
use serde_json::{Map, Value};

use super::vault::Vault;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::{Context, Handler};
use kind::Secrets;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "KeyVault_Root" => root,
        "KeyVault_CertificateContacts" => certificate_contacts,
        "Secrets_Set" => secrets::set,
        "Secrets_Get" | "Secrets_GetVersion" => secrets::get,
        "Secrets_Update" | "Secrets_UpdateVersion" => secrets::update,
        "Secrets_List" => lifecycle::list::<Secrets>,
        "Secrets_ListVersions" => lifecycle::versions::<Secrets>,
        "Secrets_Delete" => lifecycle::delete::<Secrets>,
        "Secrets_Backup" => lifecycle::backup::<Secrets>,
        "Secrets_Restore" => lifecycle::restore::<Secrets>,
        "DeletedSecrets_List" => lifecycle::list_deleted::<Secrets>,
        "DeletedSecrets_Get" => lifecycle::get_deleted::<Secrets>,
        "DeletedSecrets_Recover" => lifecycle::recover::<Secrets>,
        "DeletedSecrets_Purge" => lifecycle::purge::<Secrets>,
        _ => return None,
    })
}

/// The address of a vault itself, which clients ask to learn whether its name resolves by now. Any
/// answer will do.
fn root(_: &mut Context<'_>, _: &Permit, _: &Request) -> Result<Response, Refusal> {
    Ok(Response::new(StatusCode::OK).with_header("x-azdrill-mark", "unverified"))
}

/// Certificates are not here; a client that asks for their contacts takes there being none for an answer.
fn certificate_contacts(context: &mut Context<'_>, _: &Permit, _: &Request) -> Result<Response, Refusal> {
    let error = context.rules.error("SyntheticContactsNotFound");
    Err(Refusal::key_vault(error, &[]))
}

/// The vault a request is addressed to.
fn addressed(context: &Context<'_>, request: &Request) -> Result<Vault, Refusal> {
    Vault::addressed(context, request).ok_or_else(|| {
        let error = context.rules.error("SyntheticKeyVaultNotFound");
        Refusal::key_vault(error, &[("vault", &request.host)])
    })
}

/// 400 for a request that says something wrong.
fn bad_parameter(context: &Context<'_>, what: &str) -> Refusal {
    Refusal::key_vault(context.rules.error("BadParameter"), &[("what", what)])
}

/// The request's JSON body, an object.
fn body(context: &Context<'_>, request: &Request) -> Result<Value, Refusal> {
    match serde_json::from_slice(request.body.bytes()) {
        Ok(body @ Value::Object(_)) => Ok(body),
        // The parser's words are left out: they may quote a secret.
        Ok(_) | Err(_) => Err(bad_parameter(context, "The request body must be a JSON object.")),
    }
}

/// Refuses a name no object may have.
fn check_name(context: &Context<'_>, name: &str) -> Result<(), Refusal> {
    let longest = context.rules.key_vault.object_name.longest;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if (1..=longest).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(());
    }
    let what = "The request URI contains an invalid name: letters, digits and hyphens make one.";
    Err(bad_parameter(context, what))
}

/// The tags a request names, if it names any.
fn tags(context: &Context<'_>, sent: &Value) -> Result<Option<Map<String, Value>>, Refusal> {
    let most = context.rules.key_vault.secret.most_tags;
    match sent {
        Value::Null => Ok(None),
        Value::Object(tags) if tags.len() <= most && tags.values().all(Value::is_string) => {
            Ok(Some(tags.clone()))
        }
        _ => {
            let what = format!("tags must be an object of at most {most} texts.");
            Err(bad_parameter(context, &what))
        }
    }
}
