//! A deployment.

use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Take;
use crate::given_file;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Misstated, Part, World, is_inside, shown};

/// Deploys a template to the server's resource group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Deploy {
    /// The template: a file under `scenarios/`.
    template: String,
}

impl Take for Deploy {
    const NEEDS: &'static [Part] = &[Part::Vault, Part::Server];

    fn check(&self, _world: &World, _rules: &Rules) -> Result<(), Misstated> {
        if is_inside(&self.template) {
            return Ok(());
        }
        let what = format!(
            "template {}: a file inside the folder of scenarios was expected",
            shown(&self.template)
        );
        Err(Misstated::new(what).at("template"))
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let path = play.scenario.folder.join(&self.template);
        let wrong = |error: &dyn std::fmt::Display| {
            RunError::Scenario(format!("template {}: {error}", path.display()))
        };
        let text = given_file::read_text(&path, given_file::WRITTEN_MAX).map_err(|error| wrong(&error))?;
        let template: Value = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
        let identity = play.vault_identity();
        let world = &play.world;
        let body = json!({"properties": {"mode": "Incremental", "template": template, "parameters": {
            "serverName": {"value": world.server.name},
            "keyVaultName": {"value": world.key_vault.name},
            "vaultPrincipalId": {"value": identity},
        }}});
        let path = format!(
            "{}/providers/Microsoft.Resources/deployments/access",
            play.names.server_group
        );
        let ended = play.client.operate(Method::PUT, &path, Some(&body)).await?;
        Ok(Outcome::of(&ended))
    }
}

impl Play<'_> {
    /// The object id of the vault's system-assigned identity, which anybody who configures a backup
    /// has been told.
    fn vault_identity(&self) -> String {
        let vault = self.names.vault.parse().ok();
        let found = self.client.look(|core| {
            let vault = core.state().resource(vault.as_ref()?)?;
            Some(vault.text("/identity/principalId").to_owned())
        });
        found.unwrap_or_default()
    }
}
