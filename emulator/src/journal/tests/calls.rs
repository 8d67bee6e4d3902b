//! What is called.

use http::Method;
use serde_json::{Value, json};

use crate::world::Operator;

/// The method, the host, the target and the body.
pub(super) type Called = (Method, &'static str, String, Option<Value>);

const ARM: &str = "management.azure.com";
const BLOB: &str = "acct.blob.core.windows.net";
const VAULT: &str = "kvlt.vault.azure.net";

/// Calls that do something to one another.
pub(super) fn palette(operator: &Operator) -> Vec<Called> {
    let group = format!("/subscriptions/{}/resourceGroups/g", operator.subscription);
    let of = |kind: &str, version: &str| format!("{group}/providers/{kind}?api-version={version}");
    let account = of("Microsoft.Storage/storageAccounts/acct", "2023-01-01");
    let server = of("Microsoft.DBforPostgreSQL/flexibleServers/drill", "2024-08-01");
    let deployment = of("Microsoft.Resources/deployments/d", "2021-04-01");
    let put = |target: String, body: Value| (Method::PUT, ARM, target, Some(body));
    let get = |host: &'static str, target: &str| (Method::GET, host, target.to_owned(), None);
    let delete = |host: &'static str, target: &str| (Method::DELETE, host, target.to_owned(), None);
    let container = "Microsoft.Storage/storageAccounts/acct/blobServices/default/containers/box";
    let mut calls = vec![
        put(
            format!("{group}?api-version=2021-04-01"),
            json!({"location": "uksouth"}),
        ),
        put(account.clone(), storage_account()),
        put(of(container, "2023-01-01"), json!({"properties": {}})),
        put(server.clone(), flexible_server()),
        put(
            of("Microsoft.KeyVault/vaults/kvlt", "2023-07-01"),
            key_vault(operator),
        ),
        put(
            of("Microsoft.DataProtection/backupVaults/vault", "2024-04-01"),
            backup_vault(),
        ),
        put(deployment.clone(), template()),
        get(ARM, &deployment),
    ];
    calls.extend(worked_out());
    calls.extend([
        get(ARM, &format!("{group}/resources?api-version=2021-04-01")),
        delete(ARM, &account),
        delete(ARM, &server),
        get(BLOB, "/box/blob1"),
        delete(BLOB, "/box/blob1"),
        get(BLOB, "/box?restype=container&comp=list"),
    ]);
    calls
}

/// Calls for which something is worked out beforehand; the last of them for nothing.
fn worked_out() -> [Called; 4] {
    let graph = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01".to_owned();
    let query = json!({"query": "resources | project name, type"});
    let sign = json!({"alg": "ES256", "value": "A".repeat(43)});
    let key = |name: &str, verb: &str, body: Value| {
        let target = format!("/keys/{name}/{verb}?api-version=7.4");
        (Method::POST, VAULT, target, Some(body))
    };
    [
        (Method::POST, ARM, graph, Some(query)),
        key("k", "create", json!({"kty": "EC", "crv": "P-256"})),
        key("k", "sign", sign.clone()),
        key("nobody", "sign", sign),
    ]
}

fn storage_account() -> Value {
    json!({"location": "uksouth", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}})
}

fn flexible_server() -> Value {
    json!({
        "location": "uksouth",
        "sku": {"name": "Standard_D4s_v3", "tier": "GeneralPurpose"},
        "properties": {
            "administratorLogin": "drill",
            "administratorLoginPassword": "Not-a-secret-1!",
            "version": "17",
        },
    })
}

fn key_vault(operator: &Operator) -> Value {
    json!({"location": "uksouth", "properties": {
        "tenantId": operator.tenant,
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": true,
    }})
}

fn backup_vault() -> Value {
    json!({"location": "uksouth", "identity": {"type": "SystemAssigned"}, "properties": {
        "storageSettings": [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}],
    }})
}

fn template() -> Value {
    json!({"properties": {"mode": "Incremental", "template": {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [{
            "type": "Microsoft.Storage/storageAccounts",
            "apiVersion": "2023-01-01",
            "name": "deployed",
            "location": "uksouth",
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS"},
        }],
    }}})
}
