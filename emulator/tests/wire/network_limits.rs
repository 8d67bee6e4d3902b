//! What networks, security groups and peerings cannot be, although nothing comes of them here.

use http::Method;
use serde_json::{Value, json};

use crate::world::World;

const PROVIDER: &str = "/providers/Microsoft.Network";
const NETWORK: &str = "/providers/Microsoft.Network/virtualNetworks/net";

fn network(space: &[&str], subnets: &[(&str, &str)]) -> Value {
    let subnets: Vec<Value> = subnets
        .iter()
        .map(|(name, prefix)| json!({"name": name, "properties": {"addressPrefix": prefix}}))
        .collect();
    json!({"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": space}, "subnets": subnets}})
}

impl World {
    /// What a write is answered with: a code, or nothing if it is taken.
    fn code(&mut self, method: Method, target: &str, body: Option<&Value>) -> String {
        let answer = self.arm(method, target, body);
        match answer.status.is_success() {
            true => String::new(),
            false => answer.json_body()["error"]["code"]
                .as_str()
                .expect("a code")
                .to_owned(),
        }
    }

    fn code_of_put(&mut self, target: &str, body: &Value) -> String {
        self.code(Method::PUT, target, Some(body))
    }

    fn code_of_delete(&mut self, target: &str) -> String {
        self.code(Method::DELETE, target, None)
    }
}

#[test]
fn a_network_has_addresses_that_are_some() {
    let mut world = World::new();
    let space = ["10.0.0.0/16"];
    for (body, code) in [
        (json!({"location": "westeurope"}), "SyntheticAddressSpaceMissing"),
        (network(&["10.0.0.0"], &[]), "InvalidAddressPrefixFormat"),
        (network(&["10.0.0.1/16"], &[]), "InvalidCIDRNotation"),
        (
            network(&["10.0.0.0/16", "10.0.1.0/24"], &[]),
            "SyntheticAddressPrefixesOverlap",
        ),
        (
            network(&["169.254.0.0/24"], &[]),
            "SyntheticAddressPrefixReserved",
        ),
        (network(&space, &[("a", "10.1.0.0/24")]), "NetcfgInvalidSubnet"),
        (
            network(&space, &[("a", "10.0.0.0/24"), ("b", "10.0.0.128/25")]),
            "NetcfgSubnetRangesOverlap",
        ),
        (
            network(&space, &[("a", "10.0.0.0/24"), ("A", "10.0.1.0/24")]),
            "DuplicateResourceName",
        ),
        (network(&space, &[("a", "10.0.0.0/30")]), "SyntheticSubnetSize"),
        (network(&space, &[("a", "10.0.0.0/29")]), ""),
        (
            network(&["10.0.0.0/16", "fd00::/48"], &[("six", "fd00::/56")]),
            "SyntheticSubnetSize",
        ),
        (
            network(&["10.0.0.0/16", "fd00::/48"], &[("six", "fd00::/64")]),
            "",
        ),
    ] {
        assert_eq!(world.code_of_put(NETWORK, &body), code, "{body}");
    }
}

#[test]
fn a_subnet_fits_between_those_there_are() {
    let mut world = World::new();
    world.put(NETWORK, &network(&["10.0.0.0/16"], &[("first", "10.0.0.0/24")]));
    let second = format!("{NETWORK}/subnets/second");
    for (prefix, code) in [
        (
            json!({"addressPrefix": "10.0.0.0/25"}),
            "NetcfgSubnetRangesOverlap",
        ),
        (json!({"addressPrefixes": ["10.1.0.0/24"]}), "NetcfgInvalidSubnet"),
        (json!({}), "SyntheticSubnetWithoutPrefix"),
        (json!({"addressPrefix": "10.0.1.0/24"}), ""),
    ] {
        let body = json!({"properties": prefix});
        assert_eq!(world.code_of_put(&second, &body), code, "{body}");
    }
    let answer = world.put(&second, &json!({"properties": {"addressPrefix": "10.0.0.0/23"}}));
    let message = &answer.json_body()["error"]["message"];
    assert!(
        message.as_str().is_some_and(|text| text.contains("'second'")),
        "{message}"
    );
    // What was refused has changed nothing.
    let shown = world.get(&second).json_body();
    assert_eq!(shown["properties"]["addressPrefix"], "10.0.1.0/24");
}

