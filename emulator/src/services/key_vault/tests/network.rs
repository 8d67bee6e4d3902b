//! Who gets in by which way: each row of the network table.

use http::Method;
use serde_json::{Value, json};

use super::world::{VAULT, World, refused};
use crate::model::{NetworkPath, Origin, ResourceId};

/// A vault with a private endpoint `pe`, and a secret.
fn behind_an_endpoint() -> World {
    let mut world = World::new();
    world.set("db", "x");
    let target = format!("{}{VAULT}", world.group());
    let connection =
        json!({"name": "v", "properties": {"privateLinkServiceId": target, "groupIds": ["vault"]}});
    let body =
        json!({"location": "westeurope", "properties": {"privateLinkServiceConnections": [connection]}});
    let endpoint = "/providers/Microsoft.Network/privateEndpoints/pe";
    assert_eq!(world.arm(Method::PUT, endpoint, Some(body)).status, 201);
    world
}

fn below(world: &World, rest: &str) -> ResourceId {
    let id = format!("{}/providers/{rest}", world.group());
    id.parse().expect("an id")
}

fn service(world: &World, kind: &str) -> Origin {
    Origin::AzureService {
        instance: below(world, &format!("{kind}/v")),
        tenant: world.operator.tenant,
        region: "westeurope".to_owned(),
    }
}

fn subnet(world: &World, name: &str) -> Origin {
    Origin::Subnet {
        subnet: below(
            world,
            &format!("Microsoft.Network/virtualNetworks/n/subnets/{name}"),
        ),
    }
}

fn endpoint(world: &World, name: &str) -> Origin {
    Origin::PrivateEndpoint {
        endpoint: below(world, &format!("Microsoft.Network/privateEndpoints/{name}")),
    }
}

fn address(text: &str) -> Origin {
    Origin::Internet {
        address: text.parse().expect("an address"),
    }
}

fn behind_deny(world: &World, bypass: &str) -> Value {
    let subnet = below(world, "Microsoft.Network/virtualNetworks/N/subnets/A");
    json!({"publicNetworkAccess": "Enabled", "networkAcls": {
        "defaultAction": "Deny",
        "bypass": bypass,
        "ipRules": [{"value": "203.0.113.0/24"}],
        "virtualNetworkRules": [{"id": subnet}],
    }})
}

fn with_access(access: &str, bypass: &str) -> Value {
    json!({"publicNetworkAccess": access, "networkAcls": {"defaultAction": "Allow", "bypass": bypass}})
}

/// Settings, where the caller stands, the status of the answer, and the row that decides.
fn cases(world: &World) -> Vec<(Value, Origin, u16, &'static str)> {
    let backup = || service(world, "Microsoft.DataProtection/backupVaults");
    let pipelines = || service(world, "Microsoft.DevOps/pipelines");
    let deny = |bypass| behind_deny(world, bypass);
    let disabled = |bypass| with_access("Disabled", bypass);
    let perimeter = |bypass| with_access("SecuredByPerimeter", bypass);
    let (near, far) = (|| address("203.0.113.10"), || address("198.51.100.1"));
    let (approved, other) = (|| endpoint(world, "pe"), || endpoint(world, "other"));
    vec![
        (deny("None"), approved(), 200, "KV-1"),
        (disabled("None"), approved(), 200, "KV-1"),
        (perimeter("None"), approved(), 200, "KV-1"),
        (perimeter("AzureServices"), backup(), 403, "KV-2"),
        (perimeter("AzureServices"), near(), 403, "KV-2"),
        (disabled("AzureServices"), backup(), 200, "KV-3"),
        (disabled("AzureServices"), pipelines(), 403, "KV-4"),
        (disabled("None"), backup(), 403, "KV-4"),
        (disabled("AzureServices"), near(), 403, "KV-4"),
        (disabled("AzureServices"), other(), 403, "KV-4"),
        (with_access("Enabled", "None"), near(), 200, "KV-5"),
        (with_access("Enabled", "None"), pipelines(), 200, "KV-5"),
        (deny("AzureServices"), backup(), 200, "KV-6"),
        (deny("AzureServices"), pipelines(), 403, "KV-9"),
        (deny("None"), backup(), 403, "KV-9"),
        (deny("None"), near(), 200, "KV-7"),
        (deny("AzureServices"), far(), 403, "KV-9"),
        (deny("None"), subnet(world, "a"), 200, "KV-8"),
        (deny("AzureServices"), subnet(world, "b"), 403, "KV-9"),
        (deny("AzureServices"), other(), 403, "KV-9"),
    ]
}

#[test]
fn each_row_of_the_network_table_decides_something() {
    let mut world = behind_an_endpoint();
    for (properties, origin, status, row) in cases(&world) {
        world.patch_vault(properties.clone());
        let request = world.request(world.operator.object_id, Method::GET, "/secrets/db");
        let path = NetworkPath { origin };
        let answer = world.send_from(&path, request.clone());
        assert_eq!(answer.status, status, "{properties} {path:?} {answer:?}");
        let decided = match world.azure.decide(world.now, &path, &request) {
            Ok(permit) => permit.rules,
            Err(refusal) => refusal.rules,
        };
        let by_row = decided.iter().any(|rule| rule.as_str() == row);
        assert!(by_row, "{decided:?} and not {row}");
        if status == 403 {
            let expected = match row {
                "KV-4" => "ForbiddenByConnection",
                _ => "ForbiddenByFirewall",
            };
            assert_eq!(refused(&answer, 403), expected);
            assert_eq!(answer.header("x-azdrill-gate"), Some("network"));
            let rules = answer.header("x-azdrill-rules").expect("rules");
            assert_eq!(rules, row, "the gate names what it decided by, whoever asks");
        }
        // The control plane is not behind the firewall.
        assert_eq!(world.arm(Method::GET, VAULT, None).status, 200);
    }
}

#[test]
fn a_vault_without_network_settings_is_open() {
    let mut world = World::new();
    let vault = world.arm(Method::GET, VAULT, None).json_body();
    assert_eq!(vault["properties"]["networkAcls"], Value::Null);
    world.set("db", "x");
}

#[test]
fn whether_azure_backup_is_trusted_is_an_open_point() {
    let mut world = World::assuming(
        &[("SS-B-05-TRUST", "virtual_machines_only")],
        json!({"enableRbacAuthorization": true, "publicNetworkAccess": "Disabled", "networkAcls": {"bypass": "AzureServices", "defaultAction": "Deny"}}),
    );
    for (kind, expected) in [
        ("Microsoft.DataProtection/backupVaults", 403),
        ("Microsoft.RecoveryServices/vaults", 404),
    ] {
        let origin = service(&world, kind);
        let request = world.request(world.operator.object_id, Method::GET, "/secrets/db");
        assert_eq!(
            world.send_from(&NetworkPath { origin }, request).status,
            expected,
            "{kind}"
        );
    }
}
