//! Subnets.

use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::laid_over::over;
use super::resource_kind::ResourceKind;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::{Names, RunError};
use crate::scenario::{Misstated, World};

/// A subnet of a virtual network.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Subnet {
    /// Its name.
    #[serde(default)]
    name: String,
    /// The virtual network, by name.
    virtual_network: String,
    /// Its addresses.
    #[serde(default = "addresses")]
    address_prefix: String,
    /// The type of resource it is delegated to, if it is.
    delegation: Option<String>,
    /// Properties besides, as ARM spells them.
    #[serde(default)]
    #[cfg_attr(
        test,
        schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")
    )]
    properties: toml::Table,
}

fn addresses() -> String {
    "10.2.1.0/24".to_owned()
}

impl ResourceKind for Subnet {
    fn rank(&self) -> u8 {
        1
    }

    fn be_called(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn properties(&self) -> Option<&toml::Table> {
        Some(&self.properties)
    }

    fn id(&self, names: &Names) -> String {
        let network = names.called(&self.virtual_network).unwrap_or_default();
        format!("{network}/subnets/{}", self.name)
    }

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        world
            .check_is(&self.virtual_network, "virtual_network")
            .map_err(|wrong| wrong.at("virtual_network"))
    }
}

impl Subnet {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        _seen: &World,
    ) -> Result<(), RunError> {
        let mut body = json!({"properties": {"addressPrefix": self.address_prefix}});
        if let Some(service) = &self.delegation {
            body["properties"]["delegations"] =
                json!([{"name": self.name, "properties": {"serviceName": service}}]);
        }
        over(&mut body, &self.properties, names);
        let id = self.id(names);
        must(client.operate(Method::PUT, &id, Some(&body)).await?, &id).map(|_| ())
    }
}
