//! What stands around private endpoints: networks, security groups, private DNS, connections.

use serde_json::{Value, json};

use crate::world::World;

const NETWORK: &str = "/providers/Microsoft.Network/virtualNetworks/net";
const ZONE: &str = "/providers/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net";

impl World {
    fn with_network() -> Self {
        let mut world = Self::new();
        let body = json!({"location": "westeurope", "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"name": "first", "properties": {"addressPrefix": "10.0.0.0/24"}}],
        }});
        let made = world.put(NETWORK, &body);
        assert_eq!(made.status, 201, "{made:?}");
        world
    }

    fn names(&mut self, target: &str) -> Vec<String> {
        let listed = self.get(target);
        assert_eq!(listed.status, 200, "{listed:?}");
        let body = listed.json_body();
        let all = body["value"].as_array().expect("a list").iter();
        all.map(|one| one["name"].as_str().expect("a name").to_owned())
            .collect()
    }
}

#[test]
fn a_subnet_is_a_part_of_its_network() {
    let mut world = World::with_network();
    let subnet = format!("{NETWORK}/subnets/second");
    let body = json!({"properties": {"addressPrefix": "10.0.1.0/24"}});
    let made = world.put(&subnet, &body);
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.json_body()["id"], format!("{}{subnet}", world.group()));
    assert_eq!(
        made.json_body()["type"],
        "Microsoft.Network/virtualNetworks/subnets"
    );
    assert_eq!(made.json_body()["properties"]["provisioningState"], "Updating");
    let shown = world.get(&subnet).json_body();
    assert_eq!(shown["properties"]["provisioningState"], "Succeeded");
    let again = world.put(&subnet, &body);
    assert_eq!(again.status, 200);
    assert_ne!(again.json_body()["etag"], shown["etag"]);
    assert_eq!(world.names(&format!("{NETWORK}/subnets")), ["first", "second"]);
    let network = world.get(NETWORK).json_body();
    assert_eq!(
        network["properties"]["subnets"][1],
        world.get(&subnet).json_body()
    );
    assert_eq!(world.delete(&subnet).status, 202);
    assert_eq!(world.delete(&subnet).status, 204);
    let missing = world.get(&subnet);
    assert_eq!(missing.status, 404);
    assert_eq!(missing.json_body()["error"]["code"], "NotFound");
    let elsewhere = "/providers/Microsoft.Network/virtualNetworks/none/subnets/s";
    assert_eq!(world.put(elsewhere, &body).status, 404);
}

#[test]
fn what_is_only_kept_is_listed_in_its_group_and_its_subscription() {
    let mut world = World::new();
    for kind in ["networkSecurityGroups", "publicIPAddresses"] {
        let list = format!("/providers/Microsoft.Network/{kind}");
        let target = format!("{list}/one");
        let made = world.put(&target, &json!({"location": "westeurope"}));
        assert_eq!(made.status, 201, "{made:?}");
        let body = made.json_body();
        assert_eq!(body["type"], format!("Microsoft.Network/{kind}"));
        assert_eq!(body["properties"]["provisioningState"], "Updating");
        assert!(body["etag"].as_str().is_some_and(|etag| etag.starts_with("W/")));
        assert!(body["properties"]["resourceGuid"].is_string(), "{body}");
        let status = world.follow(&made, "azure-asyncoperation");
        assert_eq!(status.json_body()["status"], "Succeeded");
        assert_eq!(world.put(&target, &json!({"location": "westeurope"})).status, 200);
        assert_eq!(world.names(&list), ["one"]);
        let subscription = format!("/subscriptions/{}", world.operator.subscription);
        assert_eq!(world.names(&format!("{subscription}{list}")), ["one"]);
        let gone = world.delete(&target);
        assert_eq!(gone.status, 202);
        assert_eq!(world.follow(&gone, "location").status, 204);
        assert_eq!(world.delete(&target).status, 204);
    }
}

