//! Resource Guards, and the mappings of vaults to them.

use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::resource_kind::ResourceKind;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::{Names, RunError};
use crate::scenario::{About, Misstated, Part, World};

/// A Resource Guard.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ResourceGuard {
    /// Its name.
    name: String,
    /// Its region, if it is not the world's.
    location: Option<String>,
    /// The operations it leaves out, as Azure calls them.
    exclude: Vec<String>,
    /// The resource group it is in.
    group: String,
    /// The subscription it is in: one of `[subscription.NAME]`; the operator's own if left out.
    subscription: Option<String>,
}

impl Default for ResourceGuard {
    fn default() -> Self {
        Self {
            name: String::new(),
            location: None,
            exclude: Vec::new(),
            group: "guards".to_owned(),
            subscription: None,
        }
    }
}

impl ResourceKind for ResourceGuard {
    fn rank(&self) -> u8 {
        1
    }

    in_a_group!("Microsoft.DataProtection/resourceGuards");
}

impl ResourceGuard {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        seen: &World,
    ) -> Result<(), RunError> {
        let body = json!({
            "location": self.location.as_ref().unwrap_or(&seen.location),
            "properties": {"vaultCriticalOperationExclusionList": self.exclude},
        });
        let id = self.id(names);
        must(client.operate(Method::PUT, &id, Some(&body)).await?, &id).map(|_| ())
    }
}

/// The mapping of a Backup vault to a Resource Guard.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ResourceGuardProxy {
    /// Its name.
    #[serde(default)]
    name: String,
    /// The vault, by name.
    vault: Option<String>,
    /// The guard, by name. One of another tenant's is shown a token of whoever owns it.
    guard: String,
}

impl ResourceKind for ResourceGuardProxy {
    fn rank(&self) -> u8 {
        9
    }

    fn be_called(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn about(&self) -> About {
        About::default().and(Part::Vault, self.vault.as_ref())
    }

    fn id(&self, names: &Names) -> String {
        format!("{}/backupResourceGuardProxies/{}", names.vault, self.name)
    }

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        world
            .check_is(&self.guard, "resource_guard")
            .map_err(|wrong| wrong.at("guard"))
    }
}

impl ResourceGuardProxy {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        _seen: &World,
    ) -> Result<(), RunError> {
        let guard = names.called(&self.guard).unwrap_or_default();
        let id = self.id(names);
        let body = json!({"properties": {"resourceGuardResourceId": guard}});
        client.show_beside(Some(client.owner_of(guard).clone()));
        let ended = client.operate(Method::PUT, &id, Some(&body)).await;
        client.show_beside(None);
        must(ended?, &id).map(|_| ())
    }
}
