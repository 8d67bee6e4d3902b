//! Azure Policy, of which there is none here: nothing is assigned, and nothing can be.

use http::StatusCode;
use serde_json::json;

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::Context;

pub(super) fn list_assignments(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    super::scope::require_scope(context, &permit.scope)?;
    Ok(Response::json(StatusCode::OK, &json!({"value": []})))
}
