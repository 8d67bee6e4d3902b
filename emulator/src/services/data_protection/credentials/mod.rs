//! How Azure Backup gets at a single server's database: with a connection string that it fetches
//! from Key Vault afresh at every run and keeps nowhere, or, for what was configured before that
//! model, as the vault's identity itself.

mod connection_string;

use serde_json::Value;

use crate::rules::cloud;
use crate::state::field;

pub(super) use connection_string::{ConnectionString, PORT_OF_POSTGRESQL};

/// What `datasourceAuthCredentials` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Credentials {
    /// A secret in a key vault.
    Secret(SecretAddress),
    /// None: the older model, in which the vault's identity signs in by itself.
    EntraIdentity,
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SecretAddress {
    /// The key vault's host, e.g. `drill.vault.azure.net`.
    pub(super) host: String,
    /// The secret's name.
    pub(super) name: String,
    /// The version the address is pinned to. Without one the latest is meant.
    pub(super) version: Option<String>,
}

impl Credentials {
    /// Reads the credentials of an instance or of a restore's target.
    ///
    /// # Errors
    ///
    /// Why they make no sense.
    pub(super) fn of(properties: &Value) -> Result<Self, String> {
        let sent = field(properties, "datasourceAuthCredentials");
        if sent.is_null() {
            return Ok(Self::EntraIdentity);
        }
        let kind = field(sent, "objectType").as_str().unwrap_or_default();
        if !kind.eq_ignore_ascii_case("SecretStoreBasedAuthCredentials") {
            return Err(format!(
                "datasourceAuthCredentials.objectType is `{kind}`, not SecretStoreBasedAuthCredentials"
            ));
        }
        let store = field(sent, "secretStoreResource");
        let kind = field(store, "secretStoreType").as_str().unwrap_or_default();
        if !kind.eq_ignore_ascii_case("AzureKeyVault") {
            return Err(format!("secretStoreType is `{kind}`, not AzureKeyVault"));
        }
        let uri = field(store, "uri").as_str().unwrap_or_default();
        SecretAddress::parse(uri).map(Self::Secret).ok_or_else(|| {
            format!(
                "`{uri}` is not the address of a secret, https://{}/secrets/{{name}}",
                cloud().vault_host("{vault}")
            )
        })
    }
}

impl SecretAddress {
    fn parse(uri: &str) -> Option<Self> {
        let (host, path) = uri.strip_prefix("https://")?.split_once('/')?;
        let mut parts = path.trim_end_matches('/').split('/');
        let (kind, name, version) = (parts.next()?, parts.next()?, parts.next());
        let fits = cloud().is_vault_host(&host.to_ascii_lowercase())
            && kind == "secrets"
            && !name.is_empty()
            && parts.next().is_none();
        fits.then(|| Self {
            host: host.to_ascii_lowercase(),
            name: name.to_owned(),
            version: version.map(str::to_owned),
        })
    }

    /// The path to read it by; `pinned` if a version that is named counts.
    pub(super) fn path(&self, pinned: bool) -> String {
        match &self.version {
            Some(version) if pinned => format!("/secrets/{}/{version}", self.name),
            _ => format!("/secrets/{}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(uri: &str) -> Result<Credentials, String> {
        Credentials::of(&json!({"datasourceAuthCredentials": {
            "objectType": "SecretStoreBasedAuthCredentials",
            "secretStoreResource": {"secretStoreType": "AzureKeyVault", "uri": uri, "value": null},
        }}))
    }

    #[test]
    fn a_secret_is_named_with_and_without_a_version() {
        let Ok(Credentials::Secret(latest)) = of("https://Drill.vault.azure.net/secrets/db") else {
            panic!("an address");
        };
        assert_eq!(
            (latest.host.as_str(), latest.path(true).as_str()),
            ("drill.vault.azure.net", "/secrets/db")
        );
        let Ok(Credentials::Secret(pinned)) = of("https://drill.vault.azure.net/secrets/db/0a1b") else {
            panic!("an address");
        };
        assert_eq!(pinned.path(true), "/secrets/db/0a1b");
        assert_eq!(pinned.path(false), "/secrets/db");
    }

    #[test]
    fn other_addresses_are_refused() {
        for uri in [
            "",
            "http://drill.vault.azure.net/secrets/db",
            "https://drill.vault.azure.net/keys/db",
            "https://drill.vault.azure.net/secrets/",
            "https://drill.vault.azure.net/secrets/db/1/2",
            "https://drill.example.net/secrets/db",
        ] {
            assert!(of(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn no_credentials_are_the_older_model() {
        assert_eq!(Credentials::of(&json!({})), Ok(Credentials::EntraIdentity));
    }
}
