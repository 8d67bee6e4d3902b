//! The token endpoint. An application shows a secret, or signs with a certificate (`certificate.rs`);
//! an identity shows an outside token (`federation.rs`); people stand in `person.rs`.

use http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::form::Form;
use super::refusal::{or_error, refuse, unknown_application};
use super::secret::{is_secret, records};
use super::tenant::authority;
use super::{certificate, federation, person, resource};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response, TenantId};
use crate::rules::code;
use crate::services::Context;
use crate::state::{IdentityKind, Principal, Record};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub(super) fn token(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let result = issue(context, permit, request);
    Ok(or_error(context, request, result))
}

fn issue(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let authority = authority(context, permit.params.get("tenant"))?;
    let form = Form::of(request);
    match form.value("grant_type") {
        "client_credentials" => application(context, authority.tenant()?, &form),
        "password" => person::by_password(context, authority, &form),
        "refresh_token" => person::by_refresh_token(context, authority, &form),
        "urn:ietf:params:oauth:grant-type:device_code" => person::by_device_code(context, authority, &form),
        other => Err(refuse(code::AADSTS70003, &[("grant", other)])),
    }
}

/// A token for an application itself.
fn application(context: &mut Context<'_>, tenant: TenantId, form: &Form) -> Result<Response, Refusal> {
    let value = |name: &str| form.value(name);
    let audience = audience(context, value("scope"), value("resource"))?;
    let principal = value("client_id")
        .parse::<Uuid>()
        .ok()
        .and_then(|id| context.state.directory.by_app_id(id))
        .filter(|principal| principal.tenant == tenant)
        .cloned()
        .ok_or_else(|| unknown_application(&tenant, value("client_id")))?;
    if value("client_assertion_type") == ASSERTION_TYPE {
        let assertion = value("client_assertion");
        match &principal.identity {
            IdentityKind::UserAssigned(id) => federation::check(context, id, assertion)?,
            _ => certificate::check(context, tenant, &principal, assertion)?,
        }
    } else {
        check_secret(context, &principal, value("client_secret"))?;
    }
    check_enabled(context, &principal)?;
    resource::check(context, tenant, &audience)?;
    let (token, seconds) = context.tokens.issue(context.now, &principal, &audience);
    Ok(Response::json(
        StatusCode::OK,
        &json!({"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token}),
    )
    .with_header("cache-control", "no-store, no-cache"))
}

/// The audience asked for: the scope that ends in `/.default`, less exactly that ending. Some
/// clients put OIDC scopes beside it; some have a slash too many, which belongs to the audience.
fn audience(_context: &Context<'_>, scope: &str, resource: &str) -> Result<String, Refusal> {
    if scope.is_empty() && !resource.is_empty() {
        return Ok(resource.to_owned());
    }
    let wrong = || refuse(code::AADSTS1002012, &[("scope", scope)]);
    let named: Option<Vec<&str>> = resource::named(scope)
        .map(|word| word.strip_suffix("/.default"))
        .collect();
    let named = named.ok_or_else(wrong)?;
    if !resource::is_one(&named) {
        return Err(refuse(code::ScopeOfSeveralResources, &[("scope", scope)]));
    }
    named.first().map(|named| (*named).to_owned()).ok_or_else(wrong)
}

/// Whether an application may sign in at all.
fn check_enabled(context: &Context<'_>, principal: &Principal) -> Result<(), Refusal> {
    let record = context.state.directory.record(principal.id.0);
    if record.is_none_or(Record::is_enabled) {
        return Ok(());
    }
    let app = principal.app_id.map(|id| id.to_string()).unwrap_or_default();
    let fill = [("application", &*app), ("name", &principal.display_name)];
    Err(refuse(code::AADSTS7000112, &fill))
}

fn check_secret(context: &Context<'_>, principal: &Principal, shown: &str) -> Result<(), Refusal> {
    if shown.is_empty() {
        return Err(refuse(code::AADSTS7000216, &[]));
    }
    if is_secret(principal.secret.as_ref(), shown) {
        return Ok(());
    }
    let records = records(context, principal);
    let found = records
        .flat_map(|record| &record.passwords)
        .filter(|password| password.is(shown));
    let mut is_known = false;
    for password in found {
        if password.is_good(context.now) {
            return Ok(());
        }
        is_known = true;
    }
    let app = principal.app_id.map(|id| id.to_string()).unwrap_or_default();
    if is_known {
        return Err(refuse(code::AADSTS7000222, &[("application", &app)]));
    }
    Err(refuse(code::AADSTS7000215, &[("application", &app)]))
}
