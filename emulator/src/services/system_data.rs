//! Who wrote a resource and when, as ARM says it.

use serde_json::{Value, json};

use crate::gateway::Caller;
use crate::model::{Timestamp, wire_hundred_nanoseconds};
use crate::state::IdentityKind;

/// What is said of a write by this caller; of the creation only when it made the resource.
pub(super) fn of(now: Timestamp, caller: &Caller, created: bool) -> Value {
    let (by, kind) = match (&caller.identity, caller.app_id) {
        (Some(IdentityKind::SystemAssigned(_) | IdentityKind::UserAssigned(_)), Some(id)) => {
            (id.to_string(), "ManagedIdentity")
        }
        (Some(IdentityKind::Application), Some(id)) => (id.to_string(), "Application"),
        _ => (caller.name.clone(), "User"),
    };
    let at = wire_hundred_nanoseconds(now);
    let mut data = json!({});
    let events: &[&str] = if created {
        &["created", "lastModified"]
    } else {
        &["lastModified"]
    };
    for event in events {
        data[format!("{event}By")] = json!(by);
        data[format!("{event}ByType")] = json!(kind);
        data[format!("{event}At")] = json!(at);
    }
    data
}
