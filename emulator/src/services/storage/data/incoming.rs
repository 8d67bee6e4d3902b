//! Bodies in the blob store: who has them, and that a refused one is given back.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

use crate::gateway::{Permit, Refusal};
use crate::model::{Body, Request, Response, StoredBody};
use crate::rules::code;
use crate::services::Context;

/// A handler that keeps the body it is given, unless it refuses.
type Keeping = fn(&mut Context<'_>, &Permit, &Request, StoredBody) -> Result<Response, Refusal>;

/// Runs a handler that keeps the request's stored body. If it refuses, nothing refers to the bytes,
/// and they are released; so such a handler must change nothing before its last refusal.
pub(super) fn keep(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    handler: Keeping,
) -> Result<Response, Refusal> {
    let body = match &request.body {
        Body::Stored(body) => body.clone(),
        Body::Empty | Body::Bytes(_) => StoredBody::default(),
    };
    let result = handler(context, permit, request, body);
    if let (Err(_), Body::Stored(body)) = (&result, &request.body) {
        context.released.extend_from_slice(&body.extents);
    }
    result
}

/// 413 for a body that is longer than the operation takes.
pub(super) fn too_large() -> Refusal {
    Refusal::of_blob(code::RequestBodyTooLarge, &[])
}

/// Checks `Content-MD5` against the bytes that came, and answers with their MD5 in base64 where it
/// is known.
pub(super) fn check_md5(request: &Request, body: &StoredBody) -> Result<Option<String>, Refusal> {
    let computed: Option<[u8; 16]> = match (body.md5, body.length) {
        (Some(md5), _) => Some(md5),
        (None, 0) => Some(Md5::digest(b"").into()),
        (None, _) => None,
    };
    agree(request, computed)?;
    Ok(computed.map(|md5| STANDARD.encode(md5)))
}

/// Checks `Content-MD5` against a body in memory.
pub(super) fn check_md5_of_bytes(request: &Request) -> Result<(), Refusal> {
    agree(request, Some(Md5::digest(request.body.bytes()).into()))
}

fn agree(request: &Request, computed: Option<[u8; 16]>) -> Result<(), Refusal> {
    let Some(sent) = request.header("content-md5").filter(|sent| !sent.is_empty()) else {
        return Ok(());
    };
    let sent = decode_md5(sent)?;
    match computed {
        Some(computed) if computed != sent => Err(md5_mismatch()),
        _ => Ok(()),
    }
}

/// 400 for an MD5 that is not that of the bytes.
pub(super) fn md5_mismatch() -> Refusal {
    Refusal::of_blob(code::Md5Mismatch, &[])
}

/// An MD5 as headers carry it.
///
/// # Errors
///
/// 400 if it is not 16 bytes in base64.
pub(super) fn decode_md5(text: &str) -> Result<[u8; 16], Refusal> {
    STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Refusal::of_blob(code::InvalidMd5, &[]))
}
