//! A flexible server in a subnet of its own, or with public access: which of the two it is stays.

use super::proposal::{ServerProposal, SettingResult, property, says, text, unless};
use crate::model::{ResourceId, region_name};
use crate::rules::{cloud, rule};
use crate::services::parts;
use crate::services::postgres::resource_types::SERVER;
use crate::state::field;

const SUBNET: [&str; 2] = ["network", "delegatedSubnetResourceId"];
const ZONE: [&str; 2] = ["network", "privateDnsZoneArmResourceId"];
const SUBNETS: &str = "Microsoft.Network/virtualNetworks/subnets";
const ZONES: &str = "Microsoft.Network/privateDnsZones";

pub(super) fn check(asked: &ServerProposal<'_>) -> SettingResult {
    let subnet = text(asked.wanted, &SUBNET);
    let says_zone = says(asked.sent(&ZONE)) && !asked.is_already(&ZONE);
    if subnet.is_empty() {
        return unless(!says_zone, rule::PG_ZONE_WITHOUT_SUBNET);
    }
    let public = text(asked.sent, &["network", "publicNetworkAccess"]);
    unless(!public.eq_ignore_ascii_case("Enabled"), rule::PG_PUBLIC_IN_SUBNET)?;
    if asked.existing.is_none() {
        check_subnet(asked, subnet)?;
        unless(says(property(asked.wanted, &ZONE)), rule::PG_SUBNET_WITHOUT_ZONE)?;
    }
    if says_zone {
        check_zone(asked, text(asked.sent, &ZONE))?;
    }
    Ok(())
}

fn check_subnet(asked: &ServerProposal<'_>, id: &str) -> SettingResult {
    let id: Option<ResourceId> = id.parse().ok();
    let id = id
        .filter(|id| id.is_type(SUBNETS))
        .ok_or(rule::PG_SUBNET_UNKNOWN)?;
    let subnet = parts::find(asked.context, &id, SUBNETS).ok().flatten();
    let network = asked.context.state.resource(&id.parent());
    let (Some(subnet), Some(network)) = (subnet, network) else {
        return Err(rule::PG_SUBNET_UNKNOWN);
    };
    let location = field(asked.wanted, "location").as_str().unwrap_or_default();
    unless(
        region_name(network.location()) == region_name(location),
        rule::PG_SUBNET_ELSEWHERE,
    )?;
    let delegations = property(&subnet, &["delegations"]).as_array();
    let is_ours =
        |delegation: &serde_json::Value| text(delegation, &["serviceName"]).eq_ignore_ascii_case(SERVER);
    unless(
        delegations.is_some_and(|all| all.iter().any(is_ours)),
        rule::PG_SUBNET_NOT_DELEGATED,
    )
}

fn check_zone(asked: &ServerProposal<'_>, id: &str) -> SettingResult {
    let id: Option<ResourceId> = id.parse().ok();
    let zone = id
        .filter(|id| id.is_type(ZONES))
        .and_then(|id| asked.context.state.resource(&id))
        .ok_or(rule::PG_DNS_ZONE_UNKNOWN)?;
    let name = zone.id.name().to_ascii_lowercase();
    let reserved = cloud().server_host(&asked.id.name().to_ascii_lowercase());
    let ends = name.ends_with(cloud().server_zone());
    unless(ends && name != reserved, rule::PG_DNS_ZONE_NAME)
}
