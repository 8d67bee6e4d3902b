//! What a page in a browser on this machine must not do. At the machine's own name we are asked
//! without a credential, and a browser sends there whatever any page on the internet tells it to.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ORIGIN, REFERER, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, Method, Request, StatusCode};

use super::hosts::HostPort;
use super::refusal;
use crate::model::{Response, Scheme};

/// What browsers say of where a request comes from in relation to where it goes.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The refusal of a request to this machine's own name that a page of somewhere else has a browser
/// make. A page cannot keep its browser from saying so; other programs say nothing.
pub(super) fn refuse<B>(request: &Request<B>, asked: &HostPort, scheme: Scheme) -> Option<Response> {
    if is_foreign(request.headers(), asked, scheme) {
        return Some(refusal::text(
            StatusCode::FORBIDDEN,
            None,
            "azdrill answers no request that a page from elsewhere makes in a browser (Origin, Referer or \
             Sec-Fetch-Site names another place). Ask from a program, or type the address.",
        ));
    }
    let is_ours = request.uri().path().starts_with("/_azdrill/");
    if is_ours && !has_json_or_nothing(request) {
        return Some(refusal::text(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            None,
            "What is sent below /_azdrill/ is JSON: say `content-type: application/json`.",
        ));
    }
    None
}

fn is_foreign(headers: &HeaderMap, asked: &HostPort, scheme: Scheme) -> bool {
    let from_elsewhere = |name: &HeaderName| {
        let mut named = headers.get_all(name).iter();
        named.any(|value| !value.to_str().is_ok_and(|origin| is_same(origin, asked, scheme)))
    };
    let fetched = headers.get_all(FETCH_SITE).iter();
    from_elsewhere(&ORIGIN)
        || from_elsewhere(&REFERER)
        || fetched
            .map(|site| site.as_bytes())
            .any(|site| !matches!(site, b"same-origin" | b"none"))
}

/// Whether an origin, or a whole address, is the place that was asked.
fn is_same(origin: &str, asked: &HostPort, scheme: Scheme) -> bool {
    let Some((named, rest)) = origin.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let usual = match scheme {
        Scheme::Http => 80,
        Scheme::Https => 443,
    };
    named == scheme.as_str()
        && HostPort::parse(authority).is_some_and(|page| {
            page.host == asked.host && page.port.unwrap_or(usual) == asked.port.unwrap_or(usual)
        })
}

/// A page can send text and forms without asking first, and not JSON.
fn has_json_or_nothing<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return true;
    }
    match headers.get(CONTENT_TYPE) {
        Some(kind) => kind.to_str().is_ok_and(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/json")
        }),
        None => {
            !headers.contains_key(TRANSFER_ENCODING)
                && headers
                    .get(CONTENT_LENGTH)
                    .is_none_or(|length| length.as_bytes() == b"0")
        }
    }
}
