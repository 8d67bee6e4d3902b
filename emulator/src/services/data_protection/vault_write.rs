//! The write of a vault, which goes on after its answer.

use http::StatusCode;
use serde_json::Value;

use super::encryption::KeyCheck;
use super::operations::{self, Addresses, First};
use super::{task, vault, versions};
use crate::model::{Request, Response};
use crate::services::Context;
use crate::state::Resource;

/// Writes a vault that shows itself as being written, and ends the write after its time.
pub(super) fn begin(
    context: &mut Context<'_>,
    request: &Request,
    written: Resource,
    key: Option<Value>,
    status: StatusCode,
) -> Response {
    let id = written.id.clone();
    let before = context.state.resources.insert(id.clone(), written.clone());
    let operation = operations::begin(context, &id);
    let activity = operations::activity(context, request);
    match KeyCheck::of(&written, before.as_ref(), key.as_ref(), &operation, &activity) {
        Some(check) => task::start(context, check),
        None => operations::after(context, &operation, "vault_put", move |context| {
            vault::settle(context, &id, key)
        }),
    }
    let body = versions::shown_vault(context, request, &written.body);
    let first = First {
        status,
        phase: "vault_put",
        body: Some(&body),
    };
    operations::accepted(context, request, &written, &operation, Addresses::Status, first)
}
