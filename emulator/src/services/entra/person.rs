//! People who sign in: by password, by a refresh token, by a code entered on another device.
//!
//! Nobody has a browser here, so the page that takes a device's code takes a form: `user_code`,
//! `username` and `password`, posted to the address the device shows.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::form::Form;
use super::refusal::{or_error, refuse, unknown_application};
use super::resource;
use super::secret::is_secret;
use super::tenant::{Authority, authority};
use crate::gateway::{Permit, Refusal};
use crate::model::{PrincipalId, Request, Response, Timestamp};
use crate::rules::{cloud, code};
use crate::services::Context;
use crate::state::Principal;

type SecretDigest = [u8; 32];

/// What Entra ID remembers of people who signed in. Secrets are kept as digests.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug))]
pub struct SignIns {
    refresh: BTreeMap<SecretDigest, Session>,
    devices: BTreeMap<SecretDigest, Device>,
}

/// Who signed in, with what, and what for.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
struct Session {
    person: PrincipalId,
    client: Uuid,
    scope: String,
    until: Timestamp,
}

/// A device that waits for its code to be entered.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
struct Device {
    user_code: String,
    client: Uuid,
    scope: String,
    until: Timestamp,
    person: Option<PrincipalId>,
}

fn digest(secret: &str) -> SecretDigest {
    Sha256::digest(secret.as_bytes()).into()
}

/// The application people sign in with: one of Microsoft's own, or one of the tenant's.
fn client(context: &Context<'_>, authority: Authority<'_>, form: &Form) -> Result<Uuid, Refusal> {
    let named = form.value("client_id");
    let id: Option<Uuid> = named.parse().ok();
    id.filter(|id| {
        let application = context.state.directory.by_app_id(*id);
        context.rules.public_clients.iter().any(|client| client.id == *id)
            || application.is_some_and(|application| authority.has(application.tenant))
    })
    .ok_or_else(|| unknown_application(&authority, named))
}

/// The person of that name, if the password is theirs.
fn person<'a>(
    context: &'a Context<'_>,
    authority: Authority<'_>,
    form: &Form,
) -> Result<&'a Principal, Refusal> {
    context
        .state
        .directory
        .person(form.value("username"), |tenant| authority.has(tenant))
        .filter(|person| is_secret(person.secret.as_ref(), form.value("password")))
        .ok_or_else(|| refuse(code::AADSTS50126, &[]))
        .and_then(|person| may_sign_in(context, person).map(|()| person))
}

/// Whether somebody whose password is right is let in with it.
fn may_sign_in(context: &Context<'_>, person: &Principal) -> Result<(), Refusal> {
    let Some(record) = context.state.directory.record(person.id.0) else {
        return Ok(());
    };
    if !record.is_enabled() {
        return Err(refuse(code::AADSTS50057, &[]));
    }
    let profile = record.members.get("passwordProfile");
    let must_change = |name: &str| profile.is_some_and(|profile| profile[name] == true);
    if must_change("forceChangePasswordNextSignIn") || must_change("forceChangePasswordNextSignInWithMfa") {
        return Err(refuse(code::AADSTS50055, &[]));
    }
    Ok(())
}

pub(super) fn by_password(
    context: &mut Context<'_>,
    authority: Authority<'_>,
    form: &Form,
) -> Result<Response, Refusal> {
    let client = client(context, authority, form)?;
    let session = Session {
        person: person(context, authority, form)?.id,
        client,
        scope: form.value("scope").to_owned(),
        until: context.now + cloud().tokens.refresh(),
    };
    tokens(context, form, session)
}

/// A refresh token is good for every audience, by the application that got it.
pub(super) fn by_refresh_token(
    context: &mut Context<'_>,
    authority: Authority<'_>,
    form: &Form,
) -> Result<Response, Refusal> {
    let client = client(context, authority, form)?;
    let sign_ins = &context.own.entra.refresh;
    let mut session = sign_ins
        .get(&digest(form.value("refresh_token")))
        .filter(|session| session.client == client)
        .cloned()
        .ok_or_else(|| refuse(code::AADSTS70000, &[]))?;
    if context.now >= session.until {
        return Err(refuse(code::AADSTS700082, &[]));
    }
    session.until = context.now + cloud().tokens.refresh();
    if !form.value("scope").is_empty() {
        form.value("scope").clone_into(&mut session.scope);
    }
    tokens(context, form, session)
}

/// The token of a device whose code somebody has entered. The request has no scope: the device
/// named it when it asked for the code.
pub(super) fn by_device_code(
    context: &mut Context<'_>,
    authority: Authority<'_>,
    form: &Form,
) -> Result<Response, Refusal> {
    let client = client(context, authority, form)?;
    let entered = match form.value("device_code") {
        "" => form.value("code"),
        entered => entered,
    };
    let key = digest(entered);
    let devices = &mut context.own.entra.devices;
    let device = devices
        .get(&key)
        .filter(|device| device.client == client)
        .ok_or_else(|| refuse(code::AADSTS70018, &[]))?;
    if context.now >= device.until {
        devices.remove(&key);
        return Err(refuse(code::AADSTS70019, &[]));
    }
    let Some(person) = device.person else {
        return Err(refuse(code::AADSTS70016, &[]));
    };
    let session = Session {
        person,
        client,
        scope: device.scope.clone(),
        until: context.now + cloud().tokens.refresh(),
    };
    devices.remove(&key);
    tokens(context, form, session)
}

