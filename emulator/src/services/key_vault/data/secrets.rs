//! Secrets: set, read, changed.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::material::{SecretMaterial, SecretText};
use super::super::objects::{Attributes, Version, Window};
use super::super::vault::Vault;
use super::kind::{Secrets, bundle};
use super::lifecycle::{check_not_deleted, named, not_found, objects_mut};
use super::sent::{addressed, bad_parameter, body, check_name, tags};
use super::versions::{VersionChange, new_version, update_version};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::rules::{code, rule};
use crate::services::Context;
use crate::state::field;

/// A new version of a secret, as a request writes it.
pub(in crate::services::key_vault) struct NewSecret<'a> {
    pub(in crate::services::key_vault) name: &'a str,
    pub(in crate::services::key_vault) value: &'a Value,
    pub(in crate::services::key_vault) content_type: &'a Value,
    pub(in crate::services::key_vault) attributes: &'a Value,
    pub(in crate::services::key_vault) tags: &'a Value,
}

fn content_type(context: &Context<'_>, sent: &Value) -> Result<Option<String>, Refusal> {
    let longest = context.rules.key_vault.secret.longest_content_type;
    match sent {
        Value::Null => Ok(None),
        Value::String(kind) if kind.chars().count() <= longest => Ok(Some(kind.clone())),
        _ => {
            let what = format!("contentType must be a text of at most {longest} characters.");
            Err(bad_parameter(&what))
        }
    }
}

/// Adds a version, and the secret if it is not there.
///
/// # Errors
///
/// If a member is not what it should be, or a deleted secret has the name.
pub(in crate::services::key_vault) fn add_version(
    context: &mut Context<'_>,
    vault: &Vault,
    new: &NewSecret<'_>,
) -> Result<(), Refusal> {
    check_name(context, new.name)?;
    check_not_deleted::<Secrets>(context, vault, new.name)?;
    let longest = context.rules.key_vault.secret.longest_bytes;
    let value = match new.value {
        Value::String(text) if text.len() <= longest => SecretText::new(text),
        _ => {
            let what = format!("value must be a text of at most {longest} bytes.");
            return Err(bad_parameter(&what));
        }
    };
    let mut attributes = Attributes::new(context.now);
    attributes
        .take(new.attributes)
        .map_err(|what| bad_parameter(&what))?;
    let version = Version {
        attributes,
        tags: tags(context, new.tags)?.unwrap_or_default(),
        material: SecretMaterial {
            value,
            content_type: content_type(context, new.content_type)?,
        },
        id: new_version(context, vault),
    };
    objects_mut::<Secrets>(context, vault).add(new.name, version);
    Ok(())
}

pub(super) fn set(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let sent = body(request)?;
    let new = NewSecret {
        name: permit.params.get("secret"),
        value: field(&sent, "value"),
        content_type: field(&sent, "contentType"),
        attributes: field(&sent, "attributes"),
        tags: field(&sent, "tags"),
    };
    add_version(context, &vault, &new)?;
    answer(context, permit, request, &vault, "", true)
}

/// A version as an answer shows it.
fn answer(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
    vault: &Vault,
    id: &str,
    with_value: bool,
) -> Result<Response, Refusal> {
    let object = named::<Secrets>(context, vault, permit)?;
    let version = object
        .version(id)
        .ok_or_else(|| not_found::<Secrets>(&format!("{}/{id}", object.name)))?;
    let mut answer = bundle::<Secrets>(request, vault, object, version);
    if with_value {
        let mut whole = json!({"value": version.material.value.reveal()});
        if let (Some(whole), Value::Object(rest)) = (whole.as_object_mut(), answer) {
            whole.extend(rest);
        }
        answer = whole;
    }
    Ok(Response::json(StatusCode::OK, &answer))
}

pub(super) fn get(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let id = permit.params.get("version");
    if let Some(version) = named::<Secrets>(context, &vault, permit)?.version(id) {
        check_usable(context, &version.attributes)?;
    }
    answer(context, permit, request, &vault, id, true)
}

/// Refuses a version that is switched off, or outside its time where that counts.
fn check_usable(context: &Context<'_>, attributes: &Attributes) -> Result<(), Refusal> {
    if !attributes.enabled {
        return Err(Refusal::key_vault(code::SecretDisabled, &[]));
    }
    if !context.rules.takes(rule::KV_EXPIRY, "refused") {
        return Ok(());
    }
    let error = match attributes.window(context.now) {
        Window::Inside => return Ok(()),
        Window::Before => code::SyntheticSecretNotYetValid,
        Window::After => code::SyntheticSecretExpired,
    };
    Err(Refusal::key_vault(error, &[]).by([rule::KV_EXPIRY]))
}

pub(super) fn update(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let sent = body(request)?;
    let id = permit.params.get("version");
    let name = permit.params.get("secret");
    let kind = content_type(context, field(&sent, "contentType"))?;
    let change = VersionChange {
        attributes: field(&sent, "attributes"),
        tags: tags(context, field(&sent, "tags"))?,
    };
    let now = context.now;
    let Some(version) = objects_mut::<Secrets>(context, &vault).version_mut(name, id) else {
        return Err(not_found::<Secrets>(name));
    };
    if let Err(what) = update_version(version, now, &change) {
        return Err(bad_parameter(&what));
    }
    if kind.is_some() {
        version.material.content_type = kind;
    }
    answer(context, permit, request, &vault, id, false)
}
