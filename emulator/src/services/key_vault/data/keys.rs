//! Keys: made, brought along, renewed, changed, used.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::cryptography::{CryptographyError, KeyPair};
use super::super::material::KeyMaterial;
use super::super::objects::{Attributes, Version, Window};
use super::super::vault::Vault;
use super::kind::{Keys, bundle};
use super::lifecycle::{check_not_deleted, named, not_found, objects_mut};
use super::preparation::{ImportedKey, KeyUse, NewKey, carry_out, like, make, wanted};
use super::sent::{addressed, bad_parameter, body, check_name, tags};
use super::versions::{VersionChange, new_version, update_version};
use crate::gateway::{Permit, Refusal, Shape};
use crate::model::{Request, Response};
use crate::rules::{code, unplayed};
use crate::services::Context;
use crate::state::field;

/// The exponent every RSA key here has: AQAB.
const USUAL_EXPONENT: u32 = 65_537;

fn wrong(error: CryptographyError) -> Refusal {
    bad_parameter(&error.to_string())
}

/// What a key may be used for, as a request says it.
fn operations(context: &Context<'_>, sent: &Value, pair: &KeyPair) -> Result<Vec<String>, Refusal> {
    let facts = &context.rules.key_vault;
    let known = match pair {
        KeyPair::Rsa(_) => &facts.rsa.operations,
        _ => &facts.elliptic_curve.operations,
    };
    let no = || {
        let what = format!("key_ops must name some of {}.", known.join(", "));
        bad_parameter(&what)
    };
    match sent {
        Value::Null => Ok(known.clone()),
        Value::Array(words) => words
            .iter()
            .map(|word| {
                let found = known.iter().find(|known| Some(known.as_str()) == word.as_str());
                found.cloned().ok_or_else(no)
            })
            .collect(),
        _ => Err(no()),
    }
}

/// Whether a kind of key is kept in hardware, which is for vaults of the premium kind.
fn hardware(context: &Context<'_>, vault: &Vault, kind: &str) -> Result<bool, Refusal> {
    if !kind.ends_with("-HSM") {
        return Ok(false);
    }
    let sku = context
        .state
        .resource(&vault.id)
        .map_or("", |vault| vault.text("/properties/sku/name"));
    if sku.eq_ignore_ascii_case("premium") {
        Ok(true)
    } else {
        let what = format!("A key of the kind {kind} takes a key vault of the sku premium.");
        Err(bad_parameter(&what))
    }
}

/// Refuses what a key may be asked to be and is not here: a key that can be exported, or has another
/// exponent, is another key.
fn check_played(sent: &Value) -> Result<(), Refusal> {
    let exponent = field(sent, "public_exponent");
    let what = if !field(sent, "release_policy").is_null() {
        unplayed::ReleasePolicies
    } else if *field(field(sent, "attributes"), "exportable") == json!(true) {
        unplayed::ExportableKeys
    } else if !exponent.is_null() && *exponent != json!(USUAL_EXPONENT) {
        unplayed::RsaExponents
    } else {
        return Ok(());
    };
    Err(Refusal {
        shape: Shape::KeyVault,
        ..Refusal::not_played(what, &[])
    })
}

/// The pair that a request asks for: made beforehand, or here where nobody has.
fn new_pair(
    context: &mut Context<'_>,
    vault: &Vault,
    request: &Request,
    sent: &Value,
) -> Result<KeyPair, Refusal> {
    let wanted = wanted(context, sent)?;
    let made = request.prepared::<NewKey>();
    let made = match made.filter(|made| made.wanted == wanted) {
        Some(made) => made.pair.clone(),
        None => make(context, vault, wanted).carry_out(),
    };
    made.map_err(wrong)
}

/// Adds a version of a key and answers it. `sent` has the members `attributes` and `tags`.
fn add(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    sent: &Value,
    material: KeyMaterial,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let mut attributes = Attributes::new(context.now);
    attributes
        .take(field(sent, "attributes"))
        .map_err(|what| bad_parameter(&what))?;
    let version = Version {
        id: new_version(context, &vault),
        attributes,
        tags: tags(context, field(sent, "tags"))?.unwrap_or_default(),
        material,
    };
    objects_mut::<Keys>(context, &vault).add(permit.params.get("key"), version);
    answer(context, permit, request, &vault, "")
}

/// The name a new key is to have, which must be free of a deleted one's.
fn check_free(context: &Context<'_>, permit: &Permit, vault: &Vault) -> Result<(), Refusal> {
    let name = permit.params.get("key");
    check_name(context, name)?;
    check_not_deleted::<Keys>(context, vault, name)
}

pub(super) fn create(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let sent = body(request)?;
    check_played(&sent)?;
    check_free(context, permit, &vault)?;
    let hardware = hardware(context, &vault, field(&sent, "kty").as_str().unwrap_or_default())?;
    let pair = new_pair(context, &vault, request, &sent)?;
    let material = KeyMaterial {
        operations: operations(context, field(&sent, "key_ops"), &pair)?,
        pair,
        hardware,
    };
    add(context, permit, request, &sent, material)
}

pub(super) fn import(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let sent = body(request)?;
    check_played(&sent)?;
    check_free(context, permit, &vault)?;
    let key = field(&sent, "key");
    let hardware = hardware(context, &vault, field(key, "kty").as_str().unwrap_or_default())?;
    let prepared = request.prepared::<ImportedKey>();
    let pair = match prepared {
        Some(ImportedKey(pair)) => pair.clone(),
        None => KeyPair::import(key),
    };
    let pair = pair.map_err(wrong)?;
    if pair
        .bits()
        .is_some_and(|bits| !context.rules.key_vault.rsa.bits.contains(&bits))
    {
        return Err(wrong(CryptographyError::Key));
    }
    let material = KeyMaterial {
        operations: operations(context, field(key, "key_ops"), &pair)?,
        pair,
        hardware,
    };
    add(context, permit, request, &sent, material)
}