#[test]
fn what_is_in_use_stays_where_it_is() {
    let mut world = World::new();
    let group = format!("{PROVIDER}/networkSecurityGroups/nsg");
    let address = format!("{PROVIDER}/publicIPAddresses/ip");
    world.put(&group, &json!({"location": "westeurope"}));
    world.put(&address, &json!({"location": "westeurope"}));
    let id = |world: &World, path: &str| format!("{}{path}", world.group());
    let mut body = network(
        &["10.0.0.0/16"],
        &[("used", "10.0.0.0/24"), ("free", "10.0.1.0/24")],
    );
    body["properties"]["subnets"][0]["properties"]["networkSecurityGroup"] =
        json!({"id": id(&world, &group)});
    assert_eq!(world.code_of_put(NETWORK, &body), "");
    let card = format!("{PROVIDER}/networkInterfaces/card");
    let subnet = format!("{NETWORK}/subnets/used");
    let upper = id(&world, &subnet).to_uppercase();
    let configuration = json!({"name": "c", "properties": {"subnet": {"id": upper}, "publicIPAddress": {"id": id(&world, &address)}}});
    let interface = json!({"location": "westeurope", "properties": {"ipConfigurations": [configuration]}});
    assert_eq!(world.code_of_put(&card, &interface), "");

    assert_eq!(world.code_of_delete(&subnet), "InUseSubnetCannotBeDeleted");
    assert_eq!(world.code_of_delete(NETWORK), "InUseSubnetCannotBeDeleted");
    assert_eq!(
        world.code_of_delete(&group),
        "InUseNetworkSecurityGroupCannotBeDeleted"
    );
    assert_eq!(world.code_of_delete(&address), "PublicIPAddressCannotBeDeleted");
    let without = network(&["10.0.0.0/16"], &[("free", "10.0.1.0/24")]);
    assert_eq!(world.code_of_put(NETWORK, &without), "InUseSubnetCannotBeDeleted");
    let moved = json!({"properties": {"addressPrefix": "10.0.2.0/24"}});
    assert_eq!(world.code_of_put(&subnet, &moved), "InUsePrefixCannotBeDeleted");
    assert_eq!(world.code_of_delete(&format!("{NETWORK}/subnets/free")), "");

    assert_eq!(world.code_of_delete(&card), "");
    for target in [&*subnet, NETWORK, &*group, &*address] {
        assert_eq!(world.code_of_delete(target), "", "{target}");
    }
}

#[test]
fn an_endpoint_stands_in_no_delegated_subnet() {
    let mut world = World::new();
    world.put_account();
    let mut body = network(
        &["10.0.0.0/16"],
        &[("pg", "10.0.0.0/24"), ("free", "10.0.1.0/24")],
    );
    let delegation =
        json!({"name": "d", "properties": {"serviceName": "Microsoft.DBforPostgreSQL/flexibleServers"}});
    body["properties"]["subnets"][0]["properties"]["delegations"] = json!([delegation]);
    assert_eq!(world.code_of_put(NETWORK, &body), "");
    let account = world.account();
    for (subnet, code) in [
        ("pg", "PrivateEndpointCreationNotAllowedAsSubnetIsDelegated"),
        ("free", ""),
    ] {
        let id = format!("{}{NETWORK}/subnets/{subnet}", world.group());
        let endpoint = json!({"location": "westeurope", "properties": {"subnet": {"id": id}, "privateLinkServiceConnections": [
            {"name": "c", "properties": {"privateLinkServiceId": account, "groupIds": ["blob"]}},
        ]}});
        let target = format!("{PROVIDER}/privateEndpoints/{subnet}");
        assert_eq!(world.code_of_put(&target, &endpoint), code, "{subnet}");
    }
    // A server in its delegated subnet keeps the delegation.
    let group = world.group();
    let server = format!("{group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/inside");
    let own = json!({"type": "Microsoft.DBforPostgreSQL/flexibleServers", "properties": {"network": {"delegatedSubnetResourceId": format!("{group}{NETWORK}/subnets/pg")}}});
    let id: azdrill_emulator::model::ResourceId = server.parse().expect("an id");
    let resource = azdrill_emulator::state::Resource::new(id.clone(), own, world.now);
    world.azure.state_mut().resources.insert(id, resource);
    let bare = json!({"properties": {"addressPrefix": "10.0.0.0/24"}});
    let subnet = format!("{NETWORK}/subnets/pg");
    assert_eq!(world.code_of_put(&subnet, &bare), "SyntheticDelegationInUse");
    assert_eq!(world.code_of_delete(&subnet), "InUseSubnetCannotBeDeleted");
}

