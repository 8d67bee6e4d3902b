//! What a blob says about its content: taken from requests, written on answers.

use super::headers::set;
use super::incoming::decode_md5;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::storage::domain::ContentHeaders;

/// The `x-ms-blob-*` headers of a request.
///
/// # Errors
///
/// 400 if the MD5 is none.
pub(super) fn sent(request: &Request) -> Result<ContentHeaders, Refusal> {
    let header = |name: &str| request.header(name).map(str::to_owned);
    if let Some(md5) = request.header("x-ms-blob-content-md5") {
        decode_md5(md5)?;
    }
    Ok(ContentHeaders {
        content_type: header("x-ms-blob-content-type"),
        encoding: header("x-ms-blob-content-encoding"),
        language: header("x-ms-blob-content-language"),
        disposition: header("x-ms-blob-content-disposition"),
        cache_control: header("x-ms-blob-cache-control"),
        md5: header("x-ms-blob-content-md5"),
    })
}

/// The same, with HTTP's own headers where there is none of the blob's: a blob written in one piece
/// takes over how it was sent.
pub(super) fn sent_with_body(request: &Request) -> Result<ContentHeaders, Refusal> {
    let http = |name: &str| request.header(name).map(str::to_owned);
    let sent = sent(request)?;
    Ok(ContentHeaders {
        content_type: sent.content_type.or_else(|| http("content-type")),
        encoding: sent.encoding.or_else(|| http("content-encoding")),
        language: sent.language.or_else(|| http("content-language")),
        cache_control: sent.cache_control.or_else(|| http("cache-control")),
        ..sent
    })
}

/// Writes them on an answer. `ranged`: only a part of the blob is sent, whose MD5 is another.
pub(super) fn write(response: &mut Response, content: &ContentHeaders, ranged: bool) {
    set(response, "content-type", content.content_type());
    let md5 = if ranged {
        "x-ms-blob-content-md5"
    } else {
        "content-md5"
    };
    for (name, value) in [
        ("content-encoding", &content.encoding),
        ("content-language", &content.language),
        ("content-disposition", &content.disposition),
        ("cache-control", &content.cache_control),
        (md5, &content.md5),
    ] {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            set(response, name, value);
        }
    }
}

/// Writes the headers a service signature asks for in place of the blob's. An account signature
/// does not sign them, so it cannot ask.
pub(super) fn write_overrides(response: &mut Response, permit: &Permit, request: &Request) {
    if permit.caller.credential.letters().is_none() {
        return;
    }
    for (key, name) in [
        ("rscc", "cache-control"),
        ("rscd", "content-disposition"),
        ("rsce", "content-encoding"),
        ("rscl", "content-language"),
        ("rsct", "content-type"),
    ] {
        if let Some(value) = request.query_value(key) {
            set(response, name, &value);
        }
    }
}
