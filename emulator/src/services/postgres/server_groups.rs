//! Cosmos DB for PostgreSQL: resources that exist, and that Backup does not take.

use serde_json::json;

use super::resource_types::SERVER_GROUP;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::{Context, json_body, plain};

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    context.require_group(&id)?;
    let sent = json_body(request)?;
    let location = plain::required_location(&sent)?;
    let mut body = plain::resource_body(&id, SERVER_GROUP, &sent)?;
    body["location"] = json!(location);
    if !body["properties"].is_object() {
        body["properties"] = json!({});
    }
    if let Some(properties) = body["properties"].as_object_mut() {
        properties.retain(|key, _| !key.eq_ignore_ascii_case("administratorLoginPassword"));
    }
    body["properties"]["provisioningState"] = json!("Succeeded");
    Ok(plain::put(context, id, body))
}
