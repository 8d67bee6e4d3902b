//! What objects hold: secrets.

use std::sync::Arc;

/// The value of a secret. It has no `Debug`, and only an answer to somebody who may read it shows it.
#[derive(Clone)]
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
pub(super) struct SecretMaterial {
    pub(super) value: SecretText,
    pub(super) content_type: Option<String>,
}
