//! What resources of `Microsoft.Network` cannot be, although nothing comes of them here: a subnet outside of its
//! network, two rules of one priority, a peering of networks that overlap. Rows of `kept_resources.toml` name
//! the checks of a type.

mod addresses;
mod in_use;
mod peerings;
mod planned;
mod security_rules;
mod sweep;

use serde_json::Value;

use crate::gateway::Refusal;
use crate::model::ResourceId;
use crate::rules::{KeptCheck, KeptResource, code};
use crate::services::{Context, parts};
use planned::{PlannedResource, name_of, refuse};

pub(super) use in_use::require_unused;

/// Refuses what cannot be, before it is written.
pub(super) fn check(
    context: &Context<'_>,
    row: &KeptResource,
    id: &ResourceId,
    body: &Value,
) -> Result<(), Refusal> {
    names_differ(context, row, id, body)?;
    if row.checks.is_empty() {
        return Ok(());
    }
    let holder = if row.inside { id.parent() } else { id.clone() };
    let before = context.state.resource(&holder).map(|resource| &*resource.body);
    let whole = match before {
        Some(before) if row.inside => with_part(before, &row.kind, id.name(), body),
        _ => body.clone(),
    };
    let planned = PlannedResource {
        id: &holder,
        body: &whole,
        before,
        written: row.inside.then(|| id.name()),
    };
    for check in &row.checks {
        match check {
            KeptCheck::Addresses => addresses::check(context, &planned)?,
            KeptCheck::Peerings => peerings::check(context, &planned)?,
            KeptCheck::SecurityRules => security_rules::check(context, &planned)?,
        }
    }
    Ok(())
}

/// What a resource is with a part in it.
fn with_part(holder: &Value, kind: &str, name: &str, part: &Value) -> Value {
    let mut whole = holder.clone();
    let all = &mut whole["properties"][parts::collection(kind)];
    if !all.is_array() {
        *all = Value::Array(Vec::new());
    }
    if let Some(all) = all.as_array_mut() {
        match all
            .iter_mut()
            .find(|other| name_of(other).eq_ignore_ascii_case(name))
        {
            Some(other) => *other = part.clone(),
            None => all.push(part.clone()),
        }
    }
    whole
}

/// Parts of one kind are found by their names.
fn names_differ(
    context: &Context<'_>,
    row: &KeptResource,
    id: &ResourceId,
    body: &Value,
) -> Result<(), Refusal> {
    let inside = context.rules.kept.iter().filter(|other| {
        let holder = other.kind.rsplit_once('/').map(|(holder, _)| holder);
        other.inside && holder.is_some_and(|holder| holder.eq_ignore_ascii_case(&row.kind))
    });
    for part in inside {
        let all = body["properties"][parts::collection(&part.kind)].as_array();
        let mut seen = std::collections::BTreeSet::new();
        for part in all.into_iter().flatten() {
            let name = name_of(part);
            if !seen.insert(name.to_ascii_lowercase()) {
                let fill = [("id", id.as_str()), ("name", name)];
                return Err(refuse(code::DuplicateResourceName, &fill));
            }
        }
    }
    Ok(())
}
