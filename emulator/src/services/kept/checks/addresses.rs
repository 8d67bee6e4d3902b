//! The address space of a network, and the prefixes of its subnets.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ipnet::IpNet;
use serde_json::Value;

use super::in_use::{self, Users};
use super::planned::{PlannedResource, name_of, refuse};
use super::sweep::overlap;
use crate::gateway::Refusal;
use crate::model::ResourceId;
use crate::rules::code;
use crate::services::Context;
use crate::state::field;

const SUBNETS: &str = "subnets";
const SUBNET: &str = "Microsoft.Network/virtualNetworks/subnets";
/// Prefixes that another service gives out.
const POOLS: &str = "ipamPoolPrefixAllocations";

pub(super) fn check(context: &Context<'_>, planned: &PlannedResource<'_>) -> Result<(), Refusal> {
    let space = space_of(context, planned)?;
    let mut taken: Vec<(IpNet, &Value)> = Vec::new();
    for subnet in planned.parts(SUBNETS) {
        for prefix in prefixes_of_subnet(planned, subnet)? {
            fits(context, planned, &space, subnet, prefix)?;
            taken.push((prefix, subnet));
        }
    }
    if let Some((first, second)) = overlap(&taken) {
        let (name, _) = planned.blamed(taken[first].1, taken[second].1);
        let fill = [("name", name), ("network", planned.id.name())];
        return Err(refuse(code::NetcfgSubnetRangesOverlap, &fill));
    }
    stays_while_used(context, planned)
}

/// The prefixes of the network itself.
fn space_of(context: &Context<'_>, planned: &PlannedResource<'_>) -> Result<Vec<IpNet>, Refusal> {
    let space = field(field(planned.body, "properties"), "addressSpace");
    let texts = field(space, "addressPrefixes").as_array();
    let mut prefixes = Vec::new();
    for text in texts.into_iter().flatten().filter_map(Value::as_str) {
        prefixes.push((prefix(planned.id, text)?, ()));
    }
    if prefixes.is_empty() && is_empty(field(space, POOLS)) {
        let fill = [("id", planned.id.as_str())];
        return Err(refuse(code::SyntheticAddressSpaceMissing, &fill));
    }
    let network = planned.id.name();
    for (prefix, ()) in &prefixes {
        let reserved = &context.rules.network_resources.reserved_addresses.ranges;
        if let Some(range) = reserved.iter().find(|range| range.contains(prefix)) {
            let (prefix, range) = (prefix.to_string(), range.to_string());
            let fill = [("prefix", &*prefix), ("other", &*range), ("network", network)];
            return Err(refuse(code::SyntheticAddressPrefixReserved, &fill));
        }
    }
    if let Some((first, second)) = overlap(&prefixes) {
        let (first, second) = (prefixes[first].0.to_string(), prefixes[second].0.to_string());
        let fill = [("prefix", &*second), ("other", &*first), ("network", network)];
        return Err(refuse(code::SyntheticAddressPrefixesOverlap, &fill));
    }
    Ok(prefixes.into_iter().map(|(prefix, ())| prefix).collect())
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_none_or(Vec::is_empty)
}

/// A prefix that is one, with nothing behind it.
pub(super) fn prefix(id: &ResourceId, text: &str) -> Result<IpNet, Refusal> {
    let parsed = text.parse::<IpNet>().ok();
    let Some(range) = parsed else {
        let fill = [("prefix", text), ("id", id.as_str())];
        return Err(refuse(code::InvalidAddressPrefixFormat, &fill));
    };
    if range != range.trunc() {
        let should = range.trunc().to_string();
        let fill = [("prefix", text), ("id", id.as_str()), ("should", &*should)];
        return Err(refuse(code::InvalidCIDRNotation, &fill));
    }
    Ok(range)
}

/// The texts of a subnet's prefixes.
fn texts(subnet: &Value) -> impl Iterator<Item = &str> {
    let properties = field(subnet, "properties");
    let many = field(properties, "addressPrefixes").as_array();
    let many = many.into_iter().flatten().filter_map(Value::as_str);
    let one = field(properties, "addressPrefix").as_str();
    let said_twice = many.clone().any(|text| Some(text) == one);
    one.filter(|_| !said_twice).into_iter().chain(many)
}

