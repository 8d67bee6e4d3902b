//! What is in a private DNS zone, and how much of it.

use serde_json::{Value, json};

use crate::model::ResourceId;
use crate::services::Context;

pub(super) const ZONE: &str = "Microsoft.Network/privateDnsZones";

pub(super) const LINK: &str = "Microsoft.Network/privateDnsZones/virtualNetworkLinks";

pub(super) fn records<'a>(context: &'a Context<'_>, zone: &'a ResourceId) -> impl Iterator<Item = &'a Value> {
    let depth = zone.segments().count() + 2;
    context
        .state
        .resources
        .values()
        .filter(move |resource| zone.contains(&resource.id) && resource.id.segments().count() == depth)
        .filter(|resource| !resource.is_type(LINK))
        .map(|resource| &*resource.body)
}

/// Counts what is in a zone, where it is one.
pub(super) fn count(context: &mut Context<'_>, zone: &ResourceId) {
    if !zone.is_type(ZONE) {
        return;
    }
    let sets = records(context, zone).count();
    let links: Vec<bool> = context
        .state
        .resources_below(zone, LINK)
        .map(|link| link.at("/properties/registrationEnabled").as_bool() == Some(true))
        .collect();
    let registering = links.iter().filter(|registers| **registers).count();
    if let Some(zone) = context.state.resources.get_mut(zone) {
        zone.set_property(&["numberOfRecordSets"], json!(sets));
        zone.set_property(&["numberOfVirtualNetworkLinks"], json!(links.len()));
        zone.set_property(
            &["numberOfVirtualNetworkLinksWithRegistration"],
            json!(registering),
        );
    }
}
