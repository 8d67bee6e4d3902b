//! The data plane: secrets, keys, and what both kinds of object have in common.

mod keys;
mod kind;
mod lifecycle;
mod page;
mod preparation;
pub(super) mod secrets;

use http::StatusCode;
use serde_json::{Map, Value};

use super::objects::Version;
use super::vault::Vault;
use crate::gateway::{Permit, Refusal, json_text};
use crate::model::{Request, Response, Timestamp};
use crate::rules::code;
use crate::services::{Context, Handler, Preparer};
use kind::{Keys, Secrets};

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
        "Keys_Create" => keys::create,
        "Keys_Import" => keys::import,
        "Keys_Rotate" => keys::rotate,
        "Keys_Get" | "Keys_GetVersion" => keys::get,
        "Keys_GetRotationPolicy" => keys::rotation_policy,
        "Keys_Update" | "Keys_UpdateVersion" => keys::update,
        "Keys_EncryptLatest" | "Keys_Encrypt" | "Keys_DecryptLatest" | "Keys_Decrypt" | "Keys_WrapLatest"
        | "Keys_Wrap" | "Keys_UnwrapLatest" | "Keys_Unwrap" | "Keys_SignLatest" | "Keys_Sign"
        | "Keys_VerifyLatest" | "Keys_Verify" => keys::operate,
        "Keys_List" => lifecycle::list::<Keys>,
        "Keys_ListVersions" => lifecycle::versions::<Keys>,
        "Keys_Delete" => lifecycle::delete::<Keys>,
        "Keys_Backup" => lifecycle::backup::<Keys>,
        "Keys_Restore" => lifecycle::restore::<Keys>,
        "DeletedKeys_List" => lifecycle::list_deleted::<Keys>,
        "DeletedKeys_Get" => lifecycle::get_deleted::<Keys>,
        "DeletedKeys_Recover" => lifecycle::recover::<Keys>,
        "DeletedKeys_Purge" => lifecycle::purge::<Keys>,
        _ => return None,
    })
}

/// Arithmetic on long numbers takes up to seconds.
pub(super) fn preparer(operation: &str) -> Option<Preparer> {
    Some(match operation {
        "Keys_Create" => preparation::create,
        "Keys_Import" => preparation::import,
        "Keys_Rotate" => preparation::rotate,
        "Keys_EncryptLatest" | "Keys_Encrypt" | "Keys_DecryptLatest" | "Keys_Decrypt" | "Keys_WrapLatest"
        | "Keys_Wrap" | "Keys_UnwrapLatest" | "Keys_Unwrap" | "Keys_SignLatest" | "Keys_Sign"
        | "Keys_VerifyLatest" | "Keys_Verify" => preparation::operate,
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
    let error = context.rules.error(code::SyntheticContactsNotFound);
    Err(Refusal::key_vault(error, &[]))
}

/// The vault a request is addressed to.
fn addressed(context: &Context<'_>, request: &Request) -> Result<Vault, Refusal> {
    Vault::addressed(context, request).ok_or_else(|| {
        let error = context.rules.error(code::SyntheticKeyVaultNotFound);
        Refusal::key_vault(error, &[("vault", &request.host)])
    })
}

/// 400 for a request that says something wrong.
fn bad_parameter(context: &Context<'_>, what: &str) -> Refusal {
    Refusal::key_vault(context.rules.error(code::BadParameter), &[("what", what)])
}

/// The request's JSON body, an object.
fn body(context: &Context<'_>, request: &Request) -> Result<Value, Refusal> {
    match json_text::read_but(request.body.bytes(), "tags") {
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

/// A new version's id: 32 hexadecimal digits.
fn new_version(context: &mut Context<'_>, vault: &Vault) -> String {
    let label = format!("key vault version {}", vault.key);
    context.draw_uuid(&label).simple().to_string()
}

/// Takes over what a request says about a version's use and its tags. Nothing is changed unless all of it
/// can be.
fn update_version<M>(
    version: &mut Version<M>,
    now: Timestamp,
    sent: &VersionChange<'_>,
) -> Result<(), String> {
    let mut attributes = version.attributes.clone();
    attributes.take(sent.attributes)?;
    attributes.updated = now.as_second();
    version.attributes = attributes;
    if let Some(tags) = &sent.tags {
        version.tags.clone_from(tags);
    }
    Ok(())
}

/// What a request changes of a version of either kind.
struct VersionChange<'a> {
    attributes: &'a Value,
    tags: Option<Map<String, Value>>,
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
