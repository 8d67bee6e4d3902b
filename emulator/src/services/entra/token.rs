//! The token endpoint. An application shows a secret, or signs with a certificate (`certificate.rs`);
//! an identity shows an outside token (`federation.rs`); people stand in `person.rs`.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{certificate, federation, person, resource};
use crate::gateway::{Permit, Refusal, Shape};
use crate::model::{Request, Response, TenantId, Timestamp};
use crate::rules::{Code, Gate, cloud, code};
use crate::services::Context;
use crate::state::{IdentityKind, Principal, Record, Registration};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An error of Entra ID.
pub(super) fn refuse(code: Code, fill: &[(&str, &str)]) -> Refusal {
    Refusal::of_row(Shape::Entra, code.row(), fill).at(Gate::Authentication)
}

/// The tenant a path names: a GUID of a tenant with a subscription, or `common`/`organizations`
/// where there is just one.
pub(super) fn tenant_of(context: &Context<'_>, named: &str) -> Result<TenantId, Refusal> {
    let mut tenants = context
        .state
        .subscriptions
        .values()
        .filter(|subscription| !subscription.hidden)
        .map(|subscription| subscription.tenant);
    let found = match named.to_ascii_lowercase().as_str() {
        "common" | "organizations" | "consumers" => tenants.next(),
        named => {
            let wanted = named.parse::<Uuid>().ok().map(TenantId);
            tenants.find(|tenant| Some(*tenant) == wanted)
        }
    };
    found.ok_or_else(|| refuse(code::AADSTS90002, &[("tenant", named)]))
}

pub(super) fn token(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let result = issue(context, permit, request);
    Ok(or_error(context, request, result))
}

/// The answer; the body of an error carries times and ids that a plain refusal does not know.
pub(super) fn or_error(
    context: &mut Context<'_>,
    request: &Request,
    result: Result<Response, Refusal>,
) -> Response {
    result.unwrap_or_else(|refusal| error_response(context, request, &refusal))
}

fn issue(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let tenant = tenant_of(context, permit.params.get("tenant"))?;
    let form = Form::of(request);
    match form.value("grant_type") {
        "client_credentials" => application(context, tenant, &form),
        "password" => person::by_password(context, tenant, &form),
        "refresh_token" => person::by_refresh_token(context, tenant, &form),
        "urn:ietf:params:oauth:grant-type:device_code" => person::by_device_code(context, tenant, &form),
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
        .ok_or_else(|| unknown_application(tenant, value("client_id")))?;
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

pub(super) fn unknown_application(tenant: TenantId, named: &str) -> Refusal {
    let fill = [("application", named), ("tenant", &tenant.to_string())];
    refuse(code::AADSTS700016, &fill)
}

/// The audience asked for: the scope that ends in `/.default`, less exactly that ending. Some
/// clients put OIDC scopes beside it; some have a slash too many, which belongs to the audience.
fn audience(context: &Context<'_>, scope: &str, resource: &str) -> Result<String, Refusal> {
    if scope.is_empty() && !resource.is_empty() {
        return Ok(resource.to_owned());
    }
    let wrong = || refuse(code::AADSTS1002012, &[("scope", scope)]);
    let named: Option<Vec<&str>> = resource::named(scope)
        .map(|word| word.strip_suffix("/.default"))
        .collect();
    let named = named.ok_or_else(wrong)?;
    if !resource::is_one(&named) {
        return Err(resource::refuse(
            context,
            code::ScopeOfSeveralResources,
            &[("scope", scope)],
        ));
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

/// What is kept about an application: of its registration, and of its service principal.
pub(super) fn records<'a>(
    context: &'a Context<'_>,
    principal: &Principal,
) -> impl Iterator<Item = &'a Record> {
    let registration = principal.app_id.map(Registration::id_of);
    let objects = registration.into_iter().chain([principal.id.0]);
    objects.filter_map(|object| context.state.directory.record(object))
}

/// Whether an assertion is within its time. Clocks may differ by five minutes at its beginning.
/// Python writes fractions of a second.
pub(super) fn check_times(now: Timestamp, exp: Option<f64>, nbf: Option<f64>) -> Result<(), Refusal> {
    let now = now.as_second() as f64;
    if exp.is_none_or(|exp| now >= exp) || nbf.is_some_and(|nbf| now + 300.0 < nbf) {
        return Err(refuse(code::AADSTS700024, &[]));
    }
    Ok(())
}

/// The fields of a form. Holds secrets.
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    pub(super) fn of(request: &Request) -> Self {
        let text = String::from_utf8_lossy(request.body.bytes()).into_owned();
        let mut as_query = Request::new(request.method.clone(), &request.host, "/");
        as_query.query = text;
        // A field that is given two values has none: which one was meant cannot be told.
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        let mut contradicted = Vec::new();
        for (name, value) in as_query.query_pairs() {
            let (name, value) = (name.into_owned(), value.into_owned());
            match fields.insert(name.clone(), value) {
                Some(other) if fields[&name] != other => contradicted.push(name),
                _ => {}
            }
        }
        fields.retain(|name, _| !contradicted.contains(name));
        Self(fields)
    }

    /// A field; empty if there is none.
    pub(super) fn value(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

/// Compares digests, so that the time taken tells nothing about the secret.
pub(super) fn is_secret(secret: Option<&String>, shown: &str) -> bool {
    secret.is_some_and(|secret| Sha256::digest(secret.as_bytes()) == Sha256::digest(shown.as_bytes()))
}

fn error_response(context: &mut Context<'_>, request: &Request, refusal: &Refusal) -> Response {
    let number: u32 = refusal
        .message
        .strip_prefix("AADSTS")
        .and_then(|rest| rest.split(':').next())
        .and_then(|number| number.parse().ok())
        .unwrap_or_default();
    let trace = context.draw_uuid("trace");
    // JavaScript names its request in the query.
    let correlation = request
        .header("client-request-id")
        .map(str::to_owned)
        .or_else(|| request.query_value("client-request-id"))
        .unwrap_or_default();
    let response = Response::json(
        refusal.status,
        &json!({
            "error": refusal.code,
            "error_description": format!("{} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {}", refusal.message, context.now.strftime("%Y-%m-%d %H:%M:%SZ")),
            "error_codes": [number],
            "timestamp": context.now.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
            "trace_id": trace.to_string(),
            "correlation_id": correlation,
            "error_uri": cloud().login.authority(&format!("error?code={number}")),
        }),
    );
    refusal.stamp(response)
}
