//! The data plane: secrets, keys, and what both kinds of object have in common.

mod keys;
mod kind;
mod lifecycle;
mod page;
mod preparation;
pub(super) mod secrets;
mod sent;
mod versions;

use http::StatusCode;

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
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
fn certificate_contacts(_: &mut Context<'_>, _: &Permit, _: &Request) -> Result<Response, Refusal> {
    Err(Refusal::key_vault(code::SyntheticContactsNotFound, &[]))
}
