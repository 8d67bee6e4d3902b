//! Regions whose services do not answer: which one a request goes to, and what is told in its stead.

use serde_json::Value;

use super::Azure;
use crate::gateway::{Permit, Refusal, endpoint_of};
use crate::model::{Request, ResourceId, region_name};
use crate::rules::{Endpoint, Gate, cloud, code, rule};
use crate::state::field;

impl Azure {
    /// Refuses what a region would have to answer whose services do not.
    pub(super) fn check_region(&self, permit: &Permit, request: &Request) -> Result<(), Refusal> {
        if self.faults.down().is_empty() {
            return Ok(());
        }
        let mut asked = self
            .region_asked(permit, request)
            .into_iter()
            .chain(self.regions_named(request));
        match asked.find(|region| self.faults.down().contains(region)) {
            Some(region) => Err(self.no_answer(permit, request, &region)),
            None => Ok(()),
        }
    }

    fn no_answer(&self, permit: &Permit, request: &Request, region: &str) -> Refusal {
        let kind = permit.scope.resource_type().unwrap_or_default();
        let provider = kind.split('/').next().unwrap_or_default();
        let fill = [("provider", provider), ("region", region)];
        let refusal = match endpoint_of(&request.host, &request.path) {
            Some(Endpoint::Arm) => Refusal::of(code::GatewayTimeout, &fill),
            Some(Endpoint::KeyVault) => Refusal::key_vault(code::SyntheticRegionIsDown, &fill),
            _ => Refusal::of_blob(code::SyntheticRegionIsDown, &fill),
        };
        refusal
            .at(Gate::Fault)
            .because(format!("the services of {region} do not answer"))
            .by([rule::REGION_DOWN])
    }

    /// The region that answers a request. Microsoft's own side of a service is not asked by anybody who would notice.
    fn region_asked(&self, permit: &Permit, request: &Request) -> Option<String> {
        let row = permit.operation(&self.rules);
        if row.endpoint == Endpoint::Blob || row.endpoint == Endpoint::KeyVault {
            return self.region_of_host(&request.host);
        }
        let subscription = permit
            .scope
            .subscription()
            .and_then(|id| self.state.subscription(id));
        if row.endpoint != Endpoint::Arm
            || row.in_no_region
            || row.listing
            || subscription.is_some_and(|own| own.hidden)
        {
            return None;
        }
        if let Some(region) = self.region_of(&permit.scope) {
            return Some(region);
        }
        let named = permit.params.get("location");
        if !named.is_empty() {
            return Some(region_name(named));
        }
        let sent = request.json.as_ref().map(|body| field(body, "location"));
        sent.and_then(|location| location.as_str()).map(region_name)
    }

    /// The regions of resources that a request names in its body, as one to move them does.
    fn regions_named(&self, request: &Request) -> Vec<String> {
        let named = request.json.as_ref().map(|body| field(body, "resources"));
        let named = named.and_then(Value::as_array).into_iter().flatten();
        let ids = named.filter_map(|id| id.as_str()?.parse().ok());
        ids.filter_map(|id: ResourceId| self.region_of(&id)).collect()
    }

    /// The region of a resource, or of what it is in.
    fn region_of(&self, id: &ResourceId) -> Option<String> {
        let mut above = Some(id.clone());
        while let Some(at) = above.filter(ResourceId::is_of_provider) {
            let region = self.state.resource(&at).map(|own| region_name(own.location()));
            if let Some(region) = region.filter(|region| !region.is_empty()) {
                return Some(region);
            }
            above = Some(at.parent());
        }
        None
    }

    /// The region of what a host belongs to. An account's second endpoint is in the paired one.
    pub(super) fn region_of_host(&self, host: &str) -> Option<String> {
        let label = host.split('.').next().unwrap_or_default();
        let found = match endpoint_of(host, "/") {
            Some(Endpoint::Blob) => self.state.storage_accounts.get(cloud().account_named(host)),
            Some(Endpoint::KeyVault) => self.state.key_vaults.get(&label.to_ascii_lowercase()),
            _ => None,
        }?;
        let own = region_name(self.state.resource(found)?.location());
        if cloud().account_named(host) == label {
            return Some(own);
        }
        self.rules.pair_of(&own).map(region_name)
    }
}
