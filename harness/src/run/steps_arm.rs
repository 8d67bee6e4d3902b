//! Steps that ask of Azure Resource Manager what has no step of its own.

use http::Method;
use serde_json::{Value, json};

use super::{Outcome, Play, RunError};
use crate::given_file;
use crate::scenario::Step;

impl Play<'_> {
    /// Asks something of ARM that has no step of its own.
    pub(super) async fn request(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let wrong =
            || RunError::Scenario("a request step needs `request`: a method, a space, and a path".to_owned());
        let (method, path) = step
            .request
            .as_deref()
            .and_then(|request| request.split_once(' '))
            .ok_or_else(wrong)?;
        let method: Method = method.parse().map_err(|_| wrong())?;
        let path = self.fill(path);
        let body = step
            .body
            .as_ref()
            .map(|body| serde_json::to_string(body).unwrap_or_default())
            .map(|text| serde_json::from_str(&self.fill(&text)).unwrap_or_default());
        let ended = self.client.operate(method, &path, body.as_ref()).await?;
        let mut outcome = Outcome::of(&ended);
        if outcome.message.is_empty() && !ended.value.is_null() {
            outcome.message = ended.value.to_string();
        }
        Ok(outcome)
    }

    /// Deploys a template to the server's resource group.
    pub(super) async fn deploy(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let name = step.template.as_deref().unwrap_or_default();
        let path = self.scenario.folder.join(name);
        let wrong = |error: &dyn std::fmt::Display| {
            RunError::Scenario(format!("template {}: {error}", path.display()))
        };
        let text = given_file::read_text(&path, given_file::WRITTEN_MAX).map_err(|error| wrong(&error))?;
        let template: Value = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
        let identity = self.vault_identity();
        let world = &self.scenario.world;
        let body = json!({"properties": {"mode": "Incremental", "template": template, "parameters": {
            "serverName": {"value": world.server.name},
            "keyVaultName": {"value": world.key_vault.name},
            "vaultPrincipalId": {"value": identity},
        }}});
        let path = format!(
            "{}/providers/Microsoft.Resources/deployments/access",
            self.names.server_group
        );
        let ended = self.client.operate(Method::PUT, &path, Some(&body)).await?;
        Ok(Outcome::of(&ended))
    }

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

    /// The names of the world's things, filled in.
    pub(super) fn fill(&self, text: &str) -> String {
        let names = &self.names;
        [
            ("{server}", &names.server),
            ("{server_group}", &names.server_group),
            ("{vault}", &names.vault),
            ("{vault_group}", &names.vault_group),
            ("{instance}", &names.instance),
            ("{policy}", &names.policy),
            ("{key_vault}", &names.key_vault),
            ("{storage}", &names.account),
            ("{container}", &names.container),
            ("{target}", &names.target),
            ("{subscription}", &names.subscription),
        ]
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}
