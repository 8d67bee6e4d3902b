//! Tokens for managed identities: the instance metadata endpoint and the App Service one.

use http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use crate::gateway::{Permit, Refusal, Shape};
use crate::model::{PrincipalId, Request, Response};
use crate::services::Context;
use crate::state::{IdentityKind, Principal};

fn bad_request(text: &str) -> Refusal {
    Refusal {
        shape: Shape::Entra,
        ..Refusal::arm(StatusCode::BAD_REQUEST, "invalid_request", text)
    }
}

/// Probes come without the `Metadata` header and want a quick 400.
pub(super) fn instance_metadata(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    if !request
        .header("metadata")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        return Err(bad_request("Required metadata header not specified"));
    }
    answer(context, request)
}

pub(super) fn app_service(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    if request.header("x-identity-header").is_none() {
        return Err(bad_request("The X-IDENTITY-HEADER header is missing"));
    }
    answer(context, request)
}

fn answer(context: &mut Context<'_>, request: &Request) -> Result<Response, Refusal> {
    let resource = request
        .query_value("resource")
        .filter(|resource| !resource.is_empty())
        .ok_or_else(|| bad_request("Required query variable 'resource' is missing"))?;
    let principal = chosen(context, request)?.clone();
    let (token, seconds) = context.tokens.issue(context.now, &principal, &resource);
    let now = context.now.as_second();
    Ok(Response::json(
        StatusCode::OK,
        &json!({
            "access_token": token,
            "client_id": principal.app_id.map(|id| id.to_string()),
            "expires_in": seconds.to_string(),
            "expires_on": (now + seconds).to_string(),
            "ext_expires_in": seconds.to_string(),
            "not_before": now.to_string(),
            "resource": resource,
            "token_type": "Bearer",
        }),
    ))
}

/// The identity asked for. Without a name: the only user-assigned identity there is.
fn chosen<'a>(context: &'a Context<'_>, request: &Request) -> Result<&'a Principal, Refusal> {
    let directory = &context.state.directory;
    let id = |name: &str| {
        request
            .query_value(name)
            .and_then(|value| value.parse::<Uuid>().ok())
    };
    let by_resource = || {
        let named = request
            .query_value("msi_res_id")
            .or_else(|| request.query_value("mi_res_id"))?;
        let wanted = IdentityKind::UserAssigned(named.parse().ok()?);
        directory.iter().find(|principal| principal.identity == wanted)
    };
    let named = [
        "client_id",
        "object_id",
        "principal_id",
        "msi_res_id",
        "mi_res_id",
    ]
    .iter()
    .any(|name| request.query_value(name).is_some());
    if named {
        return id("client_id")
            .and_then(|id| directory.by_app_id(id))
            .or_else(|| directory.get(PrincipalId(id("object_id").or_else(|| id("principal_id"))?)))
            .or_else(by_resource)
            .ok_or_else(|| bad_request("Identity not found"));
    }
    let mut identities = directory
        .iter()
        .filter(|principal| matches!(principal.identity, IdentityKind::UserAssigned(_)));
    match (identities.next(), identities.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(bad_request("Identity not found")),
        (Some(_), Some(_)) => Err(bad_request(
            "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request",
        )),
    }
}
