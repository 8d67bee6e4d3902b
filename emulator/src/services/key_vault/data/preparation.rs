//! What takes long about keys: making them, checking those that are brought along, using them. Worked out
//! before the request is carried out, from what it says alone and from the key it names.

use serde_json::{Value, json};

use super::super::cryptography::{CryptographyError, KeyPair, decode, encode};
use super::super::vault::Vault;
use super::kind::Keys;
use super::lifecycle::named;
use super::sent::{addressed, bad_parameter, body};
use crate::entropy::Entropy;
use crate::gateway::{Permit, Refusal};
use crate::model::{Preparation, Request};
use crate::services::Context;
use crate::state::field;

/// The key that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeySpec {
    /// An RSA key of so many bits.
    Rsa(usize),
    /// A key on that curve.
    Curve(String),
}

/// A new key.
pub(super) struct NewKey {
    pub(super) wanted: KeySpec,
    pub(super) pair: Result<KeyPair, CryptographyError>,
}

/// A key that was brought along, if it is one.
pub(super) struct ImportedKey(pub(super) Result<KeyPair, CryptographyError>);

/// What came of using a version of a key.
pub(super) struct KeyUse {
    pub(super) version: String,
    pub(super) value: Result<Value, CryptographyError>,
}

/// Which key a request asks for.
pub(super) fn wanted(context: &Context<'_>, sent: &Value) -> Result<KeySpec, Refusal> {
    let facts = &context.rules.key_vault;
    match field(sent, "kty").as_str().unwrap_or_default() {
        "RSA" | "RSA-HSM" => {
            let bits = match field(sent, "key_size") {
                Value::Null => Some(facts.rsa.unset),
                size => size.as_u64().and_then(|size| usize::try_from(size).ok()),
            };
            bits.filter(|bits| facts.rsa.bits.contains(bits))
                .map(KeySpec::Rsa)
                .ok_or_else(|| {
                    let sizes: Vec<String> = facts.rsa.bits.iter().map(usize::to_string).collect();
                    bad_parameter(&format!("key_size must be one of {}.", sizes.join(", ")))
                })
        }
        "EC" | "EC-HSM" => {
            let curve = match field(sent, "crv") {
                Value::Null => Some(facts.elliptic_curve.unset.as_str()),
                // Terraform's provider sends an empty text where its user named none.
                Value::String(none) if none.is_empty() => Some(facts.elliptic_curve.unset.as_str()),
                curve => curve.as_str(),
            };
            let known = curve.filter(|curve| facts.elliptic_curve.curves.iter().any(|known| known == curve));
            known
                .map(|curve| KeySpec::Curve(curve.to_owned()))
                .ok_or_else(|| {
                    let what = format!("crv must be one of {}.", facts.elliptic_curve.curves.join(", "));
                    bad_parameter(&what)
                })
        }
        _ => Err(bad_parameter("kty must be one of RSA, RSA-HSM, EC, EC-HSM.")),
    }
}

/// What asks for a key of the same kind.
pub(super) fn like(pair: &KeyPair) -> Value {
    match (pair.bits(), pair.curve()) {
        (Some(bits), _) => json!({"kty": "RSA", "key_size": bits}),
        (None, curve) => json!({"kty": "EC", "crv": curve}),
    }
}

/// The making of a key, with the randomness it takes.
pub(super) struct KeyMaking {
    wanted: KeySpec,
    draw: Entropy,
}

pub(super) fn make(context: &mut Context<'_>, vault: &Vault, wanted: KeySpec) -> KeyMaking {
    let draw = context.draw(&format!("key vault key {}", vault.key));
    KeyMaking { wanted, draw }
}

impl KeyMaking {
    pub(super) fn carry_out(&self) -> Result<KeyPair, CryptographyError> {
        match &self.wanted {
            KeySpec::Rsa(bits) => KeyPair::new_rsa(*bits, &self.draw),
            KeySpec::Curve(curve) => KeyPair::new_on_curve(curve, &self.draw),
        }
    }
}

fn making(context: &mut Context<'_>, vault: &Vault, sent: &Value) -> Option<Preparation> {
    let wanted = wanted(context, sent).ok()?;
    let making = make(context, vault, wanted);
    Some(Preparation::new(move || NewKey {
        pair: making.carry_out(),
        wanted: making.wanted,
    }))
}

pub(super) fn create(context: &mut Context<'_>, _: &Permit, request: &Request) -> Option<Preparation> {
    let vault = addressed(context, request).ok()?;
    let sent = body(request).ok()?;
    making(context, &vault, &sent)
}

pub(super) fn rotate(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Option<Preparation> {
    let vault = addressed(context, request).ok()?;
    let newest = named::<Keys>(context, &vault, permit).ok()?.version("")?;
    let like = like(&newest.material.pair);
    making(context, &vault, &like)
}

pub(super) fn import(_: &mut Context<'_>, _: &Permit, request: &Request) -> Option<Preparation> {
    let sent = body(request).ok()?;
    Some(Preparation::new(move || {
        ImportedKey(KeyPair::import(field(&sent, "key")))
    }))
}

pub(super) fn operate(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Option<Preparation> {
    let vault = addressed(context, request).ok()?;
    let sent = body(request).ok()?;
    let operation = permit.operation(context.rules).policy.as_ref()?.word.clone();
    let draw = context.draw(&format!("key vault operation {}", vault.key));
    let object = named::<Keys>(context, &vault, permit).ok()?;
    let version = object.version(permit.params.get("version"))?;
    let (id, pair) = (version.id.clone(), version.material.pair.clone());
    Some(Preparation::new(move || KeyUse {
        value: carry_out(&pair, &operation, &sent, &draw),
        version: id,
    }))
}

/// Encrypts, decrypts, wraps, unwraps, signs or verifies.
pub(super) fn carry_out(
    pair: &KeyPair,
    operation: &str,
    sent: &Value,
    draw: &Entropy,
) -> Result<Value, CryptographyError> {
    let algorithm = field(sent, "alg").as_str().unwrap_or_default();
    let bytes = |name: &str| {
        let text = field(sent, name).as_str();
        text.and_then(decode).ok_or(CryptographyError::Value)
    };
    let value = bytes("value")?;
    let done = match operation {
        "encrypt" | "wrapKey" => pair.encrypt(algorithm, &value, draw)?,
        "decrypt" | "unwrapKey" => pair.decrypt(algorithm, &value, draw)?,
        "sign" => pair.sign(algorithm, &value, draw)?,
        "verify" => return Ok(json!(pair.verify(algorithm, &bytes("digest")?, &value)?)),
        _ => return Err(CryptographyError::Algorithm),
    };
    Ok(json!(encode(&done)))
}
