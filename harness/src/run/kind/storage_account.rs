//! Storage accounts.

use http::Method;
use serde_json::{Value, json};

use super::laid_over::over;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::network::{network, private_endpoint};
use crate::run::{Names, RunError};
use crate::scenario::{StorageWorld, World};

// After the vaults, which its resource access rules name.
short_form_kind! { StorageWorld, Storage, storage, rank 4, id account }

impl StorageWorld {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        seen: &World,
    ) -> Result<(), RunError> {
        storage(client, names, seen).await
    }
}

/// The account with its container and its private endpoint.
pub(in crate::run) async fn storage(
    client: &mut Client,
    names: &Names,
    world: &World,
) -> Result<(), RunError> {
    let own = &world.storage;
    network(client, names, world).await?;
    let rules = resource_rules(client, names, own)?;
    let mut body = json!({
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
    over(&mut body, &own.properties, names);
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
pub(in crate::run) fn resource_rule(client: &Client, names: &Names, rule: &str) -> Result<Value, RunError> {
    let tenant_of = |vault: &str| client.owner_of(vault).tenant.to_string();
    let other_tenant = "00000000-0000-0000-0000-00000000000f";
    let tenant = tenant_of(&names.vault);
    match rule {
        "vault" => Ok(json!({"tenantId": tenant, "resourceId": names.vault})),
        "other_vault" => Ok(json!({"tenantId": tenant, "resourceId": format!("{}-other", names.vault)})),
        "vault_of_other_tenant" => Ok(json!({"tenantId": other_tenant, "resourceId": names.vault})),
        named => match names.vault_called(named) {
            Some(vault) => Ok(json!({"tenantId": tenant_of(vault), "resourceId": vault})),
            None => Err(RunError::Scenario(format!(
                "resource_rules: `{named}` is none of vault, other_vault, vault_of_other_tenant, and no named vault"
            ))),
        },
    }
}