fn prefixes_of_subnet(planned: &PlannedResource<'_>, subnet: &Value) -> Result<Vec<IpNet>, Refusal> {
    let id = planned.id.child([SUBNETS, name_of(subnet)]);
    let prefixes: Vec<IpNet> = texts(subnet)
        .map(|text| prefix(&id, text))
        .collect::<Result<_, _>>()?;
    if prefixes.is_empty() && is_empty(field(field(subnet, "properties"), POOLS)) {
        let fill = [("name", name_of(subnet)), ("network", planned.id.name())];
        return Err(refuse(code::SyntheticSubnetWithoutPrefix, &fill));
    }
    Ok(prefixes)
}

/// Whether a subnet's prefix is of a size that subnets have, and lies in its network.
fn fits(
    context: &Context<'_>,
    planned: &PlannedResource<'_>,
    space: &[IpNet],
    subnet: &Value,
    prefix: IpNet,
) -> Result<(), Refusal> {
    let sizes = &context.rules.network_resources.subnets;
    let length = prefix.prefix_len();
    let sized = match prefix {
        IpNet::V4(_) => (sizes.largest..=sizes.smallest).contains(&length),
        IpNet::V6(_) => length == sizes.ipv6,
    };
    let name = name_of(subnet);
    if !sized {
        let prefix = prefix.to_string();
        let [largest, smallest, ipv6] =
            [sizes.largest, sizes.smallest, sizes.ipv6].map(|size| size.to_string());
        let fill = [
            ("prefix", &*prefix),
            ("name", name),
            ("largest", &*largest),
            ("smallest", &*smallest),
            ("ipv6", &*ipv6),
        ];
        return Err(refuse(code::SyntheticSubnetSize, &fill));
    }
    // Where a pool gives out what the network has, nobody here knows what that is.
    let pooled = !is_empty(field(field(&planned.body["properties"], "addressSpace"), POOLS));
    if pooled || space.iter().any(|range| range.contains(&prefix)) {
        return Ok(());
    }
    let fill = [("name", name), ("network", planned.id.name())];
    Err(refuse(code::NetcfgInvalidSubnet, &fill))
}

/// A subnet that something is in stays where it is, and what it is.
fn stays_while_used(context: &Context<'_>, planned: &PlannedResource<'_>) -> Result<(), Refusal> {
    let before = planned
        .before
        .and_then(|network| network["properties"][SUBNETS].as_array());
    let after: BTreeMap<String, &Value> = planned
        .parts(SUBNETS)
        .map(|subnet| (name_of(subnet).to_ascii_lowercase(), subnet))
        .collect();
    // Looking for users takes a look at everything: only if something has changed.
    let mut users: Option<Users> = None;
    for old in before.into_iter().flatten() {
        let new = after.get(&name_of(old).to_ascii_lowercase()).copied();
        let lost = new.and_then(|new| texts(old).find(|gone| texts(new).all(|text| text != *gone)));
        let kept =
            new.is_some_and(|new| services(old).all(|service| services(new).any(|other| other == service)));
        if new.is_some() && lost.is_none() && kept {
            continue;
        }
        let users = users.get_or_insert_with(|| in_use::users(context, SUBNET));
        let id = planned.id.child([SUBNETS, name_of(old)]);
        let Some(who) = users.get(id.key()) else { continue };
        let who = who.join(", ");
        let fill = [
            ("name", name_of(old)),
            ("users", &*who),
            ("prefix", lost.unwrap_or_default()),
        ];
        let code = match (new, lost) {
            (None, _) => code::InUseSubnetCannotBeDeleted,
            (Some(_), Some(_)) => code::InUsePrefixCannotBeDeleted,
            // An endpoint needs no delegation.
            (Some(_), None) if !in_use::needs_delegation(context, users, &id) => continue,
            (Some(_), None) => code::SyntheticDelegationInUse,
        };
        return Err(refuse(code, &fill));
    }
    Ok(())
}

/// The services a subnet is delegated to.
fn services(subnet: &Value) -> impl Iterator<Item = Cow<'_, str>> {
    let all = field(field(subnet, "properties"), "delegations").as_array();
    all.into_iter().flatten().filter_map(|delegation| {
        let name = field(field(delegation, "properties"), "serviceName").as_str();
        name.map(|name| Cow::Owned(name.to_ascii_lowercase()))
    })
}
