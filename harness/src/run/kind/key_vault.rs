//! Key vaults.

use http::Method;
use serde_json::{Value, json};

use super::laid_over::over;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::personas::give_role;
use crate::run::secrets::{connection_string, set_secret};
use crate::run::{Names, RunError};
use crate::scenario::{KeyVaultWorld, PermissionModel, World};

/// The role that lets the operator put secrets into a key vault with Azure roles.
const OFFICER: &str = "Key Vault Secrets Officer";

short_form_kind! { KeyVaultWorld, KeyVault, key_vault, rank 6, id key_vault }

impl KeyVaultWorld {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        seen: &World,
    ) -> Result<(), RunError> {
        credentials(client, names, seen).await
    }
}

/// The key vault with the secrets. It is closed only when they are in it, as somebody who works
/// from outside has to do it.
async fn credentials(client: &mut Client, names: &Names, world: &World) -> Result<(), RunError> {
    let own = &world.key_vault;
    let owner = client.owner_of(&names.key_vault).clone();
    let (tenant, operator) = (owner.tenant.to_string(), owner.object_id.to_string());
    let vault = client.send(Method::GET, &names.vault, None).await?.json_body();
    let identity = vault["identity"]["principalId"].as_str().unwrap_or_default();
    let policy = |object: &str, secrets: Value| json!({"tenantId": tenant, "objectId": object, "permissions": {"secrets": secrets}});
    let mut policies = vec![policy(&operator, json!(["all"]))];
    if !own.secret_permissions.is_empty() && !identity.is_empty() {
        policies.push(policy(identity, json!(own.secret_permissions)));
    }
    let roles = own.permission_model == PermissionModel::Roles;
    let mut body = json!({
        "location": own.location.as_ref().unwrap_or(&world.location),
        "properties": {
            "tenantId": tenant,
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": roles,
            "accessPolicies": if roles { json!([]) } else { json!(policies) },
            "enableSoftDelete": true,
            "publicNetworkAccess": "Enabled",
        },
    });
    must(
        client.operate(Method::PUT, &names.key_vault, Some(&body)).await?,
        &names.key_vault,
    )?;
    if roles {
        let scope = names
            .key_vault
            .parse()
            .map_err(|_| RunError::Scenario(format!("`{}` is no name for a key vault", own.name)))?;
        let now = client.now();
        give_role(client, now, owner.object_id, OFFICER, scope)?;
    }
    let value = connection_string(own, &world.server.name, &world.server.database, &world.user);
    set_secret(client, own, &own.secret, &value).await?;
    if let Some(target) = &world.target {
        let value = connection_string(own, &target.name, "postgres", &target.user);
        set_secret(client, own, &target.secret, &value).await?;
    }
    body["properties"]["publicNetworkAccess"] = json!(own.public_network_access);
    body["properties"]["networkAcls"] = json!({"defaultAction": own.default_action, "bypass": own.bypass, "ipRules": own.address_rules.iter().map(|rule| json!({"value": rule})).collect::<Vec<_>>(), "virtualNetworkRules": []});
    over(&mut body, &own.properties, names);
    must(
        client.operate(Method::PUT, &names.key_vault, Some(&body)).await?,
        &names.key_vault,
    )
    .map(|_| ())
}
