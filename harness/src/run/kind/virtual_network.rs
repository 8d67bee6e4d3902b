//! Virtual networks.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::laid_over::over;
use super::resource_kind::ResourceKind;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::{Names, RunError};
use crate::scenario::World;

/// A virtual network.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct VirtualNetwork {
    /// Its name.
    name: String,
    /// Its region, if it is not the world's.
    location: Option<String>,
    /// Its addresses.
    address_prefix: String,
    /// The resource group it is in.
    group: String,
    /// The subscription it is in: one of `[subscription.NAME]`; the operator's own if left out.
    subscription: Option<String>,
    /// Properties besides, as ARM spells them.
    #[cfg_attr(
        test,
        schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")
    )]
    properties: toml::Table,
}

impl Default for VirtualNetwork {
    fn default() -> Self {
        Self {
            name: String::new(),
            location: None,
            address_prefix: "10.2.0.0/16".to_owned(),
            group: "network".to_owned(),
            subscription: None,
            properties: toml::Table::new(),
        }
    }
}

impl ResourceKind for VirtualNetwork {
    fn rank(&self) -> u8 {
        0
    }

    in_a_group!("Microsoft.Network/virtualNetworks");

    fn properties(&self) -> Option<&toml::Table> {
        Some(&self.properties)
    }
}

impl VirtualNetwork {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        seen: &World,
    ) -> Result<(), RunError> {
        let mut body = json!({
            "location": self.location.as_ref().unwrap_or(&seen.location),
            "properties": {"addressSpace": {"addressPrefixes": [self.address_prefix]}},
        });
        over(&mut body, &self.properties, names);
        let id = self.id(names);
        must(client.operate(Method::PUT, &id, Some(&body)).await?, &id).map(|_| ())
    }
}
