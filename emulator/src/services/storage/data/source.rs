//! Where a copy takes its bytes from: a blob of one of our accounts, reached through its own gates.
//!
//! The caller is taken to stand where it stands: whether Azure asks the source's firewall about the
//! caller, or about the service that copies, is not documented.

use http::uri::Authority;
use http::{HeaderName, Method, StatusCode};

use super::conditions::Conditions;
use super::{place, range, tiers};
use crate::gateway::{Credential, Permit, Refusal, authorize_with_key, endpoint_of};
use crate::model::{Request, Scheme, StoredBody};
use crate::rules::{Endpoint, code, unplayed};
use crate::services::Context;
use crate::services::storage::domain::Blob;

const COPY_SOURCE: HeaderName = HeaderName::from_static("x-ms-copy-source");
const SOURCE_MD5: HeaderName = HeaderName::from_static("x-ms-source-content-md5");
const SOURCE_AUTHORIZATION: HeaderName = HeaderName::from_static("x-ms-copy-source-authorization");

/// A blob to copy from.
pub(super) struct Source {
    pub(super) blob: Blob,
    /// Its address, without a signature.
    pub(super) address: String,
}

/// A part of a source, or all of it.
impl Source {
    /// The bytes that `x-ms-source-range` names; all of them if it is not there.
    pub(super) fn part(&self, request: &Request) -> Result<StoredBody, Refusal> {
        let content = &self.blob.content;
        let part = match request.header("x-ms-source-range") {
            None => content.clone(),
            Some(text) => {
                let sent = range::parse(text).ok_or_else(|| place::invalid_header("x-ms-source-range"))?;
                let range = range::within(sent, content.length)
                    .map_err(|_| place::refusal(code::SourceInvalidRange))?;
                content.slice(range.start, range.length)
            }
        };
        self.check_hash(request, &part)?;
        Ok(part)
    }

    /// Checks the hash a request demands. Only that of a blob written in one piece is known.
    pub(super) fn check_hash(&self, request: &Request, part: &StoredBody) -> Result<(), Refusal> {
        let Some(wanted) = request.header("x-ms-source-content-md5") else {
            return Ok(());
        };
        let wanted = super::incoming::decode_md5(wanted)?;
        match self
            .blob
            .content
            .md5
            .filter(|_| part.length == self.blob.content.length)
        {
            Some(md5) if md5 == wanted => Ok(()),
            Some(_) => Err(super::incoming::md5_mismatch()),
            None => Err(place::not_implemented(request, unplayed::SourceMd5OfPart, &[])),
        }
    }
}

/// The request that reads the source, as the copying service makes it.
struct SourceRequest {
    request: Request,
    same_account: bool,
}

fn reading(request: &Request) -> Result<SourceRequest, Refusal> {
    let invalid = || place::refusal(code::CopySourceInvalid);
    let address = request
        .headers
        .get(COPY_SOURCE)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(invalid)?;
    let (scheme, rest) = address.split_once("://").ok_or_else(invalid)?;
    let scheme = match scheme {
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        _ => return Err(invalid()),
    };
    let (authority, target) = rest.split_once('/').ok_or_else(invalid)?;
    let authority: Authority = authority.parse().map_err(|_| invalid())?;
    let host = authority.host();
    let usual = match scheme {
        Scheme::Https => 443,
        Scheme::Http => 80,
    };
    let own_port = request.port.unwrap_or(usual);
    let port = match authority.as_str().strip_prefix(host) {
        Some("") => None,
        Some(_) => Some(authority.port_u16().ok_or_else(invalid)?).filter(|port| *port != usual),
        None => return Err(invalid()),
    };
    // Azure's accounts listen where their scheme says; ours where the caller reached us as well.
    if port.is_some_and(|port| port != own_port) {
        return Err(place::not_implemented(request, unplayed::CopyFromUnusedPort, &[]));
    }
    let mut reading = Request::new(Method::GET, host, &format!("/{target}"));
    reading.scheme = scheme;
    reading.port = port;
    reading.came_at = request.came_at;
    if endpoint_of(&reading.host, &reading.path) != Some(Endpoint::Blob) {
        return Err(place::not_implemented(request, unplayed::CopyFromElsewhere, &[]));
    }
    let same_account = place::account(&reading) == place::account(request);
    Ok(SourceRequest {
        request: reading,
        same_account,
    })
}

