//! Backup vaults.

use http::Method;
use serde_json::{Value, json};

use super::policy::policy_body;
use super::{ResourceKind, over};
use crate::run::build::must;
use crate::run::client::Client;
use crate::run::{Names, RunError};
use crate::scenario::{Part, VaultIdentity, VaultWorld, World};

impl ResourceKind for VaultWorld {
    fn rank(&self) -> u8 {
        2
    }

    fn part(&self) -> Option<Part> {
        Some(Part::Vault)
    }

    fn be_called(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn place(&self) -> Option<(&str, Option<&str>)> {
        Some((&self.group, self.subscription.as_deref()))
    }

    fn stand_in(&self, seen: &mut World) {
        seen.vault = self.clone();
    }

    fn id(&self, names: &Names) -> String {
        names.vault.clone()
    }
}

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
    let policy = policy_body(world);
    must(
        client.operate(Method::PUT, &names.policy, Some(&policy)).await?,
        &names.policy,
    )
    .map(|_| ())
}

/// The body a vault is written with.
pub(in crate::run) fn vault_body(names: &Names, world: &World) -> Value {
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
    let mut body = json!({
        "location": own.location.as_ref().unwrap_or(&world.location),
        "identity": identity,
        "properties": {
            "storageSettings": [{"datastoreType": "VaultStore", "type": own.redundancy}],
            "securitySettings": {"softDeleteSettings": {"state": own.soft_delete, "retentionDurationInDays": 14.0}},
        },
    });
    over(&mut body, &own.properties);
    body
}
