//! Backup vaults.

use http::Method;
use serde_json::{Map, Value, json};

use super::laid_over::over;
use super::policy::policy_body;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::{Names, RunError};
use crate::scenario::{VaultIdentity, VaultWorld, World};

short_form_kind! { VaultWorld, Vault, vault, rank 3, id vault }

impl VaultWorld {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        seen: &World,
    ) -> Result<(), RunError> {
        vault(client, names, seen).await
    }
}

/// The vault with its identities and its policy.
pub(in crate::run) async fn vault(client: &mut Client, names: &Names, world: &World) -> Result<(), RunError> {
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
    let policy = policy_body(&world.vault, world.server.flavour);
    must(
        client.operate(Method::PUT, &names.policy, Some(&policy)).await?,
        &names.policy,
    )
    .map(|_| ())
}

/// The body a vault is written with.
pub(in crate::run) fn vault_body(names: &Names, world: &World) -> Value {
    let own = &world.vault;
    let named = own.identities.iter().filter_map(|name| names.called(name));
    let own_one = matches!(own.identity, VaultIdentity::User | VaultIdentity::Both);
    let own_one = own_one.then_some(names.user_identity.as_str());
    let assigned: Map<String, Value> = named
        .chain(own_one)
        .map(|id| (id.to_owned(), json!({})))
        .collect();
    let system = matches!(own.identity, VaultIdentity::System | VaultIdentity::Both);
    let mut identity = json!({"type": match (system, assigned.is_empty()) {
        (false, true) => "None",
        (true, true) => "SystemAssigned",
        (false, false) => "UserAssigned",
        (true, false) => "SystemAssigned,UserAssigned",
    }});
    if !assigned.is_empty() {
        identity["userAssignedIdentities"] = Value::Object(assigned);
    }
    let mut body = json!({
        "location": own.location.as_ref().unwrap_or(&world.location),
        "identity": identity,
        "properties": {
            "storageSettings": [{"datastoreType": "VaultStore", "type": own.redundancy}],
            "securitySettings": {"softDeleteSettings": {"state": own.soft_delete, "retentionDurationInDays": 14.0}},
        },
    });
    over(&mut body, &own.properties, names);
    body
}
