//! Azure's own Rust SDKs, with nothing but environment variables to tell them where Azure is.
//!
//! They speak through reqwest, which takes its proxy from `HTTPS_PROXY` and `HTTP_PROXY` and its
//! trust from `SSL_CERT_FILE`.

#![expect(
    clippy::disallowed_methods,
    reason = "a client like any other: its names must be new in every run"
)]

mod blobs;
mod checks;
mod managed_identity;
mod resource_manager;
mod secrets;

use azure_identity::ClientSecretCredential;

use crate::checks::{Outcome, equal, holds, step, variable};
use crate::resource_manager::ResourceManager;

#[tokio::main]
async fn main() -> Outcome<()> {
    let secret = variable("AZURE_CLIENT_SECRET")?;
    let tenant = variable("AZURE_TENANT_ID")?;
    let client = variable("AZURE_CLIENT_ID")?;
    refuse_a_wrong_secret(&tenant, &client).await?;
    let credential = ClientSecretCredential::new(&tenant, client, secret.into(), None)?;
    let arm = ResourceManager::new(credential.clone())?;
    let group = arm.create_group().await?;
    secrets::drill(&arm, &group, credential.clone()).await?;
    blobs::drill(&arm, &group, credential).await?;
    managed_identity::drill(&arm, &group).await?;
    arm.delete(&group, "2021-04-01").await?;
    step("everything held");
    Ok(())
}

async fn refuse_a_wrong_secret(tenant: &str, client: &str) -> Outcome<()> {
    use azure_core::credentials::TokenCredential as _;
    let wrong = ClientSecretCredential::new(tenant, client.to_owned(), "wrong".to_owned().into(), None)?;
    let refusal = wrong.get_token(&[resource_manager::SCOPE], None).await;
    let refusal = refusal
        .err()
        .map(|error| format!("{error:?}"))
        .unwrap_or_default();
    holds(
        refusal.contains("AADSTS7000215"),
        &format!("a wrong secret is refused with: {refusal}"),
    )?;
    equal(
        &refusal.contains(client),
        &true,
        "the refusal names the application",
    )?;
    step("a wrong secret is refused with AADSTS7000215");
    Ok(())
}