#[test]
fn a_zone_begins_with_its_start_of_authority_and_counts_what_is_in_it() {
    let mut world = World::with_network();
    let made = world.put(ZONE, &json!({"location": "global"}));
    assert_eq!(made.status, 202, "{made:?}");
    let status = world.follow(&made, "azure-asyncoperation");
    assert_eq!(status.json_body()["status"], "Succeeded");
    let result = world.follow(&made, "location");
    assert_eq!(result.json_body()["properties"]["numberOfRecordSets"], 1);
    let soa = world.get(&format!("{ZONE}/SOA/@")).json_body();
    assert_eq!(
        soa["properties"]["soaRecord"]["host"], "azureprivatedns.net",
        "{soa}"
    );
    assert_eq!(soa["properties"]["fqdn"], "privatelink.blob.core.windows.net.");
    let record = format!("{ZONE}/A/target");
    let body = json!({"properties": {"ttl": 10, "aRecords": [{"ipv4Address": "10.0.0.4"}]}});
    let made = world.put(&record, &body).json_body();
    assert_eq!(
        made["properties"]["fqdn"],
        "target.privatelink.blob.core.windows.net."
    );
    let link = format!("{ZONE}/virtualNetworkLinks/link");
    let network = format!("{}{NETWORK}", world.group());
    let body = json!({"location": "global", "properties": {"virtualNetwork": {"id": network}, "registrationEnabled": true}});
    let made = world.put(&link, &body);
    assert_eq!(made.status, 202, "{made:?}");
    assert_eq!(
        world.get(&link).json_body()["properties"]["virtualNetworkLinkState"],
        "Completed"
    );
    let counted = world.get(ZONE).json_body()["properties"].clone();
    assert_eq!(counted["numberOfRecordSets"], 2, "{counted}");
    assert_eq!(counted["numberOfVirtualNetworkLinks"], 1);
    assert_eq!(counted["numberOfVirtualNetworkLinksWithRegistration"], 1);
    assert_eq!(world.names(&format!("{ZONE}/ALL")), ["target", "@"]);
    assert_eq!(world.names(&format!("{ZONE}/A")), ["target"]);
    assert_eq!(world.names(&format!("{ZONE}/virtualNetworkLinks")), ["link"]);
    assert_eq!(world.delete(&record).status, 200);
    assert_eq!(world.get(ZONE).json_body()["properties"]["numberOfRecordSets"], 1);
    // Put again, it keeps what is in it.
    assert_eq!(world.put(ZONE, &json!({"location": "global"})).status, 202);
    assert_eq!(world.names(&format!("{ZONE}/virtualNetworkLinks")), ["link"]);
    assert_eq!(world.delete(ZONE).status, 202);
    assert_eq!(world.get(&link).status, 404);
}

#[test]
fn a_connection_is_rejected_by_its_target() {
    let mut world = World::with_network();
    world.put_account();
    let account = world.account();
    let body = json!({"location": "westeurope", "properties": {"privateLinkServiceConnections": [
        {"name": "c", "properties": {"privateLinkServiceId": account, "groupIds": ["blob"]}},
    ]}});
    world.put("/providers/Microsoft.Network/privateEndpoints/pe", &body);
    let list = format!("{account}/privateEndpointConnections");
    let name = world.names(&list).remove(0);
    let connection = format!("{list}/{name}");
    let state = |body: &Value| body["properties"]["privateLinkServiceConnectionState"]["status"].clone();
    assert_eq!(state(&world.get(&connection).json_body()), "Approved");
    let rejected = json!({"properties": {"privateLinkServiceConnectionState": {"status": "Rejected", "description": "no"}}});
    let answer = world.put(&connection, &rejected);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(state(&world.get(&connection).json_body()), "Rejected");
    assert_eq!(world.delete(&connection).status, 200);
    assert_eq!(world.names(&list), Vec::<String>::new());
    assert_eq!(world.delete(&connection).status, 204);
    let parts = world.names(&format!("{account}/privateLinkResources"));
    assert_eq!(parts, ["blob", "table", "queue", "file", "web", "dfs"]);
}
