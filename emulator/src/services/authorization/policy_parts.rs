//! What definitions, assignments and exemptions of Azure Policy have in common.

use serde_json::{Map, Value, json};

use crate::authz::Hierarchy;
use crate::gateway::{Permit, Refusal};
use crate::model::{ResourceId, Timestamp, wire_hundred_nanoseconds};
use crate::rules::unplayed;
use crate::services::arm_filter::ArmFilter;
use crate::services::system_data;
use crate::state::field;

/// What a write is answered with, and a GET: the properties, and who wrote them when. `before` is what was there.
pub(super) fn body(
    now: Timestamp,
    permit: &Permit,
    id: &ResourceId,
    properties: Map<String, Value>,
    before: Option<&Value>,
) -> Value {
    let mut data = system_data::of(now, &permit.caller, before.is_none());
    if let Some(created) = before.and_then(|before| before["systemData"].as_object()) {
        for (name, value) in created.iter().filter(|(name, _)| name.starts_with("created")) {
            data[name] = value.clone();
        }
    }
    json!({
        "properties": properties,
        "id": id,
        "type": id.resource_type(),
        "name": id.name(),
        "systemData": data,
    })
}

/// The `metadata` of a write, into which Azure puts who wrote it.
pub(super) fn metadata(now: Timestamp, permit: &Permit, sent: &Value, before: Option<&Value>) -> Value {
    let mut metadata = sent.as_object().cloned().unwrap_or_default();
    let (by, at) = (
        json!(permit.caller.principal),
        json!(wire_hundred_nanoseconds(now)),
    );
    let earlier = before.map(|before| &before["properties"]["metadata"]);
    let created = |name: &str, new: &Value| earlier.map_or(new, |earlier| &earlier[name]).clone();
    metadata.insert("createdBy".to_owned(), created("createdBy", &by));
    metadata.insert("createdOn".to_owned(), created("createdOn", &at));
    let updated = |new: Value| if before.is_some() { new } else { Value::Null };
    metadata.insert("updatedBy".to_owned(), updated(by));
    metadata.insert("updatedOn".to_owned(), updated(at));
    Value::Object(metadata)
}

/// The members of `properties` that are kept as they were sent.
pub(super) fn kept(properties: &Value, names: &[&str]) -> Map<String, Value> {
    let sent = names.iter().map(|name| (*name, field(properties, name)));
    let sent = sent.filter(|(_, value)| !value.is_null());
    sent.map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

/// Whether a list of what is bound to scopes shows one, by `atScope()` and `atExactScope()`: what is above the scope
/// that is asked about and below it, unless the filter leaves that out.
pub(super) fn is_listed(
    hierarchy: &Hierarchy,
    filter: &ArmFilter,
    asked: &ResourceId,
    own: &ResourceId,
) -> bool {
    if filter.has("atExactScope()") {
        return own == asked;
    }
    hierarchy.covers(own, asked) || !filter.has("atScope()") && hierarchy.covers(asked, own)
}

/// Reads the filter of a list.
pub(super) fn filter(request: &crate::model::Request, known: &[&'static str]) -> Result<ArmFilter, Refusal> {
    ArmFilter::read(&request.query_value("$filter").unwrap_or_default(), known)
}

/// Whether a filter's clause is there and names another text.
pub(super) fn leaves_out(filter: &ArmFilter, clause: &str, text: &str) -> bool {
    filter
        .value(clause)
        .is_some_and(|wanted| !wanted.eq_ignore_ascii_case(text))
}

/// Refuses what of a write chooses among the parts of an initiative or among resources: `names` are members of its
/// properties, each an array.
pub(super) fn check_selection(properties: &Value, names: &[&str]) -> Result<(), Refusal> {
    let says = |name: &&&str| {
        field(properties, name)
            .as_array()
            .is_some_and(|all| !all.is_empty())
    };
    match names.iter().find(says) {
        Some(member) => Err(Refusal::not_played(
            unplayed::PolicySelection,
            &[("member", member)],
        )),
        None => Ok(()),
    }
}
