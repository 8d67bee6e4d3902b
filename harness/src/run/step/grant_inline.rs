//! What a portal grants by a tick.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::Take;
use crate::run::ended::Ended;
use crate::run::network::azure_services;
use crate::run::{Outcome, Play, RunError, roles};
use crate::scenario::{GrantWorld, Grantee, Part, PermissionModel, Site};

/// What the portal and the CLI do in one step while they configure a backup, as whoever may:
/// Reader on the server, access to the secret, the firewall rule, the exception of the key vault.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GrantInline {}

impl Take for GrantInline {
    const NEEDS: &'static [Part] = &[Part::Vault, Part::Server, Part::KeyVault];

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let key_vault = play.world.key_vault.clone();
        let give = |role: &str, on: Site| GrantWorld {
            to: Grantee::default(),
            role: role.to_owned(),
            on: Some(on),
            absent: false,
        };
        let reader = give("Reader", Site::of("server"));
        let mut ended = vec![roles::give(&mut play.client, &play.names, &reader).await?];
        if key_vault.permission_model == PermissionModel::Roles {
            let user = give("Key Vault Secrets User", Site::of("key_vault"));
            ended.push(roles::give(&mut play.client, &play.names, &user).await?);
        } else {
            ended.push(play.add_access_policy().await?);
        }
        ended.push(azure_services(&mut play.client, &play.names.server, true).await?);
        let bypass = json!({"properties": {"networkAcls": {"defaultAction": key_vault.default_action, "bypass": "AzureServices"}}});
        let path = play.names.key_vault.clone();
        ended.push(play.client.operate(Method::PATCH, &path, Some(&bypass)).await?);
        let refused = ended.iter().find(|ended| ended.status != "Succeeded");
        Ok(refused.map_or_else(Outcome::done, Outcome::of))
    }
}

impl Play<'_> {
    async fn add_access_policy(&mut self) -> Result<Ended, RunError> {
        let vault = self
            .client
            .send(Method::GET, &self.names.vault.clone(), None)
            .await?
            .json_body();
        let body = json!({"properties": {"accessPolicies": [{
            "tenantId": self.client.operator().tenant.to_string(),
            "objectId": vault["identity"]["principalId"],
            "permissions": {"secrets": ["get", "list"]},
        }]}});
        let path = format!("{}/accessPolicies/add", self.names.key_vault);
        self.client.operate(Method::PUT, &path, Some(&body)).await
    }
}
