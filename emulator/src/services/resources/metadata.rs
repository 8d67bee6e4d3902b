//! What clients ask about the cloud itself.

use http::StatusCode;
use serde_json::{Value, json};

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::Context;

/// From this version on the document is one object; before, an array of one.
const OBJECT_FROM: &str = "2022-09-01";

/// What a client needs to register this address as a cloud of its own.
pub(super) fn endpoints(_: &mut Context<'_>, _: &Permit, request: &Request) -> Result<Response, Refusal> {
    let here = request.authority();
    let own = matches!(request.host.as_str(), "localhost" | "127.0.0.1");
    let login = if own {
        here.clone()
    } else {
        "https://login.microsoftonline.com".to_owned()
    };
    let graph = if own {
        here.clone()
    } else {
        "https://graph.microsoft.com".to_owned()
    };
    let audiences = if own {
        json!([here])
    } else {
        json!([
            "https://management.core.windows.net/",
            "https://management.azure.com/"
        ])
    };
    let document = json!({
        "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": login,
            "audiences": audiences,
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "media": "https://rest.media.azure.net",
        "graphAudience": "https://graph.windows.net/",
        "graph": "https://graph.windows.net/",
        "name": if own { "azdrill" } else { "AzureCloud" },
        "suffixes": {
            "storage": "core.windows.net",
            "keyVaultDns": "vault.azure.net",
            "postgresqlServerEndpoint": "postgres.database.azure.com",
            "storageSyncEndpointSuffix": "afs.azure.net",
        },
        "batch": "https://batch.core.windows.net/",
        "resourceManager": if own { here } else { "https://management.azure.com/".to_owned() },
        "vmImageAliasDoc": "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/main/arm-compute/quickstart-templates/aliases.json",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "microsoftGraphResourceId": graph,
        "appInsightsResourceId": "https://api.applicationinsights.io",
        "gallery": "https://gallery.azure.com/",
    });
    let version = request.query_value("api-version").unwrap_or_default();
    let body = if version.as_str() >= OBJECT_FROM {
        document
    } else {
        json!([document])
    };
    Ok(Response::json(StatusCode::OK, &body))
}

pub(super) fn locations(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let subscription = permit.params.get("subscription");
    let found: Vec<Value> = context
        .rules
        .regions
        .iter()
        .filter_map(|region| {
            let (name, display) = (&region.name, region.display_name.as_ref()?);
            let paired: Vec<Value> = region
                .pair
                .iter()
                .map(|paired| json!({"name": paired, "id": format!("/subscriptions/{subscription}/locations/{paired}")}))
                .collect();
            Some(json!({
                "id": format!("/subscriptions/{subscription}/locations/{name}"),
                "name": name,
                "type": "Region",
                "displayName": display,
                "regionalDisplayName": display,
                "metadata": {"regionType": "Physical", "pairedRegion": paired},
            }))
        })
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": found})))
}