/// Gives a device a code, and another one for its user to enter.
pub(super) fn device_code(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let result = begin_device(context, permit, request);
    Ok(or_error(context, request, result))
}

fn begin_device(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let named = permit.params.get("tenant");
    let authority = authority(context, named)?;
    let form = Form::of(request);
    let client = client(context, authority, &form)?;
    let draw = context.draw("device code");
    let device_code = draw.fork("device").uuid().simple().to_string();
    let user_code = draw.fork("user").uuid().simple().to_string()[..9].to_ascii_uppercase();
    let device = Device {
        user_code: user_code.clone(),
        client,
        scope: form.value("scope").to_owned(),
        until: context.now + cloud().tokens.device(),
        person: None,
    };
    context.own.entra.devices.insert(digest(&device_code), device);
    let page = format!("{}/{named}/oauth2/deviceauth", request.authority());
    Ok(Response::json(
        StatusCode::OK,
        &json!({
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": page,
            "expires_in": cloud().tokens.device().as_secs(),
            "interval": cloud().tokens.device_interval_seconds,
            "message": format!("To sign in, post user_code={user_code}, username and password as a form to {page}"),
        }),
    ))
}

/// Takes the code that a device shows, from somebody who can sign in.
pub(super) fn enter_code(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let result = enter(context, permit, request);
    Ok(or_error(context, request, result))
}

fn enter(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let authority = authority(context, permit.params.get("tenant"))?;
    let form = Form::of(request);
    let person = person(context, authority, &form)?.id;
    let now = context.now;
    let device = context
        .own
        .entra
        .devices
        .values_mut()
        .find(|device| device.user_code.eq_ignore_ascii_case(form.value("user_code")) && now < device.until)
        .ok_or_else(|| refuse(code::AADSTS70018, &[]))?;
    device.person = Some(person);
    Ok(Response::new(StatusCode::NO_CONTENT))
}

/// The resource that a scope is about: without `/.default`, or the permission it ends in.
fn audience<'a>(_context: &Context<'_>, scope: &'a str) -> Result<&'a str, Refusal> {
    let mut named = Vec::new();
    for word in resource::named(scope) {
        let Some((audience, _)) = word.rsplit_once('/') else {
            return Err(refuse(code::AADSTS70011, &[("scope", word)]));
        };
        named.push(audience);
    }
    if !resource::is_one(&named) {
        let fill = [("scope", scope)];
        return Err(refuse(code::ScopeOfSeveralResourcesOfPerson, &fill));
    }
    // Without one, a token is for Graph.
    Ok(named.first().copied().unwrap_or(&cloud().graph.address))
}

/// The answer to somebody who has signed in.
fn tokens(context: &mut Context<'_>, form: &Form, session: Session) -> Result<Response, Refusal> {
    let audience = audience(context, &session.scope)?;
    let Some(person) = context.state.directory.get(session.person) else {
        return Err(refuse(code::AADSTS70000, &[]));
    };
    resource::check(context, person.tenant, audience)?;
    let (access, seconds) = context
        .tokens
        .issue_by_way_of(context.now, person, session.client, audience);
    let id = context
        .tokens
        .sign(&id_claims(context.now, person, session.client, seconds));
    let (uid, utid) = (person.id, person.tenant);
    let refresh = context.draw("refresh token").uuid().simple().to_string();
    let mut body = json!({
        "token_type": "Bearer",
        "scope": session.scope,
        "expires_in": seconds,
        "ext_expires_in": seconds,
        "access_token": access,
        "refresh_token": refresh,
        "id_token": id,
    });
    if form.value("client_info") == "1" {
        let info = json!({"uid": uid, "utid": utid}).to_string();
        body["client_info"] = json!(URL_SAFE_NO_PAD.encode(info));
    }
    context.own.entra.refresh.insert(digest(&refresh), session);
    Ok(Response::json(StatusCode::OK, &body).with_header("cache-control", "no-store, no-cache"))
}

fn id_claims(now: Timestamp, person: &Principal, client: Uuid, seconds: i64) -> Value {
    let issued = now.as_second();
    json!({
        "aud": client,
        "iss": cloud().login.issuer_of_people(&person.tenant),
        "iat": issued,
        "nbf": issued,
        "exp": issued + seconds,
        "name": person.display_name,
        "oid": person.id,
        "preferred_username": person.display_name,
        "sub": person.id,
        "tid": person.tenant,
        "ver": "2.0",
    })
}
