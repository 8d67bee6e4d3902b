//! Passwords and certificates that applications sign in with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use jiff::SignedDuration;
use rand::RngExt;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::list::Answer;
use super::look_up::{find, missing};
use super::written::{bad, nothing};
use super::{describe, registrations, rights};
use crate::entropy::Entropy;
use crate::gateway::{Permit, Refusal};
use crate::model::{PrincipalKind, Request, Response, Timestamp};
use crate::rules::{cloud, unplayed};
use crate::services::{Context, json_body};
use crate::state::{KeyCredential, Password};

/// Letters of the passwords Entra ID makes, and how many.
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-~";
const LENGTH: usize = 40;

/// The object whose passwords a path is about.
fn object(context: &Context<'_>, permit: &Permit) -> Result<Uuid, Refusal> {
    let object = if permit.operation(context.rules).id.starts_with("Applications_") {
        registrations::named(context, permit)?.id()
    } else {
        let wanted = permit.params.get("id");
        let found = find(context, permit, wanted)?;
        if found.kind() != PrincipalKind::ServicePrincipal || found.app_id.is_none() {
            return Err(missing(wanted));
        }
        found.id.0
    };
    rights::require(context, permit, Some(object))?;
    Ok(object)
}

fn time(sent: &Value, member: &str) -> Result<Option<Timestamp>, Refusal> {
    match &sent[member] {
        Value::Null => Ok(None),
        Value::String(text) => text.parse().map(Some).map_err(|_| {
            bad(format!(
                "Invalid value specified for property '{member}' of resource 'PasswordCredential'."
            ))
        }),
        _ => Err(bad(format!(
            "Invalid value specified for property '{member}' of resource 'PasswordCredential'."
        ))),
    }
}

fn secret(entropy: &Entropy) -> String {
    let mut rng = entropy.rng();
    let letter = |_| char::from(LETTERS[rng.random_range(0..LETTERS.len())]);
    (0..LENGTH).map(letter).collect()
}

/// Makes a password, and tells it this once.
pub(super) fn add_password(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let object = object(context, permit)?;
    let body = json_body(request)?;
    let sent = &body["passwordCredential"];
    let start = time(sent, "startDateTime")?.unwrap_or(context.now);
    let usual = SignedDuration::from_hours(24 * context.rules.directory.password_days);
    let end = time(sent, "endDateTime")?.unwrap_or(start + usual);
    if end <= start {
        return Err(bad("Key credential end date is invalid."));
    }
    let draw = context.draw("application password");
    let secret = secret(&draw.fork("secret"));
    let name = sent["displayName"].as_str().map(str::to_owned);
    let password = Password::new(draw.fork("key").uuid(), name, &secret, start, end);
    let mut answer = describe::password(&password);
    answer["secretText"] = json!(secret);
    answer["@odata.context"] = json!(cloud().graph.context("microsoft.graph.passwordCredential"));
    context
        .state
        .directory
        .record_mut(object)
        .passwords
        .push(password);
    Ok(Response::json(StatusCode::OK, &answer))
}

pub(super) fn remove_password(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let object = object(context, permit)?;
    let body = json_body(request)?;
    let named = body["keyId"].as_str().unwrap_or_default();
    let key_id = named.parse::<Uuid>().ok();
    let directory = &mut context.state.directory;
    let passwords = &mut directory.record_mut(object).passwords;
    let before = passwords.len();
    passwords.retain(|password| Some(password.key_id) != key_id);
    if passwords.len() < before {
        return Ok(nothing());
    }
    // The one the world began with stands with the principal itself.
    let founded = directory
        .iter()
        .find(|principal| {
            key_id.is_some()
                && principal.secret.is_some()
                && principal.app_id.map(describe::first_password) == key_id
        })
        .filter(|principal| principal.app_id.map(crate::state::Registration::id_of) == Some(object))
        .cloned();
    match founded {
        Some(mut principal) => {
            principal.secret = None;
            directory.insert(principal);
            Ok(nothing())
        }
        None => Err(bad(format!("No password credential found with keyId '{named}'."))),
    }
}

/// The certificates a request writes, in the place of those there are. One that is there may be sent
/// again without its key, as it was answered.
pub(super) fn keys(
    context: &mut Context<'_>,
    object: Uuid,
    sent: &Value,
) -> Result<Vec<KeyCredential>, Refusal> {
    let before = context
        .state
        .directory
        .record(object)
        .map(|record| record.keys.clone());
    let before = before.unwrap_or_default();
    let all = sent.as_array().into_iter().flatten().filter_map(Value::as_object);
    all.map(|sent| key(context, &before, sent)).collect()
}

fn key(
    context: &mut Context<'_>,
    before: &[KeyCredential],
    sent: &Map<String, Value>,
) -> Result<KeyCredential, Refusal> {
    let text = |name: &str| sent.get(name).and_then(Value::as_str).unwrap_or_default();
    let key_id = text("keyId").parse::<Uuid>().ok();
    if text("key").is_empty() {
        let known = before.iter().find(|credential| Some(credential.key_id) == key_id);
        return known
            .cloned()
            .ok_or_else(|| bad("New key credentials must be provided with their key."));
    }
    if text("type") != "AsymmetricX509Cert" || text("usage") != "Verify" {
        return Err(Refusal::not_played(unplayed::GraphKeysToSign, &[]));
    }
    // Clients take the text form's lines over as they are.
    let letters: String = text("key").split_whitespace().collect();
    let certificate = STANDARD
        .decode(letters)
        .ok()
        .map(of_pem)
        .filter(|der| X509Certificate::from_der(der).is_ok())
        .ok_or_else(|| bad("Key credential is invalid: it is no certificate."))?;
    let mut members = sent.clone();
    for hidden in ["key", "keyId", "@odata.type"] {
        members.remove(hidden);
    }
    Ok(KeyCredential {
        key_id: key_id.unwrap_or_else(|| context.draw_uuid("certificate")),
        members,
        certificate,
    })
}

/// A certificate in text form is taken as well.
fn of_pem(bytes: Vec<u8>) -> Vec<u8> {
    match x509_parser::pem::parse_x509_pem(&bytes) {
        Ok((_, pem)) => pem.contents,
        Err(_) => bytes,
    }
}
