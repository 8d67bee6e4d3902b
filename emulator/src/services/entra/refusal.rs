//! What Entra ID says no with.

use serde_json::json;

use crate::gateway::{Refusal, Shape};
use crate::model::{Request, Response};
use crate::rules::{Code, Gate, cloud, code};
use crate::services::Context;

/// An error of Entra ID.
pub(super) fn refuse(code: Code, fill: &[(&str, &str)]) -> Refusal {
    Refusal::in_shape(Shape::Entra, code, fill).at(Gate::Authentication)
}

/// The answer; the body of an error carries times and ids that a plain refusal does not know.
pub(super) fn or_error(
    context: &mut Context<'_>,
    request: &Request,
    result: Result<Response, Refusal>,
) -> Response {
    result.unwrap_or_else(|refusal| error_response(context, request, &refusal))
}

pub(super) fn unknown_application(tenant: &impl std::fmt::Display, named: &str) -> Refusal {
    let fill = [("application", named), ("tenant", &tenant.to_string())];
    refuse(code::AADSTS700016, &fill)
}

fn error_response(context: &mut Context<'_>, request: &Request, refusal: &Refusal) -> Response {
    let number: u32 = refusal
        .message
        .strip_prefix("AADSTS")
        .and_then(|rest| rest.split(':').next())
        .and_then(|number| number.parse().ok())
        .unwrap_or_default();
    let trace = context.draw_uuid("trace");
    // JavaScript names its request in the query.
    let correlation = request
        .header("client-request-id")
        .map(str::to_owned)
        .or_else(|| request.query_value("client-request-id"))
        .unwrap_or_default();
    let response = Response::json(
        refusal.status,
        &json!({
            "error": refusal.code,
            "error_description": format!("{} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {}", refusal.message, context.now.strftime("%Y-%m-%d %H:%M:%SZ")),
            "error_codes": [number],
            "timestamp": context.now.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
            "trace_id": trace.to_string(),
            "correlation_id": correlation,
            "error_uri": cloud().login.authority(&format!("error?code={number}")),
        }),
    );
    refusal.stamp(response)
}
