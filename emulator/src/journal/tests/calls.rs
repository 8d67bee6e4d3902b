//! What is called.

use http::Method;
use serde_json::{Value, json};

use crate::world::Operator;

const GROUP: &str = "/resourceGroups/g";

/// Calls that do something to one another.
pub(super) fn palette(operator: &Operator) -> Vec<(Method, &'static str, String, Option<Value>)> {
    let group = format!("/subscriptions/{}{GROUP}", operator.subscription);
    let of = |kind: &str, version: &str| format!("{group}/providers/{kind}?api-version={version}");
    let account = of("Microsoft.Storage/storageAccounts/acct", "2023-01-01");
    let server = of("Microsoft.DBforPostgreSQL/flexibleServers/drill", "2024-08-01");
    let vault = of("Microsoft.KeyVault/vaults/kvlt", "2023-07-01");
    let backup = of("Microsoft.DataProtection/backupVaults/vault", "2024-04-01");
    let deployment = of("Microsoft.Resources/deployments/d", "2021-04-01");
    let template = json!({"properties": {"mode": "Incremental", "template": {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [{"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01",
            "name": "deployed", "location": "uksouth", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}],
    }}});
    let graph = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01".to_owned();
    let (arm, keys) = ("management.azure.com", "kvlt.vault.azure.net");
    let key = |name: &str, verb: &str| format!("/keys/{name}/{verb}?api-version=7.4");
    let sign = json!({"alg": "ES256", "value": "A".repeat(43)});
    vec![
        (
            Method::PUT,
            arm,
            format!("{group}?api-version=2021-04-01"),
            Some(json!({"location": "uksouth"})),
        ),
        (
            Method::PUT,
            arm,
            account.clone(),
            Some(json!({"location": "uksouth", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}})),
        ),
        (
            Method::PUT,
            arm,
            of(
                "Microsoft.Storage/storageAccounts/acct/blobServices/default/containers/box",
                "2023-01-01",
            ),
            Some(json!({"properties": {}})),
        ),
        (
            Method::PUT,
            arm,
            server.clone(),
            Some(
                json!({"location": "uksouth", "sku": {"name": "Standard_D4s_v3", "tier": "GeneralPurpose"}, "properties": {"administratorLogin": "drill", "administratorLoginPassword": "Not-a-secret-1!", "version": "17"}}),
            ),
        ),
        (
            Method::PUT,
            arm,
            vault,
            Some(
                json!({"location": "uksouth", "properties": {"tenantId": operator.tenant, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": true}}),
            ),
        ),
        (
            Method::PUT,
            arm,
            backup,
            Some(
                json!({"location": "uksouth", "identity": {"type": "SystemAssigned"}, "properties": {"storageSettings": [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}]}}),
            ),
        ),
        (Method::PUT, arm, deployment.clone(), Some(template)),
        (Method::GET, arm, deployment, None),
        (
            Method::POST,
            arm,
            graph,
            Some(json!({"query": "resources | project name, type"})),
        ),
        (
            Method::POST,
            keys,
            key("k", "create"),
            Some(json!({"kty": "EC", "crv": "P-256"})),
        ),
        (Method::POST, keys, key("k", "sign"), Some(sign.clone())),
        (Method::POST, keys, key("nobody", "sign"), Some(sign)),
        (
            Method::GET,
            arm,
            format!("{group}/resources?api-version=2021-04-01"),
            None,
        ),
        (Method::DELETE, arm, account, None),
        (Method::DELETE, arm, server, None),
        (
            Method::GET,
            "acct.blob.core.windows.net",
            "/box/blob1".to_owned(),
            None,
        ),
        (
            Method::DELETE,
            "acct.blob.core.windows.net",
            "/box/blob1".to_owned(),
            None,
        ),
        (
            Method::GET,
            "acct.blob.core.windows.net",
            "/box?restype=container&comp=list".to_owned(),
            None,
        ),
    ]
}
