//! Tests of an account's network rules.

use super::*;

fn account(acls: &Value) -> Resource {
    let id = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/acct";
    let body = serde_json::json!({"properties": {"networkAcls": acls}});
    Resource::new(
        id.parse().expect("an id"),
        body,
        crate::model::Timestamp::UNIX_EPOCH,
    )
}

fn vault_gets_in(acls: &Value) -> bool {
    let assumptions = crate::rules::Assumptions::new();
    let rules = Rules::load(crate::rules::Profile::Observed, &assumptions).expect("the rules load");
    let vault = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.DataProtection/backupVaults/one";
    let path = NetworkPath {
        origin: Origin::AzureService {
            instance: vault.parse().expect("an id"),
            tenant: TenantId(uuid::Uuid::from_u128(1)),
            region: "westeurope".to_owned(),
        },
    };
    Firewall::of_storage_account(&account(acls))
        .decide(&rules, &path, false)
        .allowed
}

/// The exception for trusted services is one of several words, in any order.
#[test]
fn trusted_services_get_in_whatever_else_is_excepted() {
    for (bypass, allowed) in [
        ("AzureServices", true),
        ("Logging, Metrics, AzureServices", true),
        ("AzureServices,Logging", true),
        ("Logging, Metrics", false),
        ("None", false),
    ] {
        let acls = serde_json::json!({"defaultAction": "Deny", "bypass": bypass});
        assert_eq!(vault_gets_in(&acls), allowed, "{bypass}");
    }
}

/// A rule for an instance is one in a tenant: both are named.
#[test]
fn a_resource_rule_is_for_the_instances_of_its_tenant() {
    let own = uuid::Uuid::from_u128(1).to_string();
    let other = uuid::Uuid::from_u128(2).to_string();
    let one = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.DataProtection/backupVaults/one";
    let another = one.replace("/one", "/another");
    for (tenant, instance, allowed) in [
        (&own, one, true),
        (&other, one, false),
        (&own, &*another, false),
        (&String::new(), one, false),
    ] {
        let rule = serde_json::json!([{"tenantId": tenant, "resourceId": instance}]);
        let acls =
            serde_json::json!({"defaultAction": "Deny", "bypass": "None", "resourceAccessRules": rule});
        assert_eq!(vault_gets_in(&acls), allowed, "{tenant} {instance}");
    }
}

/// Each segment counts: a rule for one vault is none for its neighbour.
#[test]
fn a_resource_rule_names_one_instance_or_all_of_a_kind() {
    let vault = |group: &str, name: &str| {
        format!(
            "/subscriptions/s/resourceGroups/{group}/providers/Microsoft.DataProtection/backupVaults/{name}"
        )
    };
    let own: ResourceId = vault("rg", "one").parse().expect("an id");
    for (rule, named) in [
        (vault("rg", "one"), true),
        (vault("RG", "ONE"), true),
        (vault("*", "*"), true),
        (vault("rg", "*"), true),
        (vault("rg", "other"), false),
        (vault("*", "other"), false),
        (vault("other", "*"), false),
        (vault("rg", "one/x"), false),
    ] {
        assert_eq!(names(&rule, &own), named, "{rule}");
    }
}

#[test]
fn an_address_rule_is_an_address_or_a_range() {
    for (rule, address, covered) in [
        ("203.0.113.4", "203.0.113.4", true),
        ("203.0.113.4", "203.0.113.5", false),
        ("203.0.113.0/28", "203.0.113.15", true),
        ("203.0.113.0/28", "203.0.113.16", false),
        ("anywhere", "203.0.113.4", false),
    ] {
        let address = address.parse().expect("an address");
        assert_eq!(covers(rule, address), covered, "{rule} {address}");
    }
}

/// One of several rules is enough, and it names the very subnet.
#[test]
fn a_subnet_gets_in_by_its_own_rule() {
    let assumptions = crate::rules::Assumptions::new();
    let rules = Rules::load(crate::rules::Profile::Observed, &assumptions).expect("the rules load");
    let subnet = |name: &str| {
        format!(
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/n/subnets/{name}"
        )
    };
    let acls = serde_json::json!({
        "defaultAction": "Deny",
        "virtualNetworkRules": [{"id": subnet("one")}, {"id": subnet("two")}],
    });
    let account = account(&acls);
    for (name, allowed) in [("one", true), ("TWO", true), ("three", false)] {
        let path = NetworkPath {
            origin: Origin::Subnet {
                subnet: subnet(name).parse().expect("an id"),
            },
        };
        let verdict = Firewall::of_storage_account(&account).decide(&rules, &path, false);
        assert_eq!(verdict.allowed, allowed, "{name}");
    }
}

/// Of several endpoints those are let in that were approved.
#[test]
fn a_private_endpoint_gets_in_once_it_is_approved() {
    let assumptions = crate::rules::Assumptions::new();
    let rules = Rules::load(crate::rules::Profile::Observed, &assumptions).expect("the rules load");
    let endpoint = |name: &str| {
        format!("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/privateEndpoints/{name}")
    };
    let connection = |name: &str, status: Value| {
        serde_json::json!({"properties": {
            "privateEndpoint": {"id": endpoint(name)},
            "privateLinkServiceConnectionState": status,
        }})
    };
    let status = |word: &str| serde_json::json!({"status": word});
    let mut account = account(&Value::Null);
    account.set_property(&["publicNetworkAccess"], serde_json::json!("Disabled"));
    let all = [
        connection("one", status("Approved")),
        connection("two", status("Approved")),
        connection("three", status("Pending")),
        connection("four", serde_json::json!({})),
    ];
    account.set_property(&["privateEndpointConnections"], serde_json::json!(all));
    for (name, allowed) in [
        ("one", true),
        ("TWO", true),
        ("three", false),
        ("four", false),
        ("five", false),
    ] {
        let path = NetworkPath {
            origin: Origin::PrivateEndpoint {
                endpoint: endpoint(name).parse().expect("an id"),
            },
        };
        let verdict = Firewall::of_storage_account(&account).decide(&rules, &path, false);
        assert_eq!(verdict.allowed, allowed, "{name}");
    }
}

/// E2-5, E2-6: a service that is let in by nothing is told which addresses and subnets are, where there are some.
#[test]
fn a_service_is_kept_out_by_the_rules_there_are() {
    let rules = Rules::load(crate::rules::Profile::Observed, &crate::rules::Assumptions::new())
        .expect("the rules load");
    let path = NetworkPath {
        origin: Origin::AzureService {
            instance:
                "/subscriptions/s/resourceGroups/rg/providers/Microsoft.DataProtection/backupVaults/one"
                    .parse()
                    .expect("an id"),
            tenant: TenantId(uuid::Uuid::from_u128(1)),
            region: "westeurope".to_owned(),
        },
    };
    let address = serde_json::json!([{"value": "203.0.113.4"}]);
    let subnet = serde_json::json!([{"id": "/subscriptions/s/subnets/one"}]);
    let none = serde_json::json!([]);
    for (addresses, subnets, by) in [
        (&none, &none, rule::E2_5),
        (&address, &none, rule::E2_6),
        (&none, &subnet, rule::E2_6),
        (&address, &subnet, rule::E2_6),
    ] {
        let acls = serde_json::json!({
            "defaultAction": "Deny", "bypass": "None", "ipRules": addresses, "virtualNetworkRules": subnets,
        });
        let account = account(&acls);
        let verdict = Firewall::of_storage_account(&account).decide(&rules, &path, false);
        assert_eq!(verdict.rules.first(), Some(&by), "{acls}");
    }
}
