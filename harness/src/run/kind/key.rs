//! Keys.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::resource_kind::ResourceKind;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::ended::refused;
use crate::run::personas::give_role;
use crate::run::secrets::secret_call;
use crate::run::{Names, RunError};
use crate::scenario::{About, Part, World};

/// What whoever makes keys is given for it.
const OFFICER: &str = "Key Vault Crypto Officer";

/// A key of a key vault, to encrypt a vault with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Key {
    /// Its name.
    name: String,
    /// The key vault, by name.
    key_vault: Option<String>,
    /// What kind of key: `RSA` if left out.
    kty: Option<String>,
    /// How many bits an RSA key has: 2048 if left out.
    bits: Option<u32>,
}

impl ResourceKind for Key {
    fn rank(&self) -> u8 {
        7
    }

    fn be_called(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn about(&self) -> About {
        About::default().and(Part::KeyVault, self.key_vault.as_ref())
    }

    fn id(&self, names: &Names) -> String {
        format!("{}/keys/{}", names.key_vault, self.name)
    }
}

impl Key {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        seen: &World,
    ) -> Result<(), RunError> {
        let own = &seen.key_vault;
        let scope = names.key_vault.parse();
        let scope =
            scope.map_err(|_| RunError::Scenario(format!("`{}` is no name for a key vault", own.name)))?;
        let (now, owner) = (client.now(), client.owner_of(&names.key_vault).object_id);
        give_role(client, now, owner, OFFICER, scope)?;
        let kind = self.kty.as_deref().unwrap_or("RSA");
        let mut body = json!({"kty": kind});
        if kind.starts_with("RSA") {
            body["key_size"] = json!(self.bits.unwrap_or(2048));
        }
        let path = format!("/keys/{}/create", self.name);
        let answer = secret_call(client, own, Method::POST, &path, &body).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        must(refused(&answer), &self.name).map(|_| ())
    }
}
