//! What clients ask about the cloud itself.

use http::StatusCode;
use serde_json::{Value, json};

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::rules::cloud;
use crate::services::Context;

/// What a client needs to register this address as a cloud of its own.
pub(super) fn endpoints(_: &mut Context<'_>, _: &Permit, request: &Request) -> Result<Response, Refusal> {
    let metadata = &cloud().metadata;
    let mut document = metadata.document.clone();
    if matches!(request.host.as_str(), "localhost" | "127.0.0.1") {
        let here = request.authority();
        document["name"] = json!("azdrill");
        document["authentication"]["loginEndpoint"] = json!(here);
        document["authentication"]["audiences"] = json!([here]);
        document["resourceManager"] = json!(here);
        document["microsoftGraphResourceId"] = json!(here);
    }
    let version = request.query_value("api-version").unwrap_or_default();
    let body = if *version >= *metadata.object_from {
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
