//! Peerings: networks that share addresses cannot be peered.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde_json::Value;

use super::planned::{PlannedResource, name_of, refuse};
use super::sweep::overlap;
use crate::gateway::Refusal;
use crate::model::ResourceId;
use crate::rules::code;
use crate::services::Context;
use crate::state::field;

const PEERINGS: &str = "virtualNetworkPeerings";

/// A network's own prefixes. What is none has been refused when it was written.
fn space(network: &Value) -> Vec<IpNet> {
    let space = field(field(network, "properties"), "addressSpace");
    let texts = field(space, "addressPrefixes").as_array();
    let texts = texts.into_iter().flatten().filter_map(Value::as_str);
    texts.filter_map(|text| text.parse().ok()).collect()
}

pub(super) fn check(context: &Context<'_>, planned: &PlannedResource<'_>) -> Result<(), Refusal> {
    let mut seen: BTreeMap<String, &Value> = BTreeMap::new();
    // The network itself first, and behind it what it is peered with.
    let mut all: Vec<(IpNet, Option<&Value>)> = space(planned.body)
        .into_iter()
        .map(|prefix| (prefix, None))
        .collect();
    for peering in planned.parts(PEERINGS) {
        let network = field(field(peering, "properties"), "remoteVirtualNetwork");
        if field(network, "id").as_str().is_none_or(str::is_empty) {
            let fill = [("name", name_of(peering))];
            return Err(refuse(code::SyntheticPeeringWithoutRemote, &fill));
        }
        let Some(remote) = remote(peering) else { continue };
        if let Some(other) = seen.insert(remote.key().to_owned(), peering) {
            let (_, other) = planned.blamed(other, peering);
            let fill = [("other", other), ("network", remote.as_str())];
            return Err(refuse(code::AnotherPeeringAlreadyReferencesRemoteVnet, &fill));
        }
        let whole = field(field(peering, "properties"), "peerCompleteVnets") != &Value::Bool(false);
        if let Some(network) = context.state.resource(&remote).filter(|_| whole) {
            all.extend(
                space(&network.body)
                    .into_iter()
                    .map(|prefix| (prefix, Some(peering))),
            );
        }
    }
    match overlap(&all) {
        Some((first, second)) => Err(refuse_overlap(planned, all[first], all[second])),
        None => Ok(()),
    }
}

fn remote(peering: &Value) -> Option<ResourceId> {
    let network = field(field(peering, "properties"), "remoteVirtualNetwork");
    field(network, "id").as_str()?.parse().ok()
}

fn refuse_overlap(
    planned: &PlannedResource<'_>,
    (prefix, of): (IpNet, Option<&Value>),
    (prefix2, peering): (IpNet, Option<&Value>),
) -> Refusal {
    let name = |peering: Option<&Value>| peering.map(name_of).unwrap_or_default().to_owned();
    let id = planned.id.child([PEERINGS, &name(peering)]);
    let other = of.or(peering).and_then(remote);
    let (prefix, prefix2) = (prefix.to_string(), prefix2.to_string());
    let fill = [
        ("id", id.as_str()),
        ("network", planned.id.as_str()),
        ("other", other.as_ref().map_or("", ResourceId::as_str)),
        ("prefix", &*prefix),
        ("prefix2", &*prefix2),
    ];
    let code = if of.is_some() {
        code::VnetAddressSpaceOverlapsWithAlreadyPeeredVnet
    } else {
        code::VnetAddressSpacesOverlap
    };
    refuse(code, &fill)
}
