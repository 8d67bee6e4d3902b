//! Vault storage: a storage account of Microsoft's own for each vault, in another tenant.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::vault::vault_guid;
use crate::gateway::container_signature;
use crate::model::{NetworkPath, Request, ResourceId, Response};
use crate::rules::cloud;
use crate::services::{Context, Outbound};
use crate::state::field;

/// A container of vault storage.
#[derive(Clone, Debug)]
pub(super) struct VaultContainer {
    /// The account.
    pub(super) account: ResourceId,
    /// The container.
    pub(super) container: String,
}

impl VaultContainer {
    /// The account's blob host.
    pub(super) fn host(&self) -> String {
        cloud().blob_host(self.account.name())
    }

    /// Its blob host in the region the vault's is paired with, where it is only read.
    pub(super) fn secondary_host(&self) -> String {
        cloud().secondary_blob_host(self.account.name())
    }
}

/// The place a vault's next recovery point goes to. `None` in a world without Microsoft's side.
pub(super) fn place(
    context: &mut Context<'_>,
    vault: &ResourceId,
    container: &str,
) -> Option<VaultContainer> {
    let guid = vault_guid(context, vault).simple().to_string();
    let group = &context.own.data_protection.microsoft.as_ref()?.group;
    let name = format!("{}{}", context.rules.vaults.vault_storage.named, &guid[..12]);
    Some(VaultContainer {
        account: group.child(["providers", "Microsoft.Storage", "storageAccounts", &name]),
        container: container.to_owned(),
    })
}

/// A call of the Backup service as itself, on Microsoft's side.
pub(super) fn as_service(
    context: &Context<'_>,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Outbound {
    let request = Request::new(
        method,
        cloud().arm_host(),
        &format!(
            "{path}?api-version={}",
            context.rules.vaults.speaks.storage_accounts
        ),
    );
    let request = match body {
        Some(body) => request.with_json(body),
        None => request,
    };
    Outbound {
        principal: context
            .own
            .data_protection
            .microsoft
            .as_ref()
            .map(|side| side.principal),
        audience: cloud().arm_audience(),
        path: NetworkPath::internet(),
        request,
    }
}

/// Makes the account, if it is not there yet.
pub(super) fn put_account(context: &Context<'_>, place: &VaultContainer, location: &str) -> Outbound {
    let facts = &context.rules.vaults.vault_storage;
    let body = json!({
        "location": location,
        "kind": facts.kind,
        "sku": {"name": facts.redundancy},
        "properties": {"allowBlobPublicAccess": false, "minimumTlsVersion": "TLS1_2"},
    });
    as_service(context, Method::PUT, place.account.as_str(), Some(&body))
}

fn container_path(place: &VaultContainer) -> String {
    format!(
        "{}/blobServices/default/containers/{}",
        place.account, place.container
    )
}

/// Makes the container.
pub(super) fn put_container(context: &Context<'_>, place: &VaultContainer) -> Outbound {
    as_service(
        context,
        Method::PUT,
        &container_path(place),
        Some(&json!({"properties": {}})),
    )
}

/// Removes the container with everything in it.
pub(super) fn delete_container(context: &Context<'_>, place: &VaultContainer) -> Outbound {
    as_service(context, Method::DELETE, &container_path(place), None)
}

/// Asks for the account's keys.
pub(super) fn list_keys(context: &Context<'_>, place: &VaultContainer) -> Outbound {
    as_service(
        context,
        Method::POST,
        &format!("{}/listKeys", place.account),
        None,
    )
}

/// A signature for the container, from the answer to [`list_keys`]. A secret.
pub(super) fn signature(
    context: &Context<'_>,
    place: &VaultContainer,
    keys: &Response,
    permissions: &str,
) -> Option<String> {
    if keys.status != StatusCode::OK {
        return None;
    }
    let keys = keys.json_body();
    let key = field(&field(&keys, "keys")[0], "value").as_str()?;
    let expires =
        context.now + jiff::SignedDuration::from_hours(context.rules.vaults.vault_storage.signature_hours);
    let facts = &context.rules.storage.signatures;
    container_signature(
        facts,
        key,
        place.account.name(),
        &place.container,
        permissions,
        expires,
    )
}
