//! The lease of a container, by way of ARM.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::containers::{account_in_path, missing};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::rules::code;
use crate::services::{Context, json_body};
use crate::state::field;

fn invalid(name: &str) -> Refusal {
    Refusal::of(code::InvalidValuesForRequestParameters, &[("name", name)])
}

fn id(sent: &Value, name: &str) -> Result<Option<Uuid>, Refusal> {
    match field(sent, name).as_str() {
        None | Some("") => Ok(None),
        Some(text) => Uuid::try_parse(text).map(Some).map_err(|_| invalid(name)),
    }
}

fn named(sent: &Value, name: &str) -> Result<Uuid, Refusal> {
    id(sent, name)?.ok_or_else(|| invalid(name))
}

fn seconds(sent: &Value, name: &str) -> Option<i64> {
    field(sent, name).as_i64()
}

pub(super) fn perform(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let (_, host) = account_in_path(context, permit)?;
    let name = permit.params.get("container");
    let now = context.now;
    let container = context.own.storage.container(&host, name).ok_or_else(missing)?;
    let limits = &context.rules.blob_limits;
    let mut lease = container.lease.clone();
    let action = field(&sent, "action")
        .as_str()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut answer = json!({});
    let done = match action.as_str() {
        "acquire" => {
            let duration = match seconds(&sent, "leaseDuration") {
                Some(-1) => None,
                Some(seconds) if limits.lease_seconds.admits_signed(seconds) => {
                    Some(SignedDuration::from_secs(seconds))
                }
                _ => return Err(invalid("leaseDuration")),
            };
            let id = match id(&sent, "proposedLeaseId")? {
                Some(id) => id,
                None => context.draw_uuid("lease"),
            };
            answer["leaseId"] = json!(id);
            lease.acquire(now, id, duration)
        }
        "renew" => {
            let id = named(&sent, "leaseId")?;
            answer["leaseId"] = json!(id);
            lease.renew(now, id)
        }
        "change" => {
            let proposed = named(&sent, "proposedLeaseId")?;
            answer["leaseId"] = json!(proposed);
            lease.change(now, named(&sent, "leaseId")?, proposed)
        }
        "release" => lease.release(named(&sent, "leaseId")?),
        "break" => {
            let period = match seconds(&sent, "breakPeriod") {
                None => None,
                Some(seconds) if limits.lease_break_seconds.admits_signed(seconds) => {
                    Some(SignedDuration::from_secs(seconds))
                }
                Some(_) => return Err(invalid("breakPeriod")),
            };
            lease.break_off(now, period).map(|seconds| {
                answer["leaseTimeSeconds"] = json!(seconds.to_string());
            })
        }
        _ => return Err(invalid("action")),
    };
    done.map_err(|code| Refusal::of(code, &[]))?;
    let container = context
        .own
        .storage
        .container_mut(&host, name)
        .ok_or_else(missing)?;
    container.lease = lease;
    Ok(Response::json(StatusCode::OK, &answer))
}
