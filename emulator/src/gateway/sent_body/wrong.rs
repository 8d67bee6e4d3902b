//! What is wrong with a body.

use crate::rules::{JsonType, Member, ServiceLimit};

/// What is wrong with a value.
pub(super) enum Wrong {
    Type {
        wanted: JsonType,
        found: &'static str,
    },
    Missing,
    Value {
        wanted: String,
        sent: String,
        /// What a service is known to refuse although the published type would take it.
        limit: Option<ServiceLimit>,
    },
}

/// Says what a value should be. What is taken and never answered may be a secret, and a long text no
/// word: neither is repeated.
pub(super) fn wrong_value(member: &Member, wanted: String, sent: &str) -> Wrong {
    const LONGEST: usize = 60;
    let sent = if member.write_only {
        "something else".to_owned()
    } else {
        sent.chars().take(LONGEST).collect()
    };
    Wrong::Value {
        wanted,
        sent,
        limit: member.limit.clone(),
    }
}
