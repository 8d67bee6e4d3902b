//! The authentication gate: bearer tokens everywhere, account keys and signatures for blobs. Key Vault's
//! own part stands in `key_vault.rs`.

use http::StatusCode;
use http::header::AUTHORIZATION;
use jiff::SignedDuration;

use super::{Caller, Credential, Door, Refusal, TokenError, account_named, key_vault, sas, shared_key};
use crate::model::{NetworkPath, Request, Scheme, Timestamp};
use crate::rules::{Endpoint, Gate, Operation, Params, code, rule};

/// Audiences an endpoint takes; a trailing slash more or less makes no difference.
const ARM_AUDIENCES: [&str; 2] = [
    "https://management.azure.com",
    "https://management.core.windows.net",
];
const GRAPH_AUDIENCES: [&str; 1] = ["https://graph.microsoft.com"];
const BLOB_AUDIENCES: [&str; 1] = ["https://storage.azure.com"];
const KEY_VAULT_AUDIENCES: [&str; 1] = ["https://vault.azure.net"];

/// The audience of tokens for an endpoint; `None` where no token is asked for.
pub fn audience_of(endpoint: Endpoint) -> Option<&'static str> {
    match endpoint {
        Endpoint::Arm => Some(ARM_AUDIENCES[0]),
        Endpoint::Graph => Some(GRAPH_AUDIENCES[0]),
        Endpoint::Blob => Some(BLOB_AUDIENCES[0]),
        Endpoint::KeyVault => Some(KEY_VAULT_AUDIENCES[0]),
        Endpoint::Login | Endpoint::Imds | Endpoint::Admin => None,
    }
}

pub(super) fn authenticate(
    door: &Door<'_>,
    now: Timestamp,
    path: &NetworkPath,
    request: &Request,
    row: &Operation,
    params: &Params,
) -> Result<Caller, Refusal> {
    let endpoint = row.endpoint;
    if endpoint == Endpoint::KeyVault {
        return key_vault::authenticate(door, now, request);
    }
    if endpoint == Endpoint::Blob {
        https_if_required(door, request)?;
    }
    // By its constant, which is found faster than a name that must be read first.
    let header = request
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if let Some(token) = strip_scheme(header, "Bearer") {
        return bearer(door, now, request, endpoint, token);
    }
    if endpoint != Endpoint::Blob {
        return Err(challenge(
            door,
            request,
            endpoint,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
        ));
    }
    let account = account_named(&request.host);
    let keys = door
        .account_of(request)
        .and_then(|_| door.state.account_keys.get(account))
        .ok_or_else(|| Refusal::unknown_account(&request.host))?;
    if let Some(signature) = strip_scheme(header, "SharedKey") {
        key_allowed(door, request)?;
        let skew = SignedDuration::from_mins(door.rules.storage.shared_key.minutes_off);
        return shared_key::verify(request, account, keys, signature)
            .and_then(|()| shared_key::check_date(now, skew, request))
            .map(|()| Caller::without_principal(Credential::SharedKey, "account key"))
            .map_err(failed);
    }
    if request.query_value("sig").is_some() {
        return sas::verify(door, now, path, request, account, keys, row);
    }
    if header.is_empty() && sas::is_public(door, request, account, row, params) {
        return Ok(Caller::without_principal(Credential::PublicAccess, "anonymous"));
    }
    if header.is_empty() {
        return Err(challenge(
            door,
            request,
            endpoint,
            "NoAuthenticationInformation",
            "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
        ));
    }
    Err(failed(
        "the authorization scheme is none of Bearer, SharedKey or a signature in the query".to_owned(),
    ))
}

/// The bearer token a request carries.
pub(super) fn bearer_token(request: &Request) -> Option<&str> {
    strip_scheme(request.header("authorization")?, "Bearer")
}

fn strip_scheme<'a>(header: &'a str, scheme: &str) -> Option<&'a str> {
    let (own, rest) = header.split_once(' ')?;
    own.eq_ignore_ascii_case(scheme).then_some(rest.trim())
}