/// A new version of the same kind as the newest.
pub(super) fn rotate(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let object = named::<Keys>(context, &vault, permit)?;
    let newest = object
        .version("")
        .ok_or_else(|| not_found::<Keys>(&object.name))?;
    let old = newest.material.clone();
    let sent = json!({"tags": newest.tags});
    let material = KeyMaterial {
        pair: new_pair(context, &vault, request, &like(&old.pair))?,
        ..old
    };
    add(context, permit, request, &sent, material)
}

/// A version as an answer shows it.
fn answer(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
    vault: &Vault,
    id: &str,
) -> Result<Response, Refusal> {
    let object = named::<Keys>(context, vault, permit)?;
    let version = object
        .version(id)
        .ok_or_else(|| not_found::<Keys>(&format!("{}/{id}", object.name)))?;
    let answer = bundle::<Keys>(request, vault, object, version);
    Ok(Response::json(StatusCode::OK, &answer))
}

/// The policy of a key that nobody gave one, which is every key's: setting one is not played.
pub(super) fn rotation_policy(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let name = &named::<Keys>(context, &vault, permit)?.name;
    let notice = &context.rules.key_vault.rotation_policy.notice_before_expiry;
    let policy = json!({
        "id": format!("{}/keys/{name}/rotationpolicy", request.authority()),
        "lifetimeActions": [{"trigger": {"timeBeforeExpiry": notice}, "action": {"type": "Notify"}}],
        "attributes": {},
    });
    Ok(Response::json(StatusCode::OK, &policy))
}

fn disabled(operation: &str) -> Refusal {
    Refusal::key_vault(code::KeyDisabled, &[("operation", operation)])
}

pub(super) fn get(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    // A key that is switched off can still be looked at: its public half is no secret.
    answer(context, permit, request, &vault, permit.params.get("version"))
}

pub(super) fn update(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let sent = body(request)?;
    check_played(&sent)?;
    let (name, id) = (permit.params.get("key"), permit.params.get("version"));
    let change = VersionChange {
        attributes: field(&sent, "attributes"),
        tags: tags(context, field(&sent, "tags"))?,
    };
    let wanted = match field(&sent, "key_ops") {
        Value::Null => None,
        words => {
            let version = named::<Keys>(context, &vault, permit)?.version(id);
            let version = version.ok_or_else(|| not_found::<Keys>(name))?;
            Some(operations(context, words, &version.material.pair)?)
        }
    };
    let now = context.now;
    let Some(version) = objects_mut::<Keys>(context, &vault).version_mut(name, id) else {
        return Err(not_found::<Keys>(name));
    };
    if let Err(what) = update_version(version, now, &change) {
        return Err(bad_parameter(&what));
    }
    if let Some(wanted) = wanted {
        version.material.operations = wanted;
    }
    answer(context, permit, request, &vault, id)
}

/// Refuses what a version may not be used for, or not now.
fn check_usable(
    context: &Context<'_>,
    version: &Version<KeyMaterial>,
    operation: &str,
) -> Result<(), Refusal> {
    if !version.attributes.enabled {
        return Err(disabled(operation));
    }
    let goes_on = &context.rules.key_vault.out_of_time.operations;
    let error = match version.attributes.window(context.now) {
        _ if goes_on.iter().any(|word| word == operation) => None,
        Window::Inside => None,
        Window::Before => Some(code::KeyNotYetValid),
        Window::After => Some(code::SyntheticKeyExpired),
    };
    let allowed = version.material.operations.iter().any(|word| word == operation);
    let error = match error {
        None if allowed => return Ok(()),
        None => code::KeyOperationForbidden,
        Some(error) => error,
    };
    Err(Refusal::key_vault(error, &[("operation", operation)]))
}

/// Encrypts, decrypts, wraps, unwraps, signs or verifies. What an operation is called is what the
/// permission for it is called.
pub(super) fn operate(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = addressed(context, request)?;
    let sent = body(request)?;
    let operation = permit.operation(context.rules).policy.as_ref();
    let operation = operation.map_or("", |policy| policy.word.as_str());
    let prepared = request.prepared::<KeyUse>();
    let draw = match prepared {
        Some(_) => None,
        None => Some(context.draw(&format!("key vault operation {}", vault.key))),
    };
    let object = named::<Keys>(context, &vault, permit)?;
    let id = permit.params.get("version");
    let version = object
        .version(id)
        .ok_or_else(|| not_found::<Keys>(&format!("{}/{id}", object.name)))?;
    check_usable(context, version, operation)?;
    let value = match (prepared, draw) {
        (Some(done), _) if done.version == version.id => done.value.clone(),
        // The newest version is another by now.
        (_, draw) => {
            let draw = draw.unwrap_or_else(|| context.entropy.fork(&version.id));
            carry_out(&version.material.pair, operation, &sent, &draw)
        }
    };
    let value = value.map_err(wrong)?;
    let answer = match value {
        value @ Value::Bool(_) => json!({"value": value}),
        value => json!({
            "kid": format!("{}/keys/{}/{}", request.authority(), object.name, version.id),
            "value": value,
        }),
    };
    Ok(Response::json(StatusCode::OK, &answer))
}
