//! The times an instance can be restored to, besides its recovery points.

use http::StatusCode;
use serde_json::{Value, json};

use super::vault::{not_found_inside, vault_of};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response, Timestamp};
use crate::rules::{code, rule};
use crate::services::{Context, json_body};
use crate::state::field;

/// None: PostgreSQL is restored to a recovery point and to nothing between two of them. A range that
/// ends before it begins is refused.
pub(super) fn find(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    vault_of(context, &id)?;
    if context.state.resource(&id).is_none() {
        return Err(not_found_inside());
    }
    let sent = json_body(request)?;
    let bound = |name: &str| -> Result<Option<Timestamp>, Refusal> {
        let Some(text) = field(&sent, name).as_str().filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let time = text.parse();
        time.map(Some)
            .map_err(|_| invalid(&format!("{name} `{text}` is no time, as 2026-03-02T06:00:00Z is")))
    };
    let (from, to) = (bound("startTime")?, bound("endTime")?);
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(invalid("endTime is not after startTime"));
    }
    let body = json!({
        "properties": {
            "restorableTimeRanges": Value::Array(Vec::new()),
            "objectType": "AzureBackupFindRestorableTimeRangesResponse",
        },
        "id": id.name(),
        "type": "Microsoft.DataProtection/backupVaults/backupInstances/findRestorableTimeRanges",
    });
    Ok(Response::json(StatusCode::OK, &body))
}

fn invalid(why: &str) -> Refusal {
    Refusal::user_facing(code::UserErrorInvalidRestorableTimeRange, &[])
        .because(why)
        .by([rule::DPP_TIME_RANGE])
}
