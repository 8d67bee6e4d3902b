//! Blobs of a storage account.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::{RequestContent, StatusCode, Url};
use azure_storage_blob::models::{
    BlobClientGetPropertiesResultHeaders as _, BlobClientUploadOptions, BlobContainerClientListBlobsOptions,
};
use azure_storage_blob::{BlobContainerClient, BlobServiceClient};
use futures::TryStreamExt as _;
use serde_json::json;

use crate::checks::{Outcome, equal, holds, refused, step};
use crate::resource_manager::{ResourceManager, SCOPE};

const API: &str = "2023-05-01";

pub(crate) async fn drill(
    arm: &ResourceManager,
    group: &str,
    credential: Arc<dyn TokenCredential>,
) -> Outcome<()> {
    let account = format!("rust{}", arm.run);
    let id = format!("{group}/providers/Microsoft.Storage/storageAccounts/{account}");
    let body = json!({"kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}});
    let made = arm.create(&id, API, body).await?;
    let url = made["properties"]["primaryEndpoints"]["blob"]
        .as_str()
        .unwrap_or_default();
    equal(
        url,
        &format!("https://{account}.blob.core.windows.net/"),
        "the blob endpoint",
    )?;
    let service = BlobServiceClient::new(Url::parse(url)?, Some(credential.clone()), None)?;
    let container = service.blob_container_client("drill");
    container.create(None).await?;
    equal(&container.exists().await?, &true, "the container exists")?;
    let refusal = names(&container, None).await;
    let error = refused(refusal, StatusCode::Forbidden, "a list without a data role")?;
    holds(
        format!("{error:?}").contains("AuthorizationPermissionMismatch"),
        "the refusal has another code",
    )?;
    step(&format!(
        "created storage account {account}, which refuses its owner"
    ));

    let token = credential.get_token(&[SCOPE], None).await?;
    let own = ResourceManager::object_id(token.token.secret())?;
    arm.give("Storage Blob Data Contributor", &id, &own).await?;
    move_bytes(&container).await?;
    container.delete(None).await?;
    equal(&container.exists().await?, &false, "the container exists")?;
    arm.delete(&id, API).await?;
    step("deleted the container and the account");
    Ok(())
}

async fn move_bytes(container: &BlobContainerClient) -> Outcome<()> {
    let content: Vec<u8> = (0..9_000_000_u32).map(|at| (at % 251) as u8).collect();
    let blob = container.blob_client("a/one.bin");
    blob.upload(RequestContent::from(content.clone()), None).await?;
    let properties = blob.get_properties(None).await?;
    equal(
        &properties.content_length()?,
        &Some(content.len() as u64),
        "the blob's length",
    )?;
    let back = blob.download(None).await?.body.collect().await?;
    holds(back == content, "the bytes came back changed")?;
    step("a blob of 9 MB: uploaded and downloaded, in parts");

    let empty = container.blob_client("empty");
    empty.upload(RequestContent::from(Vec::new()), None).await?;
    equal(
        &empty.download(None).await?.body.collect().await?.len(),
        &0,
        "the length of an empty blob",
    )?;
    let options = BlobClientUploadOptions::default().if_not_exists();
    let refusal = blob
        .upload(RequestContent::from(b"x".to_vec()), Some(options))
        .await;
    refused(refusal, StatusCode::Conflict, "an upload over a blob")?;
    equal(
        &names(container, None).await?,
        &vec!["a/one.bin".to_owned(), "empty".to_owned()],
        "the blobs",
    )?;
    equal(
        &names(container, Some("a/")).await?.len(),
        &1,
        "the blobs below a/",
    )?;
    empty.delete(None).await?;
    equal(&empty.exists().await?, &false, "a deleted blob exists")?;
    step("blobs: an empty one, nothing written over, listed, deleted");
    Ok(())
}

async fn names(container: &BlobContainerClient, prefix: Option<&str>) -> azure_core::Result<Vec<String>> {
    let options = BlobContainerClientListBlobsOptions {
        prefix: prefix.map(str::to_owned),
        ..Default::default()
    };
    let listed: Vec<_> = container.list_blobs(Some(options))?.try_collect().await?;
    Ok(listed.into_iter().filter_map(|blob| blob.name).collect())
}