#[test]
fn networks_that_share_addresses_are_not_peered() {
    let mut world = World::new();
    for (name, space) in [
        ("hub", "10.0.0.0/16"),
        ("same", "10.0.0.0/24"),
        ("one", "10.1.0.0/16"),
        ("two", "10.1.0.0/24"),
    ] {
        let target = format!("{PROVIDER}/virtualNetworks/{name}");
        assert_eq!(world.code_of_put(&target, &network(&[space], &[])), "");
    }
    let nowhere = json!({"properties": {"allowVirtualNetworkAccess": true}});
    let target = format!("{PROVIDER}/virtualNetworks/hub/virtualNetworkPeerings/p");
    assert_eq!(
        world.code_of_put(&target, &nowhere),
        "SyntheticPeeringWithoutRemote"
    );
    let mut peer = |name: &str, to: &str, whole: bool| {
        let remote = format!("{}{PROVIDER}/virtualNetworks/{to}", world.group());
        let body =
            json!({"properties": {"remoteVirtualNetwork": {"id": remote}, "peerCompleteVnets": whole}});
        let target = format!("{PROVIDER}/virtualNetworks/hub/virtualNetworkPeerings/{name}");
        world.code_of_put(&target, &body)
    };
    assert_eq!(peer("p", "same", true), "VnetAddressSpacesOverlap");
    assert_eq!(peer("p", "one", true), "");
    assert_eq!(peer("p", "one", true), "");
    assert_eq!(
        peer("q", "one", true),
        "AnotherPeeringAlreadyReferencesRemoteVnet"
    );
    assert_eq!(
        peer("q", "two", true),
        "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet"
    );
    // Of a peering of subnets nobody knows here what it shares.
    assert_eq!(peer("q", "two", false), "");
    let hub = format!("{PROVIDER}/virtualNetworks/hub");
    let grown = network(&["10.0.0.0/16", "10.1.5.0/24"], &[]);
    assert_eq!(world.code_of_put(&hub, &grown), "VnetAddressSpacesOverlap");
}

#[test]
fn rules_of_a_group_have_priorities_of_their_own() {
    let mut world = World::new();
    let group = format!("{PROVIDER}/networkSecurityGroups/nsg");
    let rule = |name: &str, direction: &str, priority: i64| json!({"name": name, "properties": {"protocol": "*", "access": "Allow", "direction": direction, "priority": priority}});
    let with = |rules: &[Value]| json!({"location": "westeurope", "properties": {"securityRules": rules}});
    let (low, high) = (rule("r", "Inbound", 99), rule("r", "Inbound", 4097));
    assert_eq!(
        world.code_of_put(&group, &with(&[low])),
        "SecurityRuleInvalidPriority"
    );
    assert_eq!(
        world.code_of_put(&group, &with(&[high])),
        "SecurityRuleInvalidPriority"
    );
    let both = [rule("a", "Inbound", 100), rule("b", "inbound", 100)];
    assert_eq!(world.code_of_put(&group, &with(&both)), "SecurityRuleConflict");
    let fine = [rule("a", "Inbound", 100), rule("b", "Outbound", 100)];
    assert_eq!(world.code_of_put(&group, &with(&fine)), "");
    let own = |name: &str| format!("{group}/securityRules/{name}");
    assert_eq!(
        world.code_of_put(&own("c"), &rule("c", "Inbound", 100)),
        "SecurityRuleConflict"
    );
    assert_eq!(
        world.code_of_put(&own("c"), &rule("c", "Inbound", 50)),
        "SecurityRuleInvalidPriority"
    );
    assert_eq!(world.code_of_put(&own("a"), &rule("a", "Inbound", 100)), "");
    let many: Vec<Value> = (0..1000)
        .map(|n| rule(&format!("r{n}"), "Inbound", 100 + n))
        .collect();
    assert_eq!(world.code_of_put(&group, &with(&many)), "");
    assert_eq!(
        world.code_of_put(&own("more"), &rule("more", "Outbound", 100)),
        "SyntheticTooManySecurityRules"
    );
}

#[test]
fn an_account_has_four_hundred_rules_at_most() {
    let mut world = World::new();
    world.put_account();
    let account = world.account();
    let rules = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|n| json!({"value": format!("20.{}.{}.7", n / 250, n % 250)}))
            .collect()
    };
    for (name, count, code) in [
        ("ipRules", 400, ""),
        ("ipRules", 401, "InvalidValuesForRequestParameters"),
    ] {
        let body = json!({"properties": {"networkAcls": {"defaultAction": "Deny", name: rules(count)}}});
        assert_eq!(world.code(Method::PATCH, &account, Some(&body)), code, "{count}");
    }
    let subnets: Vec<Value> = (0..401)
        .map(|n| json!({"id": format!("{}{NETWORK}/subnets/s{n}", world.group())}))
        .collect();
    let instances: Vec<Value> = (0..201)
        .map(|n| json!({"tenantId": world.operator.tenant, "resourceId": format!("/x/{n}")}))
        .collect();
    for (name, all) in [
        ("virtualNetworkRules", subnets),
        ("resourceAccessRules", instances),
    ] {
        let body = json!({"properties": {"networkAcls": {"defaultAction": "Deny", name: all}}});
        let answer = world.arm(Method::PATCH, &account, Some(&body));
        assert_eq!(answer.status, 400, "{name}");
        let message = answer.json_body()["error"]["message"].clone();
        assert!(
            message.as_str().is_some_and(|text| text.contains(name)),
            "{message}"
        );
    }
}
