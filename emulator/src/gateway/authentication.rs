//! The authentication gate: bearer tokens everywhere, account keys and signatures for blobs. Key Vault's
//! own part stands in `key_vault.rs`.

use http::header::AUTHORIZATION;
use jiff::SignedDuration;

use super::bearer::{audience_fits, strip_scheme};
use super::shared_key::key_allowed;
use super::{Caller, Credential, Gates, Refusal, TokenError, key_vault, sas, shared_key};
use crate::authz::group_of;
use crate::model::{NetworkPath, Request, Scheme, TenantId, Timestamp};
use crate::rules::{Code, Endpoint, Gate, Operation, Params, cloud, code, rule};

pub(super) fn authenticate(
    gates: &Gates<'_>,
    now: Timestamp,
    path: &NetworkPath,
    request: &Request,
    row: &Operation,
    params: &Params,
) -> Result<Caller, Refusal> {
    let endpoint = row.endpoint;
    if endpoint == Endpoint::KeyVault {
        return key_vault::authenticate(gates, now, request);
    }
    if endpoint == Endpoint::Blob {
        https_if_required(gates, request)?;
    }
    // By its constant, which is found faster than a name that must be read first.
    let header = request
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if let Some(token) = strip_scheme(header, "Bearer") {
        return bearer(gates, now, request, endpoint, token);
    }
    if endpoint != Endpoint::Blob {
        return Err(challenge(
            gates,
            request,
            endpoint,
            code::AuthenticationMissing,
            "",
        ));
    }
    let account = cloud().account_named(&request.host);
    let keys = gates
        .account_of(request)
        .and_then(|_| gates.state.account_keys.get(account))
        .ok_or_else(|| Refusal::unknown_account(&request.host))?;
    if let Some(signature) = strip_scheme(header, "SharedKey") {
        key_allowed(gates, request)?;
        let skew = SignedDuration::from_mins(gates.rules.storage.shared_key.minutes_off);
        return shared_key::verify(request, account, keys, signature)
            .and_then(|()| shared_key::check_date(now, skew, request))
            .map(|()| Caller::without_principal(Credential::SharedKey, "account key"))
            .map_err(failed);
    }
    if request.query.value("sig").is_some() {
        return sas::verify(gates, now, path, request, account, keys, row);
    }
    if header.is_empty() {
        if let Some(public) = sas::public(gates, request, account, row, params) {
            return public.map(|()| Caller::without_principal(Credential::PublicAccess, "anonymous"));
        }
        return Err(challenge(
            gates,
            request,
            endpoint,
            code::NoAuthenticationInformation,
            "",
        ));
    }
    Err(failed(
        "the authorization scheme is none of Bearer, SharedKey or a signature in the query".to_owned(),
    ))
}

fn bearer(
    gates: &Gates<'_>,
    now: Timestamp,
    request: &Request,
    endpoint: Endpoint,
    token: &str,
) -> Result<Caller, Refusal> {
    let claims = gates.tokens.check(now, token).map_err(|error| match error {
        TokenError::Expired => not_taken(
            gates,
            request,
            endpoint,
            [code::ExpiredAuthenticationToken, code::BlobTokenExpired],
            "",
        )
        .by([rule::TOKEN_EXPIRED]),
        TokenError::Invalid => not_taken(
            gates,
            request,
            endpoint,
            [code::InvalidAuthenticationToken, code::BlobTokenInvalid],
            "",
        ),
    })?;
    if !audience_fits(request, endpoint, &claims.aud) {
        return Err(not_taken(
            gates,
            request,
            endpoint,
            [code::InvalidAuthenticationTokenAudience, code::BlobTokenAudience],
            &claims.aud,
        ));
    }
    let tenant = tenant_asked(gates, request, endpoint);
    if let Some(tenant) = tenant.filter(|tenant| *tenant != claims.tid) {
        return Err(of_other_tenant(gates, request, endpoint, tenant, claims.tid));
    }
    let principal = gates.state.directory.get(claims.oid).ok_or_else(|| {
        not_taken(
            gates,
            request,
            endpoint,
            [code::PrincipalOfTokenGone, code::BlobTokenInvalid],
            "",
        )
    })?;
    Ok(Caller::of(principal))
}

