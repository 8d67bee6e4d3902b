//! A body that was read before its request is called: reading a long one takes long.

use serde_json::Value;

use super::{json_text, lenient_json};
use crate::model::{Body, Preparation, Request};

/// Shorter bodies are read when they are wanted.
const LONG_BYTES: u64 = 32 * 1024;

/// What a long body holds.
pub(crate) struct ParsedBody {
    strict: Result<Value, serde_json::Error>,
    /// What it holds with comments in it, where it is no JSON without.
    lenient: Option<Value>,
}

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
            let strict = json_text::read(&bytes);
            let lenient = strict.is_err().then(|| lenient_json::read(&bytes)).flatten();
            Self { strict, lenient }
        }))
    }

    /// What the body of a request holds, if it was read.
    pub(crate) fn of(request: &Request) -> Option<&Result<Value, serde_json::Error>> {
        request.prepared::<Self>().map(|own| &own.strict)
    }

    /// What it holds with comments in it, where it is no JSON without.
    pub(crate) fn lenient(&self) -> Option<&Value> {
        self.lenient.as_ref()
    }

    /// The same as `of`, not copied, if it was read and is JSON: nobody asks the request for it again.
    pub(crate) fn take(request: &mut Request) -> Option<Value> {
        if !matches!(Self::of(request), Some(Ok(_))) {
            return None;
        }
        request.take_prepared::<Self>()?.strict.ok()
    }
}
