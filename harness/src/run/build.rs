//! Builds a scenario's world, by the calls anybody would make.

use std::net::IpAddr;

use http::Method;
use serde_json::{Value, json};

use super::client::{Client, Ended};
use super::names::Names;
use super::{RunError, roles};
use crate::scenario::{Scenario, ServerFlavour, ServerNetwork, StorageWorld, VaultIdentity, World};

/// The administrator of a world's server.
pub(super) const ADMIN: &str = "drilladmin";

/// Builds the world.
pub(super) async fn build(client: &mut Client, names: &Names, scenario: &Scenario) -> Result<(), RunError> {
    let world = &scenario.world;
    for group in [&names.server_group, &names.vault_group, &names.account_group] {
        must(
            client
                .operate(Method::PUT, group, Some(&json!({"location": world.location})))
                .await?,
            group,
        )?;
    }
    network(client, names, world).await?;
    if world.server.flavour == ServerFlavour::Single {
        super::build_single::server(client, names, world).await?;
    } else {
        server(client, names, world).await?;
    }
    vault(client, names, world).await?;
    storage(client, names, world).await?;
    if world.server.flavour == ServerFlavour::Single {
        super::build_single::credentials(client, names, world).await?;
    }
    for grant in world.grants.values().filter(|grant| !grant.absent) {
        must(roles::give(client, names, grant).await?, &grant.role)?;
    }
    // What was given while the world was built has been seen everywhere when the scenario begins.
    client
        .driver()
        .advance(world.role_propagation)
        .await
        .map_err(|error| RunError::Emulator(error.to_string()))
}

/// A step of building that must succeed.
pub(super) fn must(ended: Ended, what: &str) -> Result<Value, RunError> {
    if ended.status == "Succeeded" || ended.status == "Completed" {
        return Ok(ended.value);
    }
    let name = what.rsplit('/').next().unwrap_or(what);
    let message = ended.error["message"].as_str().unwrap_or("no message").to_owned();
    Err(RunError::World {
        what: name.to_owned(),
        status: ended.status,
        message,
    })
}

async fn network(client: &mut Client, names: &Names, world: &World) -> Result<(), RunError> {
    let needed = world.storage.private_endpoint || world.server.network != ServerNetwork::Public;
    if !needed {
        return Ok(());
    }
    let body = json!({
        "location": world.location,
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
            "subnets": [
                {"name": "endpoints", "properties": {"addressPrefix": "10.1.1.0/24"}},
                {"name": "postgres", "properties": {"addressPrefix": "10.1.2.0/24", "delegations": [{"name": "postgres", "properties": {"serviceName": "Microsoft.DBforPostgreSQL/flexibleServers"}}]}},
            ],
        },
    });
    let id = names.network();
    must(client.operate(Method::PUT, &id, Some(&body)).await?, &id).map(|_| ())
}

pub(super) async fn private_endpoint(
    client: &mut Client,
    names: &Names,
    world: &World,
    target: &str,
    part: &str,
) -> Result<(), RunError> {
    let name = format!("{}-endpoint", target.rsplit('/').next().unwrap_or(target));
    let id = names.private_endpoint(&name);
    let body = json!({
        "location": world.location,
        "properties": {
            "subnet": {"id": names.subnet("endpoints")},
            "privateLinkServiceConnections": [{"name": name, "properties": {"privateLinkServiceId": target, "groupIds": [part]}}],
        },
    });
    must(client.operate(Method::PUT, &id, Some(&body)).await?, &id).map(|_| ())
}

