//! From a request that came and what became of it to the log's entry.

use std::sync::Arc;

use http::StatusCode;

use crate::gateway::{Permit, Refusal};
use crate::log::{Bodies, CallOrigin, Exchange, FailedBecause, RefusedBecause};
use crate::model::{NetworkPath, Request, Timestamp};
use crate::rules::{OriginKind, Rules};

/// A request, and how it came.
pub(crate) struct IncomingRequest<'a> {
    /// By which way.
    pub(crate) path: &'a NetworkPath,
    /// What was asked. Its turn is over: what the log keeps is taken out of it.
    pub(crate) request: Request,
    /// Whose call it was.
    pub(crate) asked: CallOrigin,
}

/// What an answer tells besides its status.
#[derive(Default)]
pub(crate) struct AnswerDetails {
    /// Whether a fault struck it.
    pub(crate) faulted: bool,
    /// Why what was asked about has failed.
    pub(crate) failed: Option<FailedBecause>,
    /// What was sent and answered.
    pub(crate) bodies: Option<Box<Bodies>>,
}

/// The entry. Its number is filled in by the log.
pub(crate) fn exchange(
    rules: &Rules,
    now: Timestamp,
    came: IncomingRequest<'_>,
    permit: Option<&Permit>,
    status: StatusCode,
    refusal: Option<&Refusal>,
    told: AnswerDetails,
) -> Exchange {
    let operation = permit.map(|permit| Arc::clone(&permit.operation(rules).id));
    Exchange {
        at: now,
        number: 0,
        caller: permit
            .map(|permit| permit.caller.name.clone())
            .or_else(|| refusal.map(|refusal| refusal.caller.clone()))
            .unwrap_or_default(),
        asked: came.asked,
        from: OriginKind::from(&came.path.origin),
        method: came.request.method,
        host: came.request.host,
        path: came.request.path,
        query: came.request.query.into(),
        operation: operation.unwrap_or_default(),
        status: status.as_u16(),
        rules: match (refusal, permit) {
            (Some(refusal), _) => refusal.rules.clone(),
            (None, Some(permit)) => permit.rules.clone(),
            (None, None) => Vec::new(),
        },
        refused: refusal.map(RefusedBecause::of),
        faulted: told.faulted,
        failed: told.failed,
        bodies: told.bodies,
    }
}
