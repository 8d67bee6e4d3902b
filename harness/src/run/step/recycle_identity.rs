//! A new principal in the place of an old one.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::Take;
use crate::run::kind::vault::vault_body;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::Part;

/// Switches the vault's system-assigned identity off and on again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecycleIdentity {}

impl Take for RecycleIdentity {
    const NEEDS: &'static [Part] = &[Part::Vault];

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let path = play.names.vault.clone();
        let mut body = vault_body(&play.names, &play.world);
        let own = body["identity"].clone();
        body["identity"] = json!({"type": "None"});
        play.client.operate(Method::PUT, &path, Some(&body)).await?;
        body["identity"] = own;
        let ended = play.client.operate(Method::PUT, &path, Some(&body)).await?;
        Ok(Outcome::of(&ended))
    }
}