/// A token that is not taken, by the error of the blob service if it is asked, else by the others'.
fn not_taken(
    gates: &Gates<'_>,
    request: &Request,
    endpoint: Endpoint,
    [others, of_blobs]: [Code; 2],
    audience: &str,
) -> Refusal {
    let code = if endpoint == Endpoint::Blob {
        of_blobs
    } else {
        others
    };
    challenge(gates, request, endpoint, code, audience)
}

/// The tenant of whatever is asked about, if it is in one.
fn tenant_asked(gates: &Gates<'_>, request: &Request, endpoint: Endpoint) -> Option<TenantId> {
    match endpoint {
        Endpoint::Blob => gates.state.tenant_of(gates.account_of(request)?),
        Endpoint::Arm => {
            let mut segments = request.path.split('/').filter(|segment| !segment.is_empty());
            let first = segments.next()?;
            if first.eq_ignore_ascii_case("providers") {
                let group = group_of(&request.path.parse().ok()?)?;
                return Some(gates.state.access.hierarchy.get(&group)?.tenant);
            }
            let id = segments
                .next()
                .filter(|_| first.eq_ignore_ascii_case("subscriptions"))?;
            Some(gates.state.subscription(id)?.tenant)
        }
        // Key Vault looks at the tenant its vault names; the others are in no tenant.
        _ => None,
    }
}

/// No service takes a token of another tenant's, whatever its principal has been given.
fn of_other_tenant(
    gates: &Gates<'_>,
    request: &Request,
    endpoint: Endpoint,
    expected: TenantId,
    found: TenantId,
) -> Refusal {
    let why = format!("the token is of the tenant {found}, and what is asked about in {expected}");
    let code = match endpoint {
        Endpoint::Blob => code::TokenOfOtherTenant,
        _ => code::InvalidAuthenticationTokenTenant,
    };
    let (expected, found) = (expected.to_string(), found.to_string());
    let fill = [("expected", &*expected), ("found", &*found)];
    challenge_with(gates, request, endpoint, code, &fill).because(why)
}

/// Refuses plain text where the account's setting does, whoever asks. What counts is the scheme the
/// client asked for, not the connection it used to reach us.
fn https_if_required(gates: &Gates<'_>, request: &Request) -> Result<(), Refusal> {
    let required = request.scheme == Scheme::Http
        && gates
            .account_of(request)
            .and_then(|id| gates.state.resource(id))
            .is_some_and(|account| account.at("/properties/supportsHttpsTrafficOnly") != false);
    if required {
        return Err(Refusal::of_blob(code::AccountRequiresHttps, &[])
            .at(Gate::Authentication)
            .because("supportsHttpsTrafficOnly is true on the account, and the request came by http"));
    }
    Ok(())
}

fn failed(reason: String) -> Refusal {
    Refusal::of_blob(code::AuthenticationFailed, &[])
        .at(Gate::Authentication)
        .because(reason)
}

/// 401 with the header that tells a client where to get a token.
fn challenge(
    gates: &Gates<'_>,
    request: &Request,
    endpoint: Endpoint,
    code: Code,
    audience: &str,
) -> Refusal {
    challenge_with(gates, request, endpoint, code, &[("audience", audience)])
}

fn challenge_with(
    gates: &Gates<'_>,
    request: &Request,
    endpoint: Endpoint,
    code: Code,
    fill: &[(&str, &str)],
) -> Refusal {
    let tenant = tenant_asked(gates, request, endpoint);
    let tenant = tenant.map_or_else(|| "common".to_owned(), |tenant| tenant.to_string());
    let authority = cloud().login.authority(&tenant);
    let (refusal, header) = match endpoint {
        Endpoint::Blob => (
            Refusal::of_blob(code, fill),
            format!(
                "Bearer authorization_uri={authority}/oauth2/authorize resource_id={}",
                cloud().audience(endpoint).unwrap_or_default()
            ),
        ),
        _ => {
            let refusal = Refusal::of(code, fill);
            let header = format!(
                "Bearer authorization_uri=\"{authority}\", error=\"invalid_token\", error_description=\"{}\"",
                refusal.message
            );
            (refusal, header)
        }
    };
    let mut refusal = refusal.at(Gate::Authentication);
    refusal.headers.push(("www-authenticate", header));
    refusal
}
