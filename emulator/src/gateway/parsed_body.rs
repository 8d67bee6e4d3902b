//! A body that was read before its request is called: reading a long one takes long.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::model::{Body, Preparation, Request};

/// Shorter bodies are read when they are wanted.
const LONG_BYTES: u64 = 32 * 1024;

/// What a long body holds, until somebody takes it.
pub(crate) struct ParsedBody(Mutex<Option<Result<Value, serde_json::Error>>>);

impl ParsedBody {
    /// The reading of a request's body, if it is long, may be JSON, and has not been read.
    pub(crate) fn preparation(request: &Request) -> Option<Preparation> {
        let Body::Bytes(bytes) = &request.body else {
            return None;
        };
        let json = bytes.trim_ascii_start().starts_with(b"{") || bytes.trim_ascii_start().starts_with(b"[");
        if request.body.len() < LONG_BYTES || !json || request.prepared::<Self>().is_some() {
            return None;
        }
        let bytes = bytes.clone();
        Some(Preparation::new(move || {
            Self(Mutex::new(Some(serde_json::from_slice(&bytes))))
        }))
    }

    /// What the body of a request holds, the first time of asking.
    pub(crate) fn of(request: &Request) -> Option<Result<Value, serde_json::Error>> {
        let own = request.prepared::<Self>()?;
        own.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
