//! Secrets of a key vault.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::StatusCode;
use azure_security_keyvault_secrets::models::{
    SecretClientGetSecretOptions, SetSecretParameters, UpdateSecretPropertiesParameters,
};
use azure_security_keyvault_secrets::{ResourceExt as _, SecretClient};
use futures::TryStreamExt as _;
use serde_json::json;

use crate::checks::{Outcome, equal, refused, step, variable};
use crate::resource_manager::{ResourceManager, SCOPE};

pub(crate) async fn drill(
    arm: &ResourceManager,
    group: &str,
    credential: Arc<dyn TokenCredential>,
) -> Outcome<()> {
    let id = format!("{group}/providers/Microsoft.KeyVault/vaults/rust-{}", arm.run);
    let properties = json!({
        "tenantId": variable("AZURE_TENANT_ID")?,
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": true,
        "softDeleteRetentionInDays": 7,
    });
    let body = json!({"properties": properties});
    let vault = arm.create(&id, "2023-07-01", body).await?;
    let url = vault["properties"]["vaultUri"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let client = SecretClient::new(&url, credential.clone(), None)?;
    let refusal = client.set_secret("db", value("one")?, None).await;
    refused(refusal, StatusCode::Forbidden, "a secret without a role")?;
    step(&format!("created {url}, which refuses its owner"));

    let token = credential.get_token(&[SCOPE], None).await?;
    let own = ResourceManager::object_id(token.token.secret())?;
    arm.give("Key Vault Secrets Officer", &id, &own).await?;
    let first = client.set_secret("db", value("one")?, None).await?.into_model()?;
    client.set_secret("db", value("two")?, None).await?;
    let newest = client.get_secret("db", None).await?.into_model()?;
    equal(&newest.value.as_deref(), &Some("two"), "the newest version")?;
    let version = first.resource_id()?.version;
    let options = SecretClientGetSecretOptions {
        secret_version: version,
        ..Default::default()
    };
    let old = client.get_secret("db", Some(options)).await?.into_model()?;
    equal(&old.value.as_deref(), &Some("one"), "the first version")?;
    let listed: Vec<_> = client.list_secret_properties(None)?.try_collect().await?;
    let names: Result<Vec<_>, _> = listed
        .iter()
        .map(|own| own.resource_id().map(|id| id.name))
        .collect();
    equal(&names?, &vec!["db".to_owned()], "the secrets")?;
    let versions: Vec<_> = client
        .list_secret_properties_versions("db", None)?
        .try_collect()
        .await?;
    equal(&versions.len(), &2, "the versions")?;
    let change = UpdateSecretPropertiesParameters {
        content_type: Some("text/plain".to_owned()),
        ..Default::default()
    };
    let changed = client
        .update_secret_properties("db", change.try_into()?, None)
        .await?
        .into_model()?;
    equal(
        &changed.content_type.as_deref(),
        &Some("text/plain"),
        "the content type",
    )?;
    step("secrets: set twice, read, listed, changed");

    client.delete_secret("db", None).await?;
    refused(
        client.get_secret("db", None).await,
        StatusCode::NotFound,
        "a deleted secret",
    )?;
    client.recover_deleted_secret("db", None).await?;
    let back = client.get_secret("db", None).await?.into_model()?;
    equal(&back.value.as_deref(), &Some("two"), "the recovered secret")?;
    client.delete_secret("db", None).await?;
    client.purge_deleted_secret("db", None).await?;
    let gone: Vec<_> = client.list_deleted_secret_properties(None)?.try_collect().await?;
    equal(&gone.len(), &0, "deleted secrets after the purge")?;
    step("secrets: deleted, recovered, deleted, purged");
    Ok(())
}

fn value(text: &str) -> Outcome<azure_core::http::RequestContent<SetSecretParameters>> {
    let parameters = SetSecretParameters {
        value: Some(text.to_owned()),
        ..Default::default()
    };
    Ok(parameters.try_into()?)
}