fn bearer(
    door: &Door<'_>,
    now: Timestamp,
    request: &Request,
    endpoint: Endpoint,
    token: &str,
) -> Result<Caller, Refusal> {
    let claims = door.tokens.check(now, token).map_err(|error| match error {
        TokenError::Expired => challenge(
            door,
            request,
            endpoint,
            "ExpiredAuthenticationToken",
            "The access token expiry time is in the past, or the token is not yet valid.",
        )
        .by([rule::TOKEN_EXPIRED]),
        TokenError::Invalid => challenge(
            door,
            request,
            endpoint,
            "InvalidAuthenticationToken",
            "The access token is invalid.",
        ),
    })?;
    if !audience_fits(request, endpoint, &claims.aud) {
        let message = format!(
            "The access token has been obtained for wrong audience or resource '{}'.",
            claims.aud
        );
        return Err(challenge(
            door,
            request,
            endpoint,
            "InvalidAuthenticationTokenAudience",
            &message,
        ));
    }
    let principal = door.state.directory.get(claims.oid).ok_or_else(|| {
        challenge(
            door,
            request,
            endpoint,
            "InvalidAuthenticationToken",
            "The principal of the access token does not exist any more.",
        )
    })?;
    Ok(Caller::of(principal))
}

pub(super) fn audience_fits(request: &Request, endpoint: Endpoint, audience: &str) -> bool {
    let audience = audience.trim_end_matches('/');
    let is = |name: &str| name.eq_ignore_ascii_case(audience);
    let known: &[&str] = match endpoint {
        Endpoint::Arm => &ARM_AUDIENCES,
        Endpoint::Graph => &GRAPH_AUDIENCES,
        Endpoint::Blob => &BLOB_AUDIENCES,
        Endpoint::KeyVault => &KEY_VAULT_AUDIENCES,
        Endpoint::Login | Endpoint::Imds | Endpoint::Admin => &[],
    };
    // A registered custom cloud and a blob endpoint name themselves as the audience.
    let own = matches!(request.host.as_str(), "localhost" | "127.0.0.1") || endpoint == Endpoint::Blob;
    known.iter().any(|name| is(name)) || own && is(&request.authority())
}

pub(super) fn key_allowed(door: &Door<'_>, request: &Request) -> Result<(), Refusal> {
    let forbidden = door
        .account_of(request)
        .and_then(|id| door.state.resource(id))
        .is_some_and(|account| account.at("/properties/allowSharedKeyAccess").as_bool() == Some(false));
    if forbidden {
        return Err(Refusal::blob(
            StatusCode::FORBIDDEN,
            "KeyBasedAuthenticationNotPermitted",
            "Key based authentication is not permitted on this storage account.",
        )
        .at(Gate::Authentication)
        .because("allowSharedKeyAccess is false on the account"));
    }
    Ok(())
}

/// Refuses plain text where the account's setting does, whoever asks. What counts is the scheme the
/// client asked for, not the connection it used to reach us.
fn https_if_required(door: &Door<'_>, request: &Request) -> Result<(), Refusal> {
    let required = request.scheme == Scheme::Http
        && door
            .account_of(request)
            .and_then(|id| door.state.resource(id))
            .is_some_and(|account| account.at("/properties/supportsHttpsTrafficOnly") != false);
    if required {
        return Err(
            Refusal::storage(door.rules.error(code::AccountRequiresHttps), &[])
                .at(Gate::Authentication)
                .because("supportsHttpsTrafficOnly is true on the account, and the request came by http"),
        );
    }
    Ok(())
}

fn failed(reason: String) -> Refusal {
    Refusal::blob(
        StatusCode::FORBIDDEN,
        "AuthenticationFailed",
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.",
    )
    .at(Gate::Authentication)
    .because(reason)
}

/// 401 with the header that tells a client where to get a token.
fn challenge(door: &Door<'_>, request: &Request, endpoint: Endpoint, code: &str, message: &str) -> Refusal {
    let tenant = request
        .path
        .split('/')
        .skip_while(|segment| !segment.eq_ignore_ascii_case("subscriptions"))
        .nth(1)
        .and_then(|id| door.state.subscription(id))
        .map(|subscription| subscription.tenant)
        .or_else(|| door.state.tenant_of(door.account_of(request)?));
    let tenant = tenant.map_or_else(|| "common".to_owned(), |tenant| tenant.to_string());
    let authority = format!("https://login.microsoftonline.com/{tenant}");
    let (refusal, header) = match endpoint {
        Endpoint::Blob => (
            Refusal::blob(StatusCode::UNAUTHORIZED, code, message),
            format!(
                "Bearer authorization_uri={authority}/oauth2/authorize resource_id=https://storage.azure.com"
            ),
        ),
        _ => (
            Refusal::arm(StatusCode::UNAUTHORIZED, code, message),
            format!(
                "Bearer authorization_uri=\"{authority}\", error=\"invalid_token\", error_description=\"{message}\""
            ),
        ),
    };
    let mut refusal = refusal.at(Gate::Authentication);
    refusal.headers.push(("www-authenticate", header));
    refusal
}
