//! How a job that has failed shows it.

use serde_json::{Value, json};

use super::jobs;
use super::violation::{Violation, inner_error};
use crate::model::ResourceId;
use crate::services::Context;

/// Ends a job as failed.
pub(super) fn end_failed(context: &mut Context<'_>, vault: &ResourceId, job: &str, error: Value) {
    let now = context.now;
    jobs::change(context, vault, job, |job| {
        job.status = "Failed";
        job.ended = Some(now);
        job.error = error;
    });
}

/// A job's error: the error again in its details, with a generic one inside, as recorded.
pub(super) fn failed_info(violation: &Violation, activity: &str) -> Value {
    let mut info = violation.info(activity);
    info["isUserError"] = json!(violation.refusal.code != "SyntheticDataMovementFailed");
    if info["innerError"].is_null() {
        info["innerError"] = inner_error("InnerErrorCodeUnavailable", &violation.refusal.reason);
    }
    let mut outer = info.clone();
    info["details"] = json!([{
        "code": "InternalServerError",
        "message": "Internal Server Error",
        "recommendedAction": ["Refer https://aka.ms/AzureBackupTroubleshootFailures for more details."],
    }]);
    outer["details"] = json!([info]);
    outer
}
