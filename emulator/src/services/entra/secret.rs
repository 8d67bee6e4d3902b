//! What is kept of those who show a secret.

use sha2::{Digest, Sha256};

use crate::services::Context;
use crate::state::{Principal, Record, Registration};

/// What is kept about an application: of its registration, and of its service principal.
pub(super) fn records<'a>(
    context: &'a Context<'_>,
    principal: &Principal,
) -> impl Iterator<Item = &'a Record> {
    let registration = principal.app_id.map(Registration::id_of);
    let objects = registration.into_iter().chain([principal.id.0]);
    objects.filter_map(|object| context.state.directory.record(object))
}

/// Compares digests, so that the time taken tells nothing about the secret.
pub(super) fn is_secret(secret: Option<&String>, shown: &str) -> bool {
    secret.is_some_and(|secret| Sha256::digest(secret.as_bytes()) == Sha256::digest(shown.as_bytes()))
}
