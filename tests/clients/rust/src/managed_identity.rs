//! A managed identity's token, got at the metadata endpoint and used.

use azure_core::http::{Method, StatusCode};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use serde_json::json;

use crate::checks::{Outcome, equal, refused, step};
use crate::resource_manager::ResourceManager;

pub(crate) async fn drill(arm: &ResourceManager, group: &str) -> Outcome<()> {
    let id = format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/runner");
    let identity = arm.create(&id, "2023-01-31", json!({})).await?;
    let text = |name: &str| {
        identity["properties"][name]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let forms = [
        UserAssignedId::ClientId(text("clientId")),
        UserAssignedId::ObjectId(text("principalId")),
        UserAssignedId::ResourceId(id.clone()),
    ];
    let as_reader = |form: UserAssignedId| {
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: Some(form),
            ..Default::default()
        };
        ResourceManager::new(ManagedIdentityCredential::new(Some(options))?)
    };
    let reader = as_reader(forms[0].clone())?;
    let without = reader.send(Method::Get, group, "2021-04-01", None).await;
    refused(without, StatusCode::Forbidden, "reading without a role")?;
    arm.give("Reader", group, &text("principalId")).await?;
    for form in forms {
        let found = as_reader(form)?
            .send(Method::Get, group, "2021-04-01", None)
            .await?;
        equal(
            found["id"].as_str().unwrap_or_default(),
            group,
            "the group, read by the identity",
        )?;
    }
    let write = reader
        .send(
            Method::Put,
            group,
            "2021-04-01",
            Some(&json!({"location": "westeurope"})),
        )
        .await;
    refused(write, StatusCode::Forbidden, "writing as a reader")?;
    step("a user-assigned identity: by client, object and resource id; reads with Reader, writes nothing");
    Ok(())
}
