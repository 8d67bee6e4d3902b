//! Blob Batch: up to 256 deletions or changes of tier, each decided and answered on its own.

use bytes::Bytes;
use http::{HeaderValue, StatusCode};

use super::{multipart, place};
use crate::gateway::{Permit, Refusal};
use crate::log::{CallOrigin, Exchange, RefusedBecause};
use crate::model::{Request, Response};
use crate::rules::{OriginKind, code};
use crate::services::{self, Context};

/// What may be in a batch.
const OPERATIONS: [&str; 2] = ["Blob_Delete", "Blob_SetTier"];

pub(super) fn submit(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let invalid = || place::refusal(code::BatchBodyInvalid);
    let container = permit.params.get("container");
    if !container.is_empty() {
        place::container(context, permit, request)?;
    }
    let Some(boundary) = multipart::boundary(request.header("content-type").unwrap_or_default()) else {
        return Err(place::invalid_header("content-type"));
    };
    let most = context.rules.blob_limits.batch_requests.most_in_memory();
    let parts = multipart::parts(request, boundary, most).ok_or_else(invalid)?;
    if parts.is_empty() {
        return Err(invalid());
    }
    if parts.len() > most {
        return Err(place::refusal(code::BatchTooLong));
    }
    let boundary = format!("batchresponse_{}", context.draw_uuid("batch"));
    let mut text = String::new();
    for part in parts {
        let mut response = answer(context, part.request, container);
        let id = context.draw_uuid("request of a batch").to_string();
        for (name, value) in [
            ("x-ms-request-id", Some(id.as_str())),
            ("x-ms-version", request.header("x-ms-version")),
        ] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                response.headers.insert(name, value);
            }
        }
        multipart::write(&mut text, &boundary, part.id.as_deref(), &response);
    }
    text.push_str(&format!("--{boundary}--\r\n"));
    Ok(Response::new(StatusCode::ACCEPTED)
        .with_header("content-type", &format!("multipart/mixed; boundary={boundary}"))
        .with_body(Bytes::from(text)))
}

/// Takes one request through the gates and carries it out.
fn answer(context: &mut Context<'_>, request: Request, container: &str) -> Response {
    let (permit, result) = perform(context, &request, container);
    let (response, refusal) = match result {
        Ok(response) => (response, None),
        Err(refusal) => (refusal.respond(&request), Some(refusal)),
    };
    let operation = permit
        .as_ref()
        .map(|permit| std::sync::Arc::clone(&permit.operation(context.rules).id));
    let rules = match (&refusal, &permit) {
        (Some(refusal), _) => refusal.rules.clone(),
        (None, Some(permit)) => permit.rules.clone(),
        (None, None) => Vec::new(),
    };
    let caller = permit
        .map(|permit| permit.caller.name)
        .or_else(|| refusal.as_ref().map(|refusal| refusal.caller.clone()));
    context.log.push(Exchange {
        at: context.now,
        number: 0,
        caller: caller.unwrap_or_default(),
        asked: CallOrigin::ByClient,
        from: context
            .path
            .map_or(OriginKind::Internet, |path| OriginKind::from(&path.origin)),
        method: request.method,
        host: request.host,
        path: request.path,
        query: request.query.into(),
        faulted: false,
        failed: None,
        bodies: None,
        rules,
        operation: operation.unwrap_or_default(),
        status: response.status.as_u16(),
        refused: refusal.as_ref().map(RefusedBecause::of),
    });
    response
}

/// Takes a request through the gates and to its handler; the permit, if the gates gave one, is for the
/// log.
fn perform(
    context: &mut Context<'_>,
    request: &Request,
    container: &str,
) -> (Option<Permit>, Result<Response, Refusal>) {
    let Some(path) = context.path else {
        return (None, Err(place::no_blob()));
    };
    let permit = match context.gates().pass(context.now, path, request) {
        Ok(permit) => permit,
        Err(refusal) => return (None, Err(refusal)),
    };
    let operation = &*permit.operation(context.rules).id;
    // What is asked of a container is about its own blobs.
    let elsewhere = !container.is_empty() && permit.params.get("container") != container;
    let handler =
        services::handler("storage", operation).filter(|_| OPERATIONS.contains(&operation) && !elsewhere);
    let result = match handler {
        Some(handler) => handler(context, &permit, request),
        None => Err(place::refusal(code::BatchBodyInvalid)),
    };
    (Some(permit), result)
}
