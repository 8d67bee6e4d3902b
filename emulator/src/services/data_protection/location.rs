//! What can be asked about a location before anything is created there.

use http::StatusCode;
use serde_json::{Value, json};

use super::datasource::is_retired;
use super::vault::VAULT;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::{Context, json_body};
use crate::state::field;

pub(super) fn check_name(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let name = field(&sent, "name").as_str().unwrap_or_default();
    let group = permit
        .scope
        .resource_group_id()
        .unwrap_or_else(|| permit.scope.clone());
    let taken = context
        .state
        .resources_below(&group, VAULT)
        .any(|vault| vault.id.name().eq_ignore_ascii_case(name));
    let body = if taken {
        json!({"nameAvailable": false, "reason": "AlreadyExists", "message": "The vault name is already in use in this resource group."})
    } else {
        json!({"nameAvailable": true})
    };
    Ok(Response::json(StatusCode::OK, &body))
}

pub(super) fn check_feature_support(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let name = field(&sent, "featureType").as_str().unwrap_or("DataSourceType");
    let features: Vec<Value> = context
        .rules
        .datasources
        .played()
        .map(|(kind, played)| {
            let status = if is_retired(context, played.name) {
                "NotSupported"
            } else {
                "GenerallyAvailable"
            };
            json!({"featureName": kind.name, "supportStatus": status, "exposureControlledFeatures": []})
        })
        .collect();
    let body = json!({
        "featureType": name,
        "features": features,
        "objectType": "FeatureValidationResponse",
    });
    Ok(Response::json(StatusCode::OK, &body))
}
