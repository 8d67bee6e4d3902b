//! The few directory look-ups clients make before they assign a role.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Context, Handler, json_body};
use crate::gateway::{Permit, Refusal};
use crate::model::{PrincipalId, PrincipalKind, Request, Response};
use crate::state::{IdentityKind, Principal};

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "ServicePrincipals_List" => list,
        "ServicePrincipals_Get" => get,
        "DirectoryObjects_GetByIds" => get_by_ids,
        _ => return None,
    })
}

fn describe(principal: &Principal) -> Value {
    let kind = match principal.kind() {
        PrincipalKind::User => "#microsoft.graph.user",
        PrincipalKind::Group => "#microsoft.graph.group",
        PrincipalKind::ServicePrincipal => "#microsoft.graph.servicePrincipal",
    };
    let mut value = json!({
        "@odata.type": kind,
        "id": principal.id,
        "displayName": principal.display_name,
    });
    if let Some(app_id) = principal.app_id {
        value["appId"] = json!(app_id);
        value["appDisplayName"] = json!(principal.display_name);
        value["servicePrincipalNames"] = json!([app_id]);
        value["servicePrincipalType"] = json!(match principal.identity {
            IdentityKind::SystemAssigned(_) | IdentityKind::UserAssigned(_) => "ManagedIdentity",
            IdentityKind::Application | IdentityKind::User | IdentityKind::Group => "Application",
        });
    }
    value
}

/// Service principal names are application ids: a look-up by object id finds nothing, and clients
/// then ask [`get_by_ids`]. A list that always finds somebody makes them assign to the wrong one.
fn list(context: &mut Context<'_>, _: &Permit, request: &Request) -> Result<Response, Refusal> {
    let filter = request.query_value("$filter").unwrap_or_default();
    let quoted = filter.split('\'').nth(1).unwrap_or_default().to_owned();
    let matches = |principal: &&Principal| {
        let app_id = principal.app_id.map(|id| id.to_string());
        if filter.is_empty() {
            true
        } else if filter.contains("servicePrincipalNames") || filter.contains("appId") {
            app_id
                .as_deref()
                .is_some_and(|id| id.eq_ignore_ascii_case(&quoted))
        } else if filter.contains("startswith(displayName") {
            principal
                .display_name
                .to_lowercase()
                .starts_with(&quoted.to_lowercase())
        } else if filter.contains("displayName eq") {
            principal.display_name.eq_ignore_ascii_case(&quoted)
        } else if filter.starts_with("id eq") {
            principal.id.to_string().eq_ignore_ascii_case(&quoted)
        } else {
            false
        }
    };
    let found: Vec<Value> = context
        .state
        .directory
        .iter()
        .filter(|principal| principal.app_id.is_some())
        .filter(matches)
        .map(describe)
        .collect();
    Ok(Response::json(
        StatusCode::OK,
        &json!({"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#servicePrincipals", "value": found}),
    ))
}

fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let wanted = permit.params.get("id");
    wanted
        .parse::<Uuid>()
        .ok()
        .and_then(|id| context.state.directory.get(PrincipalId(id)))
        .map(|principal| Response::json(StatusCode::OK, &describe(principal)))
        .ok_or_else(|| {
            let text = format!("Resource '{wanted}' does not exist or one of its queried reference-property objects are not present.");
            Refusal::arm(StatusCode::NOT_FOUND, "Request_ResourceNotFound", text)
        })
}

fn get_by_ids(context: &mut Context<'_>, _: &Permit, request: &Request) -> Result<Response, Refusal> {
    let body = json_body(request)?;
    let found: Vec<Value> = body["ids"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|id| id.as_str()?.parse::<Uuid>().ok())
        .filter_map(|id| context.state.directory.get(PrincipalId(id)))
        .map(describe)
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": found})))
}
