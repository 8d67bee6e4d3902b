//! Private endpoints.

use azdrill_emulator::model::ResourceId;
use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::resource_kind::ResourceKind;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::{Names, RunError};
use crate::scenario::{Misstated, Site, World, shown};

/// A private endpoint of something, in a subnet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PrivateEndpoint {
    /// Its name.
    #[serde(default)]
    name: String,
    /// What it leads to.
    on: Site,
    /// The part of that it leads to (`groupIds`); the first that a resource of this type has if left out.
    part: Option<String>,
    /// The subnet it is in, by name.
    subnet: Site,
    /// Its region, if it is not the world's.
    location: Option<String>,
    /// The resource group it is in.
    #[serde(default = "network")]
    group: String,
    /// The subscription it is in: one of `[subscription.NAME]`; the operator's own if left out.
    subscription: Option<String>,
}

fn network() -> String {
    "network".to_owned()
}

impl ResourceKind for PrivateEndpoint {
    fn rank(&self) -> u8 {
        7
    }

    in_a_group!("Microsoft.Network/privateEndpoints");

    fn check(&self, world: &World, rules: &Rules) -> Result<(), Misstated> {
        world.check_site(&self.on).map_err(|wrong| wrong.at("on"))?;
        let names = Names::of(world, &uuid::Uuid::nil().to_string());
        let parts = parts(rules, names.site(&self.on));
        if parts.is_empty() {
            let what = format!(
                "no private endpoint leads to {}: a server, a storage account or a key vault was expected, by name",
                self.on.as_str()
            );
            return Err(Misstated::new(what).at("on"));
        }
        if let Some(part) = self.part.as_ref().filter(|part| !parts.contains(part)) {
            let what = format!(
                "{} has no part {} that azdrill plays: {} was expected",
                self.on.as_str(),
                shown(part),
                parts.join(" or ")
            );
            return Err(Misstated::new(what).at("part"));
        }
        world
            .check_is(self.subnet.as_str(), "subnet")
            .map_err(|wrong| wrong.at("subnet"))
    }
}

impl PrivateEndpoint {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        seen: &World,
    ) -> Result<(), RunError> {
        let target = names.site(&self.on);
        let part = self.part.clone();
        let part = part.or_else(|| client.look(|core| parts(core.rules(), target)).into_iter().next());
        let body = json!({
            "location": self.location.as_ref().unwrap_or(&seen.location),
            "properties": {
                "subnet": {"id": names.site(&self.subnet)},
                "privateLinkServiceConnections": [{
                    "name": self.name,
                    "properties": {"privateLinkServiceId": target, "groupIds": [part]},
                }],
            },
        });
        let id = self.id(names);
        must(client.operate(Method::PUT, &id, Some(&body)).await?, &id).map(|_| ())
    }
}

/// The parts of a resource that a private endpoint can lead to.
fn parts(rules: &Rules, target: &str) -> Vec<String> {
    let target: Option<ResourceId> = target.parse().ok();
    let Some(kind) = target.and_then(|target| target.resource_type()) else {
        return Vec::new();
    };
    let links = rules.network_resources.private_links.iter();
    let links = links.filter(|link| link.kind.eq_ignore_ascii_case(&kind));
    let of_key_vault = kind.eq_ignore_ascii_case("Microsoft.KeyVault/vaults");
    let of_key_vault = of_key_vault.then(|| rules.key_vault.private_link.group.clone());
    links.map(|link| link.group.clone()).chain(of_key_vault).collect()
}
