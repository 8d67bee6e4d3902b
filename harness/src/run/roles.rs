//! Giving and taking roles, as the operator does.

use azdrill_emulator::model::{PrincipalId, ResourceId};
use http::Method;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::RunError;
use super::client::{Client, Ended};
use super::names::Names;
use crate::scenario::{GrantWorld, Grantee, Site};

/// The object id (or what is pasted in its place) a grant is made to.
async fn principal(client: &mut Client, names: &Names, to: Grantee) -> Result<String, RunError> {
    let vault = client.send(Method::GET, &names.vault, None).await?.json_body();
    let system = vault["identity"]["principalId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let found = match to {
        Grantee::Vault => system,
        Grantee::VaultUser => {
            let identity = client
                .send(Method::GET, &names.user_identity, None)
                .await?
                .json_body();
            identity["properties"]["principalId"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        }
        Grantee::VaultApplicationId => {
            let id = system.parse().map(PrincipalId).ok();
            let app_id = client.look(|core| core.state().directory.get(id?)?.app_id);
            app_id.map(|id| id.to_string()).unwrap_or_default()
        }
        Grantee::Operator => client.operator().object_id.to_string(),
    };
    if found.is_empty() {
        return Err(RunError::Scenario(format!(
            "a role is given to {to:?}, which this world does not have"
        )));
    }
    Ok(found)
}

/// The path of the assignment a grant makes: the same grant has the same name.
async fn path(client: &mut Client, names: &Names, grant: &GrantWorld) -> Result<(String, String), RunError> {
    let principal = principal(client, names, grant.to).await?;
    let scope = names.site(grant.on.unwrap_or(Site::Subscription));
    let digest = Sha256::digest(format!("{principal} {} {scope}", grant.role));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    let name = uuid::Builder::from_random_bytes(bytes).into_uuid();
    Ok((
        format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"),
        principal,
    ))
}

/// Gives a role.
pub(super) async fn give(client: &mut Client, names: &Names, grant: &GrantWorld) -> Result<Ended, RunError> {
    let role = client
        .look(|core| core.rules().built_in_role(&grant.role).map(|role| role.id))
        .ok_or_else(|| RunError::Scenario(format!("there is no built-in role `{}`", grant.role)))?;
    let (path, principal) = path(client, names, grant).await?;
    let scope: Option<ResourceId> = names.site(grant.on.unwrap_or(Site::Subscription)).parse().ok();
    let subscription = scope
        .as_ref()
        .and_then(ResourceId::subscription)
        .unwrap_or_default()
        .to_owned();
    let body = json!({"properties": {
        "roleDefinitionId": format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"),
        "principalId": principal,
        "principalType": "ServicePrincipal",
    }});
    client.operate(Method::PUT, &path, Some(&body)).await
}

/// Takes a role back.
pub(super) async fn take(client: &mut Client, names: &Names, grant: &GrantWorld) -> Result<Ended, RunError> {
    let (path, _) = path(client, names, grant).await?;
    client.operate(Method::DELETE, &path, None).await
}