/// Shows a credential for the source: a signature in its address, a token sent along with it, or,
/// within one account, what the caller has shown for the destination.
fn show(context: &Context<'_>, permit: &Permit, request: &Request, reading: &mut SourceRequest) {
    if reading.request.query_value("sig").is_some() {
        return;
    }
    if let Some(token) = request.headers.get(SOURCE_AUTHORIZATION) {
        reading
            .request
            .headers
            .insert(http::header::AUTHORIZATION, token.clone());
        return;
    }
    if !reading.same_account {
        return;
    }
    match permit.caller.credential {
        Credential::Bearer => {
            if let Some(token) = request.headers.get(http::header::AUTHORIZATION) {
                reading
                    .request
                    .headers
                    .insert(http::header::AUTHORIZATION, token.clone());
            }
        }
        Credential::SharedKey => {
            let account = place::account(request);
            if let Some(keys) = context.state.account_keys.get(account) {
                authorize_with_key(&mut reading.request, account, &keys.keys[0], context.now);
            }
        }
        Credential::None
        | Credential::SharedAccessSignature { .. }
        | Credential::UserDelegation { .. }
        | Credential::PublicAccess => {}
    }
}

/// The source of Copy Blob. Unless it copies at once, it takes no token for its source, and looks at no
/// hash of it.
pub(super) fn find_for_copy(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
    sync: bool,
) -> Result<Source, Refusal> {
    if !sync {
        for name in [SOURCE_AUTHORIZATION, SOURCE_MD5] {
            if request.headers.contains_key(&name) {
                let fill = [("name", name.as_str())];
                return Err(place::not_implemented(
                    request,
                    unplayed::HeaderOfCopyInTime,
                    &fill,
                ));
            }
        }
    }
    find(context, permit, request)
}

/// The source of an operation that copies while it is asked.
pub(super) fn find(context: &Context<'_>, permit: &Permit, request: &Request) -> Result<Source, Refusal> {
    let mut reading = reading(request)?;
    let copies_tags = copies_tags(request)?;
    show(context, permit, request, &mut reading);
    let unreachable = |refusal: Refusal| not_verified(refusal);
    let path = context.path.ok_or_else(place::no_blob)?;
    let source = &reading.request;
    let passed = context
        .gates()
        .pass(context.now, path, source)
        .map_err(unreachable)?;
    let blob = place::blob(context, &passed, source).map_err(unreachable)?;
    if copies_tags {
        context
            .gates()
            .also_allows(context.now, &passed, "Blob_GetTags")
            .map_err(unreachable)?;
    }
    if Conditions::of_source(request)?.check_read(&blob.version).is_err() {
        return Err(place::refusal(code::SourceConditionNotMet));
    }
    let mut address = format!("{}{}", source.authority(), source.path);
    if let Some(snapshot) = place::snapshot(source) {
        address += &format!("?snapshot={snapshot}");
    }
    Ok(Source {
        blob: blob.clone(),
        address,
    })
}

/// Whether a copy is to have its source's tags.
pub(super) fn copies_tags(request: &Request) -> Result<bool, Refusal> {
    const NAME: &str = "x-ms-copy-source-tag-option";
    match request.header(NAME) {
        None => Ok(false),
        Some(option) if option.eq_ignore_ascii_case("replace") => Ok(false),
        Some(option) if option.eq_ignore_ascii_case("copy") => Ok(true),
        Some(_) => Err(place::invalid_header(NAME)),
    }
}

/// What the source says, said by the destination: which gate and why stays in the log.
fn not_verified(source: Refusal) -> Refusal {
    let status = match source.status {
        StatusCode::NOT_MODIFIED => StatusCode::PRECONDITION_FAILED,
        status => status,
    };
    Refusal {
        status,
        gate: source.gate,
        rules: source.rules,
        reason: format!("the source of the copy: {}", source.reason),
        headers: Vec::new(),
        ..Refusal::of_blob(code::CannotVerifyCopySource, &[("message", &source.message)])
    }
}

/// Refuses a source that is in the archive.
pub(super) fn check_online(context: &Context<'_>, source: &Source) -> Result<(), Refusal> {
    tiers::check_online(context, &source.blob)
}
