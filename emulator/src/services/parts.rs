//! Parts that stand inside another resource's body: subnets of a virtual network, rules of a network
//! security group. Their collection is the last word of their type.

use serde_json::Value;

use super::Context;
use crate::gateway::Refusal;
use crate::model::ResourceId;
use crate::rules::code;
use crate::state::field;

/// The member of its holder that a type of parts stands in.
pub(super) fn collection(kind: &str) -> &str {
    kind.rsplit('/').next().unwrap_or_default()
}

/// What a holder has of a collection; ARM's 404 if it is not there itself.
pub(super) fn all(context: &Context<'_>, holder: &ResourceId, kind: &str) -> Result<Vec<Value>, Refusal> {
    let found = context
        .state
        .resource(holder)
        .ok_or_else(|| context.not_found(holder))?;
    let parts = field(found.at("/properties"), collection(kind)).as_array();
    Ok(parts.cloned().unwrap_or_default())
}

fn write(context: &mut Context<'_>, holder: &ResourceId, kind: &str, parts: Vec<Value>) {
    if let Some(holder) = context.state.resources.get_mut(holder) {
        holder.set_property(&[collection(kind)], Value::Array(parts));
    }
}

fn is_named(part: &Value, name: &str) -> bool {
    part["name"]
        .as_str()
        .is_some_and(|text| text.eq_ignore_ascii_case(name))
}

/// The part of that id, if its holder has it; ARM's 404 if there is no holder.
pub(super) fn find(context: &Context<'_>, id: &ResourceId, kind: &str) -> Result<Option<Value>, Refusal> {
    let mut all = all(context, &id.parent(), kind)?;
    let place = all.iter().position(|part| is_named(part, id.name()));
    Ok(place.map(|place| all.swap_remove(place)))
}

/// Puts a part into its holder, in the place of what was there of that name.
pub(super) fn keep(
    context: &mut Context<'_>,
    id: &ResourceId,
    kind: &str,
    body: Value,
) -> Result<(), Refusal> {
    let holder = id.parent();
    let mut all = all(context, &holder, kind)?;
    match all.iter_mut().find(|part| is_named(part, id.name())) {
        Some(part) => *part = body,
        None => all.push(body),
    }
    write(context, &holder, kind, all);
    Ok(())
}

/// Takes a part out of its holder. Answers whether it was there.
pub(super) fn remove(context: &mut Context<'_>, id: &ResourceId, kind: &str) -> bool {
    let holder = id.parent();
    let Ok(mut all) = all(context, &holder, kind) else {
        return false;
    };
    let before = all.len();
    all.retain(|part| !is_named(part, id.name()));
    let found = all.len() < before;
    write(context, &holder, kind, all);
    found
}

/// What a holder says of a part that it has not.
pub(super) fn missing(id: &ResourceId) -> Refusal {
    Refusal::of(code::NetworkPartNotFound, &[("id", id.as_str())])
}