async fn server(client: &mut Client, names: &Names, world: &World) -> Result<(), RunError> {
    let own = &world.server;
    if own.flavour == ServerFlavour::ServerGroup {
        let body = json!({"location": world.location, "properties": {"administratorLoginPassword": own.password.as_str(), "coordinatorVCores": 4, "nodeCount": 2}});
        return must(
            client.operate(Method::PUT, &names.server, Some(&body)).await?,
            &names.server,
        )
        .map(|_| ());
    }
    let network = match own.network {
        ServerNetwork::Public => json!({"publicNetworkAccess": "Enabled"}),
        ServerNetwork::PrivateEndpoint => json!({"publicNetworkAccess": "Disabled"}),
        ServerNetwork::VirtualNetwork => {
            let zone = names.private_dns_zone();
            must(
                client
                    .operate(Method::PUT, &zone, Some(&json!({"location": "global"})))
                    .await?,
                &zone,
            )?;
            json!({
                "publicNetworkAccess": "Disabled",
                "delegatedSubnetResourceId": names.subnet("postgres"),
                "privateDnsZoneArmResourceId": zone,
            })
        }
    };
    let mut body = json!({
        "location": world.location,
        "sku": {"name": "Standard_B1ms", "tier": "Burstable"},
        "properties": {
            "administratorLogin": ADMIN,
            "administratorLoginPassword": own.password.as_str(),
            "createMode": "Default",
            "storage": {"storageSizeGB": 32},
            "network": network,
        },
    });
    if let Some(version) = own.version {
        body["properties"]["version"] = json!(version.to_string());
    }
    must(
        client.operate(Method::PUT, &names.server, Some(&body)).await?,
        &names.server,
    )?;
    if own.network == ServerNetwork::PrivateEndpoint {
        private_endpoint(client, names, world, &names.server, "postgresqlServer").await?;
    }
    if own.network == ServerNetwork::Public {
        firewall(client, &names.server, &own.firewall).await?;
    }
    let database = format!("{}/databases/{}", names.server, own.database);
    must(
        client
            .operate(Method::PUT, &database, Some(&json!({"properties": {}})))
            .await?,
        &database,
    )?;
    Ok(())
}

/// Lets addresses on the internet into a server.
pub(super) async fn firewall(
    client: &mut Client,
    server: &str,
    addresses: &[IpAddr],
) -> Result<(), RunError> {
    for (number, address) in addresses.iter().enumerate() {
        let path = format!("{server}/firewallRules/client-{number}");
        let body = json!({"properties": {"startIpAddress": address, "endIpAddress": address}});
        must(client.operate(Method::PUT, &path, Some(&body)).await?, &path)?;
    }
    Ok(())
}

async fn vault(client: &mut Client, names: &Names, world: &World) -> Result<(), RunError> {
    let own = &world.vault;
    let user = matches!(own.identity, VaultIdentity::User | VaultIdentity::Both);
    if user {
        let body = json!({"location": world.location});
        must(
            client
                .operate(Method::PUT, &names.user_identity, Some(&body))
                .await?,
            &names.user_identity,
        )?;
    }
    let body = vault_body(names, world);
    must(
        client.operate(Method::PUT, &names.vault, Some(&body)).await?,
        &names.vault,
    )?;
    let policy = policy_body(world);
    must(
        client.operate(Method::PUT, &names.policy, Some(&policy)).await?,
        &names.policy,
    )
    .map(|_| ())
}

/// The body of the vault's policy.
fn policy_body(world: &World) -> Value {
    let own = &world.vault;
    let kind = match world.server.flavour {
        ServerFlavour::Single => "Microsoft.DBforPostgreSQL/servers/databases",
        ServerFlavour::Flexible | ServerFlavour::ServerGroup => "Microsoft.DBforPostgreSQL/flexibleServers",
    };
    let mut tagging = vec![
        json!({"isDefault": true, "taggingPriority": 99, "tagInfo": {"id": "Default_", "tagName": "Default"}}),
    ];
    let mut retention = vec![retention_rule("Default", &own.keep)];
    for tag in &own.tags {
        let mut criteria = json!({"objectType": "ScheduleBasedBackupCriteria"});
        for (name, words) in &tag.criteria {
            criteria[name] = json!(words);
        }
        tagging.push(json!({
            "isDefault": false,
            "taggingPriority": tag.priority,
            "tagInfo": {"id": format!("{}_", tag.name), "tagName": tag.name},
            "criteria": [criteria],
        }));
        retention.push(retention_rule(&tag.name, &tag.keep));
    }
    let mut rules = vec![json!({
        "name": "BackupWeekly",
        "objectType": "AzureBackupRule",
        "backupParameters": {"objectType": "AzureBackupParams", "backupType": "Full"},
        "dataStore": {"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"},
        "trigger": {
            "objectType": "ScheduleBasedTriggerContext",
            "schedule": {"repeatingTimeIntervals": own.schedule, "timeZone": "UTC"},
            "taggingCriteria": tagging,
        },
    })];
    rules.extend(retention);
    json!({"properties": {"objectType": "BackupPolicy", "datasourceTypes": [kind], "policyRules": rules}})
}

