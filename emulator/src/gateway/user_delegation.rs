//! User delegation keys: what a principal signs with in an account key's place.
//!
//! A key is derived from what it says about itself, so that nobody has to keep it: who can make it
//! again can check what was signed with it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::TokenAuthority;

/// What a user delegation key says about itself, as it stands in answers and in signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DelegationKey {
    /// `skoid`: whose it is.
    pub(crate) object: String,
    /// `sktid`: the tenant.
    pub(crate) tenant: String,
    /// `skt`: from when on it counts.
    pub(crate) start: String,
    /// `ske`: until when.
    pub(crate) expiry: String,
    /// `sks`: the service, `b`.
    pub(crate) service: String,
    /// `skv`: the version of the service that made it.
    pub(crate) version: String,
}

impl DelegationKey {
    /// The key itself, base64. A secret. `revocations` counts how often the account's keys have been
    /// revoked: after each time the same words give another key.
    pub(crate) fn value(&self, tokens: &TokenAuthority, account: &str, revocations: u64) -> String {
        let revocations = revocations.to_string();
        let lines = [
            account,
            &revocations,
            &self.object,
            &self.tenant,
            &self.start,
            &self.expiry,
            &self.service,
            &self.version,
        ];
        let text = lines.join("\n");
        // HMAC takes a key of any length.
        let mac = Hmac::<Sha256>::new_from_slice(tokens.delegation_secret())
            .map(|mac| mac.chain_update(text.as_bytes()).finalize().into_bytes());
        mac.map(|bytes| STANDARD.encode(bytes)).unwrap_or_default()
    }
}
