//! What objects hold: secrets and keys.

use std::sync::Arc;

use serde_json::{Value, json};

use super::cryptography::KeyPair;

/// The value of a secret. It has no `Debug` outside of tests, and only an answer to somebody who may read it shows it.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct SecretText(Arc<str>);

impl SecretText {
    pub(super) fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The value itself.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

/// A version of a secret.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct SecretMaterial {
    pub(super) value: SecretText,
    pub(super) content_type: Option<String>,
}

/// A version of a key.
#[derive(Clone)]
pub(super) struct KeyMaterial {
    pub(super) pair: KeyPair,
    /// Whether it is said to be kept in hardware. It is software all the same.
    pub(super) hardware: bool,
    /// What it may be used for.
    pub(super) operations: Vec<String>,
}

#[cfg(test)]
impl std::fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            pair,
            hardware,
            operations,
        } = self;
        // The public half is another where the private one is.
        write!(f, "{:?} {hardware} {operations:?}", pair.public())
    }
}

impl KeyMaterial {
    /// The public half as a JSON Web Key.
    pub(super) fn public(&self, address: &str) -> Value {
        let kind = match (&self.pair, self.hardware) {
            (KeyPair::Rsa(_), false) => "RSA",
            (KeyPair::Rsa(_), true) => "RSA-HSM",
            (_, false) => "EC",
            (_, true) => "EC-HSM",
        };
        let mut key = json!({"kid": address, "kty": kind, "key_ops": self.operations});
        if let (Some(key), Value::Object(public)) = (key.as_object_mut(), self.pair.public()) {
            key.extend(public);
        }
        key
    }
}