fn retention_rule(name: &str, keep: &str) -> Value {
    json!({
        "name": name,
        "objectType": "AzureRetentionRule",
        "isDefault": name == "Default",
        "lifecycles": [{
            "deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": keep},
            "sourceDataStore": {"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"},
            "targetDataStoreCopySettings": [],
        }],
    })
}

/// The body a vault is written with.
pub(super) fn vault_body(names: &Names, world: &World) -> Value {
    let own = &world.vault;
    let mut identity = json!({"type": match own.identity {
        VaultIdentity::None => "None",
        VaultIdentity::System => "SystemAssigned",
        VaultIdentity::User => "UserAssigned",
        VaultIdentity::Both => "SystemAssigned,UserAssigned",
    }});
    if matches!(own.identity, VaultIdentity::User | VaultIdentity::Both) {
        identity["userAssignedIdentities"] = json!({names.user_identity.as_str(): {}});
    }
    json!({
        "location": own.location.as_ref().unwrap_or(&world.location),
        "identity": identity,
        "properties": {
            "storageSettings": [{"datastoreType": "VaultStore", "type": own.redundancy}],
            "securitySettings": {"softDeleteSettings": {"state": own.soft_delete, "retentionDurationInDays": 14.0}},
        },
    })
}

async fn storage(client: &mut Client, names: &Names, world: &World) -> Result<(), RunError> {
    let own = &world.storage;
    let rules = resource_rules(client, names, own)?;
    let body = json!({
        "location": own.location.as_ref().unwrap_or(&world.location),
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": {
            "publicNetworkAccess": own.public_network_access,
            "allowCrossTenantReplication": own.allow_cross_tenant_replication,
            "allowSharedKeyAccess": own.allow_shared_key_access,
            "minimumTlsVersion": "TLS1_2",
            "networkAcls": {
                "defaultAction": own.default_action,
                "bypass": own.bypass,
                "ipRules": own.address_rules.iter().map(|rule| json!({"value": rule, "action": "Allow"})).collect::<Vec<_>>(),
                "virtualNetworkRules": [],
                "resourceAccessRules": rules,
            },
        },
    });
    must(
        client.operate(Method::PUT, &names.account, Some(&body)).await?,
        &names.account,
    )?;
    if own.container_exists {
        must(
            client
                .operate(Method::PUT, &names.container, Some(&json!({"properties": {}})))
                .await?,
            &names.container,
        )?;
    }
    if own.private_endpoint {
        private_endpoint(client, names, world, &names.account, "blob").await?;
    }
    Ok(())
}

/// Resource access rules by their short names.
fn resource_rules(client: &Client, names: &Names, own: &StorageWorld) -> Result<Vec<Value>, RunError> {
    own.resource_rules
        .iter()
        .map(|rule| resource_rule(client, names, rule))
        .collect()
}

/// One resource access rule by its short name.
pub(super) fn resource_rule(client: &Client, names: &Names, rule: &str) -> Result<Value, RunError> {
    let tenant = client.operator().tenant.to_string();
    let other_tenant = "00000000-0000-0000-0000-00000000000f";
    match rule {
        "vault" => Ok(json!({"tenantId": tenant, "resourceId": names.vault})),
        "other_vault" => Ok(json!({"tenantId": tenant, "resourceId": format!("{}-other", names.vault)})),
        "vault_of_other_tenant" => Ok(json!({"tenantId": other_tenant, "resourceId": names.vault})),
        other => Err(RunError::Scenario(format!(
            "resource_rules: `{other}` is none of vault, other_vault, vault_of_other_tenant"
        ))),
    }
}
