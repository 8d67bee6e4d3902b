//! What becomes of a write that is only planned, before anybody acts on it.

use super::Refusal;
use super::sent_body::version;
use crate::model::Request;
use crate::rules::{Endpoint, Operation, Rules};

/// The operation that a write over Azure Resource Manager would be, at the version it asks for.
///
/// # Errors
///
/// What the front door answers if there is none, or if its provider does not have the version.
pub(crate) fn planned<'a>(rules: &'a Rules, request: &Request) -> Result<&'a Operation, Refusal> {
    let endpoint = Endpoint::Arm;
    let routed = rules
        .router
        .route(endpoint, &request.method, &request.path, [None; 3])
        .map_err(|_| Refusal::bad_path(endpoint, &request.path))?
        .ok_or_else(|| Refusal::unknown_operation(endpoint, request))?;
    let operation = &rules.router.operations()[routed.operation];
    version(rules, operation, request)?;
    Ok(operation)
}
