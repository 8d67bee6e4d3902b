//! Tokens for managed identities: the endpoint of virtual machines, and those of App Service, Azure
//! Machine Learning and Cloud Shell, which processes find by their environment.
//!
//! Every program of this machine may ask for any identity, as every program of a virtual machine may
//! for the machine's. Which one it is: the one the request names; or the one the environment names
//! in the secret that goes with the endpoint, which is anything where it names none; or the only
//! user-assigned identity there is.

use http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::form::Form;
use super::resource;
use crate::gateway::{Permit, Refusal, Shape};
use crate::model::{PrincipalId, Request, Response};
use crate::rules::code;
use crate::services::Context;
use crate::state::{Directory, IdentityKind, Principal};

/// How an identity is named: each endpoint has words of its own.
const NAMES: [&str; 6] = [
    "client_id",
    "clientid",
    "object_id",
    "principal_id",
    "msi_res_id",
    "mi_res_id",
];

/// The values of a request, wherever they stand in it.
type Values<'a> = &'a dyn Fn(&str) -> Option<String>;

fn bad_request(text: &str) -> Refusal {
    Refusal::in_shape(Shape::Entra, code::MetadataRequestInvalid, &[("what", text)])
}

fn require_metadata(request: &Request) -> Result<(), Refusal> {
    match request.header("metadata") {
        Some(value) if value.eq_ignore_ascii_case("true") => Ok(()),
        _ => Err(bad_request("Required metadata header not specified")),
    }
}

/// Probes come without the `Metadata` header and want a quick 400.
pub(super) fn instance_metadata(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    require_metadata(request)?;
    answer(context, &|name| request.query_value(name), None)
}

/// App Service and Azure Machine Learning, which differ in the header that carries the secret of
/// the environment.
pub(super) fn local(context: &mut Context<'_>, _: &Permit, request: &Request) -> Result<Response, Refusal> {
    let secret = request
        .header("x-identity-header")
        .or_else(|| request.header("secret"))
        .ok_or_else(|| bad_request("The X-IDENTITY-HEADER header is missing"))?;
    answer(context, &|name| request.query_value(name), Some(secret))
}

/// Cloud Shell, which takes a form.
pub(super) fn cloud_shell(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    require_metadata(request)?;
    let form = Form::of(request);
    let value = |name: &str| Some(form.value(name).to_owned()).filter(|value| !value.is_empty());
    answer(context, &value, None)
}

fn answer(context: &mut Context<'_>, value: Values<'_>, secret: Option<&str>) -> Result<Response, Refusal> {
    let wanted = value("resource")
        .filter(|resource| !resource.is_empty())
        .ok_or_else(|| bad_request("Required query variable 'resource' is missing"))?;
    let principal = chosen(context, value, secret)?.clone();
    resource::check(context, principal.tenant, &wanted)?;
    let (token, seconds) = context.tokens.issue(context.now, &principal, &wanted);
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
            "resource": wanted,
            "token_type": "Bearer",
        }),
    ))
}

/// The identity asked for.
fn chosen<'a>(
    context: &'a Context<'_>,
    value: Values<'_>,
    secret: Option<&str>,
) -> Result<&'a Principal, Refusal> {
    let named = NAMES.iter().find_map(|name| value(name));
    let directory = &context.state.directory;
    if let Some(named) = named {
        return managed(directory, &named).ok_or_else(|| bad_request("Identity not found"));
    }
    if let Some(identity) = secret.and_then(|secret| managed(directory, secret)) {
        return Ok(identity);
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

/// The managed identity of that client, object or resource id. An application is none, whatever
/// AZURE_CLIENT_ID says.
fn managed<'a>(directory: &'a Directory, named: &str) -> Option<&'a Principal> {
    let found = match named.parse::<Uuid>() {
        Ok(id) => directory
            .by_app_id(id)
            .or_else(|| directory.get(PrincipalId(id)))?,
        Err(_) => {
            let wanted = IdentityKind::UserAssigned(named.parse().ok()?);
            directory.iter().find(|principal| principal.identity == wanted)?
        }
    };
    let is_managed = matches!(
        found.identity,
        IdentityKind::UserAssigned(_) | IdentityKind::SystemAssigned(_)
    );
    is_managed.then_some(found)
}
