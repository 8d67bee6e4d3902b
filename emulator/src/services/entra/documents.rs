//! The documents clients read before they ask for a token. Every address keeps the authority's port.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::json;

use super::tenant::{Authority, authority};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::rules::cloud;
use crate::services::Context;

pub(super) fn openid_configuration(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    // An address that all tenants share says so in the place of a tenant.
    let issuer = match authority(context, permit.params.get("tenant"))? {
        Authority::Tenant(tenant) => cloud().login.issuer_of_people(&tenant),
        Authority::Shared(_) => cloud().login.issuer_of_people(&"{tenantid}"),
    };
    let base = format!("{}/{}", request.authority(), permit.params.get("tenant"));
    let login = &cloud().login;
    Ok(Response::json(
        StatusCode::OK,
        &json!({
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer,
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
            "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
            "tenant_region_scope": "EU",
            "cloud_instance_name": login.cloud,
            "cloud_graph_host_name": cloud().graph.older,
            "msgraph_host": cloud().graph.host(),
        }),
    ))
}

pub(super) fn signing_keys(context: &mut Context<'_>, _: &Permit, _: &Request) -> Result<Response, Refusal> {
    let (id, x, y) = context.tokens.public_key();
    Ok(Response::json(
        StatusCode::OK,
        &json!({"keys": [{
            "kty": "EC",
            "use": "sig",
            "alg": "ES256",
            "crv": "P-256",
            "kid": id,
            "x": URL_SAFE_NO_PAD.encode(x),
            "y": URL_SAFE_NO_PAD.encode(y),
        }]}),
    ))
}

/// Clients of Microsoft's libraries ask this after any token error as well; without `metadata` they
/// show a key error instead of the message.
pub(super) fn instance_discovery(
    _: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let asked = request.query_value("authorization_endpoint").unwrap_or_default();
    let tenant = asked
        .split("://")
        .nth(1)
        .and_then(|rest| rest.split('/').nth(1))
        .unwrap_or("common")
        .to_owned();
    let host = match request.port {
        Some(port) => format!("{}:{port}", request.host),
        None => request.host.clone(),
    };
    let (cache, aliases) = if cloud().login.is_at(&request.host) {
        let login = &cloud().login;
        (login.preferred_cache.clone(), json!(login.aliases))
    } else {
        (host.clone(), json!([host]))
    };
    Ok(Response::json(
        StatusCode::OK,
        &json!({
            "tenant_discovery_endpoint": format!("{}/{tenant}/v2.0/.well-known/openid-configuration", request.authority()),
            "api-version": "1.1",
            "metadata": [{
                "preferred_network": host,
                "preferred_cache": cache,
                "aliases": aliases,
            }],
        }),
    ))
}

pub(super) fn user_realm(_: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    Ok(Response::json(
        StatusCode::OK,
        &json!({"ver": "1.0", "account_type": "Managed", "domain_name": permit.params.get("upn").split('@').nth(1).unwrap_or_default()}),
    ))
}
