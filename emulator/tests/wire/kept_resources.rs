//! Resources that are kept and have no effect, whichever row they are made of.

use azdrill_emulator::rules::Within;
use http::Method;
use serde_json::{Value, json};

use crate::world::World;

/// A body that every type of these takes.
fn body_of(kind: &str) -> Value {
    let properties = match kind {
        "Microsoft.Insights/actionGroups" => json!({"groupShortName": "ops", "enabled": true}),
        "Microsoft.Insights/metricAlerts" => {
            let criteria = json!({"odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria", "allOf": []});
            json!({"severity": 3, "enabled": true, "scopes": [], "evaluationFrequency": "PT1M", "windowSize": "PT5M", "criteria": criteria})
        }
        "Microsoft.Insights/components" => json!({"Application_Type": "web"}),
        "Microsoft.Network/networkSecurityGroups/securityRules" => {
            json!({"protocol": "*", "access": "Allow", "direction": "Inbound", "priority": 100})
        }
        "Microsoft.Network/routeTables/routes" => json!({"nextHopType": "Internet"}),
        "Microsoft.Network/virtualNetworks" => json!({"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}),
        "Microsoft.Network/virtualNetworks/subnets" => json!({"addressPrefix": "10.0.0.0/24"}),
        "Microsoft.Insights/activityLogAlerts" => {
            json!({"scopes": [], "condition": {"allOf": []}, "actions": {}})
        }
        "Microsoft.Network/virtualNetworks/virtualNetworkPeerings" => {
            json!({"remoteVirtualNetwork": {"id": "/x"}})
        }
        "Microsoft.OperationsManagement/solutions" => json!({"workspaceResourceId": "/x"}),
        "Microsoft.AlertsManagement/actionRules" => json!({"scopes": [], "actions": []}),
        _ => json!({}),
    };
    json!({"location": "westeurope", "kind": "web", "tags": {"a": "b"}, "properties": properties})
}

#[test]
fn every_type_is_put_read_listed_changed_and_deleted() {
    let mut world = World::new();
    world.put_account();
    let rows = world.azure.rules().kept.clone();
    for row in rows {
        let target = match (row.within, row.inside) {
            (Within::Scope, _) => format!("{}/providers/{}/one", world.account(), row.kind),
            (Within::Group, false) => format!("/providers/{}/one", row.kind),
            (Within::Group, true) => {
                let (holder, collection) = row.kind.rsplit_once('/').expect("a part");
                let body = body_of(holder);
                let holder = format!("/providers/{holder}/holder");
                assert!(world.put(&holder, &body).status.is_success());
                format!("{holder}/{collection}/one")
            }
        };
        let made = world.put(&target, &body_of(&row.kind));
        assert_eq!(made.status.as_u16(), row.created, "{made:?}");
        assert_eq!(made.json_body()["type"], row.kind);
        let shown = world.get(&target).json_body();
        assert_eq!(shown["properties"]["provisioningState"], "Succeeded", "{shown}");
        let again = world.put(&target, &body_of(&row.kind));
        assert_eq!(again.status, 200, "{again:?}");
        for name in &row.made {
            assert_eq!(again.json_body()["properties"][name], shown["properties"][name]);
        }
        let list = target.trim_end_matches("/one");
        let listed = world.get(list).json_body();
        assert_eq!(
            listed["value"].as_array().map(Vec::len),
            Some(1),
            "{} {listed}",
            row.kind
        );
        if row.changes {
            let change = json!({"tags": {"c": "d"}});
            let changed = world.arm(Method::PATCH, &target, Some(&change));
            assert_eq!(changed.status, 200, "{changed:?}");
            assert_eq!(world.get(&target).json_body()["tags"], json!({"c": "d"}));
        }
        for keys in &row.keys {
            let answer = world.arm(Method::POST, &format!("{target}/{}", keys.action), None);
            assert_eq!(
                answer.json_body().as_object().map(serde_json::Map::len),
                Some(keys.names.len())
            );
        }
        let gone = world.delete(&target);
        assert_eq!(gone.status.as_u16(), row.deleted, "{gone:?}");
        assert_eq!(world.delete(&target).status, 204);
        assert_eq!(world.get(&target).status, 404);
    }
}

#[test]
fn parts_are_written_with_what_they_are_in_and_by_themselves() {
    let mut world = World::new();
    let table = "/providers/Microsoft.Network/routeTables/table";
    let route = |name: &str| json!({"name": name, "properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": "Internet"}});
    let body = json!({"location": "westeurope", "properties": {"routes": [route("first")]}});
    assert_eq!(world.put(table, &body).status, 201);
    let first = world.get(&format!("{table}/routes/first")).json_body();
    assert_eq!(first["id"], format!("{}{table}/routes/first", world.group()));
    assert_eq!(
        world
            .put(&format!("{table}/routes/second"), &route("second"))
            .status,
        201
    );
    let shown = world.get(table).json_body();
    assert_eq!(shown["properties"]["routes"].as_array().map(Vec::len), Some(2));
    let wrong = json!({"properties": {"addressPrefix": 3}});
    assert_eq!(world.put(&format!("{table}/routes/third"), &wrong).status, 400);
    // Peerings stay when a network is put without them.
    let network = "/providers/Microsoft.Network/virtualNetworks/net";
    let body = json!({"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}});
    world.put(network, &body);
    let peering = format!("{network}/virtualNetworkPeerings/p");
    assert_eq!(
        world
            .put(
                &peering,
                &json!({"properties": {"remoteVirtualNetwork": {"id": "/x"}}})
            )
            .status,
        201
    );
    assert_eq!(world.put(network, &body).status, 200);
    assert_eq!(world.get(&peering).status, 200);
}

#[test]
fn what_stands_on_a_resource_is_in_no_list_of_resources_and_goes_with_the_group() {
    let mut world = World::new();
    world.put_account();
    let account = world.account();
    let setting = format!("{account}/providers/Microsoft.Insights/diagnosticSettings/one");
    let body = json!({"properties": {"workspaceId": "/x", "metrics": [{"category": "Transaction", "enabled": true}]}});
    assert_eq!(world.put(&setting, &body).status, 200);
    let listed = world.get("/resources").json_body();
    let all = listed["value"].as_array().expect("a list");
    assert_eq!(all.len(), 1, "{listed}");
    let nowhere = format!("{account}x/providers/Microsoft.Insights/diagnosticSettings/one");
    assert_eq!(world.put(&nowhere, &body).status, 404);
    let deleted = world.delete("");
    assert_eq!(deleted.status, 202);
    world.settle();
    assert_eq!(world.follow(&deleted, "location").status, 200);
    world.put("", &json!({"location": "westeurope"}));
    assert_eq!(world.get(&setting).status, 404);
}

#[test]
fn the_activity_log_holds_what_was_written() {
    let mut world = World::new();
    world.put_account();
    let account = world.account();
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    let log = format!("{subscription}/providers/Microsoft.Insights/eventtypes/management/values");
    let of = |filter: &str| {
        let filter = percent_encoding::utf8_percent_encode(filter, percent_encoding::NON_ALPHANUMERIC);
        format!("{log}?$filter={filter}&api-version=2015-04-01")
    };
    let since = format!("eventTimestamp ge '2026-03-01T00:00:00Z' and resourceUri eq '{account}'");
    let found = world.get(&of(&since)).json_body();
    let event = &found["value"][0];
    assert_eq!(
        event["operationName"]["value"], "Microsoft.Storage/storageAccounts/write",
        "{found}"
    );
    assert_eq!(event["resourceGroupName"], "drill");
    assert_eq!(event["caller"].as_str().map(str::is_empty), Some(false));
    let later = "eventTimestamp ge '2030-01-01T00:00:00Z'";
    assert_eq!(world.get(&of(later)).json_body()["value"], json!([]));
    assert_eq!(world.get(&of("caller eq 'x'")).status, 501);
}
