//! Private DNS zones.

use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::resource_kind::ResourceKind;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::{Names, RunError};
use crate::scenario::{Misstated, Site, World};

/// A private DNS zone, with links to virtual networks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PrivateDnsZone {
    /// Its name, which is that of the zone: `privatelink.blob.core.windows.net`.
    name: String,
    /// The virtual networks it is linked to, by name.
    #[serde(default)]
    virtual_networks: Vec<Site>,
    /// The resource group it is in.
    #[serde(default = "network")]
    group: String,
    /// The subscription it is in: one of `[subscription.NAME]`; the operator's own if left out.
    subscription: Option<String>,
}

fn network() -> String {
    "network".to_owned()
}

impl ResourceKind for PrivateDnsZone {
    fn rank(&self) -> u8 {
        1
    }

    /// It has to say its name: a zone's has periods, which no key has that things refer to.
    fn be_called(&mut self, _name: &str) {}

    fn place(&self) -> Option<(&str, Option<&str>)> {
        Some((&self.group, self.subscription.as_deref()))
    }

    fn id(&self, names: &Names) -> String {
        format!(
            "{}/providers/Microsoft.Network/privateDnsZones/{}",
            names.group(&self.group, self.subscription.as_deref()),
            self.name
        )
    }

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        for (number, network) in self.virtual_networks.iter().enumerate() {
            let checked = world.check_is(network.as_str(), "virtual_network");
            checked.map_err(|wrong| wrong.in_entry("virtual_networks", number))?;
        }
        Ok(())
    }
}

impl PrivateDnsZone {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        _seen: &World,
    ) -> Result<(), RunError> {
        let id = self.id(names);
        let body = json!({"location": "global"});
        must(client.operate(Method::PUT, &id, Some(&body)).await?, &id)?;
        for network in &self.virtual_networks {
            let id = format!("{id}/virtualNetworkLinks/{}", network.as_str());
            let body = json!({
                "location": "global",
                "properties": {
                    "registrationEnabled": false,
                    "virtualNetwork": {"id": names.site(network)},
                },
            });
            must(client.operate(Method::PUT, &id, Some(&body)).await?, &id)?;
        }
        Ok(())
    }
}
