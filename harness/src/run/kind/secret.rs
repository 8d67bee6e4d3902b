//! Secrets.

use serde::Deserialize;

use super::resource_kind::ResourceKind;
use crate::run::client::Client;
use crate::run::secrets::{connection_string, set_secret};
use crate::run::{Names, RunError};
use crate::scenario::{About, KeyVaultWorld, Part, World};

/// A secret of a key vault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Secret {
    /// Its name.
    name: String,
    /// The key vault, by name.
    key_vault: Option<String>,
    /// The server of the credentials, by name.
    server: Option<String>,
    /// Its value; `{server}`, `{database}`, `{user}` and `{password}` are filled in. The connection string of the
    /// world's user if left out.
    value: Option<String>,
}

impl ResourceKind for Secret {
    fn rank(&self) -> u8 {
        7
    }

    fn be_called(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn about(&self) -> About {
        About::default()
            .and(Part::KeyVault, self.key_vault.as_ref())
            .and(Part::Server, self.server.as_ref())
    }

    fn stand_in(&self, seen: &mut World) {
        seen.key_vault.secret.clone_from(&self.name);
    }

    fn id(&self, names: &Names) -> String {
        format!("{}/secrets/{}", names.key_vault, self.name)
    }
}

impl Secret {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        _names: &Names,
        seen: &World,
    ) -> Result<(), RunError> {
        let own = KeyVaultWorld {
            value: self.value.clone().unwrap_or_else(|| seen.key_vault.value.clone()),
            ..seen.key_vault.clone()
        };
        let value = connection_string(&own, &seen.server.name, &seen.server.database, &seen.user);
        set_secret(client, &own, &self.name, &value).await
    }
}
